import unittest

from clients import Libtorrent
from interop_test import InteropTest
from swarm_test import MIB


class LibtorrentTest(InteropTest):
    def test_leeches_from_us(self):
        self.they_leech(Libtorrent, 32 * MIB + 12345, seeder_first=True)

    def test_seeds_to_us(self):
        self.we_leech(Libtorrent, 32 * MIB + 12345, seeds=True)

    def test_resolves_our_magnet_link(self):
        self.they_leech(Libtorrent, 8 * MIB + 12345, seeder_first=True, by_magnet=True)

    def test_gives_us_its_metadata(self):
        self.we_leech(Libtorrent, 8 * MIB + 12345, by_magnet=True, seeds=True)


if __name__ == "__main__":
    unittest.main()
