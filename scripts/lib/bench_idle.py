"""What thousands of seeding torrents cost when nothing happens: start, memory, CPU."""
import argparse
import hashlib
import resource
import statistics
import time

from measure import MIB, cpu_seconds, machine, memory
from processes import Workshop, wait_until
from shoal import Shoal

BYTES = 40_000
PIECE = 16384


def make_torrents(shop, count):
    """Torrents of one small file each, and their content in one folder; the torrent files."""
    (shop.path / "content").mkdir()
    torrents = []
    for number in range(count):
        name = f"file {number:05}"
        data = hashlib.sha256(name.encode()).digest() * (BYTES // 32)
        (shop.path / "content" / name).write_bytes(data)
        pieces = b"".join(hashlib.sha1(data[at:at + PIECE]).digest() for at in range(0, len(data), PIECE))
        torrent = shop.path / f"{number}.torrent"
        torrent.write_bytes(b"d4:infod6:lengthi%de4:name%d:%s12:piece lengthi%de6:pieces%d:%see" %
                            (len(data), len(name), name.encode(), PIECE, len(pieces), pieces))
        torrents.append(torrent)
    return torrents


def run(shop, name, torrents, watch_s):
    """Seconds to start, anonymous bytes and the share of a core, with all of them seeding."""
    began = time.monotonic()
    process = Shoal(shop, name, "leech", *torrents, "-o", shop.path / "content", "--listen", "127.0.0.1:0")
    wait_until(lambda: len(process.all("torrent_checked")) == len(torrents), "all should be checked", 120, 0.02)
    start_s = time.monotonic() - began
    time.sleep(5)
    before = cpu_seconds(process.pid)
    time.sleep(watch_s)
    share = (cpu_seconds(process.pid) - before) / watch_s
    anonymous = memory(process.pid)[0]
    process.stop(60)
    return start_s, anonymous, share


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench idle")
    parser.add_argument("--torrents", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3, help="medians are told (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="of watching (default: %(default)s)")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Workshop("/dev/shm") as shop:
        torrents = make_torrents(shop, arguments.torrents)
        _, alone, _ = run(shop, "one torrent", torrents[:1], 1)
        print(f"$ scripts/bench idle\n{machine()}\n{arguments.torrents} torrents of one file of {BYTES} bytes; "
              f"memory beyond that of one torrent, what the torrent files say included; medians of {arguments.runs}")
        # Resume data is written when a process ends, so only the very first start has to hash.
        starts = {"first start": [], "from resume data": []}
        for number in range(arguments.runs):
            for file in (shop.path / "content").glob(".*.shoal-resume"):
                file.unlink()
            for name, figures in starts.items():
                figures.append(run(shop, f"{name} {number}", torrents, arguments.seconds))
        for name, figures in starts.items():
            start_s, anonymous, share = (statistics.median(column) for column in zip(*figures))
            each = (anonymous - alone) / max(1, arguments.torrents - 1)
            print(f"{name:<18} start {start_s:6.2f} s   memory {anonymous / MIB:7.1f} MiB, {each / 1024:5.2f} KiB a torrent"
                  f"   idle CPU {share:6.2%}", flush=True)


if __name__ == "__main__":
    main()
