"""The benches of whole programs: ours beside others', in turn, on the same content and the same tracker."""
import argparse
import itertools
import re
import statistics
import subprocess
import sys
import time
import typing
import urllib.error
import urllib.request

from clients import Aria2, Libtorrent, Rtorrent, Transmission
from content import random_file, sha256
from measure import MIB, Watch, machine
from processes import ROOT, Workshop, wait_until
from shoal import PROGRAM, Shoal, start_tracker

UPLINK = 8 * MIB


class Ours(Shoal):
    def __init__(self, shop, name, torrent, folder, address, uplink=0, seeds=False, encrypted=False):
        role = ["seed", torrent, "--dir", folder] if seeds else ["leech", torrent, "-o", folder]
        limit = ["--max-up", uplink] if uplink else []
        encryption = ["--encryption", "require"] if encrypted else []
        super().__init__(shop, name, *role, "--listen", f"{address}:0", *limit, *encryption)

    def complete(self):
        return self.last("complete")


CLIENTS = {"shoal": Ours, "aria2": Aria2, "libtorrent": Libtorrent, "rtorrent": Rtorrent, "transmission": Transmission}


def kinds(name):
    """The clients of `aria2+shoal`: the first of them seeds, and all take turns to leech."""
    return name.split("+")


def address(number):
    return f"10.77.0.{number}"


def seeders_known(tracker):
    """How many seeders the tracker's only swarm has."""
    try:
        with urllib.request.urlopen(tracker.announce_url.replace("/announce", "/stats"), timeout=5) as answer:
            found = re.search(rb'"seeders":(\d+)', answer.read().replace(b" ", b""))
            return int(found[1]) if found else 0
    except urllib.error.URLError:
        return 0


class Swarm(typing.NamedTuple):
    seeders: int = 1
    leechers: int = 1
    uplink: int = 0  # bytes a second, 0: no limit
    piece_length: int = 0  # bytes, 0: as `create` chooses
    preallocated: bool = False  # the copies' files are there, of the right size, with pages of their own
    encrypted: bool = False  # every connection, by RC4

    def describe(self):
        def count(n, what):
            return f"{n} {what}{'s' * (n > 1)}"

        parts = [count(self.seeders, "seeder"), count(self.leechers, "leecher"),
                 f"uplinks of {self.uplink // MIB} MiB/s" if self.uplink else "no limits"]
        if self.piece_length:
            parts.append(f"pieces of {self.piece_length // 1024} KiB")
        if self.preallocated:
            parts.append("into files of zeros")
        if self.encrypted:
            parts.append("encrypted by RC4")
        return ", ".join(parts)


class Result(typing.NamedTuple):
    completed_s: list  # when each leecher was complete, from the start of the first one's process
    first_data_s: float  # until the first leecher has written something
    costs: list  # what every process cost, the seeders first

    @property
    def seconds(self):
        return max(self.completed_s)


class Copy:
    """Where one leecher writes, and when it begins to."""

    def __init__(self, folder, original, preallocated):
        folder.mkdir()
        self.folder = folder
        self.path = folder / original.name
        if preallocated:
            size = original.stat().st_size
            with open(self.path, "wb") as file:
                for _ in range(0, size, MIB):
                    file.write(bytes(min(MIB, size - file.tell())))
        self.modified_before = preallocated and self.path.stat().st_mtime_ns

    def has_data(self):
        if self.modified_before:
            return self.path.stat().st_mtime_ns != self.modified_before
        return self.path.exists() and self.path.stat().st_blocks > 0


