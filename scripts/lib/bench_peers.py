"""What a seeder costs with many peers on one torrent, beside what it costs with one: the peers are a load generator's,
which asks and forgets."""
import argparse
import json
import statistics
import subprocess
import sys

from clients import Libtorrent
from content import random_file
from measure import MIB, Watch, machine
from processes import ROOT, Workshop, listens, wait_until
from shoal import PROGRAM, Shoal

LOAD = ROOT / "build/release/test/bench/peers_load"
PIECE = MIB


class Ours(Shoal):
    def __init__(self, shop, name, torrent, folder, connections, active):
        super().__init__(shop, name, "seed", torrent, "--dir", folder, "--no-verify", "--listen",
                         "127.0.0.1:0", "--max-peers", connections + 10, "--max-uploads", active)
        self.wait_for("torrent_checked")
        self.where = self.address()


class Theirs(Libtorrent):
    def __init__(self, shop, name, torrent, folder, _connections, _active):
        super().__init__(shop, name, torrent, folder, seeds=True)
        self.where = f"127.0.0.1:{self.port}"
        wait_until(lambda: listens(self.port), "libtorrent should listen")


CLIENTS = {"shoal": Ours, "libtorrent": Theirs}


def run(client, original, torrent, info_hash, peers, mib):
    """MiB/s, CPU seconds a GiB, and the peak of anonymous memory in MiB."""
    with Workshop() as shop:
        seeder = client(shop, "seeder", torrent, original.parent, *peers)
        size = original.stat().st_size
        with Watch([seeder]) as watch:
            done = subprocess.run([LOAD, seeder.where, "--info-hash", info_hash, "--pieces", str(size // PIECE),
                                   "--piece-length", str(PIECE), "--connections", str(peers[0]), "--active",
                                   str(peers[1]), "--mib", str(mib)], capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"{done.stderr}\n{seeder.tail()}")
            seen = json.loads(done.stdout)
            cost = watch.costs()[0]
        return (seen["bytes"] / MIB / seen["seconds"], cost["cpu_s"] * 1024 * MIB / seen["bytes"],
                cost["anonymous_peak"] / MIB)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench peers")
    parser.add_argument("--runs", type=int, default=5, help="medians of this many (default: %(default)s)")
    parser.add_argument("--mib", type=int, default=1024, help="content, and what is fetched (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--active", type=int, default=200, help="default: %(default)s")
    parser.add_argument("--clients", default="shoal,libtorrent", help="default: %(default)s")
    arguments = parser.parse_args()
    crowds = {"one peer": (1, 1), f"{arguments.connections} peers": (arguments.connections, arguments.active)}
    names = arguments.clients.split(",")
    results = {}
    with Workshop("/dev/shm") as shop:
        original = random_file(shop.path / "original" / "data.bin", arguments.mib * MIB)
        torrent = shop.path / "bench.torrent"
        subprocess.run([PROGRAM, "create", original, "-o", torrent, "--piece-length", str(PIECE)], check=True,
                       stdout=subprocess.DEVNULL)
        info_hash = json.loads(subprocess.run([PROGRAM, "show", "--json", torrent], check=True, capture_output=True,
                                              text=True).stdout)["info_hash"]
        for number in range(arguments.runs):
            for name in names:
                for crowd, peers in crowds.items():
                    results.setdefault((name, crowd), []).append(
                        run(CLIENTS[name], original, torrent, info_hash, peers, arguments.mib))
            print(f"  run {number + 1}/{arguments.runs}", file=sys.stderr, flush=True)
    print(f"$ scripts/bench peers {' '.join(sys.argv[1:])}\n{machine()}")
    print(f"{arguments.mib} MiB sent by one seeder, pieces of 1 MiB; {arguments.connections} peers connected, of whom "
          f"{arguments.active} fetch; medians of {arguments.runs}")
    print(f"{'seeder':<12}{'with':<14}{'MiB/s':>8}{'CPU s/GiB':>11}{'anon MiB':>10}")
    for (name, crowd), samples in results.items():
        rate, cpu, anonymous = (statistics.median(column) for column in zip(*samples))
        print(f"{name:<12}{crowd:<14}{rate:>8.0f}{cpu:>11.2f}{anonymous:>10.1f}")


if __name__ == "__main__":
    main()
