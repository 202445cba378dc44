"""The benches of whole programs: ours beside others', in turn, on the same content and the same tracker."""
import argparse
import statistics
import subprocess
import sys
import time
import typing
import urllib.error
import urllib.request

from clients import Aria2, Libtorrent, Transmission
from content import random_file, sha256
from measure import MIB, Watch, machine
from processes import ROOT, Workshop, wait_until
from shoal import PROGRAM, Shoal, start_tracker

LEECHERS = 8
UPLINK = 8 * MIB


class Ours(Shoal):
    def __init__(self, shop, name, torrent, folder, address, uplink=0, seeds=False):
        role = ["seed", torrent, "--dir", folder] if seeds else ["leech", torrent, "-o", folder]
        limit = ["--max-up", uplink] if uplink else []
        super().__init__(shop, name, *role, "--listen", f"{address}:0", *limit)

    def complete(self):
        return self.last("complete")


CLIENTS = {"shoal": Ours, "aria2": Aria2, "libtorrent": Libtorrent, "transmission": Transmission}


def address(number):
    return f"10.77.0.{number}"


def has_seeder(tracker):
    """Whether the tracker knows one; its only swarm is asked for."""
    try:
        with urllib.request.urlopen(tracker.announce_url.replace("/announce", "/stats"), timeout=5) as answer:
            return b'"seeders":1' in answer.read().replace(b" ", b"")
    except urllib.error.URLError:
        return False


class Result(typing.NamedTuple):
    seconds: float  # until every leecher is complete, from the start of the first one's process
    first_data_s: float  # until the first leecher has written something
    costs: list  # what every process cost, the seeder first


def run_swarm(client, original, digest, leecher_count, uplink):
    """One swarm from its start to its end; every copy is compared with the original."""
    with Workshop("/dev/shm") as shop:
        tracker = start_tracker(shop, "--interval", 10, listen=f"{address(20)}:0")
        torrent = shop.path / "bench.torrent"
        subprocess.run([PROGRAM, "create", original, "-o", torrent, "-a", tracker.announce_url], check=True,
                       stdout=subprocess.DEVNULL)
        options = {} if client is Transmission else {"seeds": True}  # which finds out by itself
        seeder = client(shop, "seeder", torrent, original.parent, address(1), uplink, **options)
        wait_until(lambda: has_seeder(tracker), "the seeder should announce itself", every_s=0.1)

        started_at = time.monotonic()
        leechers = []
        for number in range(1, leecher_count + 1):
            folder = shop.path / f"copy {number}"
            folder.mkdir()
            leechers.append(client(shop, f"leecher {number}", torrent, folder, address(number + 1), uplink))
        waiting = set(leechers)
        first_copy = shop.path / "copy 1" / original.name
        first_data_at = None

        def all_complete():
            nonlocal first_data_at
            if not first_data_at and first_copy.exists() and first_copy.stat().st_blocks:
                first_data_at = time.monotonic()
            if dead := [process for process in (seeder, *leechers) if not process.running()]:
                raise RuntimeError(f"a process ended before its time\n{dead[0].tail()}")
            waiting.difference_update([leecher for leecher in waiting if leecher.complete()])
            return not waiting

        with Watch([seeder, *leechers]) as watch:
            wait_until(all_complete, "every leecher should complete", 1800, every_s=0.005)
            seconds = time.monotonic() - started_at
            costs = watch.costs()
        for number in range(1, leecher_count + 1):
            if sha256(shop.path / f"copy {number}" / original.name) != digest:
                raise RuntimeError(f"leecher {number} of {client.__name__} has a copy that differs")
        return Result(seconds, first_data_at - started_at, costs)


def runs_in_turn(names, runs, original, leecher_count, uplink):
    """For every client its list of results; the clients take turns, so that a slow spell of the machine hits all."""
    digest = sha256(original)
    results = {name: [] for name in names}
    for run in range(runs):
        for name in names:
            results[name].append(run_swarm(CLIENTS[name], original, digest, leecher_count, uplink))
            print(f"  run {run + 1}/{runs}: {name:<12} {results[name][-1].seconds:7.2f} s", file=sys.stderr, flush=True)
    return results


