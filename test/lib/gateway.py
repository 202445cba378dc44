"""A small gateway that speaks PCP, NAT-PMP or UPnP IGD. Run as a program it serves one of them at one address, and tells
what it is asked for; `stalling` never ends its answer when a mapping is to be removed:
    gateway.py pcp|nat-pmp|upnp|stalling ADDRESS"""
import http.server
import re
import socket
import sys
import threading
import time

from processes import Process, wait_until

OUTSIDE = "5.6.7.8"
PCP_PORT, SSDP_PORT, SSDP_GROUP = 5351, 1900, "239.255.255.250"
SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"


class Gateway:
    """`enter` is the words before a command that is to run where the gateway shall."""

    def __init__(self, shop, way, address, enter):
        self.process = Process(shop, way + " gateway", [*enter, sys.executable, __file__, way, address])
        wait_until(lambda: "ready" in self.process.output(), "the gateway should be ready")

    def asked(self):
        """("map", port outside, port inside, seconds) and ("remove", port) in their order."""
        lines = self.process.output().rpartition("\n")[0].splitlines()[1:]
        return [(word, *map(int, numbers)) for word, *numbers in map(str.split, lines)]


def pcp(address):
    """Grants a lifetime of two seconds only."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((address, PCP_PORT))
        print("ready", flush=True)
        nonces = {}
        while True:
            request, client = ear.recvfrom(1100)
            version, opcode, seconds = request[0], request[1], int.from_bytes(request[4:8], "big")
            nonce, inside = request[24:36], int.from_bytes(request[40:42], "big")
            mapped = socket.inet_pton(socket.AF_INET6, "::ffff:" + client[0])
            if (version, opcode, len(request)) != (2, 1, 60) or request[8:24] != mapped or request[36] != 6:
                print("nonsense", flush=True)
                continue
            refused = 2 if nonces.setdefault(inside, nonce) != nonce else 0  # somebody else's: not authorized
            if seconds == 0:
                print("remove", inside, flush=True)
            else:
                print("map", inside + 1, inside, seconds, flush=True)
            seconds = min(seconds, 2)
            ear.sendto(bytes([2, 0x81, 0, refused]) + seconds.to_bytes(4, "big") + int(time.monotonic()).to_bytes(4, "big") +
                       bytes(12) + request[24:42] + (inside + 1).to_bytes(2, "big") +
                       socket.inet_pton(socket.AF_INET6, "::ffff:" + OUTSIDE), client)


def nat_pmp(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((address, PCP_PORT))
        print("ready", flush=True)
        while True:
            request, client = ear.recvfrom(1100)
            if request[0] != 0:  # another version: PCP
                ear.sendto(bytes([0, 128, 0, 1]) + int(time.monotonic()).to_bytes(4, "big"), client)
                continue
            head = bytes([0, 128 + request[1]]) + bytes(2) + int(time.monotonic()).to_bytes(4, "big")
            if request[1] == 0:
                ear.sendto(head + socket.inet_aton(OUTSIDE), client)
                continue
            inside, outside = (int.from_bytes(request[at:at + 2], "big") for at in (4, 6))
            seconds = int.from_bytes(request[8:12], "big")
            if seconds == 0:
                print("remove", inside, flush=True)
            else:
                outside = outside + 1  # ours is taken, it says
                print("map", outside, inside, seconds, flush=True)
            ear.sendto(head + inside.to_bytes(2, "big") + outside.to_bytes(2, "big") + request[8:12], client)


DESCRIPTION = f"""<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion><device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><serviceList><service>
<serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType>
<serviceId>urn:upnp-org:serviceId:WANCommonIFC1</serviceId><controlURL>/common</controlURL>
<eventSubURL>/events</eventSubURL><SCPDURL>/scpd.xml</SCPDURL>
</service></serviceList><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList><service>
<serviceType>{SERVICE}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<controlURL>/control</controlURL><eventSubURL>/events</eventSubURL><SCPDURL>/scpd.xml</SCPDURL>
</service></serviceList></device></deviceList></device></deviceList></device></root>
"""


class Control(http.server.BaseHTTPRequestHandler):
    permanent_only = True  # as some are: the first wish, for an hour, is refused
    stalls = False

    def log_message(self, *_):
        pass

    def reply(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self):
        self.reply(DESCRIPTION)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        action = self.headers["SOAPAction"].strip('"').rpartition("#")[2]

        def given(name):
            return re.search(f"<{name}>([^<]*)</{name}>", body)[1]

        values, fault = {}, None
        if action == "GetStatusInfo":
            values = {"NewConnectionStatus": "Connected", "NewLastConnectionError": "ERROR_NONE", "NewUptime": "9"}
        elif action == "GetExternalIPAddress":
            values = {"NewExternalIPAddress": OUTSIDE}
        elif action == "AddPortMapping":
            if given("NewLeaseDuration") != "0":
                fault = 725
            elif given("NewProtocol") == "TCP" and given("NewInternalClient") == self.client_address[0]:
                print("map", given("NewExternalPort"), given("NewInternalPort"), 0, flush=True)
        elif action == "DeletePortMapping":
            print("remove", given("NewExternalPort"), flush=True)
            while self.stalls:
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n")
                time.sleep(0.2)
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
        inner = f'<u:{action}Response xmlns:u="{SERVICE}">{inner}</u:{action}Response>'
        if fault:
            inner = ("<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>"
                     f'<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{fault}</errorCode></UPnPError>'
                     "</detail></s:Fault>")
        self.reply('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
                   f"<s:Body>{inner}</s:Body></s:Envelope>", 500 if fault else 200)


def upnp(address):
    control = http.server.ThreadingHTTPServer((address, 0), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((SSDP_GROUP, SSDP_PORT))
        group = socket.inet_aton(SSDP_GROUP) + socket.inet_aton(address)
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        print("ready", flush=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            mouth.bind((address, 0))
            while True:
                call, client = ear.recvfrom(1500)
                wanted = re.search(rb"\r\nST: *([^\r]*)\r\n", call)[1]
                if b"InternetGatewayDevice:1" in wanted:
                    where = f"http://{address}:{control.server_address[1]}/description.xml"
                    mouth.sendto(b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=60\r\nEXT:\r\nST: " + wanted +
                                 b"\r\nUSN: uuid:1::" + wanted + f"\r\nLOCATION: {where}\r\n\r\n".encode(), client)


def stalling(address):
    Control.stalls = True
    upnp(address)


if __name__ == "__main__":
    {"pcp": pcp, "nat-pmp": nat_pmp, "upnp": upnp, "stalling": stalling}[sys.argv[1]](sys.argv[2])
