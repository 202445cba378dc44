"""A web server made by hand: serves the files below a folder, in the way that it is told to."""
import http.server
import ssl
import threading
import urllib.parse


class WebServer:
    """`how`: honest, whole (without ranges), garbage, short, long, shifted, stalls, loops, gone, busy (once). `identity` is
    a file with a certificate and its key: then it speaks TLS."""

    def __init__(self, folder, how="honest", address="127.0.0.1", identity=None):
        self.requests, self.connections = [], 0
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                owner.connections += 1

            def log_message(self, *_):
                pass

            def do_GET(self):
                path = urllib.parse.unquote(self.path)
                range_ = self.headers.get("Range", "")
                owner.requests.append((path, range_))
                if how == "gone":
                    return self.send_error(404)
                if how == "busy" and len(owner.requests) == 1:
                    return self.reply(503, b"", {"Retry-After": "5"})
                if how == "loops":
                    return self.reply(302, b"", {"Location": self.path})
                if path.startswith("/moved/"):
                    return self.reply(301, b"", {"Location": self.path[len("/moved"):]})
                file = folder / path.lstrip("/")
                if not file.is_file():
                    return self.send_error(404)
                data = file.read_bytes()
                if how == "whole":
                    return self.reply(200, data, {})
                first, last = map(int, range_.removeprefix("bytes=").split("-"))
                part = data[first:last + 1]
                told = f"bytes {first}-{last}/{len(data)}"
                if how == "garbage":
                    part = b"\xa5" * len(part)
                if how == "shifted":
                    told = f"bytes {first + 1}-{last + 1}/{len(data)}"
                length = len(part)
                if how == "long":
                    part, length = part + b"more", length + 4
                if how in ("short", "stalls"):
                    part = part[:len(part) // 2]
                self.reply(206, part, {"Content-Range": told}, length)
                if how == "short":
                    self.close_connection = True
                if how == "stalls":
                    owner.stalled.wait()

            def reply(self, status, body, fields, length=None):
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

        self.stalled = threading.Event()
        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.server.daemon_threads = True
        if identity:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(identity)
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = "%s://%s:%d/" % ("https" if identity else "http", *self.server.server_address)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.stalled.set()
        self.server.shutdown()
        self.server.server_close()
