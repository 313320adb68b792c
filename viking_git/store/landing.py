"""Moving a branch together with the work trees that have it checked out, as one step that a kill cannot tear.

What is about to happen is noted first. Whoever writes next finds the note of a killed process and takes back what that
one laid into the work tree, unless its ref moved after all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pygit2

from viking_git.errors import RefMoved, VikingError
from viking_git.store.cone import cone_of, held_by
from viking_git.store.failures import TRANSIENT
from viking_git.store.promised import is_partial
from viking_git.store.refs import Refs
from viking_git.store.snapshot import Snapshot
from viking_git.store.worktree import Checkout, checkouts_of

_NOTE = "landing"


class Landing:
    """The last step of a write to a branch, in one repository. The caller holds the trunk lock."""

    def __init__(self, git: pygit2.Repository, refs: Refs, private: Path, step: Callable[[str], None]) -> None:
        self._git = git
        self._refs = refs
        self._note = private / _NOTE
        self._step = step

    def land(self, ref: str, new: str, old: str | None, why: str) -> None:
        """Check ``new`` out wherever ``ref``, which names ``old``, is checked out, and let ``ref`` name it.

        Raises:
            DirtyWorkTree, Busy: a work tree cannot take it now; nothing was changed.
            RefMoved: ``ref`` names something else by now; nothing was changed.
            RemoteFailed: a file that is to be written has to be fetched first, and cannot be; nothing was changed.
        """
        before, after = self._snapshot(old), self._snapshot(new)
        checked_out = list(checkouts_of(self._git, ref))
        self._bring(checked_out, before, after)
        if checked_out:
            # There is one note: that of a write to another branch would be lost.
            self.recover()
        with _entered([Checkout(git, before, after) for git in checked_out]) as checkouts:
            self._step("locked")
            if self._refs.tip(ref) != old:
                raise RefMoved(f"{ref} moved meanwhile")
            with self._noted(f"{ref} {old or '-'} {new}\n") if checkouts else nullcontext():
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
                    checkout.take_back()
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

    @contextmanager
    def _noted(self, text: str) -> Iterator[None]:
        self._note.write_text(text, errors="surrogateescape")
        yield
        self._note.unlink(missing_ok=True)

    def _snapshot(self, commit: str | None) -> Snapshot:
        return Snapshot(self._git, str(self._git[commit].peel(pygit2.Commit).tree_id) if commit else None)


@contextmanager
def _entered(checkouts: list[Checkout]) -> Iterator[list[Checkout]]:
    """All of ``checkouts`` locked, verified and, whatever happens, unlocked."""
    held: list[Checkout] = []
    try:
        for checkout in checkouts:
            checkout.lock()
            held.append(checkout)
            checkout.verify()
        yield held
    finally:
        for checkout in held:
            with suppress(OSError):
                checkout.unlock()
