"""Torrent files made by hand, so that they can hold what an honest program would not write."""
import hashlib
import pathlib

import bencode


def piece_hashes(data, piece_length):
    return b"".join(hashlib.sha1(data[i:i + piece_length]).digest() for i in range(0, len(data), piece_length))


def make_torrent(path, name, files, piece_length=16384, announce=None):
    """`files`: a list of (path parts, bytes, attributes), or bytes for a torrent of a single file.

    Writes the torrent file and gives (info-hash, all the bytes in their order)."""
    if isinstance(files, bytes):
        data = files
        info = {"length": len(data)}
    else:
        data = b"".join(content for _, content, _ in files)
        info = {"files": [{"path": list(parts), "length": len(content), **({"attr": attr} if attr else {})}
                          for parts, content, attr in files]}
    info |= {"name": name, "piece length": piece_length, "pieces": piece_hashes(data, piece_length)}
    whole = {"info": info} | ({"announce": announce} if announce else {})
    pathlib.Path(path).write_bytes(bencode.encode(whole))
    return hashlib.sha1(bencode.encode(info)).digest(), data


def info_hash(path):
    return hashlib.sha1(bencode.encode(bencode.decode(pathlib.Path(path).read_bytes())[b"info"])).digest()
