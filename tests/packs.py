"""Packs for tests, sound and hostile: a ZIP writer that lies on request, and a manifest made independently of ours."""

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Item:
    """One member. What is None is told truly."""

    name: bytes | str
    data: bytes = b""
    method: int = 8
    flags: int | None = None
    mode: int = 0
    crc: int | None = None
    size: int | None = None
    packed: int | None = None
    offset: int | None = None
    local_name: bytes | None = None
    after: bytes = b""

    @property
    def raw(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def make_zip(items: Sequence[Item], *, count: int | None = None, comment: bytes = b"", tail: bytes = b"") -> bytes:
    """The bytes of a ZIP file of ``items``, every field of whose headers can be false."""
    out, central = bytearray(), bytearray()
    for item in items:
        body = deflated(item.data) if item.method == 8 else item.data
        crc = zlib.crc32(item.data) if item.crc is None else item.crc
        size = len(item.data) if item.size is None else item.size
        packed = len(body) if item.packed is None else item.packed
        flags = (0 if item.raw.isascii() else 0x800) if item.flags is None else item.flags
        offset = len(out) if item.offset is None else item.offset
        local = item.raw if item.local_name is None else item.local_name
        out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, item.method, 0, 33, crc, packed, size, len(local), 0)
        out += local + body + item.after
        central += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 0x314, 20, flags, item.method, 0, 33, crc, packed, size, len(item.raw),
            0, 0, 0, 0, item.mode << 16, offset,
        )  # fmt: skip
        central += item.raw
    number = len(items) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, number, number, len(central), len(out), len(comment))
    return bytes(out + central + end + comment + tail)


@dataclass
class PackMaker:
    """A pack of ``files`` (path → bytes), with whatever is changed about it."""

    files: dict[str, bytes]
    directories: Sequence[str] = ()
    uri: str = "viking://resources/x"
    version: int = 3
    change: dict[str, Any] = field(default_factory=dict)
    extra: Sequence[Item] = ()
    entries: list[dict[str, Any]] | None = None

    @property
    def root(self) -> str:
        return self.uri.rpartition("/")[2]

    def manifest(self) -> bytes:
        entries: list[dict[str, Any]] = [{"path": "", "kind": "directory"}]
        entries += [{"path": path, "kind": "directory", "size": 0} for path in all_directories(self)]
        listed = [
            {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for path, data in sorted(self.files.items())
        ]
        entries += [{**item, "kind": "file"} for item in listed]
        compact = json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        value = {
            "kind": "openviking.ovpack",
            "format_version": self.version,
            "root": {"name": self.root, "uri": self.uri, "scope": self.uri.removeprefix("viking://").split("/")[0]},
            "entries": entries if self.entries is None else self.entries,
            "content_sha256": hashlib.sha256(compact.encode()).hexdigest(),
            "index": {
                "records": {
                    "path": "_ovpack/index_records.jsonl", "count": 0, "sha256": hashlib.sha256(b"").hexdigest(),
                }
            },
            **self.change,
        }  # fmt: skip
        return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False).encode()

    def items(self) -> list[Item]:
        if self.version == 1:
            return [Item(f"{self.root}/"), *(Item(f"{self.root}/{p}", d) for p, d in self.files.items()), *self.extra]
        return [
            Item(f"{self.root}/"),
            Item(f"{self.root}/files/"),
            *(Item(f"{self.root}/files/{path}/") for path in all_directories(self)),
            *(Item(f"{self.root}/files/{path}", data) for path, data in self.files.items()),
            *self.extra,
            Item(f"{self.root}/_ovpack/index_records.jsonl"),
            Item(f"{self.root}/_ovpack/manifest.json", self.manifest()),
        ]

    def write(self, file: Path) -> Path:
        file.write_bytes(make_zip(self.items()))
        return file


def all_directories(maker: PackMaker) -> list[str]:
    found = set(maker.directories)
    for path in [*maker.files, *maker.directories]:
        while "/" in path:
            path = path.rpartition("/")[0]
            found.add(path)
    return sorted(found)
