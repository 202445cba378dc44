"""Two hosts on one wire: a network namespace each, made inside a user namespace, so that no rights are needed."""
from processes import Process, wait_until


class TwoHosts:
    """`enter(n)` is the words before a command that is to run on host 0 or 1."""

    addresses = ("10.77.0.1", "10.77.0.2")
    addresses_v6 = ("fd77::1", "fd77::2")

    def __init__(self, shop):
        self.first = Process(shop, "host 0", ["unshare", "--user", "--map-root-user", "--net", "sleep", "600"])
        wait_until(lambda: self.is_apart(self.first), "the first namespace should be there")
        into = ["nsenter", "--preserve-credentials", "-U", "-t", self.first.pid]
        self.second = Process(shop, "host 1", [*into, "unshare", "--net", "sleep", "600"])
        wait_until(lambda: self.is_apart(self.second), "the second namespace should be there")
        self.shop = shop
        self.add_wire("wire", self.addresses)
        for host in (0, 1):
            self.run(host, "ip", "address", "add", self.addresses_v6[host] + "/64", "dev", "wire", "nodad")
            self.run(host, "ip", "link", "set", "lo", "up")

    def add_wire(self, name, addresses):
        self.run(0, "ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns", self.second.pid)
        for host in (0, 1):
            self.run(host, "ip", "address", "add", addresses[host] + "/24", "dev", name)
            self.run(host, "ip", "link", "set", name, "up")

    def enter(self, host):
        pid = (self.first, self.second)[host].pid
        return ["nsenter", "--preserve-credentials", "-U", "-n", "-t", str(pid)]

    def run(self, host, *command):
        done = Process(self.shop, f"on host {host}", [*self.enter(host), *command])
        if done.wait(10) != 0:
            raise RuntimeError(done.errors())

    @staticmethod
    def is_apart(process):
        """Whether it has become `sleep`, in its own namespace."""
        with open(f"/proc/{process.pid}/comm", encoding="utf-8") as name:
            return name.read().strip() == "sleep"
