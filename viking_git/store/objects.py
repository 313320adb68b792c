"""Writing objects, and being sure of them.

What a writer makes lies in quarantine, a store of loose objects that only this process reads, until a ref is to name
it; then it becomes one synced pack that no ``git prune`` and no ``git repack -ad`` beside the writer can take
(design section 4). What is never named is never written into the repository.
"""

import os
import shutil
import time
import weakref
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pygit2
from pygit2.enums import ObjectType, Option

from viking_git.model.changes import Changes
from viking_git.private import make_private, open_private
from viking_git.store.graft import BLOB, EXECUTABLE, Graft, Placed
from viking_git.store.packs import kept_pack, loose_form, object_id, scratch_pack
from viking_git.store.treeform import RawEntry, TreeEntry, encoded, format_tree, raw_entries

pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)

PACK_FROM = 500
"""Changed paths from which on one file for all of their objects is made faster than one for each."""
_FORGOTTEN = 3600.0
"""Seconds after which the quarantine of another process is taken to be a dead one's."""


def common_dir(git: pygit2.Repository) -> Path:
    """The git directory that all work trees share."""
    marker = Path(git.path) / "commondir"
    if marker.is_file():
        return (Path(git.path) / marker.read_text().strip()).resolve()
    return Path(git.path).resolve()


class ObjectWriter:
    """Makes blobs, trees and commits that one repository handle can read at once, and others once ``durable``.

    What has not become durable is gone with the writer: keep it for as long as its trees are read.
    """

    def __init__(self, git: pygit2.Repository) -> None:
        self.git = git
        self._written: dict[str, tuple[ObjectType, bytes]] = {}
        self._batch: dict[str, tuple[ObjectType, bytes]] | None = None
        self._loose: set[str] = set()
        self._packs: list[Path] = []
        self._quarantine = _quarantine_of(git)
        weakref.finalize(self, self._quarantine.drop, self._loose, self._packs)

    def blob(self, data: bytes) -> str:
        """Write a blob; its id in hex."""
        return self._write(ObjectType.BLOB, data)

    def tree(self, entries: Iterable[TreeEntry]) -> str | None:
        """Write a tree of ``entries`` in any order; its id, None for the empty tree, which git does not keep."""
        return self._tree(map(encoded, entries))

    def empty_tree(self) -> str:
        """Write the tree of nothing, which only a commit can need; its id."""
        return self._write(ObjectType.TREE, b"")

    def apply(self, tree: str | None, changes: Changes) -> str | None:
        """The tree that ``changes`` make of ``tree``, written; only directories on changed paths are touched.

        Raises:
            InvalidName: a path is to be a file and a directory at once.
        """
        changes.check()
        self._batch = {} if len(changes) >= PACK_FROM else None
        try:
            files = {path: (self.blob(f.data), EXECUTABLE if f.executable else BLOB) for path, f in changes.files()}
            result = self.graft(tree, files, changes.deleted)
            if self._batch:
                self._packs += self._quarantine.put_all(self._batch)
        finally:
            self._batch = None
        return result

    def graft(self, tree: str | None, files: Mapping[str, Placed], deleted: Collection[str] = ()) -> str | None:
        """The tree that ``tree`` becomes with ``files`` (path → blob) put in after ``deleted`` is gone; None if empty.

        Raises:
            InvalidName: a path is to be a file and a directory at once.
        """
        return Graft(self.git, self._tree).onto(tree, files, deleted)

    def commit(
        self, tree: str, parents: Iterable[str], message: str, author: pygit2.Signature, committer: pygit2.Signature
    ) -> str:
        """Write a commit that no ref names yet; its id."""
        text = self.git.create_commit_string(author, committer, message, tree, list(parents))
        return self._write(ObjectType.COMMIT, str(text).encode())

    def adopt(self, commit: bytes) -> str:
        """Write a commit that somebody else put into words; its id."""
        return self._write(ObjectType.COMMIT, commit)

    def places(self) -> list[Path]:
        """The object directories in which other programs of this machine find what was written so far."""
        return [self._quarantine.directory, common_dir(self.git) / "objects"]

    @contextmanager
    def durable(self, tip: str) -> Iterator[None]:
        """Have all that ``tip``, a commit or tree, needs and this writer made on disk, and out of git's upkeep's reach.

        Let the ref move inside: after that, what it names is safe by itself.
        """
        needed = {oid: self._written[oid] for oid in self._needed(tip)}
        common = common_dir(self.git)
        with kept_pack(common / "objects" / "pack", common / "viking" / "incoming", needed):
            yield

    def forget(self) -> None:
        """The ref has moved: the objects are git's to keep."""
        self._written.clear()
        self._quarantine.drop(self._loose, self._packs)

    def _tree(self, entries: Iterable[RawEntry]) -> str | None:
        raw = format_tree(entries)
        return self._write(ObjectType.TREE, raw) if raw else None

    def _write(self, kind: ObjectType, data: bytes) -> str:
        oid = object_id(kind, data)
        if oid not in self._written:
            if self._batch is None:
                self._quarantine.put(oid, loose_form(kind, data))
                self._loose.add(oid)
            else:
                self._batch[oid] = (kind, data)
            self._written[oid] = (kind, data)
        return oid

    def _needed(self, tip: str) -> set[str]:
        """What of this writer's the commit ``tip`` reaches."""
        found: set[str] = set()
        waiting = [tip]
        while waiting:
            oid = waiting.pop()
            if oid in found or oid not in self._written:
                continue
            found.add(oid)
            kind, data = self._written[oid]
            if kind == ObjectType.COMMIT:
                lines = data.partition(b"\n\n")[0].split(b"\n")
                waiting += [line[-40:].decode() for line in lines if line.startswith((b"tree ", b"parent "))]
            elif kind == ObjectType.TREE:
                waiting += (oid.hex() for _, _, oid in raw_entries(data))
        return found


