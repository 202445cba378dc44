"""Exit codes tell what went wrong, and one line on stderr tells it to a person."""
import json
import socket
import unittest

from processes import free_port
from shoal import Shoal
from swarm_test import BAD_TORRENT, DISK, INCOMPLETE, MIB, NETWORK, NOT_VERIFIED, OK, USAGE, SwarmTest


class ExitCodeTest(SwarmTest):
    def expect(self, code, *arguments):
        with self.subTest(" ".join(map(str, arguments))):
            done = self.shoal(*arguments)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            if code not in (OK, NOT_VERIFIED):
                self.assertTrue(done.stderr.strip())
                self.assertNotIn("terminate called", done.stderr)

    def test_help_and_version_are_fine(self):
        self.expect(OK, "--help")
        self.expect(OK, "--version")
        for command in ("create", "show", "verify", "tracker", "seed", "leech", "swarm"):
            self.expect(OK, command, "--help")
            self.assertLessEqual(len(self.shoal(command, "--help").stdout.splitlines()), 50)

    def test_usage(self):
        some = self.file(10)
        self.expect(USAGE)
        self.expect(USAGE, "swim")
        self.expect(USAGE, "leech")
        self.expect(USAGE, "leech", "x.torrent", "--no-such-option")
        self.expect(USAGE, "create", some)
        self.expect(USAGE, "create", some, "-o", self.shop.path / "x.torrent", "--piece-length", "banana")
        self.expect(USAGE, "tracker", "--listen", "nowhere:99999999")
        self.expect(USAGE, "leech", "x.torrent", "--max-up", "8 parsecs")
        self.expect(USAGE, "leech", "x.torrent", "--exit-when-complete", "--seed-ratio", "2")
        self.expect(USAGE, "leech", self.create(some), "--listen", "127.0.0.1:0", "--congestion", "nonesuch")

    def test_bad_torrents(self):
        torrent = self.create(self.file(MIB)).read_bytes()
        bad = {"truncated": torrent[:-7], "empty": b"", "text": b"hello", "no info": b"d8:announce1:xe",
               "deep": b"l" * 100_000, "lying length": b"d4:info999999999999:", "trailing": torrent + b"x",
               "negative piece length": torrent.replace(b"piece lengthi", b"piece lengthi-")}
        for name, data in bad.items():
            path = self.shop.path / f"{name}.torrent"
            path.write_bytes(data)
            self.expect(BAD_TORRENT, "show", path)
            self.expect(BAD_TORRENT, "leech", path, "-o", self.folder("copy"))
        self.expect(BAD_TORRENT, "show", "magnet:?xt=urn:btih:tooshort")

    def test_verification(self):
        original = self.file(3 * MIB)
        torrent = self.create(original, "--piece-length", 65536)
        self.expect(OK, "verify", torrent, original.parent)
        with open(original, "r+b") as file:
            file.seek(MIB)
            file.write(b"no longer what it was")
        self.expect(NOT_VERIFIED, "verify", torrent, original.parent)
        done = self.shoal("verify", torrent, original.parent, "--json")
        verified = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((verified["ok"], verified["pieces_total"] - verified["pieces_ok"]), (False, 1))
        self.expect(NOT_VERIFIED, "verify", torrent, self.folder("empty"))

    def test_things_that_are_not_there(self):
        self.expect(DISK, "create", self.shop.path / "nothing", "-o", self.shop.path / "x.torrent")
        self.expect(DISK, "create", self.file(10), "-o", self.shop.path / "no" / "such" / "folder" / "x.torrent")

    def test_an_address_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.expect(NETWORK, "tracker", "--listen", address)

    def test_nobody_to_be_reached(self):
        torrent = self.create(self.file(MIB), "-a", f"http://127.0.0.1:{free_port()}/announce")
        leecher = self.leech(torrent, "--stall-timeout", 2)
        self.assertEqual(leecher.wait(), NETWORK)
        self.assertEqual(leecher.last("error")["exit_code"], NETWORK)

    def test_stopped_before_and_after_completion(self):
        original = self.file(MIB)
        torrent = self.create(original)
        leecher = self.leech(torrent)
        leecher.started()
        self.assertEqual(leecher.stop(), INCOMPLETE)
        self.assertEqual(leecher.last("stopped")["exit_code"], INCOMPLETE)
        seeder = self.seed(torrent, original)
        self.assertEqual(seeder.stop(), OK)

    def test_seeding_ends_by_ratio_or_time(self):
        original = self.file(MIB)
        torrent = self.create(original)
        seeder = self.seed(torrent, original)
        leecher = self.leech(torrent, "--peer", seeder.address(), "--seed-time", 1)
        self.assertEqual(leecher.wait(), OK)
        giver = self.leech(torrent, "--peer", seeder.address(), "--seed-ratio", "0.5", name="giver")
        giver.wait_for("complete")
        seeder.stop()
        taker = self.leech(torrent, "--peer", giver.address(), "--exit-when-complete", name="taker",
                           address="127.0.0.3:0")
        self.assertEqual((taker.wait(), giver.wait()), (OK, OK))

    def test_a_free_port_is_taken_when_the_usual_one_is_not_free(self):
        original = self.file(10)
        torrent = self.create(original)
        first, second = (Shoal(self.shop, f"seeder {i}", "seed", torrent, "--dir", original.parent) for i in (1, 2))
        self.assertNotEqual(first.address(), second.address())


if __name__ == "__main__":
    unittest.main()
