import unittest

from sniffer import Sniffer
from swarm_test import MIB, OK, USAGE, SwarmTest
from two_hosts import TwoHosts

LSD_PORT, WEB_PORT, NOBODYS_PORT = 6771, 8080, 9


class BindTest(SwarmTest):
    def everything(self, hosts, source, at):
        """Host 1 leeches bound to `source`, with all that it can be told of at host 0's address `at`; what host 0
        has got of it, once there is something of everything."""
        original = self.file(MIB)
        torrent = self.create(original)
        tracker = self.tracker(listen=f"{at}:0", wrapper=hosts.enter(0))
        tracker_port = int(tracker.started()["listen"].rpartition(":")[2])
        seeder = self.seed(torrent, original, "--no-lsd", address=f"{at}:0", wrapper=hosts.enter(0))
        seeder_port = int(seeder.address().rpartition(":")[2])
        sniffer = Sniffer(self.shop, hosts.enter(0))
        leecher = self.leech(
            torrent, "--bind", source, "--announce-all",
            "-a", f"http://{at}:{tracker_port}/announce", "-a", f"udp://{at}:{tracker_port}/announce",
            "--web-seed", f"http://{at}:{WEB_PORT}/", "--peer", seeder.address(),
            "--peer", f"[{hosts.addresses_v6[0]}]:{NOBODYS_PORT}", "--peer", f"{hosts.addresses[0]}:{NOBODYS_PORT}",
            address="[::]:0", wrapper=hosts.enter(1))
        wanted = {("tcp", tracker_port), ("udp", tracker_port), ("tcp", WEB_PORT), ("tcp", seeder_port),
                  ("udp", LSD_PORT)}
        self.wait_until(lambda: wanted <= {(protocol, port) for _, protocol, _, port in sniffer.packets()},
                        "all of it should be asked", 30)
        leecher.wait_for("complete", 30)
        self.assert_copied(original, leecher.folder)
        self.assertEqual(leecher.stop(), OK)
        return sniffer.packets(), leecher.address()

    def test_everything_leaves_from_the_bound_address(self):
        hosts = TwoHosts(self.shop)
        hosts.run(1, "ip", "address", "add", "10.77.0.12/24", "dev", "wire")  # after the one that the routes prefer
        packets, listening = self.everything(hosts, "10.77.0.12", hosts.addresses[0])
        self.assertEqual({source for _, _, source, _ in packets}, {"10.77.0.12"})
        self.assertTrue(listening.startswith("10.77.0.12:"), listening)

    def test_everything_leaves_by_the_bound_interface(self):
        hosts = TwoHosts(self.shop)
        hosts.add_wire("spare", ("10.78.0.1", "10.78.0.2"))
        packets, _ = self.everything(hosts, "spare", "10.78.0.1")
        self.assertEqual({(device, source) for device, _, source, _ in packets if ":" not in source},
                         {("spare", "10.78.0.2")})
        self.assertEqual({device for device, *_ in packets}, {"spare"})

    def test_what_this_machine_does_not_have_is_refused(self):
        torrent = self.create(self.file(1000))
        for source in ("nosuch0", "203.0.113.77", "", "10.0.0.0/8"):
            done = self.shoal("leech", torrent, "-o", self.folder("leecher"), "--bind", source)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("is no address or network interface of this machine; see: ip address", done.stderr)


if __name__ == "__main__":
    unittest.main()