def run_swarm(clients, original, digest, swarm):
    """One swarm from its start to its end; every copy is compared with the original."""
    with Workshop("/dev/shm") as shop:
        tracker = start_tracker(shop, "--interval", 10, listen=f"{address(20)}:0")
        torrent = shop.path / "bench.torrent"
        pieces = ["--piece-length", str(swarm.piece_length)] if swarm.piece_length else []
        subprocess.run([PROGRAM, "create", original, "-o", torrent, "-a", tracker.announce_url, *pieces], check=True,
                       stdout=subprocess.DEVNULL)
        encryption = {"encrypted": True} if swarm.encrypted else {}
        role = {} if clients[0] is Transmission else {"seeds": True}  # which finds out by itself
        seeders = [clients[0](shop, f"seeder {n}", torrent, original.parent, address(n), swarm.uplink, **role,
                              **encryption)
                   for n in range(1, swarm.seeders + 1)]
        wait_until(lambda: seeders_known(tracker) == swarm.seeders, "the seeders should announce themselves",
                   every_s=0.1)

        copies = [Copy(shop.path / f"copy {n}", original, swarm.preallocated) for n in range(1, swarm.leechers + 1)]
        started_at = time.monotonic()
        leechers = [client(shop, f"leecher {n}", torrent, copy.folder, address(swarm.seeders + n), swarm.uplink,
                           **encryption)
                    for n, (copy, client) in enumerate(zip(copies, itertools.cycle(clients)), 1)]
        completed_s = {}
        first_data_at = None

        def all_complete():
            nonlocal first_data_at
            if not first_data_at and (leechers[0] if hasattr(leechers[0], "has_data") else copies[0]).has_data():
                first_data_at = time.monotonic()
                if swarm.preallocated:  # what was there has been checked by now, which is not what is measured
                    watch.restart()
            if dead := [process for process in (*seeders, *leechers) if not process.running()]:
                raise RuntimeError(f"a process ended before its time\n{dead[0].tail()}")
            for n, leecher in enumerate(leechers):
                if n not in completed_s and leecher.complete():
                    completed_s[n] = time.monotonic() - started_at
            return len(completed_s) == len(leechers)

        with Watch([*seeders, *leechers]) as watch:
            wait_until(all_complete, "every leecher should complete", 1800, every_s=0.005)
            costs = watch.costs()
        for copy in copies:
            if sha256(copy.path) != digest:
                raise RuntimeError(f"{copy.path.parent.name} differs from the original")
        return Result([completed_s[n] for n in range(swarm.leechers)], (first_data_at or started_at) - started_at, costs)


def runs_in_turn(names, runs, original, swarm):
    """For every client its list of results; the clients take turns, so that a slow spell of the machine hits all."""
    digest = sha256(original)
    results = {name: [] for name in names}
    for run in range(runs):
        for name in names:
            results[name].append(run_swarm([CLIENTS[kind] for kind in kinds(name)], original, digest, swarm))
            print(f"  run {run + 1}/{runs}: {name:<18} {results[name][-1].seconds:7.2f} s", file=sys.stderr, flush=True)
    return results


def print_transfer(results, size, swarm):
    print(f"{'client':<12}{'wall s':>8}{'MiB/s':>8}{'first data s':>14}{'MiB/s from then':>17}{'seed CPU s/GiB':>16}"
          f"{'leech CPU s/GiB':>17}{'seed anon MiB':>15}{'leech anon MiB':>16}{'RSS peak MiB':>14}")
    delivered = size * swarm.leechers
    gib = delivered / (1024 * MIB)
    for name, runs in results.items():
        wall = statistics.median(run.seconds for run in runs)
        first_data = statistics.median(run.first_data_s for run in runs)
        flowing = statistics.median(run.seconds - run.first_data_s for run in runs)
        sides = slice(0, swarm.seeders), slice(swarm.seeders, None)
        cpu = [statistics.median(sum(cost["cpu_s"] for cost in run.costs[side]) for run in runs) / gib
               for side in sides]
        anonymous = [max(cost["anonymous_peak"] for run in runs for cost in run.costs[side]) / MIB for side in sides]
        resident = max(cost["resident_peak"] for run in runs for cost in run.costs) / MIB
        print(f"{name:<12}{wall:>8.2f}{delivered / MIB / wall:>8.0f}{first_data:>14.3f}"
              f"{delivered / MIB / flowing:>17.0f}{cpu[0]:>16.2f}{cpu[1]:>17.2f}"
              f"{anonymous[0]:>15.1f}{anonymous[1]:>16.1f}{resident:>14.1f}")


