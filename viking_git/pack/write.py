"""Writing a pack: members in git's order, with fixed times, so that equal trees make equal bytes.

One file is in memory at a time; what is kept of each entry is its line of the manifest.
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, BinaryIO

from viking_git.config import PackPolicy
from viking_git.errors import BadPack
from viking_git.pack.manifest import (
    DENSE,
    GENERATOR,
    MANIFEST,
    RECORDS,
    Embedding,
    Index,
    Manifest,
    PackEntry,
    Root,
    Version,
    content_sha256,
)
from viking_git.pack.names import INTERNAL, check_names
from viking_git.pack.records import IndexRecord, RecordWriter

ESCAPE = "_._"
"""What stands for the dot of a dotfile in v1."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_OWN_ENTRIES = 6
_SPOOL = 2**20
_COPY = 2**20
_DOS, _UNIX = 0, 3
_DIRECTORY = 0x10

Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Source:
    """A file or a directory (``oid`` is "") to be packed; ``path`` is relative to the pack's root."""

    path: str
    oid: str = ""
    executable: bool = False

    @property
    def is_dir(self) -> bool:
        """Whether it is a directory."""
        return not self.oid


@dataclass(frozen=True, slots=True)
class Vectors:
    """Records for the index, and what made their vectors."""

    records: Iterable[IndexRecord] = ()
    embedding: Embedding = field(default_factory=Embedding)


def check_sources(version: Version, sources: Sequence[Source], limits: PackPolicy) -> None:
    """Refuse what no importer, ours included, would take: nothing is written that cannot be read.

    Raises:
        BadPack: naming the file.
    """
    check_names(((source.path, source.is_dir) for source in sources), nested=limits.nested)
    if len(sources) + _OWN_ENTRIES > limits.max_entries:
        raise BadPack(
            f"{len(sources):,} entries, more than {limits.max_entries:,}", hint="packs.max_entries in viking.yaml"
        )
    for source in sources:
        if version == 1 and any(part.startswith(ESCAPE) for part in source.path.split("/")):
            raise BadPack(
                f"begins with {ESCAPE}, which stands for a dot in v1", member=source.path, hint="--format v3 keeps it"
            )


def limited(read: Read, limits: PackPolicy) -> Read:
    """``read``, with the bytes that it gives counted.

    The function raises BadPack where a file, or all of them, are more than ``limits`` let an importer take.
    """
    total = 0

    def read_limited(oid: str) -> bytes:
        nonlocal total
        data = read(oid)
        total += len(data)
        if len(data) > limits.max_file_bytes:
            raise BadPack(
                f"a file of {len(data):,} bytes, more than {limits.max_file_bytes:,}",
                hint="packs.max_file_bytes in viking.yaml",
            )
        if total > limits.max_bytes:
            raise BadPack(f"more than {limits.max_bytes:,} bytes", hint="packs.max_bytes in viking.yaml")
        return data

    return read_limited


def write_pack(
    file: BinaryIO,
    version: Version,
    root: Root,
    sources: Sequence[Source],
    read: Read,
    *,
    scopes: Sequence[str] = (),
    vectors: Vectors | None = None,
) -> Manifest:
    """Write a pack of ``sources`` (checked, in the order wanted) to ``file``.

    Args:
        read: the bytes of a blob by its id.
        vectors: what goes into the index of a v2 or v3 pack.

    Returns:
        The manifest; of a v1 pack, which has none, the one that it would have.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, f"{root.name}/")
        if version != 1:
            _put(archive, f"{root.name}/files/")
        entries = [PackEntry("", "directory")]
        entries += (_put_source(archive, version, root.name, source, read) for source in sources)
        manifest = Manifest(
            version, root, tuple(entries), content_sha256(entries), scopes=tuple(scopes), generator=GENERATOR
        )
        if version == 1:
            return replace(manifest, sha256=manifest.content_sha256)
        _put(archive, f"{root.name}/{INTERNAL}/")
        manifest = replace(manifest, index=_put_index(archive, root.name, vectors or Vectors()))
        data = manifest.dump()
        _put(archive, f"{root.name}/{MANIFEST}", data)
    return replace(manifest, sha256=hashlib.sha256(data).hexdigest())


def escaped(path: str) -> str:
    """``path`` as v1 writes it: a dot at the beginning of a part is ``_._``."""
    return "/".join(ESCAPE + part[1:] if part.startswith(".") else part for part in path.split("/"))


def unescaped(path: str) -> str:
    """The path that v1 wrote as ``path``."""
    return "/".join("." + part[len(ESCAPE) :] if part.startswith(ESCAPE) else part for part in path.split("/"))


def _put_source(archive: zipfile.ZipFile, version: Version, base: str, source: Source, read: Read) -> PackEntry:
    name = f"{base}/{escaped(source.path)}" if version == 1 else f"{base}/files/{source.path}"
    if source.is_dir:
        _put(archive, f"{name}/")
        return PackEntry(source.path, "directory")
    data = read(source.oid)
    _put(archive, name, data, executable=source.executable)
    return PackEntry(source.path, "file", len(data), hashlib.sha256(data).hexdigest())


def _put_index(archive: zipfile.ZipFile, base: str, vectors: Vectors) -> Index:
    with tempfile.SpooledTemporaryFile(_SPOOL) as records, tempfile.SpooledTemporaryFile(_SPOOL) as dense:
        writer = RecordWriter(records, dense)
        for record in vectors.records:
            writer.add(record)
        _put_file(archive, f"{base}/{RECORDS}", records)
        found = writer.dense_index(vectors.embedding)
        if found is not None:
            _put_file(archive, f"{base}/{DENSE}", dense)
        return Index(writer.records_index(), found)


def _put_file(archive: zipfile.ZipFile, name: str, content: IO[bytes]) -> None:
    size = content.tell()
    content.seek(0)
    info = _info(name, size, executable=False)
    info.file_size = size
    with archive.open(info, "w") as member:
        while chunk := content.read(_COPY):
            member.write(chunk)


def _put(archive: zipfile.ZipFile, name: str, data: bytes = b"", *, executable: bool = False) -> None:
    archive.writestr(_info(name, len(data), executable=executable), data)


def _info(name: str, size: int, *, executable: bool) -> zipfile.ZipInfo:
    """The header as ``git archive`` writes it, but for the time, which is nobody's."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED if size else zipfile.ZIP_STORED
    info.create_system = _UNIX if executable else _DOS
    info.external_attr = 0o100755 << 16 if executable else (_DIRECTORY if name.endswith("/") else 0)
    return info
