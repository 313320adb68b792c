"""Many blobs at once, on their way from one archive into git's pack format.

What comes deflated is copied as it is: a ZIP member's raw deflate stream between a header and an Adler-32 is a zlib
stream, which is what git keeps (RFC 1950). Nothing is in the repository until all of it is.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from pygit2.enums import ObjectType

from viking_git.store.failures import storing
from viking_git.store.packs import PackFile, new_pack
from viking_git.store.repo import Store

_ZLIB_HEADER = b"\x78\x9c"
_COPY = 2**20


class BlobPack:
    """Blobs on their way into a repository. ``read`` gives back what was put in; ``install`` makes them git's.

    A blob is put in with ``begin``, ``piece`` for each piece, ``end``; or with ``add``.
    """

    def __init__(self, pack: PackFile) -> None:
        self._pack = pack
        self._places: dict[str, tuple[int, int]] = {}
        self._size = 0
        self._data = 0
        self._sha = hashlib.sha1(usedforsecurity=False)
        self._deflate: zlib._Compress | None = None
        self._started = False

    def __len__(self) -> int:
        return len(self._places)

    def begin(self, size: int) -> None:
        """A blob of ``size`` bytes comes."""
        self._size = size
        self._sha = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        self._pack.begin(ObjectType.BLOB, size)
        self._data = self._pack.file.tell()
        self._deflate, self._started = None, False

    def piece(self, deflated: bytes | None, data: bytes) -> None:
        """The blob's next bytes, and the same as a piece of a raw deflate stream; None where there is no such stream.

        One blob comes wholly in one way or in the other.
        """
        self._sha.update(data)
        if deflated is None:
            self._deflate = self._deflate or zlib.compressobj(1)
            self._pack.write(self._deflate.compress(data))
            return
        if not self._started:
            self._started = True
            self._pack.write(_ZLIB_HEADER)
        self._pack.write(deflated)

    def end(self, adler: int) -> str:
        """The blob is whole, ``adler`` its Adler-32; its id in hex. One that is there already is not kept twice."""
        oid = self._sha.hexdigest()
        if oid in self._places:
            self._pack.drop()
            return oid
        if self._started:
            self._pack.write(struct.pack(">L", adler))
        else:
            self._pack.write((self._deflate or zlib.compressobj(1)).flush())
        self._pack.end(oid)
        self._places[oid] = self._data, self._size
        return oid

    def add(self, data: bytes) -> str:
        """Put a whole blob in; its id in hex."""
        self.begin(len(data))
        self.piece(None, data)
        return self.end(0)

    def read(self, oid: str) -> bytes:
        """The bytes of a blob that was put in."""
        file = self._pack.file
        end = file.tell()
        file.seek(self._places[oid][0])
        unpack = zlib.decompressobj()
        parts = []
        while not unpack.eof:
            parts.append(unpack.decompress(file.read(_COPY)))
        file.seek(end)
        return b"".join(parts)

    def size(self, oid: str) -> int:
        """The bytes of a blob that was put in."""
        return self._places[oid][1]

    def __contains__(self, oid: str) -> bool:
        return oid in self._places

    @contextmanager
    def install(self, store: Store) -> Iterator[None]:
        """Make the blobs git's, and keep git's upkeep from them while the block runs, until a ref reaches them."""
        if not self._places:
            yield
            return
        with self._pack.kept(store.common_dir / "objects" / "pack"):
            yield


@contextmanager
def blob_pack(store: Store) -> Iterator[BlobPack]:
    """An empty ``BlobPack``, in quarantine.

    Raises:
        NotWritable: the disk is full or broken; nothing was changed.
    """
    with storing("write objects"), new_pack(store.private_dir / "incoming") as pack:
        yield BlobPack(pack)