def print_swarm(results, size, swarm):
    # No downlink is limited here, so that the term F/d_min falls away.
    bound = max(size / swarm.uplink, swarm.leechers * size / (swarm.uplink * (1 + swarm.leechers)))
    gib = size * swarm.leechers / (1024 * MIB)
    print(f"lower bound max(F/u_seed, N F/(u_seed + sum u)): {bound:.2f} s")
    print(f"{'client':<20}{'last leecher s':>16}{'over the bound':>16}{'worst run':>12}{'CPU s, all':>12}"
          f"{'CPU s/GiB delivered':>21}")
    for name, runs in results.items():
        times = [run.seconds for run in runs]
        cpu = statistics.median(sum(cost["cpu_s"] for cost in run.costs) for run in runs)
        print(f"{name:<20}{statistics.median(times):>16.2f}{statistics.median(times) / bound:>16.2f}"
              f"{max(times) / bound:>12.2f}{cpu:>12.1f}{cpu / gib:>21.2f}")
        mixture = kinds(name)
        for n, kind in enumerate(mixture if len(mixture) > 1 else []):
            own = [run.completed_s[n::len(mixture)] for run in runs]
            last = statistics.median(max(times) for times in own)
            print(f"  {kind:<18}{last:>16.2f}{last / bound:>16.2f}{max(map(max, own)) / bound:>12.2f}")


def kibibytes(text):
    return int(text) * 1024


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("what", choices=["transfer", "swarm"])
    parser.add_argument("--runs", type=int, help="medians of this many (default: 5 for transfer, 1 for swarm)")
    parser.add_argument("--mib", type=int, help="size of the content (default: 1024 for transfer, 256 for swarm)")
    parser.add_argument("--seeders", type=int, default=1, help="default: 1")
    parser.add_argument("--leechers", type=int, help="default: 1 for transfer, 8 for swarm")
    parser.add_argument("--piece-kib", type=kibibytes, default=0, help="size of the pieces; default: as create does")
    parser.add_argument("--preallocated", action="store_true", help="into files that are there, of the right size")
    parser.add_argument("--encrypted", action="store_true", help="RC4 between all peers (not for rtorrent)")
    parser.add_argument("--clients", default="shoal,aria2,libtorrent",
                        help="default: %(default)s; aria2+shoal is a swarm of both, where the first named seeds")
    arguments = parser.parse_args()
    arguments.clients = arguments.clients.split(",")
    for name in arguments.clients:
        for kind in kinds(name):
            if kind not in CLIENTS:
                parser.error(f"--clients: {kind} is none of {', '.join(CLIENTS)}")
            if arguments.encrypted and CLIENTS[kind] is Rtorrent:
                parser.error("--encrypted: rtorrent is measured in plain only")
    return arguments


def main():
    arguments = parse_arguments()
    transfer = arguments.what == "transfer"
    runs = arguments.runs or (5 if transfer else 1)
    size = (arguments.mib or (1024 if transfer else 256)) * MIB
    swarm = Swarm(arguments.seeders, arguments.leechers or (1 if transfer else 8), 0 if transfer else UPLINK,
                  arguments.piece_kib, arguments.preallocated, arguments.encrypted)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    with Workshop("/dev/shm") as shop:
        original = random_file(shop.path / "content.bin", size)
        results = runs_in_turn(arguments.clients, runs, original, swarm)
    print(f"$ scripts/bench {' '.join(sys.argv[1:])}      at commit {commit.stdout.strip() or 'unknown'}")
    print(machine())
    print(f"{size // MIB} MiB, {swarm.describe()}; medians of {runs}; "
          "time from the start of the first leecher's process; every copy's SHA-256 compared")
    (print_transfer if transfer else print_swarm)(results, size, swarm)


if __name__ == "__main__":
    main()
