"""``export``: a part of any revision's tree as a pack, straight from git's objects; the work tree is not touched."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from viking_git.config import Policy
from viking_git.errors import NotFound, Refused
from viking_git.memory.guard import Guard
from viking_git.model.layers import MESSAGES, RELATIONS
from viking_git.model.layout import archive_number
from viking_git.model.meta import dump_json
from viking_git.model.uri import TRACKED_SCOPES
from viking_git.pack.manifest import BACKUP, Manifest, Root, Version
from viking_git.pack.mapping import DONE, FAILED, OUR_DONE, as_user
from viking_git.pack.write import Source, Vectors, check_sources, limited, write_pack
from viking_git.resources.view import blob_oid
from viking_git.session.state import transcripts
from viking_git.session.withheld import of_files, reason_of
from viking_git.store.kept import Kept, record_of
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

BACKUP_NAME = "openviking-backup"
"""The root of a backup: it holds a directory for each scope."""

_SERVER_SCOPES = ("resources", "user")
_EXECUTABLE = 0o100755
_SESSION_META = re.compile(r"session/[^/]+/[^/]+/\.meta\.json")


class MakeVectors(Protocol):
    """The search index as this module needs it: records with vectors for the files of a pack."""

    def __call__(self, snapshot: Snapshot, places: Sequence[tuple[str, str]]) -> Vectors:
        """Records of the files and directories ``places``, each the path in ``snapshot`` and the path in the pack."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to export.

    Attributes:
        version: of the format.
        revision: which commit's tree; trunk's tip if None.
        with_transcripts: put private transcripts in.
        as_user: the space that agents and sessions are mapped into, None to leave them in their scopes.
        vectors: what makes vectors, None to leave them out.
        allow_secrets: pack files that look like they hold a secret too.
    """

    version: Version = 3
    revision: str | None = None
    with_transcripts: bool = False
    as_user: str | None = None
    vectors: MakeVectors | None = None
    allow_secrets: bool = False


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What a pack holds.

    Attributes:
        file: where it is.
        manifest: what it says.
        bytes: its size.
        left_out: what a pack of this version cannot hold or was not to hold, and why.
        notes: what a reader should know.
        withheld: what the guard against secrets left out, and why.
    """

    file: Path
    manifest: Manifest
    bytes: int
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    withheld: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Collected:
    """What goes into a pack: for each entry its path in the tree and what the pack calls it."""

    sources: list[Source] = field(default_factory=list)
    places: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    made: dict[str, bytes] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)

    def add_made(self, path: str, data: bytes) -> None:
        """Add a file that the tree does not have."""
        oid = blob_oid(data)
        self.made[oid] = data
        self.sources.append(Source(path, oid))
        self.places.append(("", path))

    def reader(self, snapshot: Snapshot) -> Callable[[str], bytes]:
        """Reads a file of the pack by its id: one that was made for it, or one of the tree."""
        return lambda oid: self.made[oid] if oid in self.made else snapshot.read_oid(oid)

    def withhold(self, read: Callable[[str], bytes], guard: Guard) -> None:
        """Take out what ``guard`` does not let through."""
        where = {inside: path for path, inside in self.places}
        blobs = {where.get(source.path, source.path): source.oid for source in self.sources if not source.is_dir}
        self.withheld = of_files(blobs, lambda path: read(blobs[path]), guard)
        if self.withheld:
            self.sources = [s for s in self.sources if not reason_of(where.get(s.path, s.path), self.withheld)]
            self.places = [place for place in self.places if not reason_of(place[0], self.withheld)]


