"""Work trees that are on a branch and hold an earlier tip of it, so the next ``git commit -a`` would undo the rest.

A ``git checkout`` that read the branch before viking-git moved it, and wrote HEAD after that, leaves one; and a ``git
stash`` of one keeps what its ``git stash pop`` brings back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

import pygit2

from viking_git.store.heads import came_by, is_on
from viking_git.store.objects import common_dir
from viking_git.store.reflog import moves
from viking_git.store.remote import git_program
from viking_git.store.snapshot import Snapshot

OURS = "viking-git: "
"""How the line of a reflog begins that tells of a move of ours."""
_NEAR = 8
"""Newest moves that are also looked at one by one."""
_FAR = 64
"""Moves of a branch that are looked through for the tip that a work tree still holds."""


@dataclass(frozen=True, slots=True)
class Lag:
    """A work tree that holds an earlier tip of its branch on every path that has changed since.

    Attributes:
        git: the work tree.
        since: the tip that it holds.
        paths: what has changed since, by name.
        came_late: whether git put it on its branch so, by the log of its HEAD, and nothing else is staged.
    """

    git: pygit2.Repository
    since: str
    paths: tuple[str, ...]
    came_late: bool = False


def lag_of(git: pygit2.Repository, ref: str, tip: str, *, staged: bool) -> Lag | None:
    """How far what is staged in a work tree on ``ref``, or else its files, lag behind; None where they do not."""
    how = ["--cached"] if staged else []
    edited = _differing(git, tip, *how)
    found: Lag | None = None
    for former, later in _spans(git, ref, tip) if edited and is_on(Path(git.path), ref) else ():
        changed = {path: new for path, _, new in _tree(git, former).changed(_tree(git, later))}
        # Git does not name a file that it does not track: one that is gone from the branch cannot be looked for.
        lagging = {path for path, new in changed.items() if staged or new is not None}
        if lagging and lagging <= edited and (found is None or len(changed) > len(found.paths)):
            others = _differing(git, former, *how)
            if not lagging & others:
                came = staged and later == tip and not others and _came_late(git, ref, tip)
                found = Lag(git, former, tuple(sorted(changed)), came)
    return found


def _spans(git: pygit2.Repository, ref: str, tip: str) -> Iterator[tuple[str, str]]:
    """Earlier tips of ``ref``, each with a later one: what changed between them may be missing from a work tree.

    The later one is ``tip``, or, of the newest, a tip in between: a write to other paths lays its files beside those
    that lag.
    """
    newer: list[str] = []
    for former in former_tips(git, ref, tip):
        yield former, tip
        yield from ((former, later) for later in newer)
        if len(newer) < _NEAR:
            newer.append(former)


def _came_late(git: pygit2.Repository, ref: str, tip: str) -> bool:
    """Whether nothing happened to a work tree since git put it on ``ref``, not long before that moved to ``tip``.

    The log of its HEAD tells. One that a person put back by hand to an earlier tip seldom looks like this.
    """
    came = came_by(Path(git.path))
    return came is not None and came in {tip, next(former_tips(git, ref, tip), None)}


def former_tips(git: pygit2.Repository, ref: str, tip: str) -> Iterator[str]:
    """What ``ref``, which names ``tip``, named before, newest first, back to the last move that was not ours."""
    ours = takewhile(lambda move: move.message.startswith(OURS), moves(common_dir(git), ref))
    yield from (move.old for move in islice(ours, _FAR) if move.old != tip and move.old in git)


def _differing(git: pygit2.Repository, commit: str, *options: str) -> frozenset[str]:
    words = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules", *options]
    return frozenset(git_program(Path(git.workdir), [*words, commit, "--"]).split("\0")) - {""}


def _tree(git: pygit2.Repository, commit: str) -> Snapshot:
    return Snapshot(git, str(git[commit].peel(pygit2.Commit).tree_id))
