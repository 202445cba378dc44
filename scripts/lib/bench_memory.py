"""What torrents of 1 GiB and 64 GiB take of memory beyond the page cache, at both ends of a transfer."""
import argparse
import subprocess
import sys
import time

from measure import MIB, Watch, machine
from processes import ROOT, Workshop, wait_until
from shoal import PROGRAM, Shoal

GIB = 1024 * MIB
CASES = [(1, 16), (1, 1024), (1, 16384), (64, 1024), (64, 16384)]  # GiB, KiB a piece


def write_torrent(path, name, size, piece):
    """One file of zeros, whose pieces all have one hash: no content has to be read for it."""
    made = path.with_suffix(".one")
    with open(made, "wb") as file:
        file.truncate(piece)
    subprocess.run([PROGRAM, "create", made, "-o", path, "--piece-length", str(piece)], check=True,
                   stdout=subprocess.DEVNULL)
    digest = path.read_bytes().split(b"6:pieces20:")[1][:20]
    made.unlink()
    hashes = digest * (size // piece)
    path.write_bytes(b"d4:infod6:lengthi%de4:name%d:%b12:piece lengthi%de6:pieces%d:%bee"
                     % (size, len(name), name.encode(), piece, len(hashes), hashes))


def transfer(size, piece, seconds_max):
    """The costs of seeder and leecher, and the bytes that were moved."""
    with Workshop("/dev/shm") as shop:
        torrent = shop.path / "sparse.torrent"
        write_torrent(torrent, "sparse", size, piece)
        for side in ("seed", "leech"):
            (shop.path / side).mkdir()
        with open(shop.path / "seed" / "sparse", "wb") as file:
            file.truncate(size)
        quiet = ["--listen", "127.0.0.1:0"]
        seeder = Shoal(shop, "seeder", "seed", torrent, "--dir", shop.path / "seed", "--no-verify", *quiet)
        leecher = Shoal(shop, "leecher", "leech", torrent, "-o", shop.path / "leech", *quiet, "--peer", seeder.address())
        with Watch([seeder, leecher]) as watch:
            deadline = time.monotonic() + seconds_max
            wait_until(lambda: leecher.last("complete") or time.monotonic() > deadline, "the transfer should end",
                       seconds_max + 60)
            costs = watch.costs()
        return costs, (shop.path / "leech" / "sparse").stat().st_blocks * 512


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench memory")
    parser.add_argument("--seconds", type=float, default=4, help="of each transfer, at most (default: %(default)s)")
    arguments = parser.parse_args()
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    print(f"$ scripts/bench memory {' '.join(sys.argv[1:])}      at commit {commit.stdout.strip() or 'unknown'}")
    print(machine())
    print("anonymous memory at its peak, MiB, of a transfer of zeros; a large one is ended early")
    print(f"{'GiB':>4}{'piece KiB':>11}{'seeder':>9}{'leecher':>9}{'GiB moved':>11}")
    for gib, kib in CASES:
        costs, moved = transfer(gib * GIB, kib * 1024, arguments.seconds)
        seeder, leecher = (cost["anonymous_peak"] / MIB for cost in costs)
        print(f"{gib:>4}{kib:>11}{seeder:>9.1f}{leecher:>9.1f}{moved / GIB:>11.2f}", flush=True)


if __name__ == "__main__":
    main()
