import subprocess
import unittest

from content import digests, random_file
from swarm_test import INCOMPLETE, MIB, NETWORK, OK, SwarmTest
from web_server import WebServer


class WebSeedTest(SwarmTest):
    def web(self, folder, how="honest", **more):
        server = WebServer(folder, how, **more)
        self.addCleanup(server.close)
        return server

    def assert_fetched(self, leecher, original):
        complete = leecher.wait_for("complete", 60)
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)
        return complete

    def test_the_only_source_is_one_that_the_torrent_names(self):
        original = self.file(9 * MIB + 12345)
        server = self.web(original.parent)
        torrent = self.create(original, "--web-seed", server.url)
        complete = self.assert_fetched(self.leech(torrent, "--exit-when-complete"), original)
        self.assertIn("web seed", complete["ledger"][0]["client"])
        self.assertLess(server.connections, 5, "connections are kept")
        self.assertLess(len(server.requests), 9 * 64, "ranges are longer than a block")

    def test_several_files_with_names_that_need_care(self):
        root = self.folder("original") / "a folder"
        for name, size in (("one.bin", MIB + 1), ("deep/w\u00fcrfel & #1?.bin", 3 * MIB), ("deep/100%", 7)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            random_file(root / name, size)
        (root / "empty").write_bytes(b"")
        server = self.web(root.parent)
        torrent = self.create(root)
        leecher = self.leech(torrent, "--web-seed", server.url + "moved", "--exit-when-complete")
        leecher.wait_for("complete", 60)
        self.assertEqual(leecher.wait(), OK)
        self.assertEqual(digests(root), digests(leecher.folder / root.name))

    def identity(self, name):
        """A certificate for 127.0.0.1 that vouches for itself."""
        file = self.shop.path / (name + ".pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                        "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-out", file,
                        "-keyout", file.with_suffix(".key")], check=True, capture_output=True)
        with open(file, "a", encoding="ascii") as both:
            both.write(file.with_suffix(".key").read_text("ascii"))
        return file

    def test_https_is_fetched_from_when_its_authority_is_trusted(self):
        original = self.file(3 * MIB + 5)
        ours, anothers = self.identity("ours"), self.identity("another's")
        server = self.web(original.parent, identity=ours)
        torrent = self.create(original, "--web-seed", server.url)
        for authority in ([], ["--ca-file", anothers]):
            strict = self.leech(torrent, "--stall-timeout", "2s", *authority, name=f"strict {len(authority)}")
            self.assertIn(strict.wait(), (NETWORK, INCOMPLETE))
        self.assertFalse(server.requests)
        self.assert_fetched(self.leech(torrent, "--ca-file", ours, "--exit-when-complete"), original)
        self.assertLess(server.connections, 10, "connections are kept")

    def test_one_that_sends_whole_files_only_serves(self):
        original = self.file(2 * MIB + 3)
        server = self.web(original.parent, "whole")
        torrent = self.create(original, "--web-seed", server.url)
        # In order, for else chance decides where the first pieces lie, and how often it has to begin again.
        self.assert_fetched(self.leech(torrent, "--sequential", "--exit-when-complete"), original)
        self.assertEqual(len(server.requests), 1, "what passes by is taken")

    def test_its_work_is_shared_with_peers(self):
        original = self.file(8 * MIB)
        server = self.web(original.parent)
        torrent = self.create(original, "--web-seed", server.url)
        seeder = self.seed(torrent, original, "--max-up", "4MiB")
        leecher = self.leech(torrent, "--peer", seeder.address(), "--max-down", "4MiB", "--exit-when-complete")
        complete = self.assert_fetched(leecher, original)
        self.assertGreater(complete["seconds"], 1, "the limit holds for web seeds too")

    def beside_a_peer(self, how):
        """The web seed goes wrong, the peer serves: the leecher and what the server was asked."""
        original = self.file(2 * MIB + 7)
        server = self.web(original.parent, how)
        torrent = self.create(original, "--web-seed", server.url)
        seeder = self.seed(torrent, original, "--max-up", "1MiB")
        leecher = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete")
        self.assert_fetched(leecher, original)
        return leecher, server.requests

    def assert_left(self, how):
        leecher, requests = self.beside_a_peer(how)
        self.assertTrue(any("not used any more" in e["text"] for e in leecher.all("warning")))
        self.assertLess(len(requests), 10)

    def test_one_that_sends_too_much_is_left(self):
        self.assert_left("long")

    def test_one_that_sends_another_part_is_left(self):
        self.assert_left("shifted")

    def test_one_that_redirects_in_a_loop_is_left(self):
        self.assert_left("loops")

    def test_one_without_the_file_is_left(self):
        self.assert_left("gone")

    def test_one_that_hangs_up_early_holds_up_nothing(self):
        self.beside_a_peer("short")

    def test_one_that_stalls_is_given_up(self):
        self.beside_a_peer("stalls")

    def test_false_data_is_blamed_on_the_web_seed(self):
        leecher, _ = self.beside_a_peer("garbage")
        self.assertTrue(leecher.all("peer_banned"))
        self.assertFalse(any("127.0.0.1" in e["text"] for e in leecher.all("peer_banned")))

    def test_one_that_is_busy_is_asked_again(self):
        original = self.file(MIB)
        server = self.web(original.parent, "busy")
        torrent = self.create(original, "--web-seed", server.url)
        self.assert_fetched(self.leech(torrent, "--exit-when-complete"), original)


if __name__ == "__main__":
    unittest.main()
