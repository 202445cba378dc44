"""The tracker's bench: ours and opentracker, one after the other, under the same load, the server alone on one core and
the load on the other. Or one part of it, of ours alone: threads, expiry, restart, store."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
import typing

from measure import cpu_seconds, machine, memory
from processes import ROOT, Workshop, free_port, listens, wait_until
from shoal import PROGRAM, Shoal

sys.path.append(str(ROOT / "test/lib"))
from tracker_query import stats  # noqa: E402  pylint: disable=wrong-import-position

LOAD = ROOT / "build/release/test/bench/tracker_load"
SERVER_CORE, LOAD_CORE = "0", "1"
WANT = 30

# Torrents, peers, and whether the torrents have peers by their rank (the n-th a share of about 1/n) or all alike.
SWARMS = {
    "10k-zipf": ["--torrents", "10000", "--peers", "1000000", "--zipf"],
    "1m-flat": ["--torrents", "1000000", "--peers", "2000000"],
}


def pinned(core, *command):
    return ["taskset", "-c", core, *map(str, command)]


def load(port, *options):
    """What the load generator saw, as a dictionary."""
    done = subprocess.run(pinned(LOAD_CORE, LOAD, f"127.0.0.1:{port}", "--want", WANT, *options), check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)


def start_shoal(shop, whitelist, *options, threads=1, interval="30m", name="shoal"):
    tracker = Shoal(shop, name, "tracker", "--listen", "127.0.0.1:0", "--threads", threads, "--interval", interval,
                    "--max-swarms", 4_000_000, *options, wrapper=pinned(SERVER_CORE if threads == 1 else "0,1"))
    tracker.port = int(tracker.address().rsplit(":", 1)[1])
    return tracker


def start_opentracker(shop, whitelist):
    """Debian's build serves the torrents of a whitelist only; as root it changes its root directory and its user."""
    port = free_port()
    root = shop.path / "opentracker"
    root.mkdir(mode=0o755)
    os.chmod(shop.path, 0o755)
    (root / "whitelist").write_bytes(whitelist.read_bytes())
    (root / "conf").write_text(f"listen.tcp 127.0.0.1:{port}\nlisten.udp 127.0.0.1:{port}\n"
                               f"access.whitelist whitelist\ntracker.rootdir {root}\n")
    server = shop.start("opentracker", pinned(SERVER_CORE, "opentracker", "-f", root / "conf", "-d", root))
    server.port = port
    return server


SERVERS = {"shoal": start_shoal, "opentracker": start_opentracker}


class Sample(typing.NamedTuple):
    replies_per_s: float
    cpu_us: float  # of the server, a reply
    p50_us: float
    p99_us: float
    p999_us: float
    lost: int


def measured(server, put_load):
    before = cpu_seconds(server.pid)
    seen = put_load()
    cpu = cpu_seconds(server.pid) - before
    return Sample(seen["replies"] / seen["seconds"], cpu * 1e6 / max(1, seen["replies"]), seen["p50_us"],
                  seen["p99_us"], seen["p999_us"], seen["lost"] + seen["errors"])


MICROSECONDS = {"us": 1, "ms": 1e3, "s": 1e6}


def wrk(port, whitelist, seconds, *how):
    done = subprocess.run(pinned(LOAD_CORE, "wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s",
                                 ROOT / "test/bench/announce.lua", f"http://127.0.0.1:{port}/", "--", whitelist, *how),
                          check=True, capture_output=True, text=True)
    requests, took = re.search(r"(\d+) requests in ([\d.]+)s", done.stdout).groups()
    quantiles = {share: float(value) * MICROSECONDS[unit]
                 for share, value, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)\b", done.stdout)}
    errors = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", done.stdout)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    lost = int(refused[1]) if refused else 0
    if errors:  # a close where keep-alive was hoped for counts as a read error of wrk's
        lost += int(errors[1]) + int(errors[3]) + int(errors[4])
    return {"replies": int(requests), "seconds": float(took), "p50_us": quantiles.get("50", 0),
            "p99_us": quantiles.get("99", 0), "p999_us": 0, "lost": lost, "errors": 0}


