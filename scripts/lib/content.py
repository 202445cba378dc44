"""Files to share, and the proof that a copy is equal."""
import hashlib
import os
import pathlib

CHUNK_BYTES = 8 << 20


def random_file(path, size):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(os.urandom(min(size, CHUNK_BYTES)))
    return path


def files_below(path):
    """Every file of a file or folder, as path relative to the folder in which it lies."""
    path = pathlib.Path(path)
    if path.is_file():
        return [path.name]
    found = []
    for folder, _, names in os.walk(path):
        found += [os.path.relpath(os.path.join(folder, name), path.parent) for name in names]
    return sorted(found)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(path):
    """The SHA-256 of every file of a file or folder, by its relative path."""
    path = pathlib.Path(path)
    return {name: sha256(path.parent / name) for name in files_below(path)}


def bytes_below(path):
    path = pathlib.Path(path)
    return sum((path.parent / name).stat().st_size for name in files_below(path))
