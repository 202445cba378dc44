"""A live swarm on this machine: a tracker, a seeder and leechers, each a process with an address of its own."""
import argparse
import pathlib
import shutil
import signal
import sys
import time

from content import bytes_below, digests, files_below, random_file
from processes import ROOT, Workshop
from shoal import Shoal, bytes_by_address, loopback, start_tracker

MIB = 1 << 20
SAMPLE_BYTES = 96 * MIB  # shared as well when files/ holds too little to watch
WORTH_WATCHING_BYTES = 32 * MIB
SECONDS_AIMED_AT = 8
SLOWED_BYTES_MAX = 512 * MIB  # more than this is worth watching at full speed

def amount(size):
    """A number of bytes for people."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1000:
            return f"{size:.{0 if unit == 'B' else 1}f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"



class Trouble(Exception):
    """What is off, in words for the person who started the demo."""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Shares PATH in a live swarm on this machine.")
    parser.add_argument("path", metavar="PATH", nargs="?", type=pathlib.Path, help="file or folder (default: files/)")
    parser.add_argument("--leechers", metavar="N", type=int, default=4, help="how many (default: 4)")
    arguments = parser.parse_args()
    if not 1 <= arguments.leechers <= 200:
        parser.error("--leechers: from 1 to 200")
    if arguments.path and not arguments.path.exists():
        parser.error(f"{arguments.path}: no such file or folder")
    return arguments


def content_to_share(path, workshop):
    """The chosen file or folder; by default files/, with a sample beside it when that is too small to watch."""
    if path:
        return path.resolve()
    if bytes_below(ROOT / "files") >= WORTH_WATCHING_BYTES:
        return ROOT / "files"
    shared = workshop.path / "files"
    shutil.copytree(ROOT / "files", shared)
    random_file(shared / "sample.bin", SAMPLE_BYTES)
    print(f"files/ holds little yet: a sample of {SAMPLE_BYTES // MIB} MiB is shared with it")
    return shared


def uplink(size):
    """The limit in bytes a second for every peer's uploads: small content is slowed down, to be watched."""
    return max(size // SECONDS_AIMED_AT, MIB) if size <= SLOWED_BYTES_MAX else 0


class Display:
    """A line a peer: redrawn in place on a terminal, printed now and then elsewhere."""

    def __init__(self, peers):
        self.peers = peers
        self.on_terminal = sys.stdout.isatty() and shutil.get_terminal_size().lines > len(peers) + 2
        self.drawn = 0
        self.next_print = 0.0

    def line(self, peer):
        columns = shutil.get_terminal_size().columns
        now, complete = peer.last("progress") or {}, peer.last("complete")
        percent = 100.0 if complete else now.get("percent", 0.0)
        width = max(5, min(30, columns - 68))
        filled = int(percent / 100 * width)
        bar = "█" * filled + "·" * (width - filled)
        rates = f"down {now.get('down_rate', 0) / MIB:6.1f}  up {now.get('up_rate', 0) / MIB:6.1f} MiB/s"
        rest = f"done in {complete['seconds']:.1f} s" if complete else f"{now.get('peers', 0)} peers"
        return f"{peer.name:<12}{bar} {percent:5.1f} %  {rates}  {rest}"[:columns - 1]

    def draw(self):
        if self.drawn:
            print(f"\x1b[{self.drawn}A", end="")
        for peer in self.peers:
            print(f"\x1b[2K{self.line(peer)}")
        sys.stdout.flush()
        self.drawn = len(self.peers)

    def update(self, last=False):
        if self.on_terminal:
            self.draw()
        elif last or time.monotonic() >= self.next_print:
            self.next_print = time.monotonic() + 2
            print("\n".join(self.line(peer) for peer in self.peers), flush=True)
            if not last:
                print()


def bytes_done(peers):
    return sum((peer.last("progress") or {"bytes_done": 0})["bytes_done"] for peer in peers)


def check_alive(processes):
    for process in processes:
        if not process.running():
            raise Trouble(f"{process.name} ended by itself (exit code {process.exit_code})\n{process.tail()}")


def watch(tracker, seeder, leechers):
    """Shows the swarm until every leecher has everything; a minute in which nothing moves is one too many."""
    display = Display([seeder, *leechers])
    moved_at, done_before = time.monotonic(), 0
    while not all(leecher.last("complete") for leecher in leechers):
        check_alive([tracker, seeder, *leechers])
        display.update()
        if (done := bytes_done(leechers)) > done_before:
            moved_at, done_before = time.monotonic(), done
        if time.monotonic() - moved_at > 60:
            raise Trouble("nothing has moved for a minute\n" + "\n".join(peer.tail() for peer in leechers))
        time.sleep(0.1)
    display.update(last=True)


def compare(shared, copies):
    """How many files were compared; every copy has to hold every file of the original, byte for byte."""
    wanted = digests(shared)
    for name, folder in copies.items():
        missing = [file for file in wanted if not (folder / file).is_file()]
        if missing:
            raise Trouble(f"{name}: {missing[0]} is missing")
        found = digests(folder / shared.name)
        different = [file for file in wanted if found[file] != wanted[file]]
        if different:
            raise Trouble(f"{name}: {different[0]} differs from the original")
    return len(wanted)


def print_table(seeder, leechers):
    print(f"\n{'peer':<12}{'from the seeder':>18}{'from leechers':>18}{'seconds':>10}{'MiB/s':>10}")
    for leecher in leechers:
        complete = leecher.last("complete")
        came = bytes_by_address(complete["ledger"])
        from_seeder = came.pop(seeder.host, 0)
        print(f"{leecher.name:<12}{amount(from_seeder):>18}{amount(sum(came.values())):>18}"
              f"{complete['seconds']:>10.1f}{complete['bytes'] / MIB / max(complete['seconds'], 1e-3):>10.1f}")


def stop(processes):
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        if (code := process.stop()) != 0:
            raise Trouble(f"{process.name} did not stop cleanly (exit code {code})\n{process.tail()}")


def run(arguments, workshop):
    shared = content_to_share(arguments.path, workshop)
    size = bytes_below(shared)
    if size == 0:
        raise Trouble(f"{shared}: nothing in it to share")
    if shutil.disk_usage(workshop.path).free < size * arguments.leechers * 1.02:
        raise Trouble(f"{arguments.leechers} copies of {amount(size)} do not fit on the disk of {workshop.path}")

    limit = uplink(size)
    options = ["--max-up", str(limit)] if limit else []
    torrent = workshop.path / "shared.torrent"
    tracker = start_tracker(workshop)
    seeder = Shoal(workshop, "seeder", "seed", shared, "-a", tracker.announce_url, "-o", torrent,
                   "--listen", f"{loopback(1)}:0", *options)
    seeder.host = loopback(1)
    seeder.wait_for("started", timeout_s=60 + size / (50 * MIB))  # it hashes first
    leechers, copies = [], {}
    for number in range(1, arguments.leechers + 1):
        name = f"leecher {number}"
        copies[name] = workshop.path / f"copy {number}"
        copies[name].mkdir()
        leechers.append(Shoal(workshop, name, "leech", torrent, "-o", copies[name],
                              "--listen", f"{loopback(number + 1)}:0", *options))
    print(f"{shared.name}: {len(files_below(shared))} files, {amount(size)}, to {len(leechers)} leechers"
          + (f"; every uplink is limited to {amount(limit)}/s" if limit else "") + "\n")

    watch(tracker, seeder, leechers)
    stop([*leechers, seeder, tracker])
    compared = compare(shared, copies)
    print_table(seeder, leechers)
    copies_sent = seeder.last("stopped")["torrents"][0]["uploaded"] / size
    print(f"\nThe seeder sent {copies_sent:.2f} copies of {len(leechers)}; the leechers gave each other the rest.")
    print(f"{compared} files compared in {len(leechers)} copies: every SHA-256 is equal to the original's.")


def main():
    arguments = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    work = ROOT / "build" / "demo"
    work.mkdir(parents=True, exist_ok=True)
    try:
        with Workshop(work) as workshop:
            run(arguments, workshop)
    except (Trouble, TimeoutError, RuntimeError) as trouble:
        sys.exit(f"demo: {trouble}")
    except KeyboardInterrupt:
        sys.exit("\ndemo: stopped; nothing is left behind")


if __name__ == "__main__":
    main()
