import time
import unittest

from swarm_test import MIB, OK, SwarmTest


class EncryptionTest(SwarmTest):
    def test_two_torrents_on_one_port_are_told_apart(self):
        first, second = self.file(2 * MIB + 1), self.file(MIB, name="other.bin")
        torrents = [self.create(first, name="first.torrent"), self.create(second, name="second.torrent")]
        seeder = self.seed(torrents[0], first, torrents[1], "--encryption", "require")
        leecher = self.leech(torrents[1], torrents[0], "--peer", seeder.address(), "--encryption", "require",
                             "--exit-when-complete")
        self.assertEqual(leecher.wait(60), OK)
        for original in (first, second):
            self.assert_copied(original, leecher.folder)

    def test_one_that_allows_it_is_served_by_one_that_requires_it(self):
        original = self.file(MIB)
        torrent = self.create(original)
        seeder = self.seed(torrent, original, "--encryption", "require")
        leecher = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete")
        self.assertEqual(leecher.wait(60), OK)
        self.assert_copied(original, leecher.folder)

    def test_one_that_is_off_is_not(self):
        original = self.file(MIB)
        torrent = self.create(original)
        seeder = self.seed(torrent, original, "--encryption", "require")
        leecher = self.leech(torrent, "--peer", seeder.address(), "--encryption", "off")
        leecher.started()
        time.sleep(1)
        self.assertFalse(leecher.all("peer_connected"))
        self.assertFalse(seeder.all("peer_connected"))


if __name__ == "__main__":
    unittest.main()
