"""Alone on loopback Transmission makes no connections, so that in both roles ours connects to it."""
import unittest

from clients import Transmission
from interop_test import InteropTest
from swarm_test import MIB


class TransmissionTest(InteropTest):
    def test_leeches_from_us(self):
        # The seeder comes second, so that it learns of the leecher by its first announce.
        self.they_leech(Transmission, 8 * MIB + 12345, seeder_first=False)

    def test_meets_us_over_udp(self):
        self.they_leech(Transmission, 4 * MIB + 12345, seeder_first=True, over_udp=True)

    def test_seeds_to_us(self):
        self.we_leech(Transmission, 8 * MIB + 12345)

    def test_leeches_from_us_encrypted(self):
        self.they_leech(Transmission, 4 * MIB + 12345, seeder_first=False, encrypted=True)

    def test_seeds_to_us_encrypted(self):
        self.we_leech(Transmission, 4 * MIB + 12345, encrypted=True)

    def test_seeds_to_one_of_us_that_requires_encryption(self):
        self.we_leech(Transmission, 4 * MIB + 12345, ours=("--encryption", "require"))

    def test_resolves_our_magnet_link(self):
        self.they_leech(Transmission, 4 * MIB + 12345, seeder_first=False, by_magnet=True)

    def test_gives_us_its_metadata(self):
        self.we_leech(Transmission, 4 * MIB + 12345, by_magnet=True)

    def test_announces_over_ipv6(self):
        self.announces_over_ipv6(Transmission)


if __name__ == "__main__":
    unittest.main()
