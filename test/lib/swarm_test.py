"""The ground that tests with whole processes stand on: a workshop for each, its logs shown when it fails."""
import signal
import subprocess
import sys
import unittest

from content import digests, random_file
from processes import Workshop, wait_until
from shoal import PROGRAM, Shoal, start_tracker

OK, USAGE, BAD_TORRENT, DISK, NETWORK, INCOMPLETE, NOT_VERIFIED = 0, 2, 3, 4, 5, 6, 7
MIB = 1 << 20


class SwarmTest(unittest.TestCase):
    maxDiff = None
    wait_until = staticmethod(wait_until)

    def run(self, result=None):
        with Workshop() as self.shop:
            def faults():
                return len(result.failures) + len(result.errors)

            before = faults()
            super().run(result)
            if faults() > before:
                print(self.shop.logs(), file=sys.stderr)

    def tearDown(self):
        ours = [process for process in self.shop.processes if isinstance(process, Shoal)]
        for process in ours:
            process.ask_to_stop()
        for process in ours:
            if process.exit_code != -signal.SIGKILL:  # by which some tests end them
                self.assertIn(process.stop(), (OK, BAD_TORRENT, DISK, NETWORK, INCOMPLETE), process.name)

    def folder(self, name):
        path = self.shop.path / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def file(self, size, name="data.bin"):
        return random_file(self.folder("original") / name, size)

    def shoal(self, *arguments, timeout_s=60):
        """Runs it to its end, without --json."""
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout_s,
                              stdin=subprocess.DEVNULL)

    def create(self, path, *options, name="shared.torrent"):
        torrent = self.shop.path / name
        done = self.shoal("create", path, "-o", torrent, *options)
        self.assertEqual(done.returncode, OK, done.stderr)
        return torrent

    def tracker(self, *options, **where):
        return start_tracker(self.shop, *options, **where)

    def seed(self, torrent, path, *options, name="seeder", address="127.0.0.1:0", **how):
        seeder = Shoal(self.shop, name, "seed", torrent, "--dir", path.parent, "--listen", address, *options,
                       **how)
        seeder.started()
        return seeder

    def leech(self, torrent, *options, name="leecher", address="127.0.0.2:0", folder=None, **how):
        """Into a folder of its own name unless told; it goes on seeding afterwards unless told."""
        into = folder or self.folder(name)
        leecher = Shoal(self.shop, name, "leech", torrent, "-o", into, "--listen", address, *options, **how)
        leecher.folder = into
        return leecher

    def assert_copied(self, original, folder):
        self.assertEqual(digests(original), digests(folder / original.name))
