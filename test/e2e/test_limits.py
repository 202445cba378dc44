"""Rate limits hold, at either end. The bounds are wide: a limit may burst, and machines may be busy."""
import unittest

from swarm_test import MIB, SwarmTest

SIZE = 8 * MIB


class LimitsTest(SwarmTest):
    def seconds(self, seeder_options, leecher_options):
        original = self.file(SIZE)
        torrent = self.create(original)
        seeder = self.seed(torrent, original, *seeder_options)
        leecher = self.leech(torrent, "--peer", seeder.address(), *leecher_options)
        complete = leecher.wait_for("complete")
        self.assert_copied(original, leecher.folder)
        return complete["seconds"]

    def test_upload(self):
        self.assertGreater(self.seconds(["--max-up", "2MiB"], []), 2.5)

    def test_download(self):
        self.assertGreater(self.seconds([], ["--max-down", str(2 * MIB)]), 2.5)


if __name__ == "__main__":
    unittest.main()
