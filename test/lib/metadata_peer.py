"""A peer made by hand that gives metadata (BEP 9), true or not."""
import hashlib
import socket
import struct

import bencode
from fake_peer import PROTOCOL, frame
from listening import Listening

PART = 16384
EXTENDED, THEIR_ID = 20, 7
REQUEST, DATA, REJECT = 0, 1, 2


def true_part(metadata):
    return lambda part: metadata[part * PART:(part + 1) * PART]


def false_part(metadata):
    return lambda part: b"\xa5" * len(metadata[part * PART:(part + 1) * PART])


class MetadataPeer(Listening):
    """Serves nothing but metadata. `part(n)` gives the n-th part's bytes, or None for silence; `size` is its claim."""

    def __init__(self, info_hash, size, part, address="127.0.0.1"):
        self.info_hash, self.size, self.part = info_hash, size, part
        self.asked = []
        super().__init__(address)

    def serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                if len(stream.read(68)) < 68:
                    return
                name = hashlib.sha1(self.address.encode()).digest()[:12]
                connection.sendall(PROTOCOL + bytes(5) + b"\x10" + bytes(2) + self.info_hash + b"-XX0000-" + name)
                hello = {"m": {"ut_metadata": THEIR_ID}, "metadata_size": self.size}
                connection.sendall(frame(EXTENDED, b"\0" + bencode.encode(hello)))
                self.talk(connection, stream)
        except (OSError, struct.error, ValueError):
            return  # the other side has had enough

    def talk(self, connection, stream):
        ours = 0
        while head := stream.read(4):
            message = stream.read(struct.unpack(">I", head)[0])
            if message[:2] == bytes([EXTENDED, 0]):
                ours = bencode.decode(message[2:])[b"m"].get(b"ut_metadata", 0)
            elif message[:2] == bytes([EXTENDED, THEIR_ID]):
                asked = bencode.decode(message[2:])
                if asked[b"msg_type"] != REQUEST:
                    continue
                self.asked.append(asked[b"piece"])
                data = self.part(asked[b"piece"])
                if data is not None:
                    answer = {"msg_type": DATA, "piece": asked[b"piece"], "total_size": self.size}
                    connection.sendall(frame(EXTENDED, bytes([ours]) + bencode.encode(answer) + data))


def fetch_metadata(address, info_hash, parts, claim=0):
    """Asks a peer at ADDR:PORT for parts; a dictionary from part to (message type, bytes)."""
    host, port = address.rsplit(":", 1)
    answers = {}
    with socket.create_connection((host, int(port)), timeout=10) as connection, connection.makefile("rb") as stream:
        connection.sendall(PROTOCOL + bytes(5) + b"\x10" + bytes(2) + info_hash + b"-XX0000-asksmetadata")
        stream.read(68)
        connection.sendall(frame(EXTENDED, b"\0" + bencode.encode({"m": {"ut_metadata": THEIR_ID}})))
        while len(answers) < len(parts):
            message = stream.read(struct.unpack(">I", stream.read(4))[0])
            if message[:2] == bytes([EXTENDED, 0]):
                hello = bencode.decode(message[2:])
                answers_id = hello[b"m"][b"ut_metadata"]
                for part in parts:
                    asked = bencode.encode({"msg_type": REQUEST, "piece": part})
                    connection.sendall(frame(EXTENDED, bytes([answers_id]) + asked))
            elif message[:2] == bytes([EXTENDED, THEIR_ID]):
                end = message.index(b"ee", 2) + 2  # the last key's number and the dictionary
                answer = bencode.decode(message[2:end])
                answers[answer[b"piece"]] = (answer[b"msg_type"], message[end:])
    return answers
