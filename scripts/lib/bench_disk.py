"""A download to a real disk beside `cp` and `sha1sum` of the same file, from a cold cache."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time
import typing

from content import random_file, sha256
from measure import MIB, machine
from processes import ROOT, Workshop, wait_until
from shoal import PROGRAM, Shoal


class Result(typing.NamedTuple):
    seconds: float  # until every byte is there and checked
    synced_s: float  # until it is on the medium too


def forget(path):
    """Drops a file from the page cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def sync(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def copy(shop, original):
    to = shop.path / "copy" / original.name
    started_at = time.monotonic()
    subprocess.run(["cp", original, to], check=True)
    subprocess.run(["sha1sum", to], check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - started_at
    sync(to)
    return Result(seconds, time.monotonic() - started_at)


def download(shop, original):
    torrent = shop.path / "disk.torrent"
    seeder = Shoal(shop, "seeder", "seed", torrent, "--dir", original.parent, "--no-verify", "--listen", "127.0.0.1:0")
    address = seeder.address()
    started_at = time.monotonic()
    leecher = Shoal(shop, "leecher", "leech", torrent, "-o", shop.path / "copy", "--listen", "127.0.0.1:0",
                    "--peer", address)
    wait_until(lambda: leecher.last("complete"), "the download should complete", 1800, every_s=0.005)
    seconds = time.monotonic() - started_at
    sync(shop.path / "copy" / original.name)
    result = Result(seconds, time.monotonic() - started_at)
    leecher.stop()
    seeder.stop()
    return result


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench disk")
    parser.add_argument("--runs", type=int, default=5, help="medians of this many (default: %(default)s)")
    parser.add_argument("--mib", type=int, default=1024, help="size of the content (default: %(default)s)")
    parser.add_argument("--dir", type=pathlib.Path, default=ROOT / "build", help="on the disk to be measured")
    parser.add_argument("--warm", action="store_true", help="leave the original in the page cache")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    ways = {"cp and sha1sum": copy, "shoal leech": download}
    results = {name: [] for name in ways}
    with Workshop(arguments.dir) as shop:
        original = random_file(shop.path / "original" / "content.bin", arguments.mib * MIB)
        digest = sha256(original)
        subprocess.run([PROGRAM, "create", original, "-o", shop.path / "disk.torrent"], check=True,
                       stdout=subprocess.DEVNULL)
        for turn in range(arguments.runs):
            for name, way in ways.items():
                (shop.path / "copy").mkdir()
                if not arguments.warm:
                    forget(original)
                results[name].append(way(shop, original))
                made = shop.path / "copy" / original.name
                if sha256(made) != digest:
                    raise RuntimeError(f"{name}: the copy differs")
                for file in (shop.path / "copy").iterdir():
                    file.unlink()
                (shop.path / "copy").rmdir()
                print(f"  run {turn + 1}/{arguments.runs}: {name:<16}{results[name][-1].seconds:7.2f} s, on the medium "
                      f"{results[name][-1].synced_s:.2f} s", file=sys.stderr, flush=True)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    print(f"$ scripts/bench disk {' '.join(sys.argv[1:])}      at commit {commit.stdout.strip() or 'unknown'}")
    print(machine(files="on disk"))
    print(f"{arguments.mib} MiB, the original {'in' if arguments.warm else 'dropped from'} the page cache; medians of "
          f"{arguments.runs}; every copy's SHA-256 compared")
    base = [statistics.median(values) for values in zip(*results["cp and sha1sum"])]
    print(f"{'':<16}{'s':>8}{'of cp and sha1sum':>19}{'on the medium s':>17}{'of cp and sha1sum':>19}")
    for name, runs in results.items():
        seconds, synced = (statistics.median(values) for values in zip(*runs))
        print(f"{name:<16}{seconds:>8.2f}{seconds / base[0]:>19.2f}{synced:>17.2f}{synced / base[1]:>19.2f}")


if __name__ == "__main__":
    main()
