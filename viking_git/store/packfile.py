"""Many blobs at once, as one file in git's pack format: nothing is in the repository until all of it is.

Loose objects cost an fsync each; a pack file costs a few. What comes deflated is copied as it is: a ZIP member's raw
deflate stream between a header and an Adler-32 is a zlib stream, which is what git keeps. Formats: git's
``gitformat-pack``, RFC 1950.
"""

import hashlib
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from viking_git.store.packs import object_head
from viking_git.store.remote import index_pack
from viking_git.store.repo import Store

_BLOB = 3
_ZLIB_HEADER = b"\x78\x9c"
_COPY = 2**20


class BlobPack:
    """Blobs on their way into a repository. ``read`` gives back what was put in; ``install`` makes them git's.

    A blob is put in with ``begin``, ``piece`` for each piece, ``end``; or with ``add``.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._file.write(_header(0))
        self._places: dict[str, tuple[int, int]] = {}
        self._size = 0
        self._start = 0
        self._data = 0
        self._sha = hashlib.sha1(usedforsecurity=False)
        self._deflate: zlib._Compress | None = None
        self._started = False

    def __len__(self) -> int:
        return len(self._places)

    def begin(self, size: int) -> None:
        """A blob of ``size`` bytes comes."""
        self._start, self._size = self._file.tell(), size
        self._sha = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        self._file.write(object_head(_BLOB, size))
        self._data = self._file.tell()
        self._deflate, self._started = None, False

    def piece(self, deflated: bytes | None, data: bytes) -> None:
        """The blob's next bytes, and the same as a piece of a raw deflate stream; None where there is no such stream.

        One blob comes wholly in one way or in the other.
        """
        self._sha.update(data)
        if deflated is None:
            self._deflate = self._deflate or zlib.compressobj(1)
            self._file.write(self._deflate.compress(data))
            return
        if not self._started:
            self._started = True
            self._file.write(_ZLIB_HEADER)
        self._file.write(deflated)

    def end(self, adler: int) -> str:
        """The blob is whole, ``adler`` its Adler-32; its id in hex. One that is there already is not kept twice."""
        oid = self._sha.hexdigest()
        if oid in self._places:
            self._file.seek(self._start)
            self._file.truncate()
            return oid
        if self._started:
            self._file.write(struct.pack(">L", adler))
        else:
            self._file.write((self._deflate or zlib.compressobj(1)).flush())
        self._places[oid] = self._data, self._size
        return oid

    def add(self, data: bytes) -> str:
        """Put a whole blob in; its id in hex."""
        self.begin(len(data))
        self.piece(None, data)
        return self.end(0)

    def read(self, oid: str) -> bytes:
        """The bytes of a blob that was put in."""
        end = self._file.tell()
        self._file.seek(self._places[oid][0])
        unpack = zlib.decompressobj()
        parts = []
        while not unpack.eof:
            parts.append(unpack.decompress(self._file.read(_COPY)))
        self._file.seek(end)
        return b"".join(parts)

    def size(self, oid: str) -> int:
        """The bytes of a blob that was put in."""
        return self._places[oid][1]

    def __contains__(self, oid: str) -> bool:
        return oid in self._places

    @contextmanager
    def install(self, store: Store) -> Iterator[None]:
        """Make the blobs git's, and keep ``git gc`` from them while the block runs, until a ref reaches them."""
        if not self._places:
            yield
            return
        self._finish()
        keep = index_pack(store.common_dir, self._file)
        try:
            yield
        finally:
            if keep is not None:
                keep.unlink(missing_ok=True)

    def _finish(self) -> None:
        self._file.seek(0)
        self._file.write(_header(len(self._places)))
        self._file.seek(0)
        digest = hashlib.sha1(usedforsecurity=False)
        while chunk := self._file.read(_COPY):
            digest.update(chunk)
        self._file.write(digest.digest())
        self._file.flush()
        # The program that reads it next knows nothing of Python's buffer.
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)


@contextmanager
def blob_pack(store: Store) -> Iterator[BlobPack]:
    """An empty ``BlobPack`` in a temporary file beside the repository's objects."""
    directory: Path = store.private_dir / "tmp"
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=directory) as file:
        yield BlobPack(file)


def _header(count: int) -> bytes:
    return struct.pack(">4sLL", b"PACK", 2, count)
