"""The main job: a tracker, a seeder and leechers share what people share."""
import json
import unittest

from content import digests
from fake_peer import FakePeer, honest
from processes import free_port
from shoal import Shoal, bytes_by_address, loopback
from swarm_test import MIB, OK, SwarmTest
from torrents import info_hash, make_torrent
from tracker_query import scrape


class SwarmOfOursTest(SwarmTest):
    def test_four_leechers_complete_and_trade(self):
        original = self.file(24 * MIB + 1)
        tracker = self.tracker()
        torrent = self.create(original, "-a", tracker.announce_url)
        self.seed(torrent, original, "--max-up", "4MiB")
        leechers = [self.leech(torrent, "--max-up", "8MiB", name=f"leecher {i}", address=f"{loopback(i + 1)}:0")
                    for i in range(1, 5)]
        from_leechers = 0
        for leecher in leechers:
            came = bytes_by_address(leecher.wait_for("complete")["ledger"])
            self.assertGreaterEqual(sum(came.values()), original.stat().st_size)
            self.assertLessEqual(came.keys(), {loopback(i) for i in range(1, 6)} - {leecher.address().split(":")[0]})
            from_leechers += sum(came.values()) - came.get(loopback(1), 0)
            self.assert_copied(original, leecher.folder)
        self.assertGreater(from_leechers, original.stat().st_size)  # the seeder alone would have sent four copies
        self.assertEqual(scrape(tracker.announce_url, info_hash(torrent)),
                         {"complete": 5, "downloaded": 4, "downloaders": 0, "incomplete": 0})
        for process in [*leechers, tracker]:
            self.assertEqual(process.stop(), OK)

    def test_the_tracker_is_told_when_a_peer_stops(self):
        original = self.file(MIB)
        tracker = self.tracker()
        torrent = self.create(original, "-a", tracker.announce_url)
        seeder = self.seed(torrent, original)
        leecher = self.leech(torrent)
        leecher.wait_for("complete")
        leecher.stop()
        seeder.stop()
        self.assertEqual(scrape(tracker.announce_url, info_hash(torrent)).get("complete", 0), 0)

    def test_a_named_peer_is_enough(self):
        original = self.file(5 * MIB + 3)
        torrent = self.create(original)
        seeder = self.seed(torrent, original)
        leecher = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)

    def test_one_command_shares_a_folder(self):
        self.file(2 * MIB + 5, "holiday/pictures/1.raw")
        self.file(9, "holiday/notes.txt")
        original, torrent = self.shop.path / "original" / "holiday", self.shop.path / "holiday.torrent"
        seeder = Shoal(self.shop, "seeder", "seed", original, "--with-tracker", f"127.0.0.1:{free_port()}",
                       "-o", torrent, "--listen", "127.0.0.1:0")
        started = seeder.started()
        self.assertEqual(started["torrents"][0]["info_hash"], info_hash(torrent).hex())
        self.assertTrue(started["torrents"][0]["magnet"].startswith("magnet:?"))
        leecher = self.leech(torrent, "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)

    def test_several_torrents_in_one_process(self):
        first, second = self.file(3 * MIB, "first.bin"), self.file(2 * MIB + 1, "second.bin")
        tracker = self.tracker()
        torrents = [self.create(path, "-a", tracker.announce_url, name=f"{path.stem}.torrent")
                    for path in (first, second)]
        Shoal(self.shop, "seeder", "seed", *torrents, "--dir", first.parent, "--listen", "127.0.0.1:0").started()
        leecher = Shoal(self.shop, "leecher", "leech", *torrents, "-o", self.folder("both"), "--exit-when-complete",
                        "--listen", "127.0.0.2:0")
        self.assertEqual(leecher.wait(), OK)
        for path in (first, second):
            self.assert_copied(path, self.folder("both"))

    def test_a_folder_with_all_kinds_of_files(self):
        sizes = {"empty": 0, "one byte": 1, "block": 16384, "a/b/c/d/deep.bin": 100_001, "größe/鱼群.dat": 70_000,
                 "e\u0301 decomposed": 33, "spaces and 'quotes' & more.txt": 4097, "large.bin": 3 * MIB - 1}
        for name, size in sizes.items():
            self.file(size, f"tree/{name}")
        original = self.shop.path / "original" / "tree"
        torrent = self.create(original, "--piece-length", 16384)
        self.assertEqual(self.shoal("verify", torrent, original.parent).returncode, OK)
        seeder = self.seed(torrent, original)
        leecher = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)

    def test_padding_files_are_not_written(self):
        torrent = self.shop.path / "padded.torrent"
        whole = [(["a"], b"A" * 10_000, None), ([".pad", "6384"], bytes(6384), "p"), (["b"], b"B" * 20_000, None)]
        hash_, data = make_torrent(torrent, "padded", whole)
        peer = FakePeer(hash_, 3, honest(data, 16384))
        leecher = self.leech(torrent, "--peer", peer.address, "--exit-when-complete")
        self.assertEqual(leecher.wait(), OK)
        written = digests(leecher.folder / "padded")
        self.assertEqual({"padded/a", "padded/b"}, {name for name in written if not name.startswith("padded/.shoal")})

    def test_the_command_on_completion_runs_once_with_what_it_needs(self):
        original = self.file(MIB)
        torrent = self.create(original)
        seeder = self.seed(torrent, original)
        record = self.shop.path / "record"
        leecher = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete", "--on-complete",
                             f'echo "$SHOAL_NAME $SHOAL_INFO_HASH" >> {record}; cp "$SHOAL_PATH" {record}.copy')
        self.assertEqual(leecher.wait(), OK)
        self.assertEqual(record.read_text(), f"{original.name} {info_hash(torrent).hex()}\n")
        self.assertEqual((record.with_suffix(".copy")).read_bytes(), original.read_bytes())

    def test_every_line_of_json_is_an_event(self):
        original = self.file(2 * MIB)
        tracker = self.tracker()
        torrent = self.create(original, "-a", tracker.announce_url)
        seeder = self.seed(torrent, original)
        leecher = self.leech(torrent)
        leecher.wait_for("complete")
        for process in (leecher, seeder, tracker):
            self.assertEqual(process.stop(), OK)
            events = [json.loads(line) for line in process.output().splitlines()]
            self.assertEqual((events[0]["event"], events[-1]["event"]), ("started", "stopped"))
            times = [event["t"] for event in events]
            self.assertEqual(times, sorted(times))
            for progress in process.all("progress"):
                self.assertEqual(progress["bytes_total"], 2 * MIB)
                self.assertIn(progress["state"], ("checking", "downloading", "seeding", "paused", "stopped"))


if __name__ == "__main__":
    unittest.main()
