import unittest

from redirector import Redirector
from sniffer import Sniffer
from swarm_test import INCOMPLETE, MIB, SwarmTest
from two_hosts import TwoHosts

PUBLIC, NEAR_PORT = ("198.51.100.1", "198.51.100.2"), 8086  # RFC 5737: as far away as any host of the internet


class RedirectsTest(SwarmTest):
    """Host 0 has a public address too; what is there must not send host 1 to places that it cannot reach itself."""

    def nearer(self, target):
        hosts = TwoHosts(self.shop)
        hosts.add_wire("far", PUBLIC)
        there = Redirector(self.shop, PUBLIC[0], target, hosts.enter(0))
        sniffers = [Sniffer(self.shop, hosts.enter(host)) for host in (0, 1)]
        torrent = self.create(self.file(MIB))
        leecher = self.leech(torrent, "--no-lsd", "--nat", "off", "-a", there.url + "announce", "--web-seed",
                             there.url, address="[::]:0", wrapper=hosts.enter(1))
        failed = leecher.wait_for("tracker_failed")
        self.assertIn("not safe to follow", failed["text"])
        leecher.wait_for("warning")  # the web seed is not used any more
        self.assertEqual(len(there.asked()), 2)
        self.assertEqual(leecher.stop(), INCOMPLETE)
        for sniffer in sniffers:
            self.assertNotIn(NEAR_PORT, [port for *_, port in sniffer.packets(loopback=True)])

    def test_nobody_is_sent_into_the_own_network(self):
        self.nearer(f"http://{TwoHosts.addresses[0]}:{NEAR_PORT}/")

    def test_nobody_is_sent_to_loopback(self):
        self.nearer(f"http://127.0.0.1:{NEAR_PORT}/")


if __name__ == "__main__":
    unittest.main()
