"""Many objects as one pack: one file to sync instead of thousands.

A loose object costs a file and an fsync each; 20,000 of them take half a minute and make git want to repack. The
formats are those of ``gitformat-pack(5)``: version 2 of both files, every object whole, no deltas.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

from pygit2.enums import ObjectType

_TYPES = {ObjectType.COMMIT: (1, b"commit"), ObjectType.TREE: (2, b"tree"), ObjectType.BLOB: (3, b"blob")}
_LARGE = 0x80000000
"""An offset with this bit set is the number of a row in the table of large offsets."""

Packed = tuple[str, int, int]
"""Object id in hex, CRC-32 of its bytes in the pack, offset."""


def object_id(kind: ObjectType, data: bytes) -> str:
    """The id that git gives to an object of this type with these bytes, in hex."""
    return hashlib.sha1(b"%s %d\0%s" % (_TYPES[kind][1], len(data), data), usedforsecurity=False).hexdigest()


def write_pack(objects_dir: Path, objects: Mapping[str, tuple[ObjectType, bytes]]) -> Path:
    """Write ``objects`` (by id) into a new pack below ``objects_dir``; the pack's path. On return it is on disk.

    A kill leaves a ``tmp_pack_…``, which git's own clean-up removes, or a whole pack that nothing refers to.
    """
    directory = objects_dir / "pack"
    directory.mkdir(exist_ok=True)
    scratch = directory / f"tmp_pack_viking_{os.getpid()}"
    packed, checksum = _write_objects(scratch, objects)
    path = directory / f"pack-{checksum.hex()}.pack"
    index = scratch.with_name(f"{scratch.name}_idx")
    _write_synced(index, _index(packed, checksum))
    # Git looks for indexes: a pack is there once its index is.
    scratch.replace(path)
    index.replace(path.with_suffix(".idx"))
    _sync(directory)
    return path


def _write_objects(path: Path, objects: Mapping[str, tuple[ObjectType, bytes]]) -> tuple[list[Packed], bytes]:
    packed: list[Packed] = []
    header = struct.pack(">4sII", b"PACK", 2, len(objects))
    digest = hashlib.sha1(header, usedforsecurity=False)
    with path.open("wb") as file:
        offset = file.write(header)
        for oid in sorted(objects):
            kind, data = objects[oid]
            raw = object_head(_TYPES[kind][0], len(data)) + zlib.compress(data)
            packed.append((oid, zlib.crc32(raw), offset))
            digest.update(raw)
            offset += file.write(raw)
        file.write(digest.digest())
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)
    return packed, digest.digest()


def object_head(kind: int, size: int) -> bytes:
    """Type and size: four bits of the size in the first byte, seven in each that follows."""
    byte, size = kind << 4 | size & 15, size >> 4
    head = bytearray()
    while size:
        head.append(byte | 128)
        byte, size = size & 127, size >> 7
    head.append(byte)
    return bytes(head)


def _index(packed: list[Packed], checksum: bytes) -> bytes:
    """The index of a pack whose objects are sorted by id."""
    names = [bytes.fromhex(oid) for oid, _, _ in packed]
    counts = [0] * 256
    for name in names:
        counts[name[0]] += 1
    fanout = [sum(counts[: byte + 1]) for byte in range(256)]
    small: list[int] = []
    large: list[int] = []
    for _, _, offset in packed:
        small.append(offset if offset < _LARGE else _LARGE | len(large))
        if offset >= _LARGE:
            large.append(offset)
    body = b"".join(
        [
            b"\xfftOc", struct.pack(">I", 2), struct.pack(">256I", *fanout), *names,
            struct.pack(f">{len(packed)}I", *(crc for _, crc, _ in packed)),
            struct.pack(f">{len(small)}I", *small), struct.pack(f">{len(large)}Q", *large), checksum,
        ]
    )  # fmt: skip
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
