"""Reading a pack of any version: first what it says and holds, then, file by file, whether the bytes are those.

Nothing is unpacked to disk here; a caller that wants the bytes takes them as they are checked.
"""

import hashlib
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from viking_git.config import PackPolicy
from viking_git.errors import BadPack, NotFound
from viking_git.pack.manifest import DENSE, MANIFEST, RECORDS, Manifest, PackEntry, Root, content_sha256, load_manifest
from viking_git.pack.names import INTERNAL, Names, check_member
from viking_git.pack.other import explain
from viking_git.pack.unzip import DEFLATED, Member, Unzip
from viking_git.pack.write import unescaped


class Sink(Protocol):
    """Where the bytes of a checked file go: one ``begin``, the pieces, one ``end``."""

    def begin(self, size: int) -> None:
        """A file of ``size`` bytes comes."""

    def piece(self, deflated: bytes | None, data: bytes) -> None:
        """The next bytes, unpacked; and the same as a raw deflate stream, None where they were not packed."""

    def end(self, adler: int) -> str:
        """The file is whole; ``adler`` is its Adler-32. Its id."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file of the pack whose bytes were checked; ``oid`` is what the sink made of it."""

    path: str
    oid: str
    size: int
    sha256: str
    executable: bool


class Pack:
    """An open pack whose names and sizes have been checked, its files not yet.

    Attributes:
        manifest: as it is in the pack; of a v1 pack made from the archive's directory, with no checksums.
        directories: every directory below the root, said or implied, parents first.
    """

    def __init__(self, archive: Unzip, limits: PackPolicy) -> None:
        """Check the names and the manifest of ``archive``.

        Raises:
            BadPack: a name that may not be unpacked, a member that a pack does not have, or a manifest that does not
                list what there is.
        """
        self._archive = archive
        base = _base(archive)
        self._internal: dict[str, Member] = {}
        if any(member.name == f"{base}/{MANIFEST}" for member in archive.members):
            self._files, directories = self._inside(base, limits)
            data = archive.read(self._internal[MANIFEST])
            self.manifest = load_manifest(data)
            _check_root(self.manifest, base)
            self._check_entries(directories)
        else:
            self._files, directories = self._v1(base, limits)
            self.manifest = _described(base, self._files, directories)
        self.directories = _with_parents(directories, self._files)

    @property
    def files(self) -> list[str]:
        """The paths of all files, sorted."""
        return sorted(self._files)

    def size(self, path: str) -> int:
        """The bytes of a file, as the archive's directory says."""
        return self._files[path].size

    def check(self, sink: Sink | None = None, without: Collection[str] = ()) -> Iterator[Checked]:
        """Unpack and check every file, in the archive's order; the bytes go to ``sink``, those of ``without`` nowhere.

        Raises:
            BadPack: naming the first file that is not what the pack says it is. What was yielded before is worth
                nothing then, and nothing of it may have been written for good.
        """
        said = {entry.path: entry for entry in self.manifest.files}
        for path, member in sorted(self._files.items(), key=lambda item: item[1].offset):
            oid, digest = self._check_file(member, None if path in without else sink)
            if self.manifest.version != 1 and digest != said[path].sha256:
                raise BadPack("has another sha256 than the manifest says", member=path)
            yield Checked(path, oid, member.size, digest, member.executable)
        self._check_internal()

    def record_lines(self) -> Iterator[bytes]:
        """The lines of ``index_records.jsonl``."""
        if RECORDS not in self._internal:
            return
        rest = b""
        for _, data in self._archive.chunks(self._internal[RECORDS]):
            *lines, rest = (rest + data).split(b"\n")
            yield from (line for line in lines if line.strip())
        if rest.strip():
            yield rest

    def dense(self) -> Iterator[bytes]:
        """The bytes of ``dense.f32``, piece by piece; none where there are no vectors."""
        if DENSE in self._internal:
            for _, data in self._archive.chunks(self._internal[DENSE]):
                yield data

    # --- the archive's directory

    def _inside(self, base: str, limits: PackPolicy) -> tuple[dict[str, Member], list[str]]:
        files: dict[str, Member] = {}
        directories: list[str] = []
        names = Names()
        for member in self._archive.members:
            inside = member.name.removeprefix(f"{base}/")
            if inside in {"", "files/", f"{INTERNAL}/"}:
                self._once(member)
            elif inside.startswith("files/"):
                path = inside.removeprefix("files/").removesuffix("/")
                names.add(check_member(path, nested=limits.nested), member.is_dir)
                if member.is_dir:
                    directories.append(path)
                else:
                    files[path] = member
            elif inside in {MANIFEST, RECORDS, DENSE}:
                self._once(member)
                self._internal[inside] = member
            else:
                raise BadPack("is not something that a pack holds", member=member.name)
        if len(set(directories)) != len(directories):
            raise BadPack("a directory stands in it twice")
        return files, directories

    def _v1(self, base: str, limits: PackPolicy) -> tuple[dict[str, Member], list[str]]:
        files: dict[str, Member] = {}
        directories: list[str] = []
        names = Names()
        for member in self._archive.members:
            inside = member.name.removeprefix(f"{base}/").removesuffix("/")
            if inside.partition("/")[0] == INTERNAL:
                raise BadPack(f"is in {INTERNAL}/, but there is no manifest", member=member.name)
            if not inside:
                self._once(member)
                continue
            path = unescaped(inside)
            names.add(check_member(path, nested=limits.nested), member.is_dir)
            if member.is_dir:
                directories.append(path)
            else:
                files[path] = member
        return files, sorted(set(directories))

    def _once(self, member: Member) -> None:
        if member.name in self._internal:
            raise BadPack("stands in it twice", member=member.name)
        self._internal[member.name] = member

    def _check_entries(self, directories: list[str]) -> None:
        """The manifest and the archive list the same."""
        there = {(path, "file") for path in self._files} | {(path, "directory") for path in directories}
        said = {(entry.path, entry.kind) for entry in self.manifest.entries[1:]}
        if len(said) != len(self.manifest.entries) - 1:
            raise BadPack("lists an entry twice", member=MANIFEST)
        for path, kind in sorted(there ^ said):
            where = "the manifest says nothing about it" if (path, kind) in there else "it is not in the archive"
            raise BadPack(f"({kind}): {where}", member=path)
        for entry in self.manifest.files:
            if entry.size != self._files[entry.path].size:
                raise BadPack(
                    f"has {self._files[entry.path].size:,} bytes, the manifest says {entry.size:,}", member=entry.path
                )
        if (DENSE in self._internal) != (self.manifest.index.dense is not None):
            raise BadPack("is in the archive or in the manifest, not in both", member=DENSE)

    # --- the bytes

    def _check_file(self, member: Member, sink: Sink | None) -> tuple[str, str]:
        digest = hashlib.sha256()
        adler = 1
        deflated = member.method == DEFLATED
        if sink is not None:
            sink.begin(member.size)
        for packed, data in self._archive.chunks(member):
            digest.update(data)
            if sink is not None:
                adler = zlib.adler32(data, adler)
                sink.piece(packed if deflated else None, data)
        return (sink.end(adler) if sink is not None else ""), digest.hexdigest()

    def _check_internal(self) -> None:
        index = self.manifest.index
        for said in (index.records, index.dense):
            if said is None:
                continue
            member = self._internal.get(said.path)
            if member is None:
                raise BadPack("is in the manifest and not in the archive", member=said.path)
            if self._check_file(member, None)[1] != said.sha256:
                raise BadPack("has another sha256 than the manifest says", member=said.path)
        if index.records is not None and sum(1 for _ in self.record_lines()) != index.records.count:
            raise BadPack(f"does not hold the {index.records.count:,} records that are said", member=RECORDS)
        dense = index.dense
        if dense is not None and self._internal[DENSE].size != 4 * dense.count * dense.dimensions:
            raise BadPack("does not hold the vectors that are said", member=DENSE)


