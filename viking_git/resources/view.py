"""A snapshot with pending changes on top, so that layers can be made of what is about to be committed."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

from viking_git.model.changes import Changes, File
from viking_git.store.snapshot import Entry, Snapshot
from viking_git.store.treeform import encoded, format_tree, name_of

BLOB_MODE = 0o100644
EXECUTABLE_MODE = 0o100755
TREE_MODE = 0o040000


class Tree(Protocol):
    """What the makers of layers read: a ``Snapshot`` or a ``View``."""

    def entry(self, path: str) -> Entry | None:
        """What is at ``path``, None where nothing is."""

    def entries(self, path: str = "") -> list[Entry]:
        """The entries of the directory ``path``, [] where no directory is."""

    def get(self, path: str) -> bytes | None:
        """The bytes of the file ``path``, None where no file is."""


def blob_oid(data: bytes) -> str:
    """The id that git gives to a file with these bytes, in hex."""
    return _object_id(b"blob", data)


def is_possible(tree: "Snapshot | View", path: str) -> bool:
    """Whether a file can be at ``path``; where plain git put a directory instead, that is said.

    One folder less with layers stops nobody. Written over, whatever is in the directory would be lost.
    """
    entry = tree.entry(path)
    if entry is None or entry.kind not in {"directory", "submodule"}:
        return True
    tree.skip(path, f"a {entry.kind} is where viking-git keeps a file")
    return False


class View:
    """``base`` as it will be once ``pending`` is applied; what is written here is kept apart in ``changes``.

    Cost follows the pending changes and the directories that are read. Only trees with changes below are hashed.
    """

    def __init__(self, base: Snapshot, pending: Changes | None = None) -> None:
        self.changes = Changes()
        """What was written and deleted through this view, ``pending`` left out."""
        self._base = base
        self._files: dict[str, File] = {}
        self._deleted: set[str] = set()
        self._names: dict[str, set[str]] = {}
        self._oids: dict[str, str | None] = {}
        for path in pending.deleted if pending else ():
            self._delete(path)
        for path, file in pending.files() if pending else ():
            self._write(path, file)

    def write(self, path: str, data: bytes | str, *, executable: bool = False) -> None:
        """Let ``path`` hold ``data``, unless it does already, or a directory is there."""
        file = File(data.encode("utf-8", "replace") if isinstance(data, str) else data, executable)
        entry = self.entry(path)
        if entry is not None and not is_possible(self, path):
            return
        mode = EXECUTABLE_MODE if executable else BLOB_MODE
        if entry is not None and (entry.mode, entry.oid) == (mode, blob_oid(file.data)):
            return
        self.changes.write(path, file.data, executable=executable)
        self._write(path, file)

    def skip(self, path: str, why: str) -> None:
        """Say that ``path`` is passed over; see ``Snapshot.skip``."""
        self._base.skip(path, why)

    def delete(self, path: str) -> None:
        """Let the file or directory ``path`` be gone."""
        self.changes.delete(path)
        self._delete(path)

    def entry(self, path: str) -> Entry | None:
        """What is at ``path``, None where nothing is; a directory without files is nothing."""
        name = path.rpartition("/")[2]
        file = self._files.get(path)
        if file is not None:
            return Entry(name, "file", self._blob_oid(path, file), EXECUTABLE_MODE if file.executable else BLOB_MODE)
        if path in self._names:
            oid = self._tree_oid(path)
            if oid is not None:
                return Entry(name, "directory", oid, TREE_MODE)
            base = None if self._hidden(path) else self._base.entry(path)
            return base if base is not None and not base.is_dir else None
        return None if self._hidden(path) else self._base.entry(path)

    def entries(self, path: str = "") -> list[Entry]:
        """The entries of the directory ``path``, [] where no directory is."""
        base = [] if self._is_gone(path) else self._base.entries(path)
        names = self._names.get(path)
        return [*(entry for entry in base if entry.name not in names), *self._touched(path)] if names else base

    def names(self, path: str = "") -> Iterator[str]:
        """The names of what the directory ``path`` holds, first those of what does not change."""
        names = self._names.get(path, ())
        if not self._is_gone(path):
            yield from (name for name in self._base.names(path) if name not in names)
        yield from (entry.name for entry in self._touched(path))

    def get(self, path: str) -> bytes | None:
        """The bytes of the file ``path``, None where no file is."""
        file = self._files.get(path)
        if file is not None:
            return file.data
        return None if self._hidden(path) else self._base.get(path)

    def is_dir(self, path: str) -> bool:
        """Whether ``path`` is a directory; the root always is."""
        entry = self.entry(path)
        return not path or (entry is not None and entry.is_dir)

    def _touched(self, path: str) -> Iterator[Entry]:
        """The entries of the directory ``path`` that changes reach."""
        prefix = f"{path}/" if path else ""
        return (entry for name in sorted(self._names.get(path, ())) if (entry := self.entry(prefix + name)))

    def _is_gone(self, path: str) -> bool:
        """Whether nothing of the directory that ``base`` may have at ``path`` stays."""
        return path in self._files or self._hidden(path)

    def _write(self, path: str, file: File) -> None:
        self._files[path] = file
        self._touch(path)

    def _delete(self, path: str) -> None:
        prefix = f"{path}/"
        for inside in [name for name in self._files if name == path or name.startswith(prefix)]:
            del self._files[inside]
            self._touch(inside)
        self._deleted.add(path)
        self._touch(path)

    def _touch(self, path: str) -> None:
        while path:
            self._oids.pop(path, None)
            parent, _, name = path.rpartition("/")
            self._names.setdefault(parent, set()).add(name)
            path = parent
        self._oids.pop("", None)

    def _hidden(self, path: str) -> bool:
        """Whether what ``base`` has at ``path`` is deleted, or lies where a file is to be."""
        while path:
            if path in self._deleted:
                return True
            path = path.rpartition("/")[0]
        return False

    def _blob_oid(self, path: str, file: File) -> str:
        oid = self._oids.get(path)
        if oid is None:
            oid = self._oids[path] = blob_oid(file.data)
        return oid

    def _tree_oid(self, path: str) -> str | None:
        if path not in self._oids:
            # Of a wide directory only what changes is made into entries.
            names = self._names[path]
            base = [] if self._is_gone(path) else self._base.raw(path)
            entries = [raw for raw in base if name_of(raw) not in names]
            entries += [encoded((entry.name, entry.oid, entry.mode)) for entry in self._touched(path)]
            self._oids[path] = _object_id(b"tree", format_tree(entries)) if entries else None
        return self._oids[path]


def _object_id(kind: bytes, data: bytes) -> str:
    return hashlib.sha1(b"%s %d\0%s" % (kind, len(data), data), usedforsecurity=False).hexdigest()
