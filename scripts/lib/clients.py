"""Other people's clients as processes, headless, with what each needs to work on loopback."""
import json
import shutil
import urllib.error
import urllib.request

from processes import ROOT, Process, free_port, wait_until


def need(program):
    if not shutil.which(program):
        raise RuntimeError(f"{program} is not installed: run scripts/setup")


class Aria2(Process):
    """Seeds when the data is there, else leeches and then seeds on; `done` is touched at completion."""

    def __init__(self, shop, name, torrent, folder, address="127.0.0.1", uplink=0, seeds=False, encrypted=False,
                 udp=False):
        need("aria2c")
        self.port = free_port(address)
        self.done_path = shop.path / f"{name}.done"
        hook = shop.path / f"{name}.hook"
        hook.write_text(f'#!/bin/sh\ntouch "{self.done_path}"\n')
        hook.chmod(0o755)
        options = ["--no-conf", f"--dir={folder}", f"--interface={address}", f"--listen-port={self.port}",
                   "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
                   f"--disable-ipv6={'false' if ':' in address else 'true'}",
                   "--file-allocation=none", "--allow-overwrite=true", "--seed-ratio=0.0", "--bt-max-peers=0",
                   f"--max-upload-limit={uplink}", f"--on-bt-download-complete={hook}", "--summary-interval=0",
                   "--show-console-readout=false", "--bt-detach-seed-only=true"]
        if seeds:
            options.append("--check-integrity=true")
        if udp:  # which it speaks with its DHT only; that is bound to the same address, and knows nobody
            options += ["--enable-dht=true", f"--dht-listen-port={free_port(address)}",
                        f"--dht-file-path={shop.path / name}.dht"]
        if encrypted:
            options += ["--bt-require-crypto=true", "--bt-min-crypto-level=arc4"]
        super().__init__(shop, name, ["aria2c", *options, torrent])

    def complete(self):
        return self.done_path.exists()

    def completed_at(self):
        """On the clock of files' times."""
        return self.done_path.stat().st_mtime


class Transmission(Process):
    """A daemon, driven over its RPC. On loopback it accepts connections but makes none."""

    def __init__(self, shop, name, torrent, folder, address="127.0.0.1", uplink=0, encrypted=False):
        need("transmission-daemon")
        self.port, self.rpc_port = free_port(address), free_port()
        self.session_id = ""
        state = shop.path / f"{name}.state"
        super().__init__(shop, name, ["transmission-daemon", "-f", "-g", state, "-w", folder, "-P", self.port,
                                      "-I" if ":" in address else "-i", address, "-p", self.rpc_port, "-r", "127.0.0.1",
                                      "-T", "-M", "-O", "--no-utp", "-er" if encrypted else "-et"])
        wait_until(self.answers, f"{name} should answer RPC")
        if uplink:
            self.call("session-set", {"speed-limit-up-enabled": True, "speed-limit-up": uplink // 1000})
        added = self.call("torrent-add", {"filename": str(torrent), "download-dir": str(folder)})
        self.torrent_id = added["torrent-added"]["id"]

    def answers(self):
        try:
            return self.call("session-get", {"fields": ["version"]})
        except OSError:
            return None

    def call(self, method, arguments):
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        for _ in range(2):  # the first answer only hands out the session id
            request = urllib.request.Request(f"http://127.0.0.1:{self.rpc_port}/transmission/rpc", body,
                                             {"X-Transmission-Session-Id": self.session_id})
            try:
                with urllib.request.urlopen(request, timeout=10) as reply:
                    answer = json.load(reply)
            except urllib.error.HTTPError as error:
                if error.code != 409:
                    raise
                self.session_id = error.headers["X-Transmission-Session-Id"]
                continue
            if answer["result"] != "success":
                raise RuntimeError(f"{self.name}: {method}: {answer['result']}")
            return answer["arguments"]
        raise RuntimeError(f"{self.name}: no RPC session")

    def status(self):
        fields = ["percentDone", "leftUntilDone", "status", "recheckProgress", "errorString"]
        return self.call("torrent-get", {"ids": [self.torrent_id], "fields": fields})["torrents"][0]

    def complete(self):
        return self.status()["percentDone"] == 1 and self.status()["status"] == 6  # seeding


class OpenTracker(Process):
    """Knows the given torrents only, over UDP and HTTP on one port. Debian's chroots to its folder as root."""

    def __init__(self, shop, name, info_hashes, address="127.0.0.1"):
        need("opentracker")
        port = free_port(address)
        root = shop.path / f"{name}.root"
        root.mkdir(mode=0o755)
        (root / "whitelist").write_text("".join(hash_.hex() + "\n" for hash_ in info_hashes))
        config = shop.path / f"{name}.conf"
        config.write_text(f"listen.tcp {address}:{port}\nlisten.udp {address}:{port}\n"
                          f"access.whitelist whitelist\ntracker.rootdir {root}\n")
        self.udp_url = f"udp://{address}:{port}/announce"
        self.http_url = f"http://{address}:{port}/announce"
        super().__init__(shop, name, ["opentracker", "-f", config, "-d", root])


class Rtorrent(Process):
    """A daemon, told everything by its configuration; `done` is touched at completion."""

    def __init__(self, shop, name, torrent, folder, address="127.0.0.1", uplink=0, seeds=False):
        need("rtorrent")
        self.port = free_port(address)
        own = name.replace(" ", "-")  # its commands split at spaces
        self.done_path = shop.path / f"{own}.done"
        state = shop.path / f"{own}.state"
        state.mkdir()
        configuration = shop.path / f"{own}.rc"
        configuration.write_text(f"""
system.daemon.set = true
session.path.set = "{state}"
directory.default.set = "{folder}"
network.bind_address.set = {address}
network.port_range.set = {self.port}-{self.port}
network.port_random.set = no
dht.mode.set = disable
protocol.pex.set = no
protocol.encryption.set = none
trackers.use_udp.set = no
pieces.hash.on_completion.set = no
throttle.global_up.max_rate.set_kb = {uplink // 1024}
method.set_key = event.download.finished, done, "execute2 = touch, \"{self.done_path}\""
schedule2 = go, 0, 0, "load.start = {torrent}"
""")
        super().__init__(shop, name, ["rtorrent", "-n", "-o", f"import={configuration}"])

    def complete(self):
        return self.done_path.exists()


class Libtorrent(Process):
    """scripts/lib/libtorrent_peer.py in a process of its own."""

    def __init__(self, shop, name, torrent, folder, address="127.0.0.1", uplink=0, seeds=False, encrypted=False):
        self.port = free_port(address)
        super().__init__(shop, name, ["/usr/bin/python3", ROOT / "scripts/lib/libtorrent_peer.py", torrent, folder,
                                      f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}",
                                      str(uplink), "seed" if seeds else "leech",
                                      *(["encrypted"] if encrypted else [])])

    def events(self):
        return [json.loads(line) for line in self.output().splitlines() if line.endswith("}")]

    def has_data(self):
        return any(e["event"] == "first_data" for e in self.events())

    def complete(self):
        return any(e["event"] == "complete" for e in self.events())

    def completed_at(self):
        return next(e["time"] for e in self.events() if e["event"] == "complete")
