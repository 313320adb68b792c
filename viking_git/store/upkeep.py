"""What a repository needs once in a while: locks that nobody holds removed, loose objects packed.

A lock file names no owner. One is taken for stale only if it is older than a minute and no git program is at work in
this repository; where that cannot be told, none is.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from viking_git.store.heads import checkouts_of
from viking_git.store.lag import Lag, lag_of
from viking_git.store.locks import file_lock
from viking_git.store.remote import git_program
from viking_git.store.repo import Store

_AGE = 60.0
_PROCESSES = Path("/proc")


def stale_locks(store: Store) -> list[Path]:
    """The locks that may be removed, sorted."""
    found = [lock for lock in _locks(store) if _age(lock) > _AGE]
    return found if found and not _is_git_at_work(store) else []


def remove_locks(locks: list[Path]) -> None:
    """Remove locks that ``stale_locks`` found."""
    for lock in locks:
        lock.unlink(missing_ok=True)


def was_cut_off(store: Store, ref: str) -> bool:
    """Whether a write that was to move ``ref`` was killed while it laid files into a work tree."""
    note = store.private_dir / "landing"
    return note.is_file() and note.read_text().startswith(f"{ref} ")


def take_back(store: Store, ref: str) -> None:
    """Take back what such a write laid, as the next write would.

    Raises:
        Busy: the work tree cannot be touched now.
    """
    store.advance(ref, lambda _, tip: tip, "take back")


def lagging(store: Store, ref: str) -> list[Lag]:
    """The work trees on ``ref`` that hold an earlier tip of it in all that viking-git changed since.

    Git leaves one where it checked ``ref`` out beside a write, or ran ``git stash`` there; so does a person who means
    to take the change back.

    Raises:
        Busy: one of them rebases ``ref``.
    """
    tip = store.tip(ref)
    if tip is None:
        return []
    found = (
        lag_of(git, ref, tip, staged=False) or lag_of(git, ref, tip, staged=True)
        for git in checkouts_of(store.git, ref)
    )
    return [lag for lag in found if lag is not None]


def bring_along(store: Store, ref: str, lag: Lag) -> None:
    """Bring such a work tree to what ``ref`` names: nothing is lost with it, for git has the earlier tip.

    Raises:
        Busy, DirtyWorkTree: it cannot be touched now.
    """
    with file_lock(store.private_dir / "trunk.lock"):
        tip = store.tip(ref)
        if tip is not None:
            store.landing().mend(lag, tip)


def loose_objects(store: Store) -> int:
    """About how many loose objects there are, as git guesses it: from one of 256 directories."""
    return 256 * sum(1 for _ in (store.common_dir / "objects/17").glob("*"))


def maintain(store: Store) -> None:
    """Let git pack loose objects and drop what has been unreachable for weeks.

    Raises:
        UnsupportedRepository: git could not.
    """
    git_program(store.common_dir, ["maintenance", "run", "--quiet", "--task=gc"])


def _locks(store: Store) -> Iterator[Path]:
    names = ("index.lock", "HEAD.lock", "packed-refs.lock", "config.lock", "shallow.lock")
    candidates = {directory / name for directory in (store.git_dir, store.common_dir) for name in names}
    yield from sorted(path for path in candidates if path.is_file())
    yield from sorted((store.common_dir / "refs").rglob("*.lock"))


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _is_git_at_work(store: Store) -> bool:
    """Whether some git runs in a directory of the repository; True where nobody can tell."""
    if not (_PROCESSES / "self").exists():
        return True
    places = {str(path.resolve()) for path in (store.common_dir, store.workdir, store.git_dir) if path is not None}
    for process in _PROCESSES.glob("[0-9]*"):
        try:
            if not (process / "comm").read_text().startswith("git"):
                continue
            where = os.readlink(process / "cwd")  # noqa: PTH115 - a Path would be resolved further
        except PermissionError:
            return True
        except OSError:
            # It has ended meanwhile.
            continue
        if any(where == place or where.startswith(f"{place}/") for place in places):
            return True
    return False
