"""A peer that cannot be dialled is met all the same, when a neighbour of both brings them together."""
import unittest

from shoal import bytes_by_address
from swarm_test import MIB, OK, SwarmTest
from two_hosts import TwoHosts


class HolePunchingTest(SwarmTest):
    def test_who_cannot_be_dialled_is_asked_to_dial(self):
        hosts = TwoHosts(self.shop)
        here, there, newcomers = *hosts.addresses, "10.77.0.3"
        hosts.run(0, "ip", "address", "add", newcomers + "/24", "dev", "wire")
        original = self.file(2 * MIB)
        torrent = self.create(original, "--piece-length", 16384)
        options = ("--no-lsd", "--nat", "off")
        relay = self.leech(torrent, "--max-down", "64KiB", *options, name="relay", address=f"{here}:0",
                           wrapper=hosts.enter(0))
        seeder = self.seed(torrent, original, "--peer", relay.address(), *options, address=f"{there}:0",
                           wrapper=hosts.enter(1))
        relay.wait_for("peer_connected")
        port = seeder.address().rpartition(":")[2]
        hosts.run(0, "ip", "rule", "add", "from", newcomers, "ipproto", "tcp", "dport", port, "unreachable")
        newcomer = self.leech(torrent, "--peer", relay.address(), "--exit-when-complete", *options, name="newcomer",
                              address=f"{newcomers}:0", wrapper=hosts.enter(0))
        complete = newcomer.wait_for("complete")
        self.assertEqual(newcomer.wait(), OK)
        self.assert_copied(original, newcomer.folder)
        self.assertGreater(bytes_by_address(complete["ledger"])[there], MIB)


if __name__ == "__main__":
    unittest.main()
