import unittest

from clients import Aria2, Libtorrent, Transmission
from processes import wait_until
from swarm_test import MIB, SwarmTest


class MixedSwarmTest(SwarmTest):
    def share(self, others):
        """One seeder of ours with a modest uplink; two leechers of ours and the given ones."""
        original = self.file(12 * MIB + 7)
        tracker = self.tracker("--interval", 5)
        torrent = self.create(original, "-a", tracker.announce_url)
        peers = [client(self.shop, client.__name__, torrent, self.folder(client.__name__), f"127.0.0.{number}")
                 for number, client in enumerate(others, 10)]
        leechers = [self.leech(torrent, name=f"leecher {i}", address=f"127.0.0.{i + 1}:0") for i in (1, 2)]
        self.seed(torrent, original, "--max-up", "4MiB")
        for leecher in leechers:
            leecher.wait_for("complete", 120)
            self.assert_copied(original, leecher.folder)
        for peer in peers:
            wait_until(peer.complete, f"{peer.name} should complete", 120, every_s=0.2)
            self.assert_copied(original, self.folder(peer.name))

    def test_completes_with_transmission_and_aria2(self):
        self.share([Transmission, Aria2])

    def test_completes_with_libtorrent_and_aria2(self):
        self.share([Libtorrent, Aria2])


if __name__ == "__main__":
    unittest.main()
