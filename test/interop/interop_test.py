"""What is asked of every client: it leeches from us, we leech from it, and our tracker knows it."""
from urllib.parse import quote

from processes import wait_until
from shoal import bytes_by_address
from swarm_test import OK, SwarmTest
from torrents import info_hash
from tracker_query import known_peers, scrape

PEER_ADDRESS = "127.0.0.3"


class InteropTest(SwarmTest):
    def wait_until_tracked(self, tracker, torrent, peer):
        """Until our tracker would give this peer to others, at the address and port where it listens."""
        where = f"{PEER_ADDRESS}:{peer.port}"
        wait_until(lambda: where in known_peers(tracker.announce_url, info_hash(torrent)),
                   f"{peer.name} should announce itself as {where}", every_s=0.5)

    def magnet_link(self, tracker, torrent):
        return f"magnet:?xt=urn:btih:{info_hash(torrent).hex()}&tr={quote(tracker.announce_url, safe='')}"

    def they_leech(self, client, size, seeder_first, by_magnet=False, over_udp=False, ours=(), **how):
        original = self.file(size)
        tracker = self.tracker("--interval", 5)
        url = tracker.announce_url.replace("http:", "udp:") if over_udp else tracker.announce_url
        torrent = self.create(original, "-a", url)
        if seeder_first:
            self.seed(torrent, original, *ours)
        source = self.magnet_link(tracker, torrent) if by_magnet else torrent
        peer = client(self.shop, "peer", source, self.folder("peer"), PEER_ADDRESS, **how)
        self.wait_until_tracked(tracker, torrent, peer)
        if not seeder_first:
            self.seed(torrent, original, *ours)
        wait_until(peer.complete, f"{peer.name} should complete", 120, every_s=0.2)
        self.assert_copied(original, self.folder("peer"))
        wait_until(lambda: scrape(tracker.announce_url, info_hash(torrent)).get("downloaded") == 1,
                   "the tracker should have counted the completion", every_s=0.2)

    def announces_over_ipv6(self, client, over_udp=False, **seeding):
        original = self.file(100_000)
        tracker = self.tracker("--interval", 5, listen="[::1]:0")
        url = tracker.announce_url.replace("http:", "udp:") if over_udp else tracker.announce_url
        torrent = self.create(original, "-a", url)
        peer = client(self.shop, "peer", torrent, original.parent, "::1", **seeding)
        wait_until(lambda: f"[::1]:{peer.port}" in known_peers(tracker.announce_url, info_hash(torrent)),
                   f"{peer.name} should announce itself", every_s=0.5)

    def we_leech(self, client, size, by_magnet=False, ours=(), **seeding):
        original = self.file(size)
        tracker = self.tracker("--interval", 5)
        torrent = self.create(original, "-a", tracker.announce_url)
        peer = client(self.shop, "peer", torrent, original.parent, PEER_ADDRESS, **seeding)
        self.wait_until_tracked(tracker, torrent, peer)
        source = self.magnet_link(tracker, torrent) if by_magnet else torrent
        leecher = self.leech(source, "--exit-when-complete", *ours)
        complete = leecher.wait_for("complete", 120)
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)
        self.assertGreaterEqual(bytes_by_address(complete["ledger"])[PEER_ADDRESS], size)
