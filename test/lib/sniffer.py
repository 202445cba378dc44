"""Watches what comes in to a host. Run as a program there, it writes a line for each packet of TCP or UDP."""
import socket
import sys

from processes import Process, wait_until

PROTOCOLS = {6: "tcp", 17: "udp"}


class Sniffer:
    """`enter` is the words before a command that is to run on the host."""

    def __init__(self, shop, enter):
        self.process = Process(shop, "sniffer", [*enter, sys.executable, __file__])
        wait_until(lambda: "ready" in self.process.output(), "the sniffer should be ready")

    def packets(self, loopback=False):
        """(network interface, protocol, source address, destination's port) of each so far; those that the host sends to
        itself only when they are wanted."""
        whole = self.process.output().rpartition("\n")[0].splitlines()[1:]
        return [(device, protocol, source, int(port)) for device, protocol, source, port in map(str.split, whole)
                if loopback or device != "lo"]


def watch():
    every_protocol = 3  # ETH_P_ALL
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(every_protocol)) as wire:
        print("ready", flush=True)
        while True:
            data, (device, family, kind, *_) = wire.recvfrom(65536)
            if kind == socket.PACKET_OUTGOING:
                continue
            if family == 0x0800:
                protocol, source, payload = data[9], data[12:16], data[(data[0] & 15) * 4:]
                source = socket.inet_ntop(socket.AF_INET, source)
            elif family == 0x86dd:
                protocol, source, payload = data[6], data[8:24], data[40:]
                source = socket.inet_ntop(socket.AF_INET6, source)
            else:
                continue
            if protocol in PROTOCOLS:
                print(device, PROTOCOLS[protocol], source, int.from_bytes(payload[2:4], "big"), flush=True)


if __name__ == "__main__":
    watch()
