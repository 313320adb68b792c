"""The manifest of a pack: what it holds, from where, and the checksums by which anyone can tell that it is all there.

The formats are OpenViking's published OVPack v2 and v3; v1 had none.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from viking_git.errors import BadPack
from viking_git.pack.names import INTERNAL

KIND = "openviking.ovpack"
MANIFEST = f"{INTERNAL}/manifest.json"
RECORDS = f"{INTERNAL}/index_records.jsonl"
DENSE = f"{INTERNAL}/dense.f32"
BACKUP = "backup"
GENERATOR = "viking-git"
"""What our own packs say of themselves; a key that other readers pass over."""

Version = Literal[1, 2, 3]


class Root(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a pack comes from.

    Attributes:
        name: the directory that everything in the archive lies below.
        uri: what was packed, without a slash at its end.
        scope: its scope, "" in a backup.
        user_id: the user's space in a pack of the user scope.
        package_type: ``backup`` for a pack of all scopes.
    """

    name: str
    uri: str = ""
    scope: str = ""
    user_id: str = ""
    package_type: str = ""


class PackEntry(msgspec.Struct, frozen=True):
    """A file or a directory below ``files/``; "" is the root. Directories have no size and no checksum."""

    path: str
    kind: Literal["file", "directory"]
    size: int = 0
    sha256: str = ""


class RecordsIndex(msgspec.Struct, frozen=True):
    """Which file holds the index records, how many, and its checksum."""

    path: str
    count: int
    sha256: str


class Embedding(msgspec.Struct, frozen=True):
    """What made the vectors. Vectors are used again only where all of it is equal."""

    provider: str | None = None
    model: str | None = None
    input: str | None = None
    query_param: str | None = None
    document_param: str | None = None
    dimensions: int = 0


class DenseIndex(msgspec.Struct, frozen=True):
    """Which file holds the vectors: ``count`` of ``dimensions`` numbers each, one after the other."""

    path: str
    count: int
    dimensions: int
    sha256: str
    dtype: Literal["float32"] = "float32"
    byte_order: Literal["little"] = "little"
    embedding: Embedding = Embedding()


class Index(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a pack brings for the search index."""

    records: RecordsIndex | None = None
    dense: DenseIndex | None = None


class _Document(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    format_version: int
    root: Root
    entries: list[PackEntry]
    content_sha256: str
    index: Index = Index()
    scopes: list[str] = []
    generator: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A pack's manifest, read or made.

    Attributes:
        generator: what wrote it, "" where it does not say.
        sha256: of the bytes of ``manifest.json``; of a v1 pack, which has none, its content's.
    """

    version: Version
    root: Root
    entries: tuple[PackEntry, ...]
    content_sha256: str
    index: Index = field(default_factory=Index)
    scopes: tuple[str, ...] = ()
    generator: str = ""
    sha256: str = ""

    @property
    def is_backup(self) -> bool:
        """Whether it holds all scopes."""
        return self.root.package_type == BACKUP

    @property
    def files(self) -> list[PackEntry]:
        """The files, in the order of the manifest."""
        return [entry for entry in self.entries if entry.kind == "file"]

    @property
    def directories(self) -> list[str]:
        """The directories below the root, in the order of the manifest."""
        return [entry.path for entry in self.entries if entry.kind == "directory" and entry.path]

    def dump(self) -> bytes:
        """The bytes of ``manifest.json``: two-space indent, sorted keys, non-ASCII as it is."""
        entries: list[dict[str, Any]] = []
        for entry in self.entries:
            fields: dict[str, Any] = {"path": entry.path, "kind": entry.kind}
            if entry.kind == "file":
                fields |= {"size": entry.size, "sha256": entry.sha256}
            elif entry.path:
                fields["size"] = 0
            entries.append(fields)
        value: dict[str, Any] = {
            "kind": KIND,
            "format_version": self.version,
            "root": msgspec.to_builtins(self.root),
            "entries": entries,
            "content_sha256": self.content_sha256,
            "index": msgspec.to_builtins(self.index),
        }
        if self.generator:
            value["generator"] = self.generator
        if self.scopes:
            value["scopes"] = list(self.scopes)
        return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2)


def content_sha256(entries: Iterable[PackEntry]) -> str:
    """The checksum of a pack's files: SHA-256 over the compact JSON of path, sha256 and size of each, by path."""
    files = [
        {"path": e.path, "sha256": e.sha256, "size": e.size}
        for e in sorted(entries, key=lambda e: e.path)
        if e.kind == "file"
    ]
    data = json.dumps(files, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(data).hexdigest()


def load_manifest(data: bytes) -> Manifest:
    """The manifest in the bytes of a ``manifest.json``.

    Raises:
        BadPack: not JSON, not of the form, of an unknown version, or one whose checksum is not that of its own list.
    """
    try:
        found = msgspec.json.decode(data, type=_Document)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
        raise BadPack(f"is no manifest: {error}", member=MANIFEST) from None
    if found.kind != KIND:
        raise BadPack(f"is no manifest: its kind is {found.kind!r}, not {KIND!r}", member=MANIFEST)
    if found.format_version not in (2, 3):
        raise BadPack(
            f"is of version {found.format_version}; versions 1 to 3 are known", member=MANIFEST,
            hint="a newer viking-git may read it",
        )  # fmt: skip
    if not found.entries or found.entries[0] != PackEntry("", "directory"):
        raise BadPack("does not begin with the root directory", member=MANIFEST)
    if content_sha256(found.entries) != found.content_sha256:
        raise BadPack("has a content_sha256 that is not that of its files", member=MANIFEST)
    version: Version = 3 if found.format_version == 3 else 2
    return Manifest(
        version, found.root, tuple(found.entries), found.content_sha256, found.index, tuple(found.scopes),
        found.generator, hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
