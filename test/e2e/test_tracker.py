"""The tracker as its operator runs it."""
import base64
import functools
import json
import signal
import socket
import ssl
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import bencode
from swarm_test import DISK, OK, USAGE, SwarmTest
from tracker_query import get, stats

ONE, OTHER = b"\x11" * 20, b"\x22" * 20

# What systemd does for a service with sockets of its own: they are open from 3 on, and the environment says so.
HAND_OVER = """
import os, socket, sys
tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM)
udp.bind(tcp.getsockname())
for place, opened in ((20, tcp), (21, udp)):
    os.dup2(opened.fileno(), place)
for place in (3, 4):
    os.dup2(place + 17, place)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2")
os.execvp(sys.argv[1], sys.argv[1:])
"""


def announce(tracker, torrent, key="", **more):
    answer = get(tracker.announce_url.replace("/announce", f"{key}/announce"), {"info_hash": torrent, "peer_id": b"-XX0000-abcdefghijkl", "port": 9, "left": 1,
                                        "uploaded": 0, "downloaded": 0, "compact": 1} | more)
    return bencode.decode(answer)


class TrackerTest(SwarmTest):
    def test_options_from_a_file(self):
        config = self.shop.path / "tracker.json"
        config.write_text(json.dumps({"listen": ["127.0.0.1:0", "127.0.0.2:0"], "interval": "30m", "max-reply": 7,
                                      "full-scrape": True, "threads": 2}))
        done = self.shoal("tracker", "--config", config, "--check-config")
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        tracker = self.tracker("--config", config, "--interval", "100s")  # the command line counts more
        self.assertAlmostEqual(announce(tracker, ONE)[b"interval"], 100, delta=10)
        self.assertIn(ONE, bencode.decode(get(tracker.announce_url.replace("announce", "scrape"), {}))[b"files"])

    def test_peers_of_one_network_come_first(self):
        tracker = self.tracker("--near", "24", "--trusted-proxy", "127.0.0.1")

        def told(address):
            who = {"info_hash": ONE, "peer_id": b"-XX0000-abcdefghijkl", "port": 9, "left": 1, "uploaded": 0,
                   "downloaded": 0, "compact": 1, "numwant": 10}
            asks = urllib.request.Request(tracker.announce_url + "?" + urllib.parse.urlencode(who),
                                          headers={"X-Forwarded-For": address})
            with urllib.request.urlopen(asks, timeout=10) as answer:
                peers = bencode.decode(answer.read())[b"peers"]
            return [tuple(peers[at:at + 3]) for at in range(0, len(peers), 6)]

        for rack in range(5):
            for host in range(1, 13):
                told(f"10.1.{rack}.{host}")
        for rack in range(5):
            peers = told(f"10.1.{rack}.1")
            self.assertEqual(len(peers), 10)
            self.assertGreaterEqual(peers.count((10, 1, rack)), 8)
        for bad in ("33", "24,129", "24,", "near", "0"):
            done = self.shoal("tracker", "--check-config", "--near", bad)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn(f"'{bad}' is no number of bits", done.stderr)

    def test_a_bad_file_is_named_with_its_fault(self):
        config = self.shop.path / "tracker.json"
        for text, fault in (("{", "no JSON object"), ("[]", "no JSON object"), ('{"speed": 1}', "'speed'"),
                            ('{"interval": {}}', "'interval'"), ('{"full-scrape": "yes"}', "'full-scrape'"),
                            ('{"interval": "soon"}', "soon"), ('{"config": "x"}', "'config'")):
            with self.subTest(text):
                config.write_text(text)
                done = self.shoal("tracker", "--check-config", "--config", config)
                self.assertEqual(done.returncode, USAGE, done.stdout)
                self.assertIn(fault, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_only_torrents_that_are_allowed_and_again_when_the_list_changes(self):
        allowed = self.shop.path / "allowed"
        allowed.write_text(f"# ours\n{ONE.hex()}\n")
        tracker = self.tracker("--allow", allowed)
        self.assertIn(b"interval", announce(tracker, ONE))
        self.assertIn(b"does not serve", announce(tracker, OTHER)[b"failure reason"])
        allowed.write_text(OTHER.hex())
        self.wait_until(lambda: b"interval" in announce(tracker, OTHER), "the list should be read again", 20)
        self.assertIn(b"failure reason", announce(tracker, ONE))
        allowed.write_text("no info-hash")
        self.wait_until(lambda: tracker.errors().count("line 1") == 1, "the fault should be told", 20)
        tracker.signal(signal.SIGHUP)
        self.wait_until(lambda: tracker.errors().count("line 1") == 2, "a hangup should have it read again", 20)
        self.assertIn(b"interval", announce(tracker, OTHER))

    def test_all_torrents_but_those_denied(self):
        denied = self.shop.path / "denied"
        denied.write_text(ONE.hex())
        tracker = self.tracker("--deny", denied)
        self.assertIn(b"failure reason", announce(tracker, ONE))
        self.assertIn(b"interval", announce(tracker, OTHER))

    def test_lists_that_cannot_be_read(self):
        bad = self.shop.path / "bad"
        bad.write_text(f"{ONE.hex()}\nxyz\n")
        done = self.shoal("tracker", "--check-config", "--allow", bad)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("line 2", done.stderr)
        self.assertEqual(self.shoal("tracker", "--check-config", "--deny", self.shop.path / "none").returncode, DISK)
        self.assertEqual(self.shoal("tracker", "--allow", bad, "--deny", bad).returncode, USAGE)

    def test_passkeys_and_again_when_the_file_changes(self):
        members = self.shop.path / "members"
        members.write_text("anna-s-key\n")
        tracker = self.tracker("--passkeys", members)
        self.assertIn(b"lacks a passkey", announce(tracker, ONE)[b"failure reason"])
        self.assertIn(b"interval", announce(tracker, ONE, "/anna-s-key"))
        members.write_text("bob-s-key\n")
        self.wait_until(lambda: b"interval" in announce(tracker, ONE, "/bob-s-key"), "it should be read again", 20)
        self.assertIn(b"not known", announce(tracker, ONE, "/anna-s-key")[b"failure reason"])

    def test_tokens_that_another_program_signed(self):
        private, public = self.shop.path / "private.pem", self.shop.path / "public.pem"
        run = functools.partial(subprocess.run, check=True, capture_output=True, timeout=60)
        run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private])
        run(["openssl", "pkey", "-in", private, "-pubout", "-out", public])

        def url64(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        claims = {"infohash": ONE.hex(), "exp": int(time.time()) + 600}
        message = url64(b'{"alg":"RS256","typ":"JWT"}') + b"." + url64(json.dumps(claims).encode())
        signature = run(["openssl", "dgst", "-sha256", "-sign", private], input=message).stdout
        token = (message + b"." + url64(signature)).decode()
        tracker = self.tracker("--token-key", public)
        self.assertIn(b"interval", announce(tracker, ONE, jwt=token))
        self.assertIn(b"another torrent", announce(tracker, OTHER, jwt=token)[b"failure reason"])
        self.assertIn(b"lacks a token", announce(tracker, ONE)[b"failure reason"])
        self.assertEqual(self.shoal("tracker", "--check-config", "--token-key", private).returncode, USAGE)

    def test_peers_are_known_again_after_a_restart(self):
        kept = self.shop.path / "swarms"
        tracker = self.tracker("--snapshot", kept)
        announce(tracker, ONE, port=7)
        tracker.ask_to_stop()
        self.assertEqual(tracker.wait(20), OK)
        again = self.tracker("--snapshot", kept)
        self.assertEqual(announce(again, ONE, port=8)[b"peers"], b"\x7f\0\0\1\0\7")
        again.ask_to_stop()
        again.wait(20)
        kept.write_bytes(kept.read_bytes()[:-1])
        without = self.tracker("--snapshot", kept)
        self.assertIn("damaged", without.errors())
        self.assertEqual(announce(without, ONE, port=8)[b"peers"], b"")

    def test_a_service_manager_is_told(self):
        path = str(self.shop.path / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(20)
            tracker = self.tracker(wrapper=["env", f"NOTIFY_SOCKET={path}"])
            self.assertEqual(manager.recv(100), b"READY=1")
            tracker.ask_to_stop()
            self.assertEqual(manager.recv(100), b"STOPPING=1")

    def test_https_on_the_same_port_with_another_certificate_after_a_hangup(self):
        chain, key = self.shop.path / "chain.pem", self.shop.path / "key.pem"

        def certify(name):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", chain,
                            "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                           capture_output=True, timeout=60)

        certify("one")
        tracker = self.tracker("--tls-cert", chain, "--tls-key", key)
        page = tracker.announce_url.replace("http:", "https:").replace("announce", "health")

        def answer():
            try:
                with urllib.request.urlopen(page, timeout=10,
                                            context=ssl.create_default_context(cafile=chain)) as reply:
                    return reply.read()
            except urllib.error.URLError as refused:
                return str(refused)

        self.assertEqual(answer(), b"ok\n")
        self.assertIn(b"interval", announce(tracker, ONE))
        certify("other")
        tracker.signal(signal.SIGHUP)
        self.wait_until(lambda: answer() == b"ok\n", "the new certificate should be shown", 20)
        self.assertEqual(self.shoal("tracker", "--check-config", "--tls-cert", key, "--tls-key", key).returncode, USAGE)
        self.assertEqual(self.shoal("tracker", "--check-config", "--tls-cert", chain).returncode, USAGE)

    def test_sockets_that_a_service_manager_opened(self):
        tracker = self.tracker(listen=None, wrapper=["/usr/bin/python3", "-c", HAND_OVER])
        self.assertIn(b"interval", announce(tracker, ONE))
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            port = urllib.parse.urlsplit(tracker.announce_url).port
            client.sendto(bytes.fromhex("00000417271019800000000000000007"), ("127.0.0.1", port))
            self.assertEqual(client.recv(100)[:8], bytes.fromhex("0000000000000007"))

    def test_health_and_metrics(self):
        tracker = self.tracker()
        announce(tracker, ONE, event="started")
        page = tracker.announce_url.replace("announce", "")
        with urllib.request.urlopen(page + "health", timeout=10) as answer:
            self.assertEqual(answer.read(), b"ok\n")
        with urllib.request.urlopen(page + "metrics", timeout=10) as answer:
            self.assertIn('event="started",result="answered"} 1\n', answer.read().decode())
        self.assertEqual(stats(tracker.announce_url)["leechers"], 1)


if __name__ == "__main__":
    unittest.main()