class _Quarantine:
    """Loose objects outside of the repository's own, read through one handle as an alternate."""

    def __init__(self, git: pygit2.Repository) -> None:
        self.directory = common_dir(git) / "viking" / "incoming" / uuid4().hex
        self._uses: Counter[str] = Counter()
        self._git = weakref.ref(git)
        self._attached = False
        weakref.finalize(git, shutil.rmtree, self.directory, ignore_errors=True)

    def put(self, oid: str, data: bytes) -> None:
        self._open()
        self._uses[oid] += 1
        path = self._path(oid)
        if path.exists():
            return
        make_private(path.parent)
        # The handle looks here for ids that are nowhere else, which a half-written file must not answer.
        scratch = path.with_suffix(".new")
        with os.fdopen(open_private(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(data)
        scratch.replace(path)

    def put_all(self, objects: dict[str, tuple[ObjectType, bytes]]) -> Iterable[Path]:
        self._open()
        return scratch_pack(self.directory / "pack", objects)

    def _open(self) -> None:
        if self._uses and self._attached:
            return
        make_private(self.directory / "pack")
        os.utime(self.directory)
        git = self._git()
        if not self._attached and git is not None:
            # libgit2 passes over an alternate, and over its packs, that are not there yet.
            git.odb.add_disk_alternate(str(self.directory))
            self._attached = True
            _sweep(self.directory.parent)

    def drop(self, loose: set[str], packs: list[Path]) -> None:
        for oid in loose:
            self._uses[oid] -= 1
            if self._uses[oid] <= 0:
                del self._uses[oid]
                with suppress(OSError):
                    self._path(oid).unlink(missing_ok=True)
        for path in packs:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        loose.clear()
        packs.clear()

    def _path(self, oid: str) -> Path:
        return self.directory / oid[:2] / oid[2:]


_quarantines: weakref.WeakKeyDictionary[pygit2.Repository, _Quarantine] = weakref.WeakKeyDictionary()


def _quarantine_of(git: pygit2.Repository) -> _Quarantine:
    found = _quarantines.get(git)
    if found is None:
        found = _quarantines[git] = _Quarantine(git)
    return found


def _sweep(home: Path) -> None:
    """Remove what killed processes left in quarantine."""
    with suppress(OSError):
        for path in home.iterdir():
            if path.stat().st_mtime > time.time() - _FORGOTTEN:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
