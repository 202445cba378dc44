"""Torrent files, peers and trackers that mean harm."""
import gzip
import socket
import unittest

from content import files_below
from fake_peer import PROTOCOL, FakePeer, frame, garbage, honest
from fake_tracker import FakeTracker, endless, reply, silence
from swarm_test import MIB, OK, SwarmTest
from torrents import info_hash, make_torrent

PIECE_LENGTH = 16384


class HostileTest(SwarmTest):
    def leech_made(self, name, files):
        """Leeches a torrent made by hand, in a cage that shows what else was written; its exit code and the cage."""
        cage = self.folder("cage")
        (cage / "downloads").mkdir()
        torrent = self.shop.path / "made.torrent"
        hash_, data = make_torrent(torrent, name, files, PIECE_LENGTH)
        peer = FakePeer(hash_, -(-len(data) // PIECE_LENGTH), honest(data, PIECE_LENGTH))
        leecher = self.leech(torrent, "--peer", peer.address, "--exit-when-complete", folder=cage / "downloads")
        return leecher.wait(), cage

    def test_names_that_try_to_leave_the_folder(self):
        paths = [["..", "..", "up"], ["/etc/absolute"], ["..", "downloads", "..", "sideways"], ["a/../../slashes"],
                 ["back\\..\\slash"], ["nul\0byte"], ["."], [".."], ["", "empty"], ["con"], ["x" * 300],
                 ["tail. "], ["\xff\xfe".encode("latin-1")], ["..\u2024"], ["-rf"], ["~"]]
        files = [(path, bytes([65 + i]) * (1000 + i), None) for i, path in enumerate(paths)]
        code, cage = self.leech_made("../evil", files)
        self.assertEqual(code, OK)
        outside = [name for name in files_below(cage) if not name.startswith("cage/downloads/")]
        self.assertEqual(outside, [])
        self.assert_all_written(cage, files)

    def test_names_that_fall_together(self):
        paths = [["File"], ["file"], ["FILE"], ["file", "below"], ["caf\u00e9"], ["cafe\u0301"], ["same"], ["same"]]
        files = [(path, bytes([65 + i]) * (1000 + i), None) for i, path in enumerate(paths)]
        code, cage = self.leech_made("twins", files)
        self.assertEqual(code, OK)
        self.assert_all_written(cage, files)

    def assert_all_written(self, cage, files):
        written = {(cage.parent / name).read_bytes() for name in files_below(cage)}
        self.assertEqual([path for path, content, _ in files if content not in written], [])

    def test_a_symlink_is_not_followed_out_of_the_folder(self):
        outside, copy = self.folder("outside"), self.folder("copy")
        (copy / "tree").symlink_to(outside)
        torrent = self.shop.path / "made.torrent"
        hash_, data = make_torrent(torrent, "tree", [(["planted"], b"P" * 5000, None)], PIECE_LENGTH)
        peer = FakePeer(hash_, 1, honest(data, PIECE_LENGTH))
        leecher = self.leech(torrent, "--peer", peer.address, "--exit-when-complete", folder=copy)
        self.wait_until(lambda: not leecher.running() or leecher.last("problem"), "a refusal")
        self.assertNotEqual(leecher.stop(), OK)
        self.assertEqual(list(outside.iterdir()), [])

    def test_a_poisoner_is_banned_and_the_download_completes(self):
        original = self.file(6 * MIB)
        torrent = self.create(original, "--piece-length", PIECE_LENGTH)
        seeder = self.seed(torrent, original, "--max-up", "3MiB")
        poisoner = FakePeer(info_hash(torrent), 6 * MIB // PIECE_LENGTH, garbage, address="127.0.0.66")
        leecher = self.leech(torrent, "--peer", poisoner.address, "--peer", seeder.address())
        leecher.wait_for("complete")
        self.assertTrue(leecher.last("peer_banned")["peer"].startswith("127.0.0.66:"))
        self.assertGreater(poisoner.blocks_sent, 0)
        self.assertLess(poisoner.blocks_sent * 16384, original.stat().st_size)
        self.assert_copied(original, leecher.folder)

    def test_peers_that_talk_nonsense_do_no_harm(self):
        original = self.file(4 * MIB)
        torrent = self.create(original)
        seeder = self.seed(torrent, original, "--max-up", "2MiB")
        hello = PROTOCOL + bytes(8) + info_hash(torrent) + b"-XX0000-nonsensetalk"
        nonsense = {
            "silence": b"", "half a handshake": hello[:40], "another protocol": b"GET / HTTP/1.1\r\n\r\n" * 9,
            "another torrent": hello[:28] + bytes(20) + hello[48:], "a huge frame": hello + b"\xff\xff\xff\xff\x05",
            "a bitfield of the wrong size": hello + frame(5, b"\xff" * 999),
            "a have beyond the end": hello + frame(4, b"\xff\xff\xff\xff"),
            "a request beyond the piece": hello + frame(2) + frame(6, b"\0\0\0\0\xff\xff\xff\x00\0\0\x40\0"),
            "a huge request": hello + frame(2) + frame(6, bytes(8) + b"\x7f\xff\xff\xff"),
            "unasked blocks": hello + frame(7, bytes(8) + b"x" * 16384) * 20,
            "a flood of haves": hello + frame(4, bytes(4)) * 50_000, "unknown messages": hello + frame(99, b"?") * 99,
        }
        host, port = seeder.address().split(":")
        connections = []
        for words in nonsense.values():
            connection = socket.create_connection((host, int(port)))
            connections.append(connection)
            try:
                connection.settimeout(5)
                connection.sendall(words)
            except OSError:
                pass  # dropped while talking
        leecher = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)
        for connection in connections:
            connection.close()
        self.assertEqual(seeder.stop(), OK)

    def test_bad_trackers_do_not_stop_a_download(self):
        html = b"<!DOCTYPE html><html><body>404</body></html>" * 50
        behaviours = {
            "html": reply(html, b"Content-Type: text/html\r\n"), "silence": silence,
            "half a reply": reply(b"d8:inter", length=1000), "endless": endless, "empty": reply(b""),
            "rubbish": lambda c: c.sendall(b"\0\xff\x17" * 500), "huge number": reply(b"d8:intervali99999999999999999999ee"),
            "negative interval": reply(b"d8:intervali-5e5:peers0:e"), "odd peers": reply(b"d8:intervali9e5:peers5:abcdee"),
            "bomb": reply(gzip.compress(bytes(64 * MIB)), b"Content-Encoding: gzip\r\n"),
            "failure": reply(b"d14:failure reason9:go away!\x1be"), "itself": lambda c: c.sendall(
                b"HTTP/1.1 302 Found\r\nLocation: /announce\r\nContent-Length: 0\r\n\r\n"),
        }
        original = self.file(MIB)
        torrent = self.create(original)
        seeder = self.seed(torrent, original)
        leechers = {}
        for name, behave in behaviours.items():
            tracker = FakeTracker(behave)
            self.addCleanup(tracker.close)
            leechers[name] = self.leech(torrent, "-a", tracker.url, "--peer", seeder.address(), name=name)
        for name, leecher in leechers.items():
            with self.subTest(name):
                leecher.wait_for("complete")
                self.assert_copied(original, leecher.folder)
                leecher.wait_for("tracker_failed", 90)
        for leecher in leechers.values():
            self.assertEqual(leecher.stop(), OK)


if __name__ == "__main__":
    unittest.main()
