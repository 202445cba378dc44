"""Floods and other ill will against a tracker: whoever asks honestly meanwhile is answered."""
import contextlib
import random
import resource
import socket
import struct
import threading
import time
import unittest
import urllib.parse

from swarm_test import SwarmTest
from tracker_query import known_peers, stats

TORRENT = bytes(range(20))
# While two threads and a flood share two cores; unharmed it takes a millisecond.
SOON_S = 10


def address_of(tracker):
    where = urllib.parse.urlsplit(tracker.announce_url)
    return where.hostname, where.port


def udp_announce(at, port):
    """As an honest client does it; the number of leechers that it is told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(at)
        s.settimeout(1)

        def ask(request):
            for _ in range(SOON_S):
                s.send(request)
                try:
                    return s.recv(4096)
                except TimeoutError:
                    pass
            raise AssertionError("the tracker does not answer by UDP")

        connected = ask(struct.pack(">QII", 0x41727101980, 0, 7))
        (connection,) = struct.unpack_from(">Q", connected, 8)
        told = ask(struct.pack(">QII20s20sQQQIIIiH", connection, 1, 8, TORRENT, b"-XX0000-honestclient", 0, 1, 0, 2, 0,
                               0, -1, port))
        action, _, _, leechers = struct.unpack_from(">IIII", told)
        assert action == 1, told
        return leechers


class TrackerFloodsTest(SwarmTest):
    def setUp(self):
        super().setUp()
        self.stopping = threading.Event()
        self.flooders = []
        self.addCleanup(self.end_flood)

    def flood(self, what):
        def go_on():
            while not self.stopping.is_set():
                what()

        self.flooders.append(threading.Thread(target=go_on))
        self.flooders[-1].start()

    def end_flood(self):
        self.stopping.set()
        for one in self.flooders:
            one.join()

    def assert_honest_are_answered(self, tracker):
        begun = time.monotonic()
        self.assertIsInstance(known_peers(tracker.announce_url, TORRENT), set)
        self.assertEqual(udp_announce(address_of(tracker), 7001), 1)
        self.assertLess(time.monotonic() - begun, 2 * SOON_S)
        self.assertEqual(stats(tracker.announce_url)["leechers"], 1)

    def test_connection_ids_that_nobody_was_given(self):
        tracker = self.tracker()
        made_up = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(made_up.close)
        made_up.connect(address_of(tracker))
        sent = []

        def spoof():
            made_up.send(struct.pack(">QII20s20sQQQIIIiH", random.getrandbits(64), 1, 8, TORRENT, bytes(20), 0, 1, 0, 2, 0,
                                     0, -1, random.randrange(1, 65536)))
            sent.append(1)

        self.flood(spoof)
        self.wait_until(lambda: len(sent) > 1000, "the flood should begin", 20)
        self.assert_honest_are_answered(tracker)

    def test_requests_that_drip(self):
        tracker = self.tracker()
        dripping = [socket.create_connection(address_of(tracker)) for _ in range(200)]
        for one in dripping:
            self.addCleanup(one.close)

        def drip():
            for one in dripping:
                with contextlib.suppress(OSError):  # the tracker may have had enough of it
                    one.send(b"G")
            time.sleep(0.05)

        self.flood(drip)
        self.assert_honest_are_answered(tracker)

    def test_ten_thousand_connections_that_say_nothing(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(10_000, hard - 500)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + 400, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        tracker = self.tracker("--max-connections", str(wanted // 2))
        idle = []
        for n in range(wanted):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.bind((f"127.0.0.{2 + n % 2}", 0))
            one.connect(address_of(tracker))
            idle.append(one)
        try:
            self.assert_honest_are_answered(tracker)
            self.wait_until(lambda: stats(tracker.announce_url)["connections"] <= wanted // 2 + 16,
                            "the limit should hold", SOON_S)
        finally:
            for one in idle:
                one.close()

    def test_requests_without_an_end(self):
        tracker = self.tracker()
        ends = {
            "a URL": b"GET /announce?info_hash=",
            "a field": b"GET /announce HTTP/1.1\r\nX-Long: ",
            "fields": b"GET /announce HTTP/1.1\r\n" + b"X: y\r\n" * 100,
        }
        chunk = {"fields": b"X: y\r\n" * 10_000}
        for name, begin in ends.items():
            with self.subTest(name), socket.create_connection(address_of(tracker)) as s:
                sent = 0
                s.settimeout(SOON_S)
                try:
                    s.sendall(begin)
                    while sent < 1 << 30:  # a GiB
                        sent += s.send(chunk.get(name, b"a" * 65536))
                except ConnectionError:
                    pass
                self.assertLess(sent, 64 << 20, "the tracker should hang up long before")
                self.assert_honest_are_answered(tracker)


if __name__ == "__main__":
    unittest.main()
