"""A web server that sends everybody elsewhere. Run as a program: redirector.py ADDRESS TARGET"""
import http.server
import sys

from processes import Process, wait_until


class Redirector:
    """`enter` is the words before a command that is to run where it shall."""

    def __init__(self, shop, address, target, enter):
        self.process = Process(shop, "redirector", [*enter, sys.executable, __file__, address, target])
        wait_until(lambda: "\n" in self.process.output(), "the redirector should listen")
        self.url = f"http://{address}:{self.process.output().split()[0]}/"

    def asked(self):
        return self.process.output().splitlines()[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        print(self.path, flush=True)
        self.send_response(302)
        self.send_header("Location", sys.argv[2])
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer((sys.argv[1], 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
