"""How many paths a tree has, without walking them: each tree object is looked at once, however often it occurs.

Seven tree objects, each ten times in the next, are ten million paths. What walks these takes minutes and gigabytes, so
they are counted before anything does.
"""

from viking_git.errors import Refused
from viking_git.store.snapshot import Snapshot

MOST_PATHS = 1_000_000
"""Files that one change may bring in, or that one tree may have where all of it is looked at."""
MOST_LEVELS = 200
"""Directories in directories; no path that a file system takes has more."""

Pair = tuple[str | None, str]


class TooDeep(Exception):
    """More directories in directories than are counted."""


class Extent:
    """Counts paths in trees of the repository that ``view`` is of."""

    def __init__(self, view: Snapshot) -> None:
        self._view = view
        self._known: dict[Pair, tuple[int, int]] = {}

    def added(self, older: str | None, newer: str | None) -> int:
        """How many files of the tree ``newer`` the tree ``older`` does not have so at the same path.

        Raises:
            TooDeep: one lies too deep.
        """
        return self._count(older, newer, 0)[0] if newer is not None else 0

    def _count(self, older: str | None, newer: str, depth: int) -> tuple[int, int]:
        """The count, and the levels below."""
        if older == newer:
            return 0, 0
        known = self._known.get((older, newer))
        if known is None:
            if depth > MOST_LEVELS:
                raise TooDeep
            known = self._known[older, newer] = self._look(older, newer, depth)
        if depth + known[1] > MOST_LEVELS:
            raise TooDeep
        return known

    def _look(self, older: str | None, newer: str, depth: int) -> tuple[int, int]:
        old = {entry.name: entry for entry in self._view.entries_of(older)} if older is not None else {}
        count = levels = 0
        for entry in self._view.entries_of(newer):
            there = old.get(entry.name)
            if there == entry:
                continue
            if not entry.is_dir:
                count += 1
                continue
            more, below = self._count(there.oid if there is not None and there.is_dir else None, entry.oid, depth + 1)
            count, levels = count + more, max(levels, below + 1)
        return count, levels


def refuse_large(older: Snapshot | None, newer: Snapshot, what: str) -> None:
    """Refuse a tree with more files than can be looked at.

    Args:
        older: only files that this one does not have so are counted; None for all.
        what: what the message calls it.

    Raises:
        Refused: it has; the message says how many.
    """
    try:
        count = Extent(newer).added(older.tree if older is not None else None, newer.tree)
    except TooDeep:
        raise Refused(
            f"{what} has directories more than {MOST_LEVELS} deep",
            hint="take them out of it: git log --stat names them",
        ) from None
    if count > MOST_PATHS:
        more = "" if older is None else " that are new or changed"
        raise Refused(
            f"{what} has {count:,} files{more}; {MOST_PATHS:,} at most are looked at",
            hint="a few tree objects can stand for millions of paths: git ls-tree shows where; take them out of it",
        )