def print_transfer(results, size):
    print(f"{'client':<12}{'wall s':>8}{'MiB/s':>8}{'first data s':>14}{'seeder CPU s/GiB':>18}{'leecher CPU s/GiB':>19}"
          f"{'seeder anon MiB':>17}{'leecher anon MiB':>18}{'RSS peak MiB':>14}")
    for name, runs in results.items():
        wall = statistics.median(run.seconds for run in runs)
        first_data = statistics.median(run.first_data_s for run in runs)
        gib = size / (1024 * MIB)
        cpu = [statistics.median(run.costs[side]["cpu_s"] for run in runs) / gib for side in (0, 1)]
        anonymous = [max(run.costs[side]["anonymous_peak"] for run in runs) / MIB for side in (0, 1)]
        resident = max(cost["resident_peak"] for run in runs for cost in run.costs) / MIB
        print(f"{name:<12}{wall:>8.2f}{size / MIB / wall:>8.0f}{first_data:>14.2f}{cpu[0]:>18.2f}{cpu[1]:>19.2f}"
              f"{anonymous[0]:>17.1f}{anonymous[1]:>18.1f}{resident:>14.1f}")


def print_swarm(results, size):
    # No downlink is limited here, so that the term F/d_min falls away.
    bound = max(size / UPLINK, LEECHERS * size / (UPLINK + LEECHERS * UPLINK))
    print(f"lower bound max(F/u_seed, N F/(u_seed + sum u)): {bound:.2f} s")
    print(f"{'client':<14}{'last leecher s':>16}{'over the bound':>16}{'worst run':>12}{'CPU s, all':>12}")
    for name, runs in results.items():
        times = [run.seconds for run in runs]
        cpu = statistics.median(sum(cost["cpu_s"] for cost in run.costs) for run in runs)
        print(f"{name:<14}{statistics.median(times):>16.2f}{statistics.median(times) / bound:>16.2f}"
              f"{max(times) / bound:>12.2f}{cpu:>12.1f}")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("what", choices=["transfer", "swarm"])
    parser.add_argument("--runs", type=int, help="medians of this many (default: 5 for transfer, 1 for swarm)")
    parser.add_argument("--mib", type=int, help="size of the content (default: 1024 for transfer, 256 for swarm)")
    parser.add_argument("--clients", default="shoal,aria2,libtorrent", help="default: %(default)s")
    arguments = parser.parse_args()
    arguments.clients = arguments.clients.split(",")
    for name in arguments.clients:
        if name not in CLIENTS:
            parser.error(f"--clients: {name} is none of {', '.join(CLIENTS)}")
    return arguments


def main():
    arguments = parse_arguments()
    transfer = arguments.what == "transfer"
    runs = arguments.runs or (5 if transfer else 1)
    size = (arguments.mib or (1024 if transfer else 256)) * MIB
    leecher_count, uplink = (1, 0) if transfer else (LEECHERS, UPLINK)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    with Workshop("/dev/shm") as shop:
        original = random_file(shop.path / "content.bin", size)
        results = runs_in_turn(arguments.clients, runs, original, leecher_count, uplink)
    print(f"$ scripts/bench {' '.join(sys.argv[1:])}      at commit {commit.stdout.strip() or 'unknown'}")
    print(machine())
    print(f"{size // MIB} MiB, 1 seeder, {leecher_count} leecher{'s' * (leecher_count > 1)}, "
          f"{f'uplinks of {uplink // MIB} MiB/s' if uplink else 'no limits'}; medians of {runs}; "
          "time from the start of the first leecher's process; every copy's SHA-256 compared")
    (print_transfer if transfer else print_swarm)(results, size)


if __name__ == "__main__":
    main()
