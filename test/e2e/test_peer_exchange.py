"""A peer that knows no tracker finds the swarm through one neighbour."""
import unittest

from shoal import bytes_by_address
from swarm_test import MIB, OK, SwarmTest


class PeerExchangeTest(SwarmTest):
    def through_a_neighbour(self, *options):
        """A seeder, a neighbour that knows it and is slow, and a newcomer that knows the neighbour only."""
        original = self.file(2 * MIB)
        torrent = self.create(original, "--piece-length", 16384, *options)
        seeder = self.seed(torrent, original)
        neighbour = self.leech(torrent, "--peer", seeder.address(), "--max-down", "64KiB", name="neighbour")
        neighbour.wait_for("peer_connected")
        return original, self.leech(torrent, "--peer", neighbour.address(), "--exit-when-complete", name="newcomer",
                                    address="127.0.0.3:0"), seeder

    def test_the_neighbour_tells_of_the_seeder(self):
        original, newcomer, seeder = self.through_a_neighbour()
        complete = newcomer.wait_for("complete")
        self.assertEqual(newcomer.wait(), OK)
        self.assert_copied(original, newcomer.folder)
        self.assertGreater(bytes_by_address(complete["ledger"])["127.0.0.1"], MIB)

    def test_in_a_private_torrent_nobody_is_told(self):
        _, newcomer, seeder = self.through_a_neighbour("--private", "-a", "http://127.0.0.1:9/announce")
        newcomer.wait_for("peer_connected")
        self.wait_until(lambda: (newcomer.last("progress") or {"pieces_done": 0})["pieces_done"] > 4, "some pieces")
        self.assertEqual({e["peer"].split(":")[0] for e in newcomer.all("peer_connected")}, {"127.0.0.2"})


if __name__ == "__main__":
    unittest.main()
