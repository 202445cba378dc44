"""From a magnet link to the content, with honest peers and others."""
import hashlib
import json
import pathlib
import unittest

import bencode
from metadata_peer import DATA, REJECT, MetadataPeer, false_part, fetch_metadata, true_part
from swarm_test import BAD_TORRENT, INCOMPLETE, MIB, NETWORK, OK, USAGE, SwarmTest
from torrents import info_hash, make_torrent
from tracker_query import scrape

PIECE_LENGTH = 16384


def metadata_of(torrent):
    return bencode.encode(bencode.decode(pathlib.Path(torrent).read_bytes())[b"info"])


class MagnetTest(SwarmTest):
    def magnet(self, torrent, *peers, **more):
        link = "magnet:?xt=urn:btih:" + info_hash(torrent).hex()
        return link + "".join(f"&x.pe={peer}" for peer in peers) + "".join(f"&{k}={v}" for k, v in more.items())

    def shared(self, size=3 * MIB, *options):
        """Content whose metadata has several parts, its torrent, and a seeder of it."""
        original = self.file(size)
        torrent = self.create(original, "--piece-length", PIECE_LENGTH, *options)
        return original, torrent, self.seed(torrent, original)

    def test_a_link_with_a_tracker_fetches_everything(self):
        original = self.file(3 * MIB)
        tracker = self.tracker()
        torrent = self.create(original, "-a", tracker.announce_url, "--piece-length", PIECE_LENGTH)
        seeder = self.seed(torrent, original)
        saved = self.shop.path / "saved.torrent"
        leecher = self.leech(seeder.started()["torrents"][0]["magnet"], "--save-torrent", saved)
        self.assertIsNone(leecher.started()["torrents"][0]["bytes"])
        fetched = leecher.wait_for("metadata_fetched")
        self.assertEqual((fetched["bytes"], fetched["info_hash"]), (3 * MIB, info_hash(torrent).hex()))
        leecher.wait_for("complete")
        self.assert_copied(original, leecher.folder)
        self.assertEqual(metadata_of(saved), metadata_of(torrent))
        self.assertEqual(bencode.decode(saved.read_bytes())[b"announce"].decode(), tracker.announce_url)

    def test_a_link_passes_from_leecher_to_leecher_and_survives_a_restart(self):
        original, torrent, seeder = self.shared(8 * MIB)
        first = self.leech(self.magnet(torrent, seeder.address()), "--max-down", "4MiB", name="first")
        first.wait_for("metadata_fetched")
        second = self.leech(self.magnet(torrent, first.address()), name="second", address="127.0.0.3:0")
        second.wait_for("metadata_fetched")
        self.wait_until(lambda: (second.last("progress") or {"pieces_done": 0})["pieces_done"] > 20, "some pieces")
        second.stop()
        again = self.leech(self.magnet(torrent, first.address()), name="again", folder=second.folder,
                           address="127.0.0.3:0")
        again.wait_for("complete")
        self.assert_copied(original, second.folder)
        self.assertLess(again.last("progress")["downloaded"], 8 * MIB - 15 * PIECE_LENGTH)

    def test_show_fetches_and_prints(self):
        _, torrent, seeder = self.shared()
        saved = self.folder("saved")
        done = self.shoal("show", self.magnet(torrent, seeder.address()), "--fetch", "--json", "--save-torrent", saved,
                          "--listen", "127.0.0.2:0")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["bytes"], 3 * MIB)
        self.assertEqual(metadata_of(saved / "data.bin.torrent"), metadata_of(torrent))
        self.assertEqual(self.shoal("show", torrent, "--fetch").returncode, USAGE)
        alone = self.shoal("show", self.magnet(torrent), "--fetch", "--timeout", "1s", "--listen", "127.0.0.2:0")
        self.assertEqual(alone.returncode, NETWORK, alone.stderr)

    def set_of_files(self):
        """Three files, of which no two share a piece, their torrent, and a seeder."""
        made, data = self.shop.path / "made.torrent", self.folder("data") / "set"
        files = [([name], bytes([65 + i]) * 3 * PIECE_LENGTH, None) for i, name in enumerate("abc")]
        make_torrent(made, "set", files, PIECE_LENGTH)
        data.mkdir()
        for (name,), content, _ in files:
            (data / name).write_bytes(content)
        return made, files, self.seed(made, data)

    def test_only_the_selected_files_are_fetched(self):
        made, files, seeder = self.set_of_files()
        leecher = self.leech(self.magnet(made, seeder.address(), so="0,2"), "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assertEqual(leecher.last("complete")["bytes"], 6 * PIECE_LENGTH)
        self.assertEqual((leecher.folder / "set" / "c").read_bytes(), files[2][1])
        self.assertFalse((leecher.folder / "set" / "b").exists())

    def test_files_are_selected_by_number_and_pattern(self):
        made, files, seeder = self.set_of_files()
        link = self.magnet(made, seeder.address(), so="1")
        for n, (torrent, *more) in enumerate([(link,), (made, "--peer", seeder.address())], 3):
            leecher = self.leech(torrent, *more, "--files", "2,[a]", "--first-last", "--exit-when-complete",
                                 name=f"leecher{n}", address=f"127.0.0.{n}:0")
            self.assertEqual(leecher.wait(), OK)
            self.assertEqual(sorted(f.name for f in (leecher.folder / "set").iterdir()), ["a", "c"])
        for torrent in (link, made):
            none = self.shoal("leech", torrent, "--files", "*.iso", "-o", self.folder("none"), "--listen", "127.0.0.9:0")
            self.assertEqual(none.returncode, USAGE, none.stderr)

    def test_who_wants_no_more_than_some_files_is_a_partial_seed(self):
        made, _, seeder = self.set_of_files()
        tracker = self.tracker("--interval", "4")  # and nobody may announce again before half of it
        leecher = self.leech(made, "--peer", seeder.address(), "--files", "2", "-a", tracker.announce_url)
        leecher.wait_for("complete")
        self.wait_until(lambda: scrape(tracker.announce_url, info_hash(made)).get("incomplete") == 1,
                        "the tracker should know it", 20)
        # BEP 21: of the incomplete, those who download.
        self.wait_until(lambda: scrape(tracker.announce_url, info_hash(made)).get("downloaders") == 0,
                        "it should have told that it is paused", 20)

    def test_liars_are_found_out_and_banned(self):
        original, torrent, seeder = self.shared(24 * MIB)
        metadata = metadata_of(torrent)
        liars = [MetadataPeer(info_hash(torrent), len(metadata), false_part(metadata), f"127.0.0.{n}") for n in (66, 67)]
        longer = MetadataPeer(info_hash(torrent), len(metadata) + 1, lambda part: None, "127.0.0.68")
        for peer in (*liars, longer):
            self.addCleanup(peer.close)
        leecher = self.leech(self.magnet(torrent, *(p.address for p in (*liars, longer))))
        self.wait_until(lambda: all(peer.asked for peer in liars), "the liars should be asked")
        helper = self.leech(self.magnet(torrent, leecher.address(), seeder.address()), name="helper", address="127.0.0.4:0")
        helper.wait_for("metadata_fetched")
        leecher.wait_for("complete")
        banned = {event["peer"].split(":")[0] for event in leecher.all("peer_banned")}
        self.assertLessEqual(banned, {"127.0.0.66", "127.0.0.67"})
        self.assertTrue(banned)
        self.assert_copied(original, leecher.folder)

    def test_metadata_bombs_cost_little(self):
        original, torrent, seeder = self.shared()
        zeros = [MetadataPeer(info_hash(torrent), size, lambda part: bytes(16384), f"127.0.1.{n}")
                 for n, size in enumerate((1 << 40, (64 << 20) + 1, 64 << 20, 1 << 63, 5), 1)]
        for peer in zeros:
            self.addCleanup(peer.close)
        bombs = [peer.address for peer in zeros]
        alone = self.leech(self.magnet(torrent, *bombs), name="alone", address="127.0.0.5:0")
        self.wait_until(lambda: alone.last("peer_banned", peer="127.0.1.3:0"), "the bomb should go off")
        self.assertEqual([zeros[n].asked for n in (0, 1, 3)], [[], [], []])
        self.assertEqual(alone.stop(), INCOMPLETE)
        self.assertLess(alone.usage.ru_maxrss, 300 << 10)  # KiB: the 64 MiB that are allowed, and their copy
        leecher = self.leech(self.magnet(torrent, seeder.address(), *bombs))
        leecher.wait_for("complete")
        self.assert_copied(original, leecher.folder)

    def test_metadata_that_is_no_torrent_is_said_so(self):
        metadata = b"d4:name1:x12:piece lengthi16384ee"
        hash_ = hashlib.sha1(metadata).digest()
        peer = MetadataPeer(hash_, len(metadata), true_part(metadata))
        self.addCleanup(peer.close)
        link = f"magnet:?xt=urn:btih:{hash_.hex()}&x.pe={peer.address}"
        for command in (["leech", link, "-o", self.folder("x"), "--listen", "127.0.0.2:0"],
                        ["show", link, "--fetch", "--listen", "127.0.0.2:0"]):
            done = self.shoal(*command)
            self.assertEqual(done.returncode, BAD_TORRENT, done.stderr)

    def test_metadata_is_served_to_whoever_asks_and_no_more(self):
        _, torrent, seeder = self.shared()
        metadata = metadata_of(torrent)
        answers = fetch_metadata(seeder.address(), info_hash(torrent), [0, 1, 99])
        self.assertEqual(answers[0], (DATA, metadata[:16384]))
        self.assertEqual(answers[1][0], DATA if len(metadata) > 16384 else REJECT)
        self.assertEqual(answers[99], (REJECT, b""))


if __name__ == "__main__":
    unittest.main()
