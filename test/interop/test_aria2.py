import unittest

from clients import Aria2
from interop_test import InteropTest
from swarm_test import MIB


class Aria2Test(InteropTest):
    def test_leeches_from_us(self):
        self.they_leech(Aria2, 32 * MIB + 12345, seeder_first=True)

    def test_meets_us_over_udp(self):
        self.they_leech(Aria2, 4 * MIB + 12345, seeder_first=True, over_udp=True, udp=True)

    def test_seeds_to_us(self):
        self.we_leech(Aria2, 32 * MIB + 12345, seeds=True)

    def test_leeches_from_us_encrypted(self):
        self.they_leech(Aria2, 4 * MIB + 12345, seeder_first=True, encrypted=True)

    def test_seeds_to_us_encrypted(self):
        self.we_leech(Aria2, 4 * MIB + 12345, seeds=True, encrypted=True)

    def test_seeds_to_one_of_us_that_requires_encryption(self):
        self.we_leech(Aria2, 4 * MIB + 12345, seeds=True, ours=("--encryption", "require"))

    # With a magnet link it announces as a seeder does; our tracker introduces it to seeders nevertheless.
    def test_resolves_our_magnet_link(self):
        self.they_leech(Aria2, 8 * MIB + 12345, seeder_first=False, by_magnet=True)

    def test_resolves_a_magnet_link_of_a_lone_seeder(self):
        self.they_leech(Aria2, 8 * MIB + 12345, seeder_first=True, by_magnet=True)

    def test_gives_us_its_metadata(self):
        self.we_leech(Aria2, 8 * MIB + 12345, by_magnet=True, seeds=True)

    def test_announces_over_ipv6(self):
        self.announces_over_ipv6(Aria2, seeds=True)


if __name__ == "__main__":
    unittest.main()