@contextmanager
def open_pack(path: Path, limits: PackPolicy) -> Iterator[Pack]:
    """The pack in the file ``path``, open while the block runs.

    Raises:
        NotFound: no such file.
        BadPack: see ``Pack``; the message begins with the file's name.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        hint = f"viking-git add {path} takes documents in" if path.is_dir() else None
        raise NotFound(f"cannot read {path}: {error.strerror}", hint=hint) from None
    with file:
        try:
            yield Pack(Unzip(file, limits), limits)
        except BadPack as error:
            error.message = f"{path.name}: {error.message}"
            error.hint = error.hint or explain(path)
            raise


def _base(archive: Unzip) -> str:
    bases = {member.name.partition("/")[0] for member in archive.members}
    for member in archive.members:
        if "/" not in member.name:
            raise BadPack("lies beside the pack's one directory", member=member.name)
    if len(bases) != 1:
        raise BadPack(f"a pack has one directory, not {len(bases)}: {', '.join(sorted(bases)[:5]) or 'none'}")
    return check_member(bases.pop(), nested=True)


def _check_root(manifest: Manifest, base: str) -> None:
    root = manifest.root
    if root.name != base:
        raise BadPack(f"says that the root is {root.name!r}, the archive has {base!r}", member=MANIFEST)
    if not manifest.is_backup and root.uri.rpartition("/")[2] != base:
        raise BadPack(f"says that {root.uri!r} was packed, the archive has {base!r}", member=MANIFEST)


def _described(base: str, files: dict[str, Member], directories: list[str]) -> Manifest:
    """What a pack without a manifest would say about itself, but for checksums."""
    entries = [PackEntry("", "directory"), *(PackEntry(path, "directory") for path in directories)]
    entries += [PackEntry(path, "file", member.size) for path, member in sorted(files.items())]
    return Manifest(1, Root(base), tuple(entries), content_sha256(entries))


def _with_parents(directories: list[str], files: dict[str, Member]) -> list[str]:
    found = set(directories)
    for path in [*directories, *files]:
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return sorted(found)
