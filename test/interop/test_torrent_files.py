"""Torrent files cross between programs: the same bytes give the same info-hash, whoever writes and whoever reads."""
import json
import subprocess
import unittest

from clients import need
from swarm_test import MIB, OK, SwarmTest
from torrents import info_hash


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


class TorrentFilesTest(SwarmTest):
    def tree(self):
        self.file(3 * MIB + 1, "tree/one.bin")
        self.file(17, "tree/deep/er/two.txt")
        self.file(40000, "tree/größe/鱼.dat")
        return self.shop.path / "original" / "tree"

    def test_mktorrents_are_read_and_shared(self):
        need("mktorrent")
        original, torrent = self.tree(), self.shop.path / "theirs.torrent"
        tracker = self.tracker()
        run("mktorrent", "-l", "16", "-a", tracker.announce_url, "-o", torrent, original)
        shown = json.loads(self.shoal("show", torrent, "--json").stdout)
        self.assertEqual((shown["info_hash"], shown["name"], shown["piece_length"], len(shown["files"])),
                         (info_hash(torrent).hex(), "tree", 65536, 3))
        self.assertEqual(self.shoal("verify", torrent, original.parent).returncode, OK)
        self.seed(torrent, original)
        leecher = self.leech(torrent, "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)

    def test_mktorrent_computes_our_info_hash(self):
        need("mktorrent")
        original, theirs = self.file(3 * MIB + 1), self.shop.path / "theirs.torrent"
        run("mktorrent", "-l", "16", "-o", theirs, original)
        ours = self.create(original, "--piece-length", 65536)
        self.assertEqual(info_hash(ours), info_hash(theirs))

    def test_ours_are_read_by_transmission(self):
        need("transmission-show")
        torrent = self.create(self.tree(), "-a", "http://tracker.example/announce", "--private")
        shown = run("transmission-show", torrent)
        for expected in ("Name: tree", f"Hash: {info_hash(torrent).hex()}", "Private torrent",
                         "http://tracker.example/announce", "tree/deep/er/two.txt"):
            self.assertIn(expected, shown)

    def test_ours_are_read_by_aria2(self):
        need("aria2c")
        torrent = self.create(self.tree(), "-a", "http://tracker.example/announce")
        shown = run("aria2c", "--show-files", torrent)
        for expected in (f"Info Hash: {info_hash(torrent).hex()}", "./tree/deep/er/two.txt"):
            self.assertIn(expected, shown)


if __name__ == "__main__":
    unittest.main()
