"""Web servers as they are installed, each the only source of a torrent."""
import socket
import unittest

from clients import need
from processes import Process, free_port, wait_until
from swarm_test import MIB, OK, SwarmTest


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class WebServersTest(SwarmTest):
    def fetch_from(self, command, port, original):
        Process(self.shop, "web server", command)
        wait_until(lambda: listens(port), "the web server should listen")
        torrent = self.create(original, "--web-seed", f"http://127.0.0.1:{port}/")
        leecher = self.leech(torrent, "--exit-when-complete")
        leecher.wait_for("complete", 120)
        self.assertEqual(leecher.wait(), OK)
        self.assert_copied(original, leecher.folder)

    def test_nginx_is_the_only_source(self):
        need("nginx")
        original, port = self.file(32 * MIB + 12345), free_port()
        original.parent.chmod(0o755)
        state = self.folder("nginx")
        configuration = state / "nginx.conf"
        configuration.write_text(f"""
daemon off;
worker_processes 1;
user root;
pid {state}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {state}/body;
  proxy_temp_path {state}/proxy;
  fastcgi_temp_path {state}/fastcgi;
  uwsgi_temp_path {state}/uwsgi;
  scgi_temp_path {state}/scgi;
  server {{ listen 127.0.0.1:{port}; root {original.parent}; }}
}}
""")
        self.fetch_from(["nginx", "-p", state, "-c", configuration], port, original)

    def test_a_server_without_ranges_is_the_only_source(self):
        original, port = self.file(8 * MIB + 12345), free_port()
        self.fetch_from(["python3", "-m", "http.server", "-b", "127.0.0.1", "-d", original.parent, port], port,
                        original)


if __name__ == "__main__":
    unittest.main()
