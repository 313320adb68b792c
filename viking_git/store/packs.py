"""Packs: the form in which objects reach the disk before a ref names them.

A loose object that no ref names yet is lost to a ``git prune`` beside the writer, and a pack to ``git repack -ad``,
unless a ``.keep`` file stands beside it: that is how git's own fetch guards what it received. So a writer's objects go
into one pack, kept until the ref has moved (format: gitformat-pack, version 2; index version 2). One pack is also
three fsyncs instead of one for every object.
"""

import hashlib
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from pygit2.enums import ObjectType

from viking_git.private import make_private
from viking_git.store.locks import sync

_KEEP_MARK = "viking-git: until its ref has moved\n"
_KEEP_AGE = 3600.0
"""Seconds after which a ``.keep`` of ours is a dead process's: no ref takes an hour to move."""
_NEAR = 0x7FFFFFFF
_COPY = 2**20
_NAMED_BY = {ObjectType.COMMIT: b"commit", ObjectType.TREE: b"tree", ObjectType.BLOB: b"blob"}

Pending = Mapping[str, tuple[ObjectType, bytes]]
"""Objects by id in hex: type and bytes."""


def object_id(kind: ObjectType, data: bytes) -> str:
    """The id that git gives an object."""
    return hashlib.sha1(b"%b %d\0%b" % (_NAMED_BY[kind], len(data), data), usedforsecurity=False).hexdigest()


def loose_form(kind: ObjectType, data: bytes) -> bytes:
    """An object as a file of its own, uncompressed within zlib's frame."""
    return zlib.compress(b"%b %d\0%b" % (_NAMED_BY[kind], len(data), data), 0)


class PackFile:
    """A pack on its way: objects go in one by one, then it is closed, or becomes git's by ``kept``.

    An object is put in with ``begin``, ``write`` for each piece of its zlib stream, and ``end`` or ``drop``; or with
    ``add``.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file = path, file
        self.file.write(_header(0))
        self._rows: dict[str, tuple[int, int]] = {}
        self._start = self._crc = 0

    def begin(self, kind: ObjectType, size: int) -> None:
        """An object of ``size`` bytes comes."""
        self._start, self._crc = self.file.tell(), 0
        self.write(_head(kind, size))

    def write(self, deflated: bytes) -> None:
        """The next piece of the object's zlib stream."""
        self._crc = zlib.crc32(deflated, self._crc)
        self.file.write(deflated)

    def end(self, oid: str) -> None:
        """The object is whole, and this is its id."""
        self._rows[oid] = self._crc, self._start

    def drop(self) -> None:
        """Forget the object that was begun last."""
        self.file.seek(self._start)
        self.file.truncate()

    def add(self, oid: str, kind: ObjectType, data: bytes) -> None:
        """Put a whole object in."""
        self.begin(kind, len(data))
        self.write(zlib.compress(data))
        self.end(oid)

    def close(self, *, sync: bool = False) -> Path:
        """Finish the file and write the index beside it; the index."""
        self.file.seek(0)
        self.file.write(_header(len(self._rows)))
        self.file.seek(0)
        digest = hashlib.sha1(usedforsecurity=False)
        while chunk := self.file.read(_COPY):
            digest.update(chunk)
        self.file.write(digest.digest())
        _flush(self.file, sync=sync)
        index = self.path.with_suffix(".idx")
        with _created(index) as file:
            file.write(_index(self._rows, digest.digest()))
            _flush(file, sync=sync)
        return index

    @contextmanager
    def kept(self, directory: Path) -> Iterator[None]:
        """Have it in ``directory``, synced, out of reach of prune, repack and gc while this is open.

        Afterwards the pack is like any other: what a ref names stays, and git's own upkeep takes the rest.
        """
        directory.mkdir(parents=True, exist_ok=True)
        keep = directory / self.path.with_suffix(".keep").name
        try:
            with _created(keep) as file:
                file.write(_KEEP_MARK.encode())
                _flush(file, sync=True)
            index = self.close(sync=True)
            # Readers look for the index: it comes last.
            self.path.replace(directory / self.path.name)
            index.replace(directory / index.name)
            sync(directory)
            yield
        finally:
            with suppress(OSError):
                keep.unlink(missing_ok=True)


@contextmanager
def new_pack(directory: Path) -> Iterator[PackFile]:
    """A pack that is gone afterwards, unless ``kept`` moved it.

    Args:
        directory: on the repository's file system, but not beside its packs, where ``git prune`` deletes what lies
            half-written.
    """
    make_private(directory)
    # A name of its own, not the content's: else two writers of equal objects would share one ``.keep``.
    path = directory / f"pack-{os.urandom(20).hex()}.pack"
    try:
        with _created(path) as file:
            yield PackFile(path, file)
    finally:
        for rest in (path, path.with_suffix(".idx")):
            with suppress(OSError):
                rest.unlink(missing_ok=True)


@contextmanager
def kept_pack(directory: Path, scratch: Path, objects: Pending) -> Iterator[None]:
    """Have ``objects`` on disk as a kept pack in ``directory`` while this is open; it is written in ``scratch``."""
    if not objects:
        yield
        return
    with new_pack(scratch) as pack:
        for oid in sorted(objects):
            pack.add(oid, *objects[oid])
        with pack.kept(directory):
            yield


def scratch_pack(directory: Path, objects: Pending) -> tuple[Path, Path]:
    """Write ``objects`` as a pack that need not outlive this process, in ``directory``; its files."""
    path = directory / f"pack-{os.urandom(20).hex()}.pack"
    with _created(path) as file:
        pack = PackFile(path, file)
        for oid, found in objects.items():
            pack.add(oid, *found)
        return path, pack.close()


def release_dead_packs(directory: Path) -> int:
    """Remove the ``.keep`` files that killed processes of ours left; how many."""
    found = 0
    for keep in directory.glob("pack-*.keep"):
        with suppress(OSError):
            if keep.stat().st_mtime < time.time() - _KEEP_AGE and keep.read_text() == _KEEP_MARK:
                keep.unlink()
                found += 1
    return found


def _index(rows: Mapping[str, tuple[int, int]], checksum: bytes) -> bytes:
    """The index of a pack: for each object, by id, the CRC-32 of its bytes in the pack, and its offset."""
    names = sorted(rows)
    counts = [0] * 256
    for name in names:
        counts[bytes.fromhex(name)[0]] += 1
    # An offset of more than 31 bits stands in a table of its own, and the row names its place there.
    far = [rows[name][1] for name in names if rows[name][1] > _NEAR]
    places = {offset: (_NEAR + 1) | place for place, offset in enumerate(far)}
    data = b"".join(
        (
            b"\377tOc", (2).to_bytes(4, "big"),
            *(total.to_bytes(4, "big") for total in accumulate(counts)),
            *(bytes.fromhex(name) for name in names),
            *(rows[name][0].to_bytes(4, "big") for name in names),
            *(places.get(rows[name][1], rows[name][1]).to_bytes(4, "big") for name in names),
            *(offset.to_bytes(8, "big") for offset in far),
            checksum,
        )
    )  # fmt: skip
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def _header(count: int) -> bytes:
    return b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")


def _head(kind: ObjectType, size: int) -> bytes:
    """Type and size: four bits of the size in the first byte, seven in each that follows."""
    byte, size = (int(kind) << 4) | (size & 15), size >> 4
    head = bytearray()
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head)


@contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
    with os.fdopen(descriptor, "w+b") as file:
        yield file


def _flush(file: BinaryIO, *, sync: bool) -> None:
    file.flush()
    if sync:
        os.fsync(file.fileno())
