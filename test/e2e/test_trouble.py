"""Things that break while a swarm is at work."""
import subprocess
import unittest

from swarm_test import MIB, OK, SwarmTest


class TroubleTest(SwarmTest):
    def test_the_tracker_dies_and_the_swarm_goes_on(self):
        original = self.file(16 * MIB)
        tracker = self.tracker()
        torrent = self.create(original, "-a", tracker.announce_url)
        self.seed(torrent, original, "--max-up", "4MiB")
        leechers = [self.leech(torrent, name=f"leecher {i}", address=f"127.0.0.{i + 1}:0") for i in (1, 2)]
        for leecher in leechers:
            self.wait_until(lambda: (leecher.last("progress") or {"bytes_done": 0})["bytes_done"] > 0, "a first piece")
        tracker.kill()
        for leecher in leechers:
            leecher.wait_for("complete")
            self.assert_copied(original, leecher.folder)
            self.assertEqual(leecher.stop(), OK)

    def test_the_seeder_dies_and_comes_back(self):
        original = self.file(16 * MIB)
        tracker = self.tracker("--interval", 5)
        torrent = self.create(original, "-a", tracker.announce_url)
        seeder = self.seed(torrent, original, "--max-up", "4MiB")
        leecher = self.leech(torrent)
        self.wait_until(lambda: (leecher.last("progress") or {"bytes_done": 0})["bytes_done"] > 0, "a first piece")
        seeder.kill()
        self.wait_until(lambda: leecher.last("progress")["peers"] == 0, "the leecher should be alone")
        self.assertIsNone(leecher.last("complete"))
        self.seed(torrent, original, name="seeder again", address=seeder.address())
        leecher.wait_for("complete", 90)
        self.assert_copied(original, leecher.folder)

    def test_a_full_disk_pauses_and_more_room_resumes(self):
        original = self.file(12 * MIB)
        torrent = self.create(original)
        seeder = self.seed(torrent, original)
        small = self.folder("small disk")
        # A mount of the leecher's own, which goes away with it.
        mount = f'mount -t tmpfs -o size=6m none "{small}" && exec "$@"'
        wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
        if subprocess.run([*wrapper, "true"], capture_output=True).returncode:
            self.skipTest("mounting needs user namespaces")
        leecher = self.leech(torrent, "--peer", seeder.address(), folder=small, wrapper=wrapper)
        problem = leecher.wait_for("problem")
        self.assertIn("space", problem["text"].lower())
        subprocess.run(["nsenter", f"--target={leecher.pid}", "--user", "--mount", "mount", "-o", "remount,size=64m",
                        small], check=True)
        leecher.wait_for("complete", 90)
        # The mount is seen through the process that has it.
        with open(f"/proc/{leecher.pid}/root{small / original.name}", "rb") as copy:
            self.assertTrue(copy.read() == original.read_bytes())
        self.assertEqual(leecher.stop(), OK)


if __name__ == "__main__":
    unittest.main()