def export(store: Store, policy: Policy, trunk_ref: str, path: str, file: Path, options: ExportOptions) -> ExportReport:
    """Write what is at ``path`` (a directory in the tree) to the pack ``file``, which appears whole or not at all.

    Raises:
        NotFound: no such revision, no such directory.
        BadPack: a name or a size that no importer would take.
    """
    if not path:
        raise Refused("viking:// is no root of a pack", hint="viking-git backup FILE packs all scopes")
    snapshot = _snapshot(store, trunk_ref, options.revision)
    if not snapshot.is_dir(path):
        parent = path.rpartition("/")[0]
        hint = f"a pack holds a directory: viking://{parent}/" if snapshot.exists(path) else None
        raise NotFound(f"no directory at viking://{path}", hint=hint)
    top = as_user(path, options.as_user) if options.as_user else path
    found = _Collected()
    _collect(store, snapshot, path, top, options, found)
    scope, *below = top.split("/")
    root = Root(top.rpartition("/")[2], f"viking://{top}", scope, below[0] if scope == "user" and below else "")
    return _write(policy, snapshot, file, root, found, options, _notes(top, options))


def export_backup(store: Store, policy: Policy, trunk_ref: str, file: Path, options: ExportOptions) -> ExportReport:
    """Write all scopes that hold anything to the backup ``file``, which only ``restore`` takes."""
    snapshot = _snapshot(store, trunk_ref, options.revision)
    found = _Collected()
    for scope in TRACKED_SCOPES:
        if snapshot.is_dir(scope):
            _collect(store, snapshot, scope, "", options, found)
    scopes = [source.path for source in found.sources if "/" not in source.path and source.is_dir]
    root = Root(BACKUP_NAME, "viking://", "root", package_type=BACKUP)
    notes = () if options.as_user else ("OpenViking servers of today restore resources and user only (--as-user)",)
    return _write(policy, snapshot, file, root, found, options, notes, scopes)


def _snapshot(store: Store, trunk_ref: str, revision: str | None) -> Snapshot:
    return store.snapshot(store.resolve(revision) if revision else store.tip(trunk_ref))


def _collect(store: Store, snapshot: Snapshot, path: str, top: str, options: ExportOptions, found: _Collected) -> None:
    """Add what lies at ``path``; ``top`` is what the pack's root is in the tree (or would be, mapped), "" for all."""
    snapshot.bring(snapshot.walk(path))
    if options.as_user:
        _collect_mapped(snapshot, path, top, options, found)
    else:
        inside = "" if top else path
        if inside:
            found.sources.append(Source(inside))
            found.places.append((path, inside))
        for where, source in _entries(snapshot, path, inside, options.version, found.left_out):
            found.sources.append(source)
            found.places.append((where, source.path))
    _transcripts(store, snapshot, path, top, options, found)
    if options.as_user:
        _finish_archives(found)
        _name_sessions(snapshot, found)
    found.sources.sort(key=lambda source: f"{source.path}/" if source.is_dir else source.path)


def _finish_archives(found: _Collected) -> None:
    """Beside each transcript the file without which servers do not see an archive (seen with openviking 0.5.2)."""
    there = {source.path for source in found.sources}
    for path in sorted(there):
        archive, _, name = path.rpartition("/")
        is_archive = name == MESSAGES and archive_number(archive.rpartition("/")[2]) is not None
        if is_archive and not there & {f"{archive}/{DONE}", f"{archive}/{FAILED}"}:
            found.add_made(f"{archive}/{DONE}", OUR_DONE)


def _name_sessions(snapshot: Snapshot, found: _Collected) -> None:
    """Let the record of a session say what servers read in it: its id, and how much there is of it."""
    records = {inside: where for where, inside in found.places if _SESSION_META.fullmatch(where)}
    found.sources = [source for source in found.sources if source.path not in records]
    found.places = [place for place in found.places if place[1] not in records]
    for inside, where in records.items():
        meta = record_of(snapshot, where.rpartition("/")[0])
        theirs = {"session_id": "session", "commit_count": "archives", "total_message_count": "messages"}
        found.add_made(inside, dump_json(meta | {key: meta[ours] for key, ours in theirs.items() if ours in meta}))


