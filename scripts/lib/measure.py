"""What a process costs, as the kernel counts it."""
import os
import threading
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def cpu_seconds(pid):
    """User and system time of all its threads so far."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def memory(pid):
    """Anonymous resident memory now, and the peak of all resident memory, page cache mapped included; bytes."""
    with open(f"/proc/{pid}/status") as file:
        values = dict(line.split(":", 1) for line in file if line.startswith(("RssAnon", "VmHWM")))
    return tuple(int(values[key].split()[0]) * 1024 for key in ("RssAnon", "VmHWM"))


class Watch:
    """Follows processes from now while entered: their CPU time and the peak of their memory."""

    def __init__(self, processes, every_s=0.02):
        self.pids = [process.pid for process in processes]
        self.cpu_before = {pid: cpu_seconds(pid) for pid in self.pids}
        self.anonymous_peak = dict.fromkeys(self.pids, 0)
        self.every_s = every_s
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.poll)
        self.thread.start()

    def poll(self):
        try:
            while not self.ended.wait(self.every_s):
                for pid in self.pids:
                    self.anonymous_peak[pid] = max(self.anonymous_peak[pid], memory(pid)[0])
        except (OSError, KeyError):
            return  # one has ended: whoever waits for it says so

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def restart(self):
        """Forgets the CPU time used so far."""
        self.cpu_before = {pid: cpu_seconds(pid) for pid in self.pids}

    def costs(self):
        """A dictionary of numbers for each process, in their order."""
        costs = [{"cpu_s": cpu_seconds(pid) - self.cpu_before[pid], "resident_peak": memory(pid)[1]}
                 for pid in self.pids]
        for pid, cost in zip(self.pids, costs):
            cost["anonymous_peak"] = self.anonymous_peak[pid]
        return costs


def machine(files="in memory"):
    """One line on where the numbers come from; `files` says where theirs are."""
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    with open("/proc/sys/net/ipv4/tcp_congestion_control") as file:
        congestion = file.read().strip()
    return (f"{time.strftime('%Y-%m-%d')}, {model}, {os.cpu_count()} cores, Linux {os.uname().release}, "
            f"TCP {congestion}, loopback, files {files}")
