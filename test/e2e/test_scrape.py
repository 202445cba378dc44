import json
import unittest

from swarm_test import NETWORK, OK, USAGE, SwarmTest


class ScrapeTest(SwarmTest):
    def scrape(self, what, *options):
        done = self.shoal("show", what, "--scrape", "--json", *options)
        return done, json.loads(done.stdout.splitlines()[0]).get("scrape")

    def test_each_tracker_tells_what_it_counts(self):
        original = self.file(100_000)
        torrent = self.create(original)
        http = self.tracker().announce_url
        udp = http.replace("http://", "udp://")
        self.seed(torrent, original, "-a", http).wait_for("tracker_replied")
        self.leech(torrent, "-a", http).wait_for("complete")
        dead = "http://127.0.0.1:9/announce"
        counted = {"seeders": 2, "leechers": 0, "completed": 1}

        def all_counted():
            done, told = self.scrape(torrent, "-a", http, "-a", udp, "-a", dead)
            return done.returncode == OK and told[:2] == [{"tracker": url, **counted} for url in (http, udp)] and told

        told = self.wait_until(all_counted, "both should count two seeders", 20)
        self.assertIn("refused", told[2]["error"])
        done = self.shoal("show", torrent, "--scrape", "-a", udp)
        self.assertIn(f"Scrape        {udp}: 2 seeders, 0 leechers, completed 1 times", done.stdout)

    def test_a_torrent_that_the_tracker_does_not_know_has_nobody(self):
        link = "magnet:?xt=urn:btih:" + "ab" * 20 + "&tr=" + self.tracker().announce_url
        done, told = self.scrape(link)
        self.assertEqual(done.returncode, OK)
        self.assertEqual([entry["seeders"] for entry in told], [0])

    def test_when_nobody_answers_or_can_be_asked_it_fails(self):
        torrent = self.create(self.file(1000))
        done, _ = self.scrape(torrent, "-a", "http://127.0.0.1:9/announce")
        self.assertEqual(done.returncode, NETWORK)
        done, _ = self.scrape(torrent)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("there is no tracker to ask; name one with -a", done.stderr)


if __name__ == "__main__":
    unittest.main()
