"""Reading one tree: a commit's, a branch's or one not yet committed. Cost follows what is read."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Literal, NamedTuple

import pygit2
from pygit2.enums import FileMode, ObjectType

from viking_git.errors import NotFound
from viking_git.model.records import Record
from viking_git.store.promised import blob_size, bring, is_here, read_blob
from viking_git.store.treeform import RawEntry, decoded, name_of, raw_entries

Kind = Literal["file", "directory", "link", "submodule"]

_KINDS: dict[int, Kind] = {
    FileMode.TREE: "directory",
    FileMode.LINK: "link",
    FileMode.COMMIT: "submodule",
}


class Entry(NamedTuple):
    """One entry of a tree: its name, kind, object id in hex and git file mode."""

    name: str
    kind: Kind
    oid: str
    mode: int

    @property
    def is_dir(self) -> bool:
        """Whether it is a directory."""
        return self.kind == "directory"


# libgit2 forgets trees of more than 4 KiB, and would inflate, hash and parse a wide directory again for each path in
# it. This is room for some 400,000 entries.
pygit2.settings.cache_object_limit(ObjectType.TREE, 2**24)

_DOT = ord(".")
_BLOBS = {"file", "link"}


class Skipped:
    """Says, once for each place, that a record or a name which others wrote is passed over.

    One thing that cannot be read stops nobody: whoever lists calls this and goes on.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Say it to ``tell``."""
        self._tell, self._places = tell, set[str]()

    def __call__(self, place: str, why: str) -> None:
        """Pass over ``place``, a path or a ref and where one is known its line, because of ``why``."""
        if place not in self._places:
            self._places.add(place)
            self._tell(f"passed over: {why if why.startswith(place) else f'{place}: {why}'}")


def unheard(path: str, why: str) -> None:
    """The default of ``Snapshot.skip``: nobody hears of it."""


class Snapshot:
    """A tree, read only. Paths are relative to its root, without slashes at the ends; "" is the root."""

    def __init__(self, git: pygit2.Repository, tree: str | None, skip: Callable[[str, str], None] = unheard) -> None:
        """Take the tree with id ``tree`` in hex; None is the empty tree."""
        self._git = git
        self.skip = skip
        """Called with a path and a reason by whoever passes over what it cannot use."""
        self.tree = tree
        """The id of the tree in hex, None for the empty one: two snapshots with equal ids are equal."""

    def other(self, tree: str | None) -> "Snapshot | None":
        """The tree with id ``tree`` in the same repository, None where git does not have it (any more)."""
        try:
            is_known = tree is None or tree in self._git
        except ValueError:
            # A damaged cache names what is no id.
            is_known = False
        return Snapshot(self._git, tree, self.skip) if is_known else None

    def entry(self, path: str) -> Entry | None:
        """What is at ``path``, None where nothing is."""
        if self.tree is None or not path:
            return Entry("", "directory", self.tree, FileMode.TREE) if self.tree and not path else None
        try:
            found = self._root()[path]
        except (KeyError, TypeError):
            # A path from a JSON file may be one that no file system has: half a character is a TypeError.
            return None
        return _entry(found)

    def exists(self, path: str) -> bool:
        """Whether there is a file or a directory at ``path``."""
        return self.entry(path) is not None

    def is_dir(self, path: str) -> bool:
        """Whether ``path`` is a directory; the root always is."""
        entry = self.entry(path)
        return not path or (entry is not None and entry.is_dir)

    def entries(self, path: str = "") -> list[Entry]:
        """The entries of the directory ``path`` by name, [] where no directory is."""
        entry = self.entry(path)
        return self.entries_of(entry.oid) if entry and entry.is_dir else []

    def entries_of(self, oid: str, *, hidden: bool = True) -> list[Entry]:
        """The entries of the tree with id ``oid``, those whose names begin with a dot only if ``hidden``."""
        # Three of four files are hidden layers: they are not even decoded.
        return [_from_tree(raw) for raw in self._raw(oid) if hidden or raw[1][0] != _DOT]

    def raw(self, path: str = "") -> list[RawEntry]:
        """The entries of the directory ``path`` as its tree object holds them, [] where no directory is."""
        entry = self.entry(path)
        return self._raw(entry.oid) if entry and entry.is_dir else []

    def names(self, path: str = "") -> Iterator[str]:
        """The names of what the directory ``path`` holds, none where no directory is."""
        return map(name_of, self.raw(path))

    def child(self, oid: str, name: str) -> Entry | None:
        """The entry ``name`` of the tree with id ``oid``, None where it has none."""
        tree = self._git[oid]
        assert isinstance(tree, pygit2.Tree)  # noqa: S101 - the caller took the id from a directory entry
        return _entry(tree[name]) if name in tree else None

    def read(self, path: str) -> bytes:
        """The bytes of the file ``path``.

        Raises:
            NotFound: no file is there.
        """
        entry = self.entry(path)
        if entry is None or entry.kind != "file":
            raise NotFound(f"no file at {path!r}")
        return read_blob(self._git, entry.oid, path)

    def get(self, path: str) -> bytes | None:
        """The bytes of the file ``path``, None where no file is."""
        entry = self.entry(path)
        return read_blob(self._git, entry.oid, path) if entry is not None and entry.kind == "file" else None

    def record(self, path: str) -> Record:
        """The JSON object in the file ``path``, empty where no file is; what of it cannot be read is passed over."""
        return Record.parse(self.get(path), path, partial(self.skip, path))

    def lines(self, path: str) -> Iterator[tuple[str, Record]]:
        """The objects of the JSONL file ``path`` with their places (path and line); other lines are passed over."""
        for number, line in enumerate((self.get(path) or b"").split(b"\n"), start=1):
            if line.strip():
                place = f"{path}, line {number}"
                told = partial(self.skip, place)
                record = Record.parse(line, place, told)
                if record:
                    yield place, record

    def read_oid(self, oid: str, path: str = "") -> bytes:
        """The bytes of the blob with id ``oid``; ``path`` is what an error calls it."""
        return read_blob(self._git, oid, path)

    def size_of(self, oid: str, path: str = "") -> int:
        """How many bytes a blob has; ``path`` is what an error calls it."""
        return blob_size(self._git, oid, path)

    def is_here(self, oid: str) -> bool:
        """Whether a blob can be read at once; in a clone of some scopes, others are still with the remote."""
        return is_here(self._git, oid)

    def bring(self, files: Iterable[tuple[str, Entry]]) -> None:
        """Have ``files``, paths with their entries, here in one fetch: for who will read many that may be elsewhere.

        Raises:
            RemoteFailed: they are with a remote that does not give them now.
        """
        bring(self._git, ((path, entry.oid) for path, entry in files if entry.kind in _BLOBS))

    def walk(self, path: str = "") -> Iterator[tuple[str, Entry]]:
        """Every file below ``path`` (links and submodules too) with its path from the root, in git's order."""
        top = self.entry(path)
        if top is not None and top.is_dir:
            yield from self._walk(top.oid, f"{path}/" if path else "")

    def _walk(self, tree: str, prefix: str) -> Iterator[tuple[str, Entry]]:
        # From id to id: to look each path up anew would cost the width of its directory every time.
        for entry in self.entries_of(tree):
            if entry.is_dir:
                yield from self._walk(entry.oid, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name, entry

    def directories(self, path: str = "") -> Iterator[str]:
        """``path`` and every directory below it, a directory before what it holds."""
        top = self.entry(path)
        if top is not None and top.is_dir:
            yield from self._directories(top.oid, path)
        elif not path:
            yield path

    def _directories(self, tree: str, path: str) -> Iterator[str]:
        yield path
        prefix = f"{path}/" if path else ""
        for entry in self.entries_of(tree):
            if entry.is_dir:
                yield from self._directories(entry.oid, prefix + entry.name)

    def changed(self, newer: "Snapshot", path: str = "") -> Iterator[tuple[str, Entry | None, Entry | None]]:
        """The files that differ between this and ``newer``: path, entry here, entry there; None where absent.

        It recurses only where the ids differ, so its cost follows the difference.
        """
        here, there = self.entry(path), newer.entry(path)
        yield from self._changed(newer, path, here, there)

    def _changed(
        self, newer: "Snapshot", path: str, here: Entry | None, there: Entry | None
    ) -> Iterator[tuple[str, Entry | None, Entry | None]]:
        if here and there and here.oid == there.oid and here.mode == there.mode:
            return
        if not (here and here.is_dir) and not (there and there.is_dir):
            if here or there:
                yield path, here, there
            return
        if here and not here.is_dir:
            yield path, here, None
        if there and not there.is_dir:
            yield path, None, there
        # Of wide directories only what differs is made into entries.
        ours = set(self._raw(here.oid)) if here and here.is_dir else set[RawEntry]()
        theirs = set(newer._raw(there.oid)) if there and there.is_dir else set[RawEntry]()
        old = {entry.name: entry for entry in map(_from_tree, ours - theirs)}
        new = {entry.name: entry for entry in map(_from_tree, theirs - ours)}
        prefix = f"{path}/" if path else ""
        for name in sorted(old.keys() | new.keys()):
            yield from self._changed(newer, prefix + name, old.get(name), new.get(name))

    def _raw(self, tree: str) -> list[RawEntry]:
        return raw_entries(self._git[tree].read_raw())

    def _root(self) -> pygit2.Tree:
        root = self._git[self.tree or ""]
        assert isinstance(root, pygit2.Tree)  # noqa: S101 - self.tree is a tree's id by construction
        return root


def _from_tree(raw: RawEntry) -> Entry:
    name, oid, mode = decoded(raw)
    return Entry(name, _KINDS.get(mode, "file"), oid, mode)


def _entry(found: pygit2.Object) -> Entry:
    mode = int(found.filemode)
    return Entry(found.name or "", _KINDS.get(mode, "file"), str(found.id), mode)
