import unittest

from gateway import OUTSIDE, Gateway
from processes import wait_until
from sniffer import Sniffer
from swarm_test import OK, USAGE, SwarmTest
from two_hosts import TwoHosts


class NatTest(SwarmTest):
    """Host 0 is the gateway of host 1."""

    def hosts(self):
        hosts = TwoHosts(self.shop)
        hosts.run(1, "ip", "route", "add", "default", "via", hosts.addresses[0])
        return hosts

    def mapped_and_removed(self, way, *options):
        hosts = self.hosts()
        tracker = self.tracker(listen=f"{hosts.addresses[0]}:0", wrapper=hosts.enter(0))
        gateway = Gateway(self.shop, way, hosts.addresses[0], hosts.enter(0))
        original = self.file(1000)
        seeder = self.seed(self.create(original), original, "--no-lsd", "-a", tracker.announce_url, *options,
                           address="[::]:0", wrapper=hosts.enter(1))
        told = seeder.wait_for("port_mapped")["text"]
        port = int(seeder.address().rpartition(":")[2])
        self.assertEqual(seeder.stop(), OK)
        return told, port, gateway.asked()

    def test_nat_pmp_maps_the_port_and_removes_it(self):
        told, port, asked = self.mapped_and_removed("nat-pmp")
        self.assertEqual(asked, [("map", port + 1, port, 3600), ("remove", port)])
        self.assertEqual(told, f"callers are let in at {OUTSIDE}:{port + 1} by NAT-PMP")

    def test_pcp_maps_the_port_renews_and_removes_it(self):
        hosts = self.hosts()
        gateway = Gateway(self.shop, "pcp", hosts.addresses[0], hosts.enter(0))
        original = self.file(1000)
        seeder = self.seed(self.create(original), original, "--no-lsd", address="[::]:0", wrapper=hosts.enter(1))
        told = seeder.wait_for("port_mapped")["text"]
        port = int(seeder.address().rpartition(":")[2])
        self.assertEqual(told, f"callers are let in at {OUTSIDE}:{port + 1} by PCP")
        wait_until(lambda: len(gateway.asked()) == 2, "it should be renewed")
        self.assertEqual(seeder.stop(), OK)
        self.assertEqual(gateway.asked(), 2 * [("map", port + 1, port, 3600)] + [("remove", port)])

    def test_a_gateway_that_stalls_does_not_hold_up_the_end(self):
        hosts = self.hosts()
        gateway = Gateway(self.shop, "stalling", hosts.addresses[0], hosts.enter(0))
        original = self.file(1000)
        seeder = self.seed(self.create(original), original, "--no-lsd", address="[::]:0", wrapper=hosts.enter(1))
        seeder.wait_for("port_mapped")
        self.assertEqual(seeder.stop(), OK)
        self.assertEqual(gateway.asked()[-1][0], "remove")

    def test_upnp_maps_the_port_and_removes_it(self):
        told, port, asked = self.mapped_and_removed("upnp", "--nat", "on")
        self.assertEqual(asked, [("map", port, port, 0), ("remove", port)])
        self.assertEqual(told, f"callers are let in at {OUTSIDE}:{port} by UPnP")

    def test_without_a_gateway_it_goes_on_and_says_so_once(self):
        original = self.file(1000)
        seeder = self.seed(self.create(original), original, "--log-level", "info", address="[::]:0",
                           wrapper=self.hosts().enter(1))
        seeder.wait_for("port_not_mapped")
        self.assertEqual(seeder.stop(), OK)
        self.assertEqual(seeder.errors().count("no gateway lets callers in"), 1)

    def test_where_no_route_leads_to_a_gateway_nothing_complains(self):
        original = self.file(1000)
        seeder = self.seed(self.create(original), original, "--no-lsd", "--nat", "on", address="[::]:0",
                           wrapper=TwoHosts(self.shop).enter(1))
        seeder.wait_for("port_not_mapped")
        self.assertEqual(seeder.stop(), OK)
        self.assertEqual(seeder.errors(), "")

    def test_no_gateway_is_asked_where_none_is_wanted(self):
        hosts = self.hosts()
        sniffer = Sniffer(self.shop, hosts.enter(0))
        original = self.file(1000)
        torrent = self.create(original)
        for n, (address, *options) in enumerate((
                ("[::]:0", "--nat", "off"), ("127.0.0.1:0", "--nat", "on"), ("[::]:0", "--bind", hosts.addresses[1]),
                ("[::]:0", "--nat", "on", "--proxy", f"socks5://{hosts.addresses[0]}:9"))):
            seeder = self.seed(torrent, original, "--no-lsd", *options, name=f"seeder {n}", address=address,
                               wrapper=hosts.enter(1))
            seeder.wait_for("progress")
            self.assertEqual(seeder.stop(), OK)
        self.assertEqual(sniffer.packets(), [])

    def test_it_is_on_or_off(self):
        done = self.shoal("seed", self.file(1000), "--nat", "maybe")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("'maybe' is none of: on, off", done.stderr)


if __name__ == "__main__":
    unittest.main()
