"""The work trees of a repository, main and linked: which branch each is on, and whether git is at work in one.

What git 2.39 does in which order was read with strace. ``checkout`` and ``switch`` read the target's commit, take
``index.lock``, write files, put the staging index in place, and only then move HEAD. ``reset --hard`` and so ``stash``,
``pull``, ``merge`` and the fast-forward read HEAD, take ``index.lock``, put the staging index in place, then move the
branch. ``worktree add`` writes HEAD, then runs ``reset --hard``, under a file ``locked``. ``rebase`` reads the branch,
then writes ``rebase-merge/head-name``. ``commit -a`` holds ``index.lock``, with its new staging index in it, until the
branch has moved. So HEAD alone does not tell where a work tree will be in a moment.
"""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pygit2
from pygit2.enums import RepositoryOpenFlag

from viking_git.errors import Busy
from viking_git.store.objects import common_dir
from viking_git.store.reflog import moves

AT_WORK = 30.0
"""Seconds from its start on for which git's work in a work tree is waited for; what is older was killed, or is long."""
_REST = 0.5
"""Seconds after which a git that has written a staging index is not about to move HEAD any more."""
_SETTLING = 0.1
"""Seconds that git may take without a lock, between the branch and its lock, or the staging index and HEAD."""


def git_directories(git: pygit2.Repository) -> list[Path]:
    """The git directories of all work trees: the common one, then those of linked work trees."""
    common = common_dir(git)
    return [common, *sorted(p for p in (common / "worktrees").glob("*") if (p / "HEAD").is_file())]


def checkouts_of(git: pygit2.Repository, ref: str) -> Iterator[pygit2.Repository]:
    """The work trees, main and linked, whose HEAD is the branch ``ref``, each opened as a repository of its own.

    Raises:
        Busy: one of them rebases ``ref``, and would put it back when it is done; or it cannot be found.
    """
    for directory in git_directories(git):
        for name in ("rebase-merge/head-name", "rebase-apply/head-name"):
            if _line(directory / name) == ref:
                raise Busy("a git rebase is unfinished", hint="git rebase --continue or --abort, then try again")
        if not is_on(directory, ref):
            continue
        # The repository of a work tree that is somewhere else does not say where: its own handle knows.
        opened = git if Path(git.path).resolve() == directory else _opened(directory)
        if opened is not None and opened.workdir and Path(opened.workdir).is_dir():
            yield opened


def is_on(git_directory: Path, ref: str) -> bool:
    """Whether the HEAD of a work tree is the branch ``ref``."""
    return _line(git_directory / "HEAD") == f"ref: {ref}"


def rest(git_directory: Path) -> None:
    """Wait until a git that put the staging index in place has moved HEAD too: at most half a second."""
    time.sleep(max(0.0, _REST - _age(git_directory / "index")))


def wait_for_git(places: Iterable[Path], elsewhere: Iterable[Path] = ()) -> None:
    """Wait for git where it is about to write a work tree, at most ``AT_WORK`` seconds from the start of its work.

    Args:
        places: git directories of the work trees.
        elsewhere: those of them that no process of ours writes to now. In one of them git may have read the branch and
            not locked yet, or have unlocked and not moved HEAD yet.
    """
    looked, others = list(places), set(elsewhere)
    began = time.monotonic()
    settled = began + _SETTLING if others else began
    while (now := time.monotonic()) < began + AT_WORK:
        if any(_is_at_work(place, settling=place in others) for place in looked):
            settled = now + _SETTLING
        elif now >= settled:
            return
        time.sleep(0.002)


def came_by(git_directory: Path) -> str | None:
    """The commit at which the last that happened to HEAD was to come to its branch from elsewhere; None otherwise."""
    last = next(moves(git_directory, "HEAD"), None)
    came = last is not None and (last.message.startswith("checkout: ") or "returning to" in last.message)
    return last.new if last is not None and came else None


def taken_back(git: pygit2.Repository, ref: str) -> str | None:
    """What ``ref`` named before a git that had read it earlier put it back; None where that was not the last thing.

    ``git reset --hard``, which ``git stash`` and ``git worktree add`` run too, moves the branch to the commit that HEAD
    was when it began, and ``git rebase --abort`` to the one that was rebased, without a look at what it is by then. In
    the log of the branch such a move cannot stand otherwise: HEAD is no other commit than HEAD.
    """
    last = next(moves(common_dir(git), ref), None)
    if last is None or last.old == last.new:
        return None
    return last.old if last.message == "reset: moving to HEAD" or last.message.startswith("rebase (abort)") else None


def _is_at_work(directory: Path, *, settling: bool) -> bool:
    lock = directory / "index.lock"
    # A commit that waits for its editor has written its lock: it compares the branch when it moves it. A checkout that
    # has written it renames it at once, or as soon as a busy machine lets it.
    if _age(lock, empty=True) < AT_WORK or (_is_index(lock) and _age(lock) < _REST):
        return True
    index = directory / "index"
    if not index.exists():
        # git worktree add has this file until it is done.
        return _age(directory / "locked") < AT_WORK
    return settling and _age(index) < _SETTLING


def _is_index(lock: Path) -> bool:
    """Whether git has written a staging index into its lock; ours holds a mark."""
    try:
        with lock.open("rb") as file:
            return file.read(4) == b"DIRC"
    except OSError:
        return False


def _age(file: Path, *, empty: bool = False) -> float:
    """Seconds since ``file`` was written; infinite where there is none, or none that is ``empty``."""
    try:
        found = file.stat()
    except OSError:
        return float("inf")
    return abs(time.time() - found.st_mtime) if not (empty and found.st_size) else float("inf")


def _line(file: Path) -> str:
    """What git wrote into a file of one line, "" where there is none: names of branches and paths may be no UTF-8."""
    try:
        return os.fsdecode(file.read_bytes()).strip()
    except OSError:
        return ""


def _opened(git_directory: Path) -> pygit2.Repository | None:
    """The repository of a work tree, opened where the work tree is; None where that is gone, or is another one's."""
    pointer = _line(git_directory / "gitdir")
    git = pygit2.Repository(str(git_directory)) if not pointer else None
    if git is not None and git.is_bare:
        return None
    top = (git_directory / pointer).parent if git is None else Path(git.workdir)
    try:
        opened = pygit2.Repository(str(top), RepositoryOpenFlag.NO_SEARCH)
        # A copy of a repository names the work trees of the one that it was copied from.
        if Path(opened.path).resolve() == git_directory.resolve():
            return opened
    except pygit2.GitError:
        pass
    if git is not None and top.is_dir():
        raise Busy(
            f"the work tree of {git_directory} is on the branch that moves, and git does not say where it is",
            hint=f"git --git-dir={git_directory} config core.worktree DIRECTORY, or git switch --detach there",
        )
    return None
