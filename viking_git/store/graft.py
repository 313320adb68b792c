"""Trees made of objects that are there: files put in by id, at the cost of the directories on their paths."""

from collections.abc import Collection, Mapping

from viking_git.errors import InvalidName
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot
from viking_git.store.treeform import TreeEntry

BLOB, EXECUTABLE, TREE = 0o100644, 0o100755, 0o040000

Placed = tuple[str, int]
"""Object id in hex and git file mode."""


def graft(
    writer: ObjectWriter, base: Snapshot, files: Mapping[str, Placed], deleted: Collection[str] = ()
) -> str | None:
    """The tree that ``base`` becomes with ``files`` (path → blob) put in after ``deleted`` is gone; None if empty.

    Raises:
        InvalidName: a path is to be a file and a directory at once.
    """
    plan = _Node()
    for path in deleted:
        plan.at(path).deleted = True
    for path, placed in files.items():
        plan.at(path).placed = placed
    return _grafted(writer, base, base.tree, plan, "")


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


def _grafted(writer: ObjectWriter, base: Snapshot, tree: str | None, plan: _Node, where: str) -> str | None:
    entries: dict[str, TreeEntry] = {}
    if tree is not None:
        entries = {entry.name: (entry.name, entry.oid, entry.mode) for entry in base.entries_of(tree)}
    for name, node in plan.children.items():
        path = f"{where}/{name}" if where else name
        old = None if node.deleted else entries.get(name)
        new = _entry(writer, base, name, old, node, path)
        if new is None:
            entries.pop(name, None)
        else:
            entries[name] = new
    return writer.tree(entries.values())


def _entry(
    writer: ObjectWriter, base: Snapshot, name: str, old: TreeEntry | None, node: _Node, path: str
) -> TreeEntry | None:
    if node.placed is not None:
        if node.children or (old is not None and old[2] == TREE):
            raise InvalidName(f"{path!r} cannot be both a file and a directory")
        return name, *node.placed
    if not node.children:
        return old
    if old is not None and old[2] != TREE:
        if node.writes():
            raise InvalidName(f"{path!r} is a file, not a directory")
        return old
    subtree = _grafted(writer, base, old[1] if old else None, node, path)
    return None if subtree is None else (name, subtree, TREE)
