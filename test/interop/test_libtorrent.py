import unittest

from clients import Libtorrent
from interop_test import PEER_ADDRESS, InteropTest
from processes import wait_until
from swarm_test import MIB


class LibtorrentTest(InteropTest):
    def test_leeches_from_us(self):
        self.they_leech(Libtorrent, 32 * MIB + 12345, seeder_first=True)

    def test_meets_us_over_udp(self):
        self.they_leech(Libtorrent, 4 * MIB + 12345, seeder_first=True, over_udp=True)

    def test_seeds_to_us(self):
        self.we_leech(Libtorrent, 32 * MIB + 12345, seeds=True)

    def test_leeches_from_us_encrypted(self):
        self.they_leech(Libtorrent, 4 * MIB + 12345, seeder_first=True, encrypted=True)

    def test_seeds_to_us_encrypted(self):
        self.we_leech(Libtorrent, 4 * MIB + 12345, seeds=True, encrypted=True)

    def test_seeds_to_one_of_us_that_requires_encryption(self):
        self.we_leech(Libtorrent, 4 * MIB + 12345, seeds=True, ours=("--encryption", "require"))

    def test_resolves_our_magnet_link(self):
        self.they_leech(Libtorrent, 8 * MIB + 12345, seeder_first=True, by_magnet=True)

    def test_gives_us_its_metadata(self):
        self.we_leech(Libtorrent, 8 * MIB + 12345, by_magnet=True, seeds=True)

    def test_tells_us_of_a_peer(self):
        original = self.file(2 * MIB)
        tracker = self.tracker("--interval", 5)
        announced = self.create(original, "-a", tracker.announce_url)
        silent = self.create(original, name="silent.torrent")
        neighbour = Libtorrent(self.shop, "neighbour", announced, self.folder("neighbour"), PEER_ADDRESS)
        self.wait_until_tracked(tracker, announced, neighbour)
        self.seed(announced, original, "--max-up", "64KiB").wait_for("peer_connected")
        newcomer = self.leech(silent, "--peer", f"{PEER_ADDRESS}:{neighbour.port}", "--max-down", "64KiB")
        wait_until(lambda: any(e["peer"].startswith("127.0.0.1:") for e in newcomer.all("peer_connected")),
                   "the newcomer should meet the seeder", 30)

    def test_announces_over_ipv6(self):
        self.announces_over_ipv6(Libtorrent, seeds=True)

    def test_announces_over_ipv6_and_udp(self):
        self.announces_over_ipv6(Libtorrent, seeds=True, over_udp=True)


if __name__ == "__main__":
    unittest.main()
