"""A super seeder (BEP 16), and leechers of ours and of others that know nothing of it."""
import unittest

from clients import Aria2, Libtorrent
from swarm_test import MIB, OK, SwarmTest


class SuperSeedingTest(SwarmTest):
    SIZE = 16 * MIB

    def seeder(self):
        self.original = self.file(self.SIZE)
        tracker = self.tracker("--interval", "5")
        torrent = self.create(self.original, "-a", tracker.announce_url, "--piece-length", "256KiB")
        # Slow enough that what is handed on counts.
        return self.seed(torrent, self.original, "--super-seed", "--max-up", "4MiB"), torrent

    def test_little_more_than_one_copy_leaves_it(self):
        seeder, torrent = self.seeder()
        leechers = [self.leech(torrent, "--exit-when-complete", name=f"leecher {n}", address=f"127.0.0.{n}:0")
                    for n in range(2, 6)]
        spread = seeder.wait_for("torrent_spread", 60)
        self.wait_until(lambda: seeder.last("progress")["t"] >= spread["t"], "the next second's count should come", 20)
        sent = seeder.last("progress")["uploaded"]
        for one in leechers:
            self.assertEqual(one.wait(60), OK)
            self.assert_copied(self.original, one.folder)
        self.assertLess(sent, 1.5 * self.SIZE)

    def test_other_clients_complete(self):
        seeder, torrent = self.seeder()
        others = [Aria2(self.shop, "aria2", torrent, self.folder("aria2"), "127.0.0.2"),
                  Libtorrent(self.shop, "libtorrent", torrent, self.folder("libtorrent"), "127.0.0.3")]
        seeder.wait_for("torrent_spread", 60)
        for one in others:
            self.wait_until(one.complete, f"{one.name} should complete", 60)
            self.assert_copied(self.original, self.folder(one.name))


if __name__ == "__main__":
    unittest.main()
