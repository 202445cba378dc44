"""Our own program as a process, followed through its --json lines."""
import ipaddress
import json
import os

from processes import ROOT, Process, wait_until

PROGRAM = os.environ.get("SHOAL", str(ROOT / "build/release/shoal"))


class Shoal(Process):
    """`wrapper` is a command that ends by running the one that follows it."""

    def __init__(self, shop, name, *arguments, wrapper=()):
        self.events = []
        self.position = 0
        super().__init__(shop, name, [*wrapper, PROGRAM, *arguments, "--json"])

    def read(self):
        """The events so far; a line that is still being written waits for the next call."""
        with open(self.output_path, "rb") as file:
            file.seek(self.position)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self.position += len(line)
                self.events.append(json.loads(line))
        return self.events

    def all(self, event, **fields):
        return [e for e in self.read() if e["event"] == event and fields.items() <= e.items()]

    def last(self, event, **fields):
        return next(iter(reversed(self.all(event, **fields))), None)

    def wait_for(self, event, timeout_s=60.0, **fields):
        def seen():
            was_running = self.running()
            if found := self.last(event, **fields):
                return found
            if not was_running:
                raise RuntimeError(f"{self.name} ended ({self.exit_code}) before '{event}': {self.errors().strip()}")
            return None

        return wait_until(seen, f"'{event}' {fields or ''} of {self.name}", timeout_s)

    def started(self):
        return self.wait_for("started")

    def address(self):
        """Where it listens, as ADDR:PORT."""
        return self.started()["listen"]


def start_tracker(shop, *options, listen="127.0.0.1:0", name="tracker", **how):
    tracker = Shoal(shop, name, "tracker", *(["--listen", listen] if listen else []), *options, **how)
    tracker.announce_url = tracker.started()["announce_url"]
    return tracker


def bytes_by_address(ledger):
    """How much came from each address in the ledger of a `complete` or `stopped` event."""
    came = {}
    for entry in ledger:
        came[entry["address"]] = came.get(entry["address"], 0) + entry["downloaded"]
    return came


def loopback(number):
    """The number-th loopback address, counted from 127.0.0.1."""
    return str(ipaddress.IPv4Address("127.0.0.0") + number)
