"""Trackers that share their swarms through Redis, under load and with losses."""
import signal
import socket
import threading
import time
import unittest

import bencode
from processes import Process, free_port
from swarm_test import OK, USAGE, SwarmTest
from tracker_query import get, scrape, stats


class Redis(Process):
    """A Redis server that keeps nothing."""

    def __init__(self, shop, name, port):
        super().__init__(shop, name, ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", shop.path,
                                      "--save", "", "--appendonly", "no"])
        self.port = port
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=10).close()
                return
            except OSError:
                assert self.running(), self.tail()
                time.sleep(0.01)


def name_of(number):
    return number.to_bytes(20, "big")


def announce(tracker, number, port, **more):
    answer = get(tracker.announce_url, {"info_hash": name_of(number), "peer_id": b"-XX0000-abcdefghijkl", "port": port,
                                        "left": 1, "uploaded": 0, "downloaded": 0, "compact": 1} | more)
    return bencode.decode(answer)


class Load:
    """Announces to a tracker, a new swarm each time, until it is told to stop; every one must be answered."""

    def __init__(self, tracker, first):
        self.tracker, self.number, self.faults, self.done = tracker, first, [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while not self.done:
                answer = announce(self.tracker, self.number, 1)
                if answer.get(b"incomplete") != 1 or answer[b"peers"]:
                    self.faults.append(answer)
                self.number += 1
                time.sleep(0.002)
        except OSError as fault:
            self.faults.append(fault)

    def stop(self):
        self.done = True
        self.thread.join()
        return self.number


class SharedTrackersTest(SwarmTest):
    def test_redis_dies_under_load_and_a_tracker_after_it(self):
        redis = Redis(self.shop, "redis", free_port())
        store = ("--store", f"redis://127.0.0.1:{redis.port}")
        one, other = self.tracker(*store, name="one"), self.tracker(*store, name="other")
        loads = [Load(one, 0), Load(other, 1_000_000)]
        time.sleep(0.5)
        redis.kill()
        time.sleep(0.5)
        redis = Redis(self.shop, "redis again", redis.port)
        time.sleep(0.5)
        last = [load.stop() for load in loads]
        self.assertEqual([load.faults for load in loads], [[], []])
        count = last[0] + last[1] - 1_000_000
        for tracker in (one, other):
            self.wait_until(lambda: stats(tracker.announce_url)["swarms"] == count, "every swarm should be known", 60)
            self.assertEqual(stats(tracker.announce_url)["leechers"], count)
        one.kill()
        for number in (0, last[0] - 1):  # who announced to the dead one is told of by the other
            self.assertEqual(announce(other, number, 2)[b"peers"], b"\x7f\0\0\1\0\1")
        late = self.tracker(*store, name="late")
        self.wait_until(lambda: stats(late.announce_url)["leechers"] >= count, "a new tracker should learn all", 60)
        self.assertEqual(scrape(late.announce_url, name_of(1_000_000))["incomplete"], 1)

    def test_a_store_that_is_no_address(self):
        done = self.shoal("tracker", "--check-config", "--store", "http://user:secret@host")
        self.assertEqual(done.returncode, USAGE)
        self.assertNotIn("secret", done.stderr)

    def test_the_end_does_not_wait_for_a_store_that_is_away(self):
        tracker = self.tracker("--store", f"redis://127.0.0.1:{free_port()}")
        announce(tracker, 1, 1)
        begun = time.monotonic()
        tracker.signal(signal.SIGTERM)
        self.assertEqual(tracker.wait(20), OK)
        self.assertLess(time.monotonic() - begun, 5)


if __name__ == "__main__":
    unittest.main()
