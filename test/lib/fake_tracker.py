"""A tracker that answers every request with a given behaviour."""
from listening import Listening


class FakeTracker(Listening):
    """`behave(connection)` is called with each connection once a whole request has come."""

    def __init__(self, behave):
        self.behave = behave
        self.asked = 0
        super().__init__()
        self.url = f"http://{self.address}/announce"

    def serve(self, connection):
        try:
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    if not (more := connection.recv(4096)):
                        return
                    request += more
                self.asked += 1
                self.behave(connection)
        except OSError:
            return


def reply(body, head=b"", length=None):
    """A behaviour: one complete answer, or one that lies about its length."""
    size = len(body) if length is None else length
    answer = b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: %d\r\n\r\n" % size + body
    return lambda connection: connection.sendall(answer)


def silence(connection):
    while connection.recv(4096):
        pass


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nd5:peers")
    for _ in range(1600):
        connection.sendall(b"9" * 65536)