def _entries(
    snapshot: Snapshot, path: str, inside: str, version: Version, left_out: list[tuple[str, str]]
) -> Iterator[tuple[str, Source]]:
    """The entries below ``path`` in git's order, a directory before what it holds."""
    for entry in snapshot.entries(path):
        where, name = f"{path}/{entry.name}", f"{inside}/{entry.name}" if inside else entry.name
        if entry.is_dir:
            yield where, Source(name)
            yield from _entries(snapshot, where, name, version, left_out)
        elif entry.kind != "file":
            left_out.append((where, "a symbolic link" if entry.kind == "link" else "a submodule"))
        elif entry.name == RELATIONS and version != 1:
            left_out.append((where, f"packs of version {version} hold no {RELATIONS}"))
        else:
            yield where, Source(name, entry.oid, entry.mode == _EXECUTABLE)


def _collect_mapped(snapshot: Snapshot, path: str, top: str, options: ExportOptions, found: _Collected) -> None:
    """As servers without agent and session scopes lay it out; containers' layers of the other scopes have no place."""
    files: dict[str, tuple[str, Source]] = {}
    prefix = f"{top}/" if top else ""
    for where, source in _entries(snapshot, path, "", options.version, found.left_out):
        mapped = as_user(where, options.as_user or "")
        if source.is_dir:
            continue
        if not mapped.startswith(prefix) or mapped.partition("/")[0] not in _SERVER_SCOPES:
            found.left_out.append((where, f"has no place below viking://{top or 'user'}/"))
            continue
        inside = mapped[len(prefix) :]
        files[inside] = (where, replace(source, path=inside))
    there = {source.path for source in found.sources}
    directories = {inside[:at] for inside in files for at, char in enumerate(inside) if char == "/"} - there
    for inside in sorted({*files, *directories} - there):
        where, source = files.get(inside, ("", Source(inside)))
        found.sources.append(source)
        found.places.append((where, inside))
    found.left_out += [(files[inside][0], "lies where another file is") for inside in sorted(files.keys() & there)]


def _transcripts(
    store: Store, snapshot: Snapshot, path: str, top: str, options: ExportOptions, found: _Collected
) -> None:
    """Private transcripts of the archives that are packed: put in, or named as left out."""
    there = {source.path for source in found.sources}
    kept = Kept(snapshot, transcripts(store))
    prefix = f"{top}/" if top else ""
    for where, entry in kept.walk(path):
        mapped = as_user(where, options.as_user) if options.as_user else where
        inside = mapped[len(prefix) :]
        parent = inside.rpartition("/")[0]
        if inside in there or (parent and parent not in there):
            continue
        if options.with_transcripts:
            found.sources.append(Source(inside, entry.oid))
            found.places.append((where, inside))
        else:
            found.left_out.append((where, "a private transcript (--with-transcripts)"))


def _notes(top: str, options: ExportOptions) -> tuple[str, ...]:
    scope = top.partition("/")[0]
    if options.version == 3 and scope not in _SERVER_SCOPES:
        return (f"OpenViking servers of today do not import the scope {scope!r}; viking-git does (--as-user maps it)",)
    return ()


def _write(
    policy: Policy,
    snapshot: Snapshot,
    file: Path,
    root: Root,
    found: _Collected,
    options: ExportOptions,
    notes: Sequence[str],
    scopes: Sequence[str] = (),
) -> ExportReport:
    if not file.name:
        raise NotFound(f"cannot write {str(file)!r}: it is no name of a file")
    found.withhold(found.reader(snapshot), Guard(policy.checks, options.allow_secrets))
    check_sources(options.version, found.sources, policy.packs)
    read = limited(found.reader(snapshot), policy.packs)
    vectors = options.vectors(snapshot, found.places) if options.vectors and options.version != 1 else None
    scratch = file.with_name(f".viking-{uuid4().hex}")
    try:
        with scratch.open("xb") as out:
            manifest = write_pack(out, options.version, root, found.sources, read, scopes=scopes, vectors=vectors)
            out.flush()
            os.fsync(out.fileno())
        scratch.replace(file)
    except OSError as error:
        raise NotFound(f"cannot write {file}: {error.strerror}") from None
    finally:
        scratch.unlink(missing_ok=True)
    return ExportReport(
        file, manifest, file.stat().st_size, tuple(found.left_out), tuple(notes), tuple(sorted(found.withheld.items()))
    )
