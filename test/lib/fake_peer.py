"""A peer made by hand: has every piece, unchokes everybody, and answers requests with what it is told to."""
import struct

from listening import Listening

PROTOCOL = b"\x13BitTorrent protocol"
UNCHOKE, BITFIELD, REQUEST, PIECE = 1, 5, 6, 7


def frame(kind, payload=b""):
    return struct.pack(">IB", 1 + len(payload), kind) + payload


class FakePeer(Listening):
    """`answer(piece, begin, length)` gives the bytes of a block."""

    def __init__(self, info_hash, pieces, answer, address="127.0.0.1"):
        self.info_hash, self.pieces, self.answer = info_hash, pieces, answer
        self.blocks_sent = 0
        super().__init__(address)

    def serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                if len(stream.read(68)) < 68:
                    return
                connection.sendall(PROTOCOL + bytes(8) + self.info_hash + b"-XX0000-" + b"fakefakefake")
                bits = ((1 << self.pieces) - 1) << (-self.pieces % 8)
                connection.sendall(frame(BITFIELD, bits.to_bytes((self.pieces + 7) // 8, "big")) + frame(UNCHOKE))
                while head := stream.read(4):
                    message = stream.read(struct.unpack(">I", head)[0])
                    if message[:1] == bytes([REQUEST]):
                        piece, begin, length = struct.unpack(">III", message[1:13])
                        block = self.answer(piece, begin, length)
                        connection.sendall(frame(PIECE, struct.pack(">II", piece, begin) + block))
                        self.blocks_sent += 1
        except (OSError, struct.error):
            return  # the other side has had enough


def honest(data, piece_length):
    def answer(piece, begin, length):
        start = piece * piece_length + begin
        return data[start:start + length]

    return answer


def garbage(_piece, _begin, length):
    return b"\xa5" * length
