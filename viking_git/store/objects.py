"""Writing objects, and being sure of them.

libgit2 fsyncs nothing unless told, and a ``git prune`` beside a writer deletes objects that no ref names yet. So a
writer keeps the bytes it wrote until the ref has moved, asks a fresh handle for every id, and writes the missing ones
again (design section 4).
"""

from collections.abc import Iterable
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, ObjectType, Option

from viking_git.errors import InvalidName
from viking_git.model.changes import Changes, File
from viking_git.store.packs import object_id, write_pack

pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)
# libgit2 forgets trees of more than 4 KiB, and would inflate and hash a wide directory again for each path in it.
pygit2.option(Option.SET_CACHE_OBJECT_LIMIT, ObjectType.TREE, 2**20)

PACK_FROM = 500
"""Objects of one change that are written as a pack. Measured: 20,000 loose ones take 49 s, in a pack 16 s."""

TreeEntry = tuple[str, str, int]
"""Name, object id in hex, git file mode."""


class ObjectWriter:
    """Writes blobs, trees and commits into one repository, and remembers them until ``forget``."""

    def __init__(self, git: pygit2.Repository) -> None:
        self.git = git
        self._written: dict[str, tuple[ObjectType, bytes]] = {}
        self._batch: dict[str, tuple[ObjectType, bytes]] | None = None

    def blob(self, data: bytes) -> str:
        """Write a blob; its id in hex."""
        return self._write(ObjectType.BLOB, data)

    def tree(self, entries: Iterable[TreeEntry]) -> str | None:
        """Write a tree of ``entries`` in any order; its id, None for the empty tree, which git does not keep."""
        ordered = sorted(entries, key=_git_order)
        if not ordered:
            return None
        raw = b"".join(b"%o %s\0%s" % (mode, name.encode(), bytes.fromhex(oid)) for name, oid, mode in ordered)
        return self._write(ObjectType.TREE, raw)

    def apply(self, tree: str | None, changes: Changes) -> str | None:
        """The tree that ``changes`` make of ``tree``, written; only directories on changed paths are touched.

        Raises:
            InvalidName: a path is to be a file and a directory at once.
        """
        changes.check()
        plan = _Node()
        for path in changes.deleted:
            plan.at(path).deleted = True
        for path, file in changes.files():
            plan.at(path).file = file
        self._batch = {} if len(changes) >= PACK_FROM else None
        try:
            result = self._apply(tree, plan)
            self._flush()
        finally:
            self._batch = None
        return result

    def commit(
        self, tree: str, parents: Iterable[str], message: str, author: pygit2.Signature, committer: pygit2.Signature
    ) -> str:
        """Write a commit that no ref names yet; its id."""
        parent_ids = [pygit2.Oid(hex=parent) for parent in parents]
        oid = self.git.create_commit(None, author, committer, message, pygit2.Oid(hex=tree), parent_ids)
        self._written[str(oid)] = (ObjectType.COMMIT, self.git[oid].read_raw())
        return str(oid)

    def recheck(self) -> int:
        """Write again what has gone missing since; the count. Asks a fresh handle, for a cached one remembers."""
        fresh = pygit2.Repository(str(Path(self.git.path)))
        missing = [oid for oid in self._written if oid not in fresh]
        for oid in missing:
            fresh.write(*self._written[oid])
        return len(missing)

    def forget(self) -> None:
        """The ref has moved: the objects are git's to keep."""
        self._written.clear()

    def _write(self, kind: ObjectType, data: bytes) -> str:
        if self._batch is None:
            oid = str(self.git.write(kind, data))
        else:
            oid = object_id(kind, data)
            self._batch[oid] = (kind, data)
        self._written[oid] = (kind, data)
        return oid

    def _flush(self) -> None:
        new = {oid: found for oid, found in (self._batch or {}).items() if oid not in self.git}
        if len(new) >= PACK_FROM:
            write_pack(self._objects_dir(), new)
        else:
            for found in new.values():
                self.git.write(*found)

    def _objects_dir(self) -> Path:
        own = Path(self.git.path)
        shared = own / "commondir"
        return (own / shared.read_text().strip() if shared.is_file() else own) / "objects"

    def _apply(self, tree: str | None, plan: "_Node") -> str | None:
        entries: dict[str, TreeEntry] = {}
        if tree is not None:
            found = self.git[tree]
            if isinstance(found, pygit2.Tree):
                entries = {e.name: (e.name, str(e.id), int(e.filemode)) for e in found if e.name is not None}
        for name, node in plan.children.items():
            old = entries.pop(name, None)
            new = self._apply_entry(name, old, node)
            if new is not None:
                entries[name] = new
        return self.tree(entries.values())

    def _apply_entry(self, name: str, old: TreeEntry | None, node: "_Node") -> TreeEntry | None:
        if node.deleted:
            old = None
        if node.file is not None:
            if old is not None and old[2] == FileMode.TREE:
                raise InvalidName(f"{name!r} is a directory", hint="delete it first, or choose another name")
            mode = FileMode.BLOB_EXECUTABLE if node.file.executable else FileMode.BLOB
            return name, self.blob(node.file.data), int(mode)
        if not node.children:
            return old
        if old is not None and old[2] != FileMode.TREE:
            # Deleting below a file deletes nothing; writing below one would lose it.
            if node.writes():
                raise InvalidName(f"{name!r} is a file, not a directory")
            return old
        subtree = self._apply(old[1] if old else None, node)
        return None if subtree is None else (name, subtree, int(FileMode.TREE))


class _Node:
    """One segment of the changed paths."""

    __slots__ = ("children", "deleted", "file")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.file: File | None = None
        self.deleted = False

    def at(self, path: str) -> "_Node":
        node = self
        for segment in path.split("/"):
            node = node.children.setdefault(segment, _Node())
        return node

    def writes(self) -> bool:
        return self.file is not None or any(child.writes() for child in self.children.values())


def _git_order(entry: TreeEntry) -> bytes:
    # Git compares a directory's name as if it ended in a slash.
    return entry[0].encode() + (b"/" if entry[2] == FileMode.TREE else b"")
