"""Reading a ZIP file that may be hostile: the whole directory is checked before a byte is unpacked.

The format is PKWARE's APPNOTE 6.3, sections 4.3 to 4.5. Memory is that of the directory's accepted entries and one
chunk. What ``zipfile`` would read in some way or other (names cut at a NUL, names in unnamed code pages, members that
lie over each other, links, encrypted ones) is refused by name.
"""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from viking_git.config import PackPolicy
from viking_git.errors import BadPack

CHUNK = 2**16
RATIO_FLOOR = 256 * 2**20
"""Bytes that any pack may unpack to, however small it is."""
MAX_DIRECTORY = 64 * 2**20
"""Bytes of a ZIP directory."""

STORED, DEFLATED = 0, 8

_EOCD = struct.Struct("<4s4H2LH")
_EOCD64_LOCATOR = struct.Struct("<4sLQL")
_EOCD64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _STREAMED, _UTF8 = 0x1, 0x8, 0x800
_EMPTY_DEFLATED = 2
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the archive, as its directory describes it; sizes in bytes."""

    name: str
    offset: int
    packed: int
    size: int
    crc: int
    method: int
    executable: bool

    @property
    def is_dir(self) -> bool:
        """Whether it is a directory entry."""
        return self.name.endswith("/")


class Unzip:
    """An archive whose directory has been read and found sound."""

    def __init__(self, file: BinaryIO, limits: PackPolicy) -> None:
        """Read the directory of ``file``, which stays the caller's to close.

        Raises:
            BadPack: not a ZIP file, damaged, or beyond ``limits``.
        """
        self._file = file
        self._limits = limits
        self._length = file.seek(0, os.SEEK_END)
        start, size, count = self._end()
        self.members = list(self._directory(start, size, count))
        self._ends = self._checked_room(start)

    def chunks(self, member: Member) -> Iterator[tuple[bytes, bytes]]:
        """The member's bytes, piece by piece: as they are packed, and unpacked; either may be empty.

        Raises:
            BadPack: it does not unpack to what the directory says.
        """
        start = self._data_start(member)
        unpack = zlib.decompressobj(-15) if member.method == DEFLATED else None
        left, got, crc = member.packed, 0, 0
        self._file.seek(start)
        while left:
            packed = self._file.read(min(CHUNK, left))
            if not packed:
                raise BadPack("is cut off", member=member.name)
            left -= len(packed)
            for piece, data in _unpacked(unpack, packed, member):
                got += len(data)
                crc = zlib.crc32(data, crc)
                if got > member.size:
                    raise BadPack(f"unpacks to more than the {member.size:,} bytes that are said", member=member.name)
                yield piece, data
        if got != member.size or (unpack is not None and not unpack.eof):
            raise BadPack(f"unpacks to {got:,} bytes, not {member.size:,}", member=member.name)
        if crc != member.crc:
            raise BadPack("has another checksum (CRC-32) than is said", member=member.name)

    def read(self, member: Member, limit: int = MAX_DIRECTORY) -> bytes:
        """The member's bytes in one piece.

        Raises:
            BadPack: more than ``limit`` bytes, or damaged.
        """
        if member.size > limit:
            raise BadPack(f"has {member.size:,} bytes, more than the {limit:,} that are read", member=member.name)
        return b"".join(data for _, data in self.chunks(member))

    # --- the directory

    def _end(self) -> tuple[int, int, int]:
        """Where the directory starts, its bytes, and its entries."""
        tail_start = max(0, self._length - _EOCD.size - _MAX16)
        self._file.seek(tail_start)
        tail = self._file.read()
        at = tail.rfind(b"PK\x05\x06")
        while at >= 0:
            if at + _EOCD.size <= len(tail):
                fields = _EOCD.unpack_from(tail, at)
                if at + _EOCD.size + fields[7] == len(tail):
                    return self._checked_end(tail_start + at, fields)
            at = tail.rfind(b"PK\x05\x06", 0, at)
        raise BadPack("not a ZIP file, or one that is cut off")

    def _checked_end(self, where: int, fields: tuple[int, ...]) -> tuple[int, int, int]:
        _, disk, start_disk, here, count, size, start, _ = fields
        if disk or start_disk or here != count:
            raise BadPack("a ZIP file in several parts")
        end = where
        if _MAX16 in (count,) or _MAX32 in (size, start):
            end, size, start, count = self._end64(where)
        if count > self._limits.max_entries:
            raise BadPack(
                f"{count:,} entries, more than {self._limits.max_entries:,}", hint="packs.max_entries in viking.yaml"
            )
        if size > MAX_DIRECTORY or start + size != end or size < count * _CENTRAL.size:
            raise BadPack("the ZIP directory is not where or what the end of the file says")
        return start, size, count

    def _end64(self, where: int) -> tuple[int, int, int, int]:
        at = where - _EOCD64_LOCATOR.size
        sign, disk, end, disks = _EOCD64_LOCATOR.unpack(self._exactly(at, _EOCD64_LOCATOR.size))
        if sign != b"PK\x06\x07" or disk or disks != 1 or end + _EOCD64.size != at:
            raise BadPack("the end of the ZIP file is damaged")
        sign, _, _, _, disk, start_disk, here, count, size, start = _EOCD64.unpack(self._exactly(end, _EOCD64.size))
        if sign != b"PK\x06\x06" or disk or start_disk or here != count:
            raise BadPack("the end of the ZIP file is damaged")
        return end, size, start, count

    def _directory(self, start: int, size: int, count: int) -> Iterator[Member]:
        data = self._exactly(start, size)
        at = 0
        for _ in range(count):
            if at + _CENTRAL.size > size or data[at : at + 4] != b"PK\x01\x02":
                raise BadPack("the ZIP directory is damaged")
            fields = _CENTRAL.unpack_from(data, at)
            name_at = at + _CENTRAL.size
            extra_at = name_at + fields[10]
            at = extra_at + fields[11] + fields[12]
            if at > size:
                raise BadPack("the ZIP directory is damaged")
            name = _name(data[name_at:extra_at], fields[3])
            yield self._member(name, fields, data[extra_at : extra_at + fields[11]])
        if at != size:
            raise BadPack("the ZIP directory holds more than its entries")

    def _member(self, name: str, fields: tuple[int, ...], extra: bytes) -> Member:
        flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        disk, attributes, offset = fields[13], fields[15], fields[16]
        size, packed, offset = _zip64(name, extra, size, packed, offset)
        mode = attributes >> 16
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR} or disk:
            raise BadPack("is a symbolic link or another special file", member=name)
        if stat.S_ISDIR(mode) != name.endswith("/") and stat.S_IFMT(mode):
            raise BadPack("is a file by its name and a directory by its kind, or the other way round", member=name)
        if flags & _ENCRYPTED:
            raise BadPack("is encrypted", member=name)
        if method not in {STORED, DEFLATED} or (method == STORED and packed != size):
            raise BadPack("is packed in a way that packs do not use", member=name)
        if name.endswith("/") and (size or packed > _EMPTY_DEFLATED):
            raise BadPack("is a directory with content", member=name)
        if size > self._limits.max_file_bytes:
            raise BadPack(
                f"has {size:,} bytes, more than {self._limits.max_file_bytes:,}", member=name,
                hint="packs.max_file_bytes in viking.yaml",
            )  # fmt: skip
        return Member(name, offset, packed, size, crc, method, bool(mode & 0o111) and not name.endswith("/"))

    def _checked_room(self, end: int) -> dict[int, int]:
        """Where each member (by its offset) must end: no two overlap, and all unpack to no more than is allowed."""
        total, free, before = 0, 0, -1
        ends: dict[int, int] = {}
        for member in sorted(self.members, key=lambda member: member.offset):
            total += member.size
            ends[before], before = member.offset, member.offset
            if member.offset < free:
                raise BadPack("lies over another member", member=member.name)
            free = member.offset + _LOCAL.size + len(member.name.encode()) + member.packed
            if free > end:
                raise BadPack("is cut off", member=member.name)
        if total > self._limits.max_bytes:
            raise BadPack(
                f"it unpacks to {total:,} bytes, more than {self._limits.max_bytes:,}",
                hint="packs.max_bytes in viking.yaml",
            )
        ends[before] = end
        if total > RATIO_FLOOR and total > self._limits.max_ratio * self._length:
            raise BadPack(
                f"it unpacks to {total // max(self._length, 1):,} times its size, more than {self._limits.max_ratio:,}",
                hint="packs.max_ratio in viking.yaml",
            )
        return ends

    def _data_start(self, member: Member) -> int:
        fields = _LOCAL.unpack(self._exactly(member.offset, _LOCAL.size, member.name))
        name = self._exactly(member.offset + _LOCAL.size, fields[9], member.name)
        same = fields[0] == b"PK\x03\x04" and name == member.name.encode() and fields[3] == member.method
        if not fields[2] & _STREAMED:
            same = same and fields[6] == member.crc and fields[8] in {member.size, _MAX32}
        if not same:
            raise BadPack("is another member by its own header than by the directory", member=member.name)
        start: int = member.offset + _LOCAL.size + fields[9] + fields[10]
        if start + member.packed > self._ends[member.offset]:
            raise BadPack("lies over another member", member=member.name)
        return start

    def _exactly(self, at: int, count: int, member: str = "") -> bytes:
        if at >= 0:
            self._file.seek(at)
            data = self._file.read(count)
            if len(data) == count:
                return data
        raise BadPack("is cut off" if member else "the ZIP file is cut off", member=member)


def _name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        shown = raw.decode("utf-8", "backslashreplace")
        raise BadPack("is a name that is not UTF-8, or not marked as such", member=shown) from None
    if not name:
        raise BadPack("a member without a name")
    return name


def _zip64(name: str, extra: bytes, *sizes: int) -> tuple[int, int, int]:
    """``sizes`` (unpacked, packed, offset) with those that do not fit into 32 bits taken from the extra field."""
    found = list(sizes)
    if _MAX32 not in found:
        return found[0], found[1], found[2]
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            wide = extra[at + 4 : at + 4 + length]
            for index, size in enumerate(sizes):
                if size == _MAX32:
                    if len(wide) < 8:
                        break
                    found[index], wide = int.from_bytes(wide[:8], "little"), wide[8:]
            return found[0], found[1], found[2]
        at += 4 + length
    raise BadPack("has no size", member=name)


def _unpacked(unpack: "zlib._Decompress | None", packed: bytes, member: Member) -> Iterator[tuple[bytes, bytes]]:
    """Pairs of packed bytes and what they unpack to, in pieces of at most ``CHUNK`` unpacked bytes."""
    if unpack is None:
        yield packed, packed
        return
    piece = packed
    while True:
        if unpack.eof:
            raise BadPack("is followed by bytes that belong to nothing", member=member.name)
        try:
            data = unpack.decompress(packed, CHUNK)
        except zlib.error as error:
            raise BadPack(f"does not unpack: {error}", member=member.name) from None
        packed = unpack.unconsumed_tail
        yield piece, data
        piece = b""
        if unpack.unused_data:
            raise BadPack("is followed by bytes that belong to nothing", member=member.name)
        if not packed and (unpack.eof or len(data) < CHUNK):
            return
