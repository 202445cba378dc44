"""A small proxy that tells what passes. Run as a program it serves one kind at one address, for whoever has the login:
    proxy.py socks5|http ADDRESS USER:PASSWORD
Names that end in .test are that address; it knows no others."""
import base64
import contextlib
import socket
import socketserver
import sys
import threading

from processes import Process, wait_until


class Proxy:
    """`enter` is the words before a command that is to run where the proxy shall."""

    def __init__(self, shop, kind, address, login, enter=()):
        self.process = Process(shop, kind + " proxy", [*enter, sys.executable, __file__, kind, address, login])
        wait_until(lambda: "\n" in self.process.output(), "the proxy should listen")
        self.port = int(self.process.output().split()[1])

    def asked(self):
        """(host, port) of every connection that was asked for, in the words of who asked."""
        lines = self.process.output().rpartition("\n")[0].splitlines()
        return [(host, int(port)) for word, host, port in (line.split() for line in lines if line.startswith("asked"))]

    def refused(self):
        return "refused" in self.process.output()


def exactly(connection, size):
    data = b""
    while len(data) < size:
        if not (more := connection.recv(size - len(data))):
            raise ConnectionError
        data += more
    return data


def socks_target(connection, login):
    user, _, password = login.partition(":")
    if 2 not in exactly(connection, exactly(connection, 2)[1]):
        connection.sendall(b"\5\xff")
        return None
    connection.sendall(b"\5\2")
    given = [exactly(connection, exactly(connection, skipped + 1)[skipped]).decode() for skipped in (1, 0)]
    right = given == [user, password]
    connection.sendall(b"\1\0" if right else b"\1\1")
    if not right:
        return None
    version, command, _, kind = exactly(connection, 4)
    assert (version, command) == (5, 1)
    if kind == 3:
        host = exactly(connection, exactly(connection, 1)[0]).decode()
    else:
        family, size = {1: (socket.AF_INET, 4), 4: (socket.AF_INET6, 16)}[kind]
        host = socket.inet_ntop(family, exactly(connection, size))
    return host, int.from_bytes(exactly(connection, 2), "big")


def http_target(connection, login):
    header = b""
    while not header.endswith(b"\r\n\r\n"):
        header += exactly(connection, 1)
    words, *fields = header.decode().splitlines()
    if f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}" not in fields:
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        return None
    method, target, _ = words.split()
    assert method == "CONNECT"
    host, _, port = target.rpartition(":")
    return host.strip("[]"), int(port)


REPLIES = {"socks5": (b"\5\0\0\1\0\0\0\0\0\0", b"\5\4\0\1\0\0\0\0\0\0"),
           "http": (b"HTTP/1.1 200 Connected\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n")}


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def serve(kind, address, login):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            target = (socks_target if kind == "socks5" else http_target)(self.request, login)
            if not target:
                print("refused\n", end="", flush=True)
                return
            host, port = target
            print(f"asked {host} {port}\n", end="", flush=True)  # in one piece, since other threads print too
            connected, failed = REPLIES[kind]
            try:
                there = socket.create_connection((address if host.endswith(".test") else host, port))
            except OSError:
                self.request.sendall(failed)
                return
            with there:
                self.request.sendall(connected)
                up = threading.Thread(target=pump, args=(self.request, there))
                up.start()
                pump(there, self.request)
                up.join()

    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer((address, 0), Handler) as server:
        print("listening", server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
