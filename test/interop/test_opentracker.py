"""Our peers at a tracker of other people's, over UDP."""
import unittest

from clients import OpenTracker
from processes import wait_until
from swarm_test import MIB, OK, SwarmTest
from torrents import info_hash
from tracker_query import scrape


class OpenTrackerTest(SwarmTest):
    def test_our_peers_meet_over_udp(self):
        original = self.file(4 * MIB + 123)
        hash_ = info_hash(self.create(original, name="nameless.torrent"))
        tracker = OpenTracker(self.shop, "opentracker", [hash_])
        torrent = self.create(original, "-a", tracker.udp_url)
        seeder = self.seed(torrent, original)
        seeder.wait_for("tracker_replied")
        leecher = self.leech(torrent, "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)
        counts = scrape(tracker.http_url, hash_)
        self.assertEqual((counts["complete"], counts["downloaded"]), (1, 1))
        self.assertEqual(seeder.stop(), OK)
        wait_until(lambda: scrape(tracker.http_url, hash_).get("complete") == 0, "the tracker should hear the farewell")

    def test_a_magnet_link_resolves_over_udp(self):
        original = self.file(MIB)
        torrent = self.create(original)
        tracker = OpenTracker(self.shop, "opentracker", [info_hash(torrent)])
        seeder = self.seed(torrent, original, "-a", tracker.udp_url)
        seeder.wait_for("tracker_replied")
        leecher = self.leech(seeder.started()["torrents"][0]["magnet"], "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)


if __name__ == "__main__":
    unittest.main()
