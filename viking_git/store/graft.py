"""Files put into a tree and taken out of it, at the cost of the directories on their paths."""

from collections.abc import Callable, Collection, Iterable, Mapping

import pygit2
from pygit2.enums import FileMode

from viking_git.errors import InvalidName
from viking_git.store.treeform import RawEntry, encoded, encoded_name, raw_entries

BLOB, EXECUTABLE = int(FileMode.BLOB), int(FileMode.BLOB_EXECUTABLE)

_TREE = b"%o" % FileMode.TREE

Placed = tuple[str, int]
"""Object id in hex and git file mode."""


class Graft:
    """Puts files into trees of one repository; ``write`` writes each tree that changes, None for an empty one."""

    def __init__(self, git: pygit2.Repository, write: Callable[[Iterable[RawEntry]], str | None]) -> None:
        self._git, self._write = git, write

    def onto(self, tree: str | None, files: Mapping[str, Placed], deleted: Collection[str]) -> str | None:
        """The tree that ``tree`` becomes with ``files`` (path → blob) put in after ``deleted`` is gone; None if empty.

        Raises:
            InvalidName: a path is to be a file and a directory at once.
        """
        plan = _Node()
        for path in deleted:
            plan.at(path).deleted = True
        for path, placed in files.items():
            plan.at(path).placed = placed
        return self._grown(tree, plan, "")

    def _grown(self, tree: str | None, plan: "_Node", where: str) -> str | None:
        found = self._git[tree] if tree is not None else None
        entries = {raw[1]: raw for raw in raw_entries(found.read_raw())} if isinstance(found, pygit2.Tree) else {}
        for name, node in plan.children.items():
            old = entries.pop(encoded_name(name), None)
            new = self._entry(name, None if node.deleted else old, node, f"{where}{name}")
            if new is not None:
                entries[new[1]] = new
        return self._write(entries.values())

    def _entry(self, name: str, old: RawEntry | None, node: "_Node", path: str) -> RawEntry | None:
        is_tree = old is not None and old[0] == _TREE
        if node.placed is not None:
            if any(child.writes() for child in node.children.values()):
                raise InvalidName(f"{path!r} cannot be both a file and a directory")
            if is_tree:
                raise InvalidName(f"{path!r} is a directory", hint="delete it first, or choose another name")
            return encoded((name, *node.placed))
        if not node.children:
            return old
        if old is not None and not is_tree:
            # Deleting below a file deletes nothing; writing below one would lose it.
            if node.writes():
                raise InvalidName(f"{path!r} is a file, not a directory")
            return old
        subtree = self._grown(old[2].hex() if old else None, node, f"{path}/")
        return None if subtree is None else encoded((name, subtree, int(FileMode.TREE)))


class _Node:
    """One segment of the paths."""

    __slots__ = ("children", "deleted", "placed")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.deleted = False
        self.placed: Placed | None = None

    def at(self, path: str) -> "_Node":
        node = self
        for segment in path.split("/"):
            node = node.children.setdefault(segment, _Node())
        return node

    def writes(self) -> bool:
        return self.placed is not None or any(child.writes() for child in self.children.values())
