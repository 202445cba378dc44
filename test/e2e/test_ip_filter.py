import time
import unittest

from swarm_test import MIB, OK, USAGE, SwarmTest


class IpFilterTest(SwarmTest):
    def filter(self, text):
        path = self.shop.path / "filter.txt"
        path.write_text(text)
        return path

    def test_a_filtered_peer_is_neither_called_nor_answered(self):
        original = self.file(MIB)
        torrent = self.create(original)
        filter_ = self.filter("# the neighbour\nneighbour:127.0.0.2-127.0.0.2\n")
        seeder = self.seed(torrent, original, "--ip-filter", filter_)
        kept_out = self.leech(torrent, "--peer", seeder.address())
        seeder_calls = self.leech(torrent, "--peer", seeder.address(), "--exit-when-complete", name="another",
                                  address="127.0.0.3:0")
        self.assertEqual(seeder_calls.wait(30), OK)
        self.assertFalse(kept_out.all("peer_connected"))
        caller = self.leech(torrent, "--peer", kept_out.address(), "--ip-filter", filter_, name="caller",
                            address="127.0.0.4:0")
        caller.started()
        time.sleep(1)
        self.assertFalse(caller.all("peer_connected"))

    def test_a_file_with_a_line_that_cannot_be_read_is_refused(self):
        torrent = self.create(self.file(MIB))
        done = self.shoal("leech", torrent, "--ip-filter", self.filter("10.0.0.0/8\nnonsense\n"))
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("line 2", done.stderr)


if __name__ == "__main__":
    unittest.main()