def run_server(name, swarms, seconds, runs):
    """{what: [Sample]} and the bytes a peer takes."""
    with Workshop() as shop:
        whitelist = shop.path / "hashes"
        subprocess.run([LOAD, *SWARMS[swarms], "--write-whitelist", whitelist], check=True)
        server = SERVERS[name](shop, whitelist)
        wait_until(lambda: listens(server.port), f"{name} should listen", 30, 0.1)
        # In the middle of what it serves by now, so that its code and buffers do not count as peers' memory.
        load(server.port, "--torrents", 1, "--peers", 100, "--load")
        before = memory(server.pid)[0]
        loaded = load(server.port, *SWARMS[swarms], "--load", "--window", 64)
        peers = int(SWARMS[swarms][3])
        per_peer = (memory(server.pid)[0] - before) / peers
        print(f"  {name}: {peers} peers loaded in {loaded['seconds']:.1f} s, {loaded['lost']} lost, "
              f"{loaded['errors']} refused, {per_peer:.1f} bytes a peer", file=sys.stderr, flush=True)
        samples = {}
        for _ in range(runs):
            def udp(*options):
                return measured(server, lambda: load(server.port, *SWARMS[swarms], "--seconds", seconds, *options))
            full = udp("--window", 16)
            samples.setdefault("udp", []).append(full)
            samples.setdefault("udp, half load", []).append(
                udp("--window", 256, "--rate", int(full.replies_per_s / 2)))
            for what, how in (("http, keep-alive", []), ("http, a connection each", ["close"])):
                samples.setdefault(what, []).append(
                    measured(server, lambda: wrk(server.port, whitelist, seconds, *how)))  # pylint: disable=cell-var-from-loop
        return samples, per_peer


def work_per_cpu_second(server, swarms, seconds, loads):
    """Of a server under so many loads at once, each on a core of its own."""
    before = cpu_seconds(server.pid)
    running = [subprocess.Popen(pinned(core, LOAD, f"127.0.0.1:{server.port}", "--want", WANT, *SWARMS[swarms],
                                       "--window", 16, "--seconds", seconds), stdout=subprocess.PIPE, text=True)
               for core in (LOAD_CORE, SERVER_CORE)[:loads]]
    replies = sum(json.loads(process.communicate()[0])["replies"] for process in running)
    return replies / (cpu_seconds(server.pid) - before)


def part_threads(shop, arguments):
    """What two threads do for the same CPU time, of what one does."""
    done = {}
    for threads in (1, 2):
        server = start_shoal(shop, None, threads=threads, name=f"{threads} threads")
        load(server.port, *SWARMS[arguments.swarms], "--load", "--window", 64)
        done[threads] = statistics.median(work_per_cpu_second(server, arguments.swarms, arguments.seconds, threads)
                                          for _ in range(arguments.runs))
        server.stop()
        print(f"{threads} thread(s): {done[threads]:.0f} replies a second of the server's CPU time")
    print(f"two threads do {2 * done[2] / done[1]:.2f} times one thread's work, CPU-normalised")


def part_expiry(shop, arguments):
    """The slowest reply while a million peers are forgotten, beside the slowest when none are."""
    server = start_shoal(shop, None, interval="20s")
    load(server.port, *SWARMS["10k-zipf"], "--load", "--window", 64)
    url = f"http://127.0.0.1:{server.port}/announce"
    slowest = {True: [], False: []}
    before = stats(url)["expired"]
    end = time.monotonic() + 75  # the last is forgotten after 50 s and a tick
    while time.monotonic() < end:
        seen = load(server.port, "--torrents", 1000, "--peers", 1000, "--rate", 20_000, "--window", 256, "--seconds", 1)
        expired = stats(url)["expired"]
        slowest[expired - before > 1000].append((seen["max_us"], seen["p99_us"]))
        before = expired
    print(f"{before} peers forgotten")
    for busy, rows in slowest.items():
        if rows:
            print(f"{'while peers are forgotten' if busy else 'while none are':<27}{len(rows)} s: slowest reply "
                  f"{max(row[0] for row in rows) / 1000:.2f} ms (median second's {statistics.median(row[0] for row in rows) / 1000:.2f}), "
                  f"p99 {statistics.median(row[1] for row in rows):.0f} us")


