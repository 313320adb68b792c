"""Moving a branch together with the work trees that have it checked out, as one step that a kill cannot tear.

What is about to happen is noted first. Whoever writes next finds the note of a killed process and takes back what that
one laid into the work tree, unless its ref moved after all. Git may be about to put a work tree on the branch while it
moves, and no lock shows that (``store/heads``): so the work trees are looked at again once it has moved.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

import pygit2

from viking_git.errors import Busy, DirtyWorkTree, RefMoved, VikingError
from viking_git.store.cone import cone_of, held_by
from viking_git.store.failures import TRANSIENT
from viking_git.store.heads import checkouts_of, git_directories, is_on, rest, taken_back, wait_for_git
from viking_git.store.lag import Lag, former_tips, lag_of
from viking_git.store.locks import file_lock
from viking_git.store.promised import is_partial
from viking_git.store.refs import Refs
from viking_git.store.snapshot import Snapshot
from viking_git.store.worktree import Checkout

_NOTE = "landing"

Places = dict[Path, int]
"""Work trees: the git directory of each, and the inode of its staging index, by which a later one is told from it."""


class Landing:
    """The last step of a write to a branch, in one repository. The caller holds the trunk lock, but for ``publish``."""

    def __init__(self, git: pygit2.Repository, refs: Refs, private: Path, step: Callable[[str], None]) -> None:
        self._git = git
        self._refs = refs
        self._private = private
        self._note = private / _NOTE
        self._step = step

    def publish(self, ref: str, new: str, old: str | None, why: str) -> None:
        """Let ``ref``, which names ``old``, name ``new``; under the trunk lock only where a work tree moves with it.

        Raises:
            DirtyWorkTree, Busy, RefMoved, RemoteFailed: as ``land``; the caller does not hold the trunk lock.
        """
        if old is not None:
            wait_for_git(git_directories(self._git))
        if next(checkouts_of(self._git, ref), None) is None:
            self._refs.move(ref, new, old, why)
            # No git can be about to check out what was not there.
            if old is None or not self._came_meanwhile(ref):
                return
            with self._locked():
                if not self.is_put_back(ref, old, {}):
                    return
        with self._locked():
            self.recover(ref)
            self.land(ref, new, old, why)

    def _came_meanwhile(self, ref: str) -> bool:
        wait_for_git(git_directories(self._git))
        # It has moved: a rebase of it that began just now is refused by git at its end.
        with suppress(Busy):
            return next(checkouts_of(self._git, ref), None) is not None
        return False

    def land(self, ref: str, new: str, old: str | None, why: str) -> None:
        """Check ``new`` out wherever ``ref``, which names ``old``, is checked out, and let ``ref`` name it.

        Raises:
            DirtyWorkTree, Busy: a work tree cannot take it now; nothing was changed.
            RefMoved: ``ref`` names something else by now; nothing was changed.
            RemoteFailed: a file that is to be written has to be fetched first, and cannot be; nothing was changed.
        """
        while True:
            moved = self._land(ref, new, old, why)
            if moved is not None and not self.is_put_back(ref, old, moved):
                return

    def _land(self, ref: str, new: str, old: str | None, why: str) -> Places | None:
        """``land`` once; the work trees that moved, None where git put another one on ``ref`` before anything did."""
        before, after = self._snapshot(old), self._snapshot(new)
        # Once the ref has moved a kill would leave what a git that is at work now is about to put on it.
        wait_for_git(place for place in git_directories(self._git) if not is_on(place, ref))
        checked_out = list(checkouts_of(self._git, ref))
        self._bring(checked_out, before, after)
        if checked_out:
            # There is one note: that of a write to another branch would be lost.
            self.recover()
        try:
            with self._entered([Checkout(git, before, after) for git in checked_out], ref, old) as checkouts:
                self._step("locked")
                if self._refs.tip(ref) != old:
                    raise RefMoved(f"{ref} moved meanwhile")
                if _places(checkouts_of(self._git, ref)).keys() != _places(checked_out).keys():
                    return None
                with self._noted(f"{ref} {old or '-'} {new}\n") if checkouts else nullcontext():
                    self._move(checkouts, ref, new, old, why)
                return _places(checked_out)
        except DirtyWorkTree as error:
            raise self._explained(error, ref, old, checked_out) from None

    def _move(self, checkouts: list[Checkout], ref: str, new: str, old: str | None, why: str) -> None:
        try:
            for checkout in checkouts:
                checkout.write(self._step)
            self._refs.move(ref, new, old, why)
        except (VikingError, *TRANSIENT):
            for checkout in checkouts:
                checkout.rollback()
            self._note.unlink(missing_ok=True)
            raise
        self._step("ref-moved")

    def is_put_back(self, ref: str, old: str | None, moved: Places) -> bool:
        """Whether a git that had read ``ref`` before it moved put it back to ``old``.

        If not, the work trees that git put on it meanwhile, or whose staging index it wrote, are brought along.

        Args:
            ref: the branch, which has moved.
            old: what it named.
            moved: the work trees that moved with it.
        """
        places = git_directories(self._git)
        wait_for_git(places, set(places).difference(moved))
        tip = self._refs.tip(ref)
        if tip is None or tip == old:
            return tip is not None
        # What cannot be brought along now is so by the next write.
        with suppress(VikingError):
            for git in checkouts_of(self._git, ref):
                place = _places([git])
                arrived = not place.keys() <= moved.keys() and old is not None
                if not place.items() <= moved.items() and not (arrived and self._catch_up(git, old, tip)):
                    self._bring_along(git, ref, tip)
        return False

    def _catch_up(self, git: pygit2.Repository, old: str | None, tip: str) -> bool:
        """Bring a work tree that came to the branch while it moved from ``old`` along; whether it was at ``old``.

        At once, and under its lock: whoever checked it out may commit next.
        """
        checkout = Checkout(git, self._snapshot(old), self._snapshot(tip))
        checkout.lock()
        try:
            if not checkout.is_staged_before():
                return False
            checkout.settle(forward=True)
        finally:
            checkout.unlock()
        return True

    def restore(self, ref: str) -> bool:
        """Let ``ref`` name again what a git that had read it before our last write took from it; whether one did.

        Raises:
            DirtyWorkTree, Busy: a work tree cannot take it now; nothing was changed.
        """
        tip, lost = self._refs.tip(ref), taken_back(self._git, ref)
        if tip is None or lost is None or lost not in self._git or not self._git.descendant_of(lost, tip):
            return False
        self.land(ref, lost, tip, "again")
        return True

    def mend(self, lag: Lag, tip: str, *, only_laid: bool = False) -> bool:
        """Bring a work tree that lags to ``tip``; paths that somebody edited stay as they are.

        Args:
            lag: how far it lags.
            tip: what its branch names.
            only_laid: leave it as it is unless its files are at ``tip`` already, and only what is staged lags.

        Returns:
            Whether it was.

        Raises:
            Busy, DirtyWorkTree: it cannot be touched now.
        """
        checkout = Checkout(lag.git, self._snapshot(lag.since), self._snapshot(tip))
        checkout.lock()
        try:
            if only_laid and not checkout.has_files():
                return False
            checkout.settle(forward=True)
        finally:
            checkout.unlock()
        return True

    def _bring_along(self, git: pygit2.Repository, ref: str, tip: str) -> None:
        """Mend what git left so, not what a person may have meant."""
        lag = lag_of(git, ref, tip, staged=True)
        # Files that are at the tip under an older staging index: a git stash wrote back the one that it had read.
        if lag is None or self.mend(lag, tip, only_laid=True) or not lag.came_late:
            return
        # A checkout that leaves the branch looks like one that came to it, but only until it has moved HEAD.
        rest(Path(git.path))
        if lag_of(git, ref, tip, staged=True) is not None:
            self.mend(lag, tip)

    def recover(self, ref: str | None = None) -> None:
        """Take back what a process laid into a work tree that was killed before it could move ``ref``, or any ref.

        Raises:
            Busy: the work tree cannot be touched now.
        """
        try:
            noted, old, new = self._note.read_text(errors="surrogateescape").split()
        except FileNotFoundError:
            return
        except ValueError:
            # Killed while it wrote the note, and so before it touched a work tree.
            self._note.unlink(missing_ok=True)
            return
        if ref not in (None, noted):
            return
        known = None if old == "-" else old
        if self._refs.tip(noted) == known and new in self._git:
            before, after = self._snapshot(known), self._snapshot(new)
            for git in checkouts_of(self._git, noted):
                checkout = Checkout(git, before, after)
                checkout.lock()
                try:
                    checkout.settle(forward=False)
                finally:
                    checkout.unlock()
        self._note.unlink(missing_ok=True)

    def _bring(self, checked_out: list[pygit2.Repository], before: Snapshot, after: Snapshot) -> None:
        """In a partial clone, have what will be written and searched here before anything is locked."""
        if not checked_out or not is_partial(self._git):
            return
        cones = [held_by(self._git), *map(cone_of, checked_out)]
        changed = ((path, new) for path, _, new in before.changed(after) if new is not None)
        after.bring((path, new) for path, new in changed if any(cone is None or cone.holds(path) for cone in cones))

    def _locked(self) -> AbstractContextManager[None]:
        return file_lock(self._private / "trunk.lock")

    @contextmanager
    def _noted(self, text: str) -> Iterator[None]:
        self._note.write_text(text, errors="surrogateescape")
        yield
        self._note.unlink(missing_ok=True)

    def _snapshot(self, commit: str | None) -> Snapshot:
        return Snapshot(self._git, str(self._git[commit].peel(pygit2.Commit).tree_id) if commit else None)

    @contextmanager
    def _entered(self, checkouts: list[Checkout], ref: str, tip: str | None) -> Iterator[list[Checkout]]:
        """All of ``checkouts`` locked, brought along, verified and, whatever happens, unlocked."""
        former = next(former_tips(self._git, ref, tip), None) if tip is not None else None
        held: list[Checkout] = []
        try:
            for checkout in checkouts:
                checkout.lock()
                held.append(checkout)
                if tip is not None and former is not None and checkout.lags(self._snapshot(former)):
                    checkout.unlock()
                    self._bring_along(checkout.git, ref, tip)
                    checkout.lock()
                checkout.verify()
            yield held
        finally:
            for checkout in held:
                with suppress(OSError):
                    checkout.unlock()

    def _explained(
        self, error: DirtyWorkTree, ref: str, tip: str | None, checked_out: list[pygit2.Repository]
    ) -> DirtyWorkTree:
        """``error``, unless what is in the way is no edit but an earlier tip, as a ``git stash pop`` may bring back."""
        for git in checked_out:
            lag = lag_of(git, ref, tip, staged=False) if tip is not None else None
            if lag is not None:
                return DirtyWorkTree(
                    f"the files of {git.workdir} are as they were at {lag.since[:10]}, before what was written since",
                    hint="viking-git doctor --fix brings them up to date; git commit them only to take that back",
                )
        return error


def _places(checked_out: Iterable[pygit2.Repository]) -> Places:
    return {Path(git.path).resolve(): _inode(Path(git.path) / "index") for git in checked_out}


def _inode(file: Path) -> int:
    try:
        return file.stat().st_ino
    except OSError:
        return 0
