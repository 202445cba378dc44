"""Child processes that never outlive who started them, in a folder of their own."""
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def wait_until(condition, what, timeout_s=60.0, every_s=0.02):
    """Polls `condition` until it gives something true and returns that."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:g} s in vain: {what}")
        time.sleep(every_s)
    return value


def listens(port, address="127.0.0.1"):
    """Whether somebody does, by TCP."""
    try:
        socket.create_connection((address, port), timeout=2).close()
        return True
    except OSError:
        return False


def free_port(address="127.0.0.1"):
    """A port nobody uses now, from below the range the kernel hands out by itself."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    while True:
        port = random.randrange(15000, 32000)
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(family, kind) as s:
                    s.bind((address, port))
            return port
        except OSError:
            continue


class Process:
    """A running program; its output goes to files in the workshop."""

    def __init__(self, shop, name, command, **popen_options):
        self.name = name
        self.command = [str(word) for word in command]
        self.output_path = shop.path / f"{name}.out"
        self.error_path = shop.path / f"{name}.err"
        self.exit_code = None
        self.usage = None  # of resources, once it has ended
        self.asked_to_stop = False
        self.started_at = time.monotonic()
        with open(self.output_path, "wb") as out, open(self.error_path, "wb") as err:
            # setpriv: the kernel ends the child when this script is killed.
            self.popen = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.command], stdin=subprocess.DEVNULL,
                                          stdout=out, stderr=err, **popen_options)
        self.pid = self.popen.pid
        shop.processes.append(self)

    def running(self):
        if self.exit_code is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.popen.returncode = self.exit_code = os.waitstatus_to_exitcode(status)
                self.usage = usage
        return self.exit_code is None

    def wait(self, timeout_s=60.0):
        wait_until(lambda: not self.running(), f"{self.name} should end by itself", timeout_s)
        return self.exit_code

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def ask_to_stop(self):
        """Once: for many programs a second SIGTERM means `at once`."""
        if not self.asked_to_stop:
            self.asked_to_stop = True
            self.signal(signal.SIGTERM)

    def stop(self, grace_s=10.0):
        """Asks it to end, and ends it when it does not; the exit code."""
        self.ask_to_stop()
        try:
            return self.wait(grace_s)
        except TimeoutError:
            return self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def output(self):
        return self.output_path.read_text(errors="replace")

    def errors(self):
        return self.error_path.read_text(errors="replace")

    def tail(self, lines=25):
        shown = [f"--- {self.name}: {' '.join(self.command)} -> {'running' if self.running() else self.exit_code}"]
        for text in (self.output(), self.errors()):
            shown += text.splitlines()[-lines:]
        return "\n".join(shown)


class Workshop:
    """A temporary folder and the processes that work in it; leaving it ends them and removes it."""

    def __init__(self, parent=None):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="shoal-", dir=parent))
        self.processes = []

    def start(self, name, command, **popen_options):
        return Process(self, name, command, **popen_options)

    def logs(self):
        return "\n".join(process.tail() for process in self.processes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.ask_to_stop()
        for process in self.processes:
            process.stop(grace_s=5)
        shutil.rmtree(self.path, ignore_errors=True)
