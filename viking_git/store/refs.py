"""Moving refs: compared, retried, and never stuck on the lock of a process of ours that was killed.

libgit2 has no type for a lost race, a held ``*.lock`` or a directory that ``git pack-refs`` just removed. Whether the
ref still stands where the caller left it tells them apart: if it does, the move is tried again for a while.
"""

import fcntl
import os
import random
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pygit2

from viking_git.errors import Busy, RefMoved, UnsupportedRepository
from viking_git.private import make_private, open_private
from viking_git.store.failures import storage_error
from viking_git.store.remote import git_program

_PATIENCE = 5.0
"""Seconds to go on trying while something holds the ref's lock."""
_PACKED_AGE = 2.0
"""Seconds that git's own work on packed-refs, and on its config, stays well below."""
_CONFIG = "config"


class Refs:
    """The refs of one repository, read and moved by their full names."""

    def __init__(self, git: pygit2.Repository, common: Path) -> None:
        self._git = git
        self._common = common
        self._intent = _Intent(common / "viking" / "moving")

    def tip(self, ref: str) -> str | None:
        """The commit that ``ref`` names, None where there is no such ref."""
        try:
            found = self._git.references.get(ref)
        except ValueError:
            # Too long for a file, or no UTF-8.
            return None
        if found is not None and isinstance(found.target, str) and self._git.references.get(found.target) is None:
            # A remote's HEAD, after the branch that it names was deleted there.
            return None
        return str(found.peel(pygit2.Commit).id) if found is not None else None

    def below(self, prefix: str) -> Iterator[str]:
        """The names of the refs below ``prefix``, sorted."""
        yield from sorted(ref.name for ref in self._git.references.iterator() if ref.name.startswith(prefix))

    def move(self, ref: str, new: str, old: str | None, why: str) -> None:
        """Let ``ref`` name ``new`` if it names ``old`` now (None: if it does not exist).

        Raises:
            RefMoved: it names something else.
            Busy: somebody holds its lock.
        """

        def attempt(git: pygit2.Repository) -> None:
            if old is None:
                git.create_reference_direct(ref, pygit2.Oid(hex=new), False, f"viking-git: {why}")
            else:
                git.references[ref].set_target(pygit2.Oid(hex=new), f"viking-git: {why}")

        self._try(ref, new, old, attempt)

    def delete(self, ref: str, old: str) -> None:
        """Delete ``ref`` if it still names ``old``; one that is gone or has moved stays as it is.

        By the git program: libgit2 reads packed-refs before it locks it, and would write back over what a ``git
        pack-refs`` has put there meanwhile the older value of every other ref, trunk too.
        """
        with suppress(RefMoved):
            self._try(ref, "", old, lambda _: git_program(self._common, ["update-ref", "-d", ref, old]))

    def configure(self, change: Callable[[], None]) -> None:
        """Let ``change`` write the repository's git config, past the lock of a process of ours that was killed.

        Raises:
            Busy: somebody holds its lock.
            NotWritable: the disk is full or broken.
            KeyError: it was to delete what is not there.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                with self._intent.to_move(_CONFIG, ""):
                    change()
                return
            except KeyError:
                # An error of libgit2's too; there is nothing to delete.
                raise
            except (pygit2.GitError, OSError) as error:
                if (full := storage_error(error, "write git config")) is not None:
                    raise full from None
                if time.monotonic() > deadline:
                    lock = self._common / f"{_CONFIG}.lock"
                    raise Busy(
                        f"cannot write git config: {error}", hint=f"if no git runs here, remove {lock}"
                    ) from None
            self._break_dead_locks()
            time.sleep(0.05)

    def _try(self, ref: str, new: str, old: str | None, attempt: Callable[[pygit2.Repository], object]) -> None:
        deadline, pause, git = time.monotonic() + _PATIENCE, 0.002, self._git
        while True:
            if self._target(ref) != old:
                raise RefMoved(f"{ref} moved meanwhile", hint="somebody else writes to it; try again")
            problem = self._attempt(git, ref, new, attempt)
            if problem is None:
                return
            if time.monotonic() > deadline:
                raise Busy(
                    f"cannot move {ref}: {problem}", hint=f"if no git runs here, remove {self._common / ref}.lock"
                )
            self._break_dead_locks()
            time.sleep(pause * (1 + random.random()))  # noqa: S311 - spreads writers, keeps no secret
            pause = min(pause * 2, 0.2)
            # libgit2 takes a ref out of its copy of packed-refs even if it then cannot write the file.
            git = pygit2.Repository(self._git.path)

    def _attempt(
        self, git: pygit2.Repository, ref: str, new: str, attempt: Callable[[pygit2.Repository], object]
    ) -> str | None:
        """What went wrong, None if the ref is now as it should be."""
        problem = "it came back"
        try:
            with self._intent.to_move(ref, new):
                attempt(git)
            if new:
                return None
        except (pygit2.GitError, KeyError, ValueError, OSError, UnsupportedRepository) as error:
            if (full := storage_error(error, "move a ref")) is not None:
                raise full from None
            problem = str(error)
        # A pack-refs that read the loose ref before libgit2 removed it brings it back.
        return None if self._target(ref) == (new or None) else problem

    def _target(self, ref: str) -> str | None:
        found = self._git.references.get(ref)
        return str(found.target) if found is not None else None

    def _break_dead_locks(self) -> None:
        """Remove locks that a killed process of ours took: it said which ref it moved and to what."""
        for ref, new in self._intent.of_the_dead():
            lock = self._common / f"{ref}.lock"
            with suppress(OSError):
                if new.startswith(lock.read_text().strip()):
                    lock.unlink()
            other = self._common / ("config.lock" if ref == _CONFIG else "packed-refs.lock")
            with suppress(OSError):
                if not new and other.stat().st_mtime < time.time() - _PACKED_AGE:
                    other.unlink()


class _Intent:
    """A file that says which ref this process is about to move, locked as long as the process lives."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    def to_move(self, ref: str, new: str) -> "_Said":
        if self._descriptor is None:
            self._open()
        return _Said(self._descriptor, f"{ref} {new}\n")

    def of_the_dead(self) -> Iterator[tuple[str, str]]:
        """What processes that were killed said last."""
        for path in self._directory.glob("*"):
            with suppress(OSError):
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    ref, _, new = path.read_text().partition("\n")[0].partition(" ")
                    if ref:
                        yield ref, new
                    if not ref or new or time.time() > path.stat().st_mtime + _PACKED_AGE:
                        path.unlink()
                finally:
                    os.close(descriptor)

    def _open(self) -> None:
        make_private(self._directory)
        path = self._directory / uuid4().hex
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._descriptor = descriptor
        weakref.finalize(self, _close, descriptor, path)


class _Said:
    def __init__(self, descriptor: int | None, text: str) -> None:
        self._descriptor = descriptor
        self._text = text

    def __enter__(self) -> None:
        self._write(self._text)

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._write("")

    def _write(self, text: str) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode(), 0)


def _close(descriptor: int, path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
        os.close(descriptor)
