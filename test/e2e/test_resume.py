"""A leecher that is ended in the middle goes on from where it was."""
import time
import unittest

from swarm_test import INCOMPLETE, MIB, OK, SwarmTest

SIZE = 24 * MIB


class ResumeTest(SwarmTest):
    def interrupted(self):
        """A leecher with more than a third of its download done, and what to start it again with."""
        original = self.file(SIZE)
        torrent = self.create(original, "--piece-length", 65536)
        seeder = self.seed(torrent, original, "--max-up", "6MiB")
        leecher = self.leech(torrent, "--peer", seeder.address(), name="first run", folder=self.folder("copy"))

        def far_enough():
            progress = leecher.last("progress")
            return progress and progress["bytes_done"] > SIZE / 3

        self.wait_until(far_enough, "a third of the download")
        self.assertIsNone(leecher.last("complete"))
        return original, torrent, seeder, leecher

    def resume(self, original, torrent, seeder):
        """What the second run had to download."""
        leecher = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete", name="second run",
                             folder=self.folder("copy"))
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)
        return leecher.last("stopped")["torrents"][0]["downloaded"]

    def test_after_sigterm_nothing_verified_is_fetched_again(self):
        original, torrent, seeder, leecher = self.interrupted()
        asked_at = time.monotonic()
        self.assertEqual(leecher.stop(), INCOMPLETE)
        self.assertLess(time.monotonic() - asked_at, 5)
        kept = leecher.last("stopped")["torrents"][0]["bytes_done"]
        self.assertGreater(kept, SIZE / 3)
        self.assertLessEqual(self.resume(original, torrent, seeder), SIZE - kept)

    def test_after_sigkill_what_was_written_is_kept(self):
        original, torrent, seeder, leecher = self.interrupted()
        kept = leecher.last("progress")["bytes_done"]
        leecher.kill()
        self.assertLessEqual(self.resume(original, torrent, seeder), SIZE - kept)

    def test_data_that_changed_meanwhile_is_fetched_again(self):
        original, torrent, seeder, leecher = self.interrupted()
        self.assertEqual(leecher.stop(), INCOMPLETE)
        copy = self.folder("copy") / original.name
        with open(copy, "r+b") as file:
            file.truncate(100_000)
        self.assertGreaterEqual(self.resume(original, torrent, seeder), SIZE - 100_000)

    def test_a_complete_copy_is_seeded_without_a_download(self):
        original = self.file(3 * MIB)
        torrent = self.create(original)
        leecher = self.leech(torrent, "--exit-when-complete", folder=original.parent)
        self.assertEqual(leecher.wait(), OK)
        self.assertEqual(leecher.last("stopped")["torrents"][0]["downloaded"], 0)

    def test_damaged_resume_data_does_no_harm(self):
        original, torrent, seeder, leecher = self.interrupted()
        self.assertEqual(leecher.stop(), INCOMPLETE)
        resume_data = [path for path in self.folder("copy").rglob("*") if path.is_file() and path.name != original.name]
        self.assertTrue(resume_data, "there should be resume data somewhere beside the copy")
        for path in resume_data:
            whole = path.read_bytes()
            path.write_bytes(whole[:len(whole) // 2] + b"\xff" * 20)
        self.resume(original, torrent, seeder)


if __name__ == "__main__":
    unittest.main()
