"""A work tree that was left behind by a move of its branch: git shows the new commit as undone there.

A ``git checkout`` that runs beside a write may read the branch before it moves and write its files after; a ``git
stash`` keeps such a state for later. The next ``git commit -a`` would take back what was written. A person's own edits
look alike, so only whole moves count: every path of a move that the reflog tells of is as it was before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import pygit2
from pygit2.enums import FileStatus

from viking_git.errors import Busy, DirtyWorkTree
from viking_git.store.locks import file_lock
from viking_git.store.repo import Store
from viking_git.store.worktree import Checkout, checkouts_of

_MOVES = 20
"""How many of the branch's last moves are looked at."""

_DIFFERS = (
    FileStatus.INDEX_NEW | FileStatus.INDEX_MODIFIED | FileStatus.INDEX_DELETED | FileStatus.INDEX_TYPECHANGE
    | FileStatus.WT_NEW | FileStatus.WT_MODIFIED | FileStatus.WT_DELETED | FileStatus.WT_TYPECHANGE
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stale:
    """A work tree that shows what the branch was at an older commit.

    Attributes:
        top: the top of the work tree.
        commit: the older commit.
        paths: how many files are as they were then.
    """

    top: str
    commit: str
    paths: int
    _git: pygit2.Repository = field(repr=False)

    def renew(self, store: Store, ref: str) -> None:
        """Check out what the branch ``ref`` has now on the paths that changed since; no edit of a person's is on one.

        Raises:
            DirtyWorkTree, Busy: the work tree cannot take it now; nothing was changed.
        """
        with file_lock(store.private_dir / "trunk.lock"):
            checkout = _checkout(store, self._git, self.commit, ref)
            checkout.lock()
            try:
                checkout.verify()
                checkout.write(store.step)
            finally:
                checkout.unlock()


def stale(store: Store, ref: str) -> Iterator[Stale]:
    """The work trees on the branch ``ref`` that show an older state of it.

    Raises:
        Busy: one of them rebases the branch.
    """
    tip = store.tip(ref)
    for git in checkouts_of(store.git, ref):
        differing = {path for path, flags in git.status().items() if flags & _DIFFERS}
        old = _older(store, ref, tip, differing) if differing else None
        if old is not None and _is_pure(_checkout(store, git, old, ref)):
            changed = store.snapshot(old).changed(store.snapshot(tip))
            count = sum(1 for path, _, _ in changed if path in differing)
            yield Stale(str(git.workdir).rstrip("/"), old, count, git)


def _older(store: Store, ref: str, tip: str | None, differing: set[str]) -> str | None:
    """The commit before a move, or before several, of which every path is among ``differing``."""
    log = islice(store.git.references[ref].log(), _MOVES)
    moves = [(str(entry.oid_old), str(entry.oid_new)) for entry in log]
    for number, (old, _) in enumerate(moves):
        if old not in store.git or tip is None:
            continue
        before = store.snapshot(old)
        for _, new in moves[number::-1]:
            paths = {path for path, _, _ in before.changed(store.snapshot(new))}
            if paths and paths <= differing:
                return old
    return None


def _is_pure(checkout: Checkout) -> bool:
    """Whether every path is as one of the two commits has it, so that nothing of a person's would go."""
    try:
        checkout.lock()
    except Busy:
        return False
    try:
        checkout.verify()
    except DirtyWorkTree:
        return False
    finally:
        checkout.unlock()
    return True


def _checkout(store: Store, git: pygit2.Repository, old: str, ref: str) -> Checkout:
    return Checkout(git, store.snapshot(old), store.snapshot(store.tip(ref)))
