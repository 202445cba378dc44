import unittest

from proxy import Proxy
from sniffer import Sniffer
from swarm_test import MIB, OK, USAGE, SwarmTest
from two_hosts import TwoHosts

LOGIN = "someone:with a:colon"
IN_URL = "someone:with%20a%3Acolon@"
WEB_PORT = 8080


class ProxyTest(SwarmTest):
    def everything_through(self, kind):
        """Whoever wants to leave host 1 has to pass by host 0, which sees it."""
        hosts = TwoHosts(self.shop)
        hosts.run(1, "ip", "route", "add", "default", "via", hosts.addresses[0])
        here = hosts.addresses[0]
        original = self.file(MIB)
        torrent = self.create(original)
        tracker = self.tracker(listen=f"{here}:0", wrapper=hosts.enter(0))
        tracker_port = int(tracker.started()["listen"].rpartition(":")[2])
        seeder = self.seed(torrent, original, "--no-lsd", "-a", f"http://{here}:{tracker_port}/announce",
                           address=f"{here}:0", wrapper=hosts.enter(0))
        seeder_port = int(seeder.address().rpartition(":")[2])
        seeder.wait_for("tracker_replied")
        proxy = Proxy(self.shop, kind, here, LOGIN, hosts.enter(0))
        sniffer = Sniffer(self.shop, hosts.enter(0))
        leecher = self.leech(
            torrent, "--proxy", f"{kind}://{IN_URL}{here}:{proxy.port}", "--announce-all",
            "-a", f"http://tracker.test:{tracker_port}/announce", "-a", f"udp://{here}:{tracker_port}/announce",
            "--web-seed", f"http://web.test:{WEB_PORT}/", address="[::]:0", wrapper=hosts.enter(1))
        leecher.wait_for("complete", 30)
        self.assert_copied(original, leecher.folder)
        self.wait_until(lambda: ("web.test", WEB_PORT) in proxy.asked(), "the web seed should be asked for", 30)
        failed = leecher.wait_for("tracker_failed")
        self.assertIn("UDP would go past the proxy", failed["text"])
        self.assertEqual(leecher.stop(), OK)
        self.assertLessEqual({("tracker.test", tracker_port), (here, seeder_port)}, set(proxy.asked()))
        self.assertFalse(proxy.refused())
        self.assertEqual({packet[1:] for packet in sniffer.packets()}, {("tcp", hosts.addresses[1], proxy.port)})

    def test_everything_goes_through_socks(self):
        self.everything_through("socks5")

    def test_everything_goes_through_an_http_proxy(self):
        self.everything_through("http")

    def test_a_wrong_password_is_told(self):
        torrent = self.create(self.file(1000))
        for kind in ("socks5", "http"):
            proxy = Proxy(self.shop, kind, "127.0.0.1", LOGIN)
            leecher = self.leech(torrent, "--proxy", f"{kind}://someone:else@127.0.0.1:{proxy.port}",
                                 "-a", "http://tracker.test/announce", name=kind)
            failed = leecher.wait_for("tracker_failed")
            self.assertIn("the proxy refuses this user and password", failed["text"])

    def test_no_name_is_looked_up_here(self):
        torrent = self.create(self.file(1000))
        done = self.shoal("leech", torrent, "--peer", "localhost:6881", "--proxy", "socks5://127.0.0.1:1080")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("'localhost' would be looked up past the proxy", done.stderr)

    def test_what_is_no_proxy_is_refused_without_repeating_the_password(self):
        torrent = self.create(self.file(1000))
        done = self.shoal("leech", torrent, "--proxy", "https://someone:secret@127.0.0.1:1080")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("--proxy: not a proxy; write socks5://HOST:PORT", done.stderr)
        self.assertNotIn("secret", done.stderr)


if __name__ == "__main__":
    unittest.main()
