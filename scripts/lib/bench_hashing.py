"""How fast content becomes a torrent and is checked against one, beside other tools and what SHA-1 lanes can do."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import typing

from clients import need
from content import random_file
from measure import MIB, machine
from processes import ROOT, Workshop
from shoal import PROGRAM

GIB = 1024 * MIB
BENCH = ROOT / "build/release/test/bench/bench_hash"
MKTORRENT_LEAST = 32 * 1024  # smaller pieces some builds of it refuse

LIBTORRENT = """
import sys, libtorrent as lt
path, out, length = sys.argv[1:]
files = lt.file_storage()
lt.add_files(files, path)
torrent = lt.create_torrent(files, int(length), lt.create_torrent.v1_only)
lt.set_piece_hashes(torrent, path.rsplit("/", 1)[0])
open(out, "wb").write(lt.bencode(torrent.generate()))
"""


class Result(typing.NamedTuple):
    seconds: float
    cpu_s: float


def run(command):
    started_at = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started_at
    if status:
        raise RuntimeError(f"{' '.join(process.args)}: {process.stderr.read().decode()}")
    process.stderr.close()
    return Result(seconds, usage.ru_utime + usage.ru_stime)


def lane_limit():
    """Seconds a GiB of all cores together, and CPU seconds a GiB of one, for four lanes in the cache."""
    done = subprocess.run([BENCH, "--benchmark_filter=^(lanes/4|lanes_on_all_cores.*)$", "--benchmark_format=json",
                           "--benchmark_min_time=0.3"], capture_output=True, check=True, text=True)
    rates = {b["name"].split("/")[0]: b["bytes_per_second"] for b in json.loads(done.stdout)["benchmarks"]}
    return Result(GIB / rates["lanes_on_all_cores"], GIB / rates["lanes"])


def commands(content, folder, piece):
    """What each tool is called with; `verify` checks what `create` has made."""
    ours, out = folder / "ours.torrent", folder / "out.torrent"
    return {
        "shoal create": [PROGRAM, "create", content, "-o", ours, "--piece-length", piece],
        "shoal verify": [PROGRAM, "verify", ours, content.parent],
        "mktorrent": ["mktorrent", "-t", os.cpu_count(), "-l", piece.bit_length() - 1, "-o", out, content],
        "transmission-create": ["transmission-create", "-s", piece // 1024, "-o", out, content],
        "libtorrent": ["/usr/bin/python3", "-c", LIBTORRENT, content, out, piece],
    }


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench hashing")
    parser.add_argument("--runs", type=int, default=5, help="medians of this many (default: %(default)s)")
    parser.add_argument("--mib", type=int, default=1024, help="size of the content (default: %(default)s)")
    parser.add_argument("--piece-kib", default="16,64,256,1024,4096,16384", help="default: %(default)s")
    parser.add_argument("--clients", default="shoal,mktorrent,transmission-create,libtorrent",
                        help="default: %(default)s")
    parser.add_argument("--dir", type=pathlib.Path, default=ROOT / "build", help="where the content lies")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    chosen = tuple(arguments.clients.split(","))
    for name in chosen:
        if name in ("mktorrent", "transmission-create"):
            need(name)
    pieces = [int(kib) * 1024 for kib in arguments.piece_kib.split(",")]
    gib = arguments.mib * MIB / GIB
    results, limits = {}, []
    with Workshop(arguments.dir) as shop:
        content = random_file(shop.path / "content" / "content.bin", arguments.mib * MIB)
        for turn in range(arguments.runs):
            limits.append(lane_limit())
            for piece in pieces:
                for name, command in commands(content, shop.path, piece).items():
                    if not name.startswith(chosen) or (name == "mktorrent" and piece < MKTORRENT_LEAST):
                        continue
                    for old in shop.path.glob("out.torrent"):
                        old.unlink()
                    results.setdefault((piece, name), []).append(run(command))
            print(f"  run {turn + 1}/{arguments.runs}", file=sys.stderr, flush=True)
    wall, cpu = (statistics.median(values) for values in zip(*limits))
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    print(f"$ scripts/bench hashing {' '.join(sys.argv[1:])}      at commit {commit.stdout.strip() or 'unknown'}")
    print(machine(files="on disk, in the page cache"))
    print(f"{arguments.mib} MiB, one file; medians of {arguments.runs}, the whole process")
    print(f"four lanes of SHA-1 in the cache: {1 / wall:.2f} GiB/s on all cores, {cpu:.3f} CPU s/GiB")
    print(f"{'piece KiB':>9}  {'':<20}{'GiB/s':>8}{'of the lanes':>14}{'CPU s/GiB':>11}{'of the lanes':>14}")
    for (piece, name), runs in results.items():
        seconds, used = (statistics.median(values) / gib for values in zip(*runs))
        print(f"{piece // 1024:>9}  {name:<20}{1 / seconds:>8.2f}{wall / seconds:>14.2f}{used:>11.3f}{cpu / used:>14.2f}")


if __name__ == "__main__":
    main()