def part_restart(shop, arguments):
    """How long saving and restoring take, with the peers of --swarms."""
    kept = shop.path / "swarms"
    server = start_shoal(shop, None, "--snapshot", kept)
    load(server.port, *SWARMS[arguments.swarms], "--load", "--window", 64)
    begun = time.monotonic()
    server.stop(120)
    print(f"stopped and saved in {time.monotonic() - begun:.2f} s, {kept.stat().st_size / 1e6:.1f} MB")
    begun = time.monotonic()
    server = start_shoal(shop, None, "--snapshot", kept, name="again")
    known = stats(f"http://127.0.0.1:{server.port}/announce")
    print(f"started with {known['seeders'] + known['leechers']} peers in {known['swarms']} swarms "
          f"in {time.monotonic() - begun:.2f} s")


def part_store(shop, arguments):
    """What sharing costs: CPU time a reply of the tracker and of Redis, without and with a store."""
    port = free_port()
    redis = shop.start("redis", pinned(LOAD_CORE, "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
                                       "--appendonly", "no", "--dir", shop.path))
    redis.port = port
    wait_until(lambda: listens(redis.port), "redis should listen", 30, 0.1)
    for what, options in (("alone", []), ("sharing", ["--store", f"redis://127.0.0.1:{port}"])):
        server = start_shoal(shop, None, *options, name=what)
        load(server.port, *SWARMS[arguments.swarms], "--load", "--window", 64)
        before = cpu_seconds(redis.pid)
        samples = [measured(server, lambda: load(server.port, *SWARMS[arguments.swarms], "--window", 16, "--seconds",
                                                 arguments.seconds)) for _ in range(arguments.runs)]  # pylint: disable=cell-var-from-loop
        replies = sum(sample.replies_per_s for sample in samples) * arguments.seconds
        print(f"{what:<9}{median(samples, 'replies_per_s'):>9.0f} replies/s, {median(samples, 'cpu_us'):.2f} us a reply, "
              f"p99 {median(samples, 'p99_us'):.0f} us; Redis {(cpu_seconds(redis.pid) - before) * 1e6 / replies:.2f} us a reply, "
              f"{memory(redis.pid)[0] / 1e6:.0f} MB")
        server.stop()


PARTS = {"threads": part_threads, "expiry": part_expiry, "restart": part_restart, "store": part_store}


def median(samples, field):
    return statistics.median(getattr(sample, field) for sample in samples)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench tracker")
    parser.add_argument("--runs", type=int, default=5, help="medians of this many (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=3, help="of each run (default: %(default)s)")
    parser.add_argument("--swarms", default="10k-zipf", choices=SWARMS, help="default: %(default)s")
    parser.add_argument("--servers", default="shoal,opentracker", help="default: %(default)s")
    parser.add_argument("--part", choices=PARTS, help="only this, of ours")
    arguments = parser.parse_args()
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    if arguments.part:
        print(f"$ scripts/bench tracker {' '.join(sys.argv[1:])}      at commit {commit.stdout.strip() or 'unknown'}")
        print(machine().replace(", files in memory", ""))
        with Workshop() as shop:
            PARTS[arguments.part](shop, arguments)
        return
    results = {name: run_server(name, arguments.swarms, arguments.seconds, arguments.runs)
               for name in arguments.servers.split(",")}
    print(f"$ scripts/bench tracker {' '.join(sys.argv[1:])}      at commit {commit.stdout.strip() or 'unknown'}")
    print(machine().replace(", files in memory", ""))
    print(f"swarms {arguments.swarms} ({' '.join(SWARMS[arguments.swarms])}), {WANT} wanted, 75 % seeders, "
          f"connect:announce:scrape 50:50:1; server on one core, load on the other; medians of {arguments.runs}")
    print(f"{'server':<13}{'load':<26}{'replies/s':>10}{'CPU us/reply':>14}{'p50 us':>8}{'p99 us':>8}{'p99.9 us':>10}{'lost':>6}")
    for name, (samples, _) in results.items():
        for what, runs in samples.items():
            print(f"{name:<13}{what:<26}{median(runs, 'replies_per_s'):>10.0f}{median(runs, 'cpu_us'):>14.2f}"
                  f"{median(runs, 'p50_us'):>8.0f}{median(runs, 'p99_us'):>8.0f}{median(runs, 'p999_us'):>10.0f}"
                  f"{sum(run.lost for run in runs):>6}")
    for name, (_, per_peer) in results.items():
        print(f"{name:<13}{per_peer:.1f} bytes of memory a peer")


if __name__ == "__main__":
    main()
