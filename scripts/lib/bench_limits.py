"""Whether rate limits are exact, even over the peers, and free when they are high."""
import argparse
import statistics
import subprocess
import time

from content import random_file
from measure import MIB, machine
from processes import Workshop, wait_until
from shoal import PROGRAM, Shoal

SEEDER = "10.77.0.1"
RATES = (1, 64, 1024)  # MiB/s
FAIR_PEERS = 4
FILE_MAX = 5 * 1024 * MIB


def received():
    """Bytes that came over loopback, headers included: on its packets of 64 KiB they are a thousandth."""
    with open("/proc/net/dev") as file:
        return next(int(line.split()[1]) for line in file if line.split()[0] == "lo:")


class Swarm:
    """A seeder and leechers that know only it; `there`: their files are, full of zeros, and need no new pages."""

    def __init__(self, shop, original, leechers=1, up=0, down=0, there=False):
        torrent = shop.path / "bench.torrent"
        subprocess.run([PROGRAM, "create", original, "-o", torrent], check=True, stdout=subprocess.DEVNULL)
        limit = ["--max-up", f"{up}MiB"] if up else []
        seeder = Shoal(shop, "seeder", "seed", torrent, "--dir", original.parent, "--no-verify",
                       "--listen", f"{SEEDER}:0", *limit)
        seeder.wait_for("torrent_checked")
        limit = ["--max-down", f"{down}MiB"] if down else []
        self.leechers = []
        for number in range(leechers):
            folder = shop.path / f"copy {number}"
            folder.mkdir()
            if there:
                with open(folder / original.name, "wb") as file:
                    for _ in range(original.stat().st_size // MIB):
                        file.write(bytes(MIB))
            self.leechers.append(Shoal(shop, f"leecher {number}", "leech", torrent, "-o", folder, "--listen",
                                       f"10.77.0.{number + 2}:0", "--peer", seeder.address(), *limit))

    def complete(self):
        return all(leecher.last("complete") for leecher in self.leechers)


def rate_under(original, seconds, **limit):
    """MiB/s in the steady state: a second after the first bytes, when what the limit had kept is used up."""
    with Workshop("/dev/shm") as shop:
        Swarm(shop, original, there=True, **limit)  # at 1 GiB/s new pages are the limit
        before = received()
        wait_until(lambda: received() - before > MIB // 4, "the transfer should begin", every_s=0.002)
        time.sleep(1)
        first, began = received(), time.monotonic()
        time.sleep(seconds)
        last, ended = received(), time.monotonic()
        return (last - first) / MIB / (ended - began)


def shares(original, rate, seconds):
    """Each leecher's part of what a limited seeder gave."""
    with Workshop("/dev/shm") as shop:
        swarm = Swarm(shop, original, FAIR_PEERS, up=rate)
        time.sleep(seconds)
        got = [leecher.last("progress")["downloaded"] for leecher in swarm.leechers]
        return [bytes_got / sum(got) for bytes_got in got]


def seconds_for(original, **limit):
    with Workshop("/dev/shm") as shop:
        swarm = Swarm(shop, original, **limit)
        wait_until(swarm.complete, "the transfer should end", 300, every_s=0.005)
        return swarm.leechers[0].last("complete")["seconds"]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench limits")
    parser.add_argument("--seconds", type=float, default=4, help="of measuring each (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of the transfer without a limit that binds (default: 3)")
    arguments = parser.parse_args()
    with Workshop("/dev/shm") as shop:
        small = random_file(shop.path / "small", 512 * MIB)
        print(f"$ scripts/bench limits\n{machine()}")
        print(f"{'limit MiB/s':>12}{'up':>10}{'off by':>9}{'down':>10}{'off by':>9}")
        for rate in RATES:
            seconds = min(arguments.seconds, FILE_MAX / MIB / rate - 3)
            size = int(rate * (seconds + 3)) * MIB
            original = small if size <= 512 * MIB else random_file(shop.path / "large", size)
            cells = []
            for direction in ("up", "down"):
                got = rate_under(original, seconds, **{direction: rate})
                cells.append(f"{got:>10.2f}{got / rate - 1:>9.1%}")
            print(f"{rate:>12}{''.join(cells)}", flush=True)
        parts = shares(small, 16, arguments.seconds * 2)
        print(f"parts of {FAIR_PEERS} leechers of a seeder limited to 16 MiB/s: {', '.join(f'{p:.1%}' for p in parts)}")
        for name, limit in (("none", {}), ("10 GiB/s", {"up": 10240, "down": 10240})):
            times = [seconds_for(small, **limit) for _ in range(arguments.runs)]
            print(f"512 MiB with a limit of {name}: {statistics.median(times):.2f} s, median of {arguments.runs}")


if __name__ == "__main__":
    main()
