import time
import unittest

from swarm_test import MIB, OK, SwarmTest
from two_hosts import TwoHosts


class LocalDiscoveryTest(SwarmTest):
    def start(self, torrent, original, *options, listen=("[::]:0", "[::]:0")):
        hosts = TwoHosts(self.shop)
        leecher = self.leech(torrent, *options, address=listen[1], wrapper=hosts.enter(1))
        leecher.started()
        seeder = self.seed(torrent, original, address=listen[0], wrapper=hosts.enter(0))
        return seeder, leecher

    def test_two_hosts_of_one_network_meet(self):
        original = self.file(2 * MIB)
        torrent = self.create(original)
        _, leecher = self.start(torrent, original, "--exit-when-complete")
        self.assertEqual(leecher.wait(30), OK)
        self.assert_copied(original, leecher.folder)

    def test_hosts_that_listen_on_one_address_meet_there(self):
        original = self.file(2 * MIB)
        torrent = self.create(original)
        _, leecher = self.start(torrent, original, "--exit-when-complete",
                                listen=[address + ":0" for address in TwoHosts.addresses])
        self.assertEqual(leecher.wait(30), OK)
        self.assert_copied(original, leecher.folder)

    def test_hosts_of_an_ipv6_network_meet(self):
        original = self.file(2 * MIB)
        torrent = self.create(original)
        _, leecher = self.start(torrent, original, "--exit-when-complete",
                                listen=[f"[{address}]:0" for address in TwoHosts.addresses_v6])
        self.assertEqual(leecher.wait(30), OK)
        self.assert_copied(original, leecher.folder)

    def test_a_private_torrent_is_not_called(self):
        original = self.file(MIB)
        torrent = self.create(original, "--private")
        _, leecher = self.start(torrent, original)
        time.sleep(3)
        self.assertFalse(leecher.all("peer_connected"))

    def test_it_can_be_switched_off(self):
        original = self.file(MIB)
        torrent = self.create(original)
        _, leecher = self.start(torrent, original, "--no-lsd")
        time.sleep(3)
        self.assertFalse(leecher.all("peer_connected"))


if __name__ == "__main__":
    unittest.main()
