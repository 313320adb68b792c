"""Updating work trees that have the moving branch checked out, so that nothing of a person's is lost.

The routine of design section 4: hold git's own ``index.lock`` from before the first write until the ref has moved;
refuse if HEAD, staging index and work tree differ on any path that changes, ignored and untracked files included;
check out only those paths; swap the staging index, then the ref. A path that already stands as it will be is fine too:
so a process killed between two of these steps can be followed by one that carries on.
"""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pygit2
from pygit2.enums import CheckoutStrategy, FileMode, ObjectType, RepositoryState

from viking_git.errors import Busy, DirtyWorkTree
from viking_git.store.remote import read_tree
from viking_git.store.snapshot import Entry, Snapshot

_LOCK_MARK = b"held by viking-git\n"
_LOCK_PATIENCE = 3.0

_ONLY_THESE_FILES = (
    CheckoutStrategy.DISABLE_PATHSPEC_MATCH | CheckoutStrategy.DONT_UPDATE_INDEX | CheckoutStrategy.DONT_WRITE_INDEX
)


def checkouts_of(git: pygit2.Repository, ref: str) -> Iterator[pygit2.Repository]:
    """The work trees, main and linked, whose HEAD is the branch ``ref``, each opened as a repository of its own.

    Raises:
        Busy: one of them rebases ``ref``, and would put it back when it is done.
    """
    common = Path(git.path)
    if (common / "commondir").is_file():
        common = (common / (common / "commondir").read_text().strip()).resolve()
    directories = [common, *sorted(p for p in (common / "worktrees").glob("*") if (p / "HEAD").is_file())]
    for directory in directories:
        for name in ("rebase-merge/head-name", "rebase-apply/head-name"):
            rebased = directory / name
            if rebased.is_file() and rebased.read_text().strip() == ref:
                raise Busy("a rebase is under way", hint="git rebase --continue or --abort, then try again")
        if (directory / "HEAD").read_text().strip() != f"ref: {ref}":
            continue
        top = _top(directory, common)
        if top is not None and top.is_dir():
            opened = pygit2.Repository(str(top))
            if not opened.is_bare:
                yield opened


class Checkout:
    """One work tree on its way from one tree to another: ``lock``, ``verify``, ``write``, ``unlock``."""

    def __init__(self, git: pygit2.Repository, before: Snapshot, after: Snapshot) -> None:
        self._git = git
        self._top = Path(git.workdir)
        self._index = Path(git.path) / "index"
        self._lock = Path(git.path) / "index.lock"
        self._before, self._after = before, after
        self._changed = list(before.changed(after))
        self._saved_index: bytes | None = None
        self._held = False
        self._by_git = False

    def lock(self) -> None:
        """Take ``index.lock``. The caller holds the trunk lock, so a lock with our mark is a dead process's.

        Raises:
            Busy: somebody holds it, or a merge, rebase, cherry-pick or revert is under way here.
        """
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                descriptor = os.open(self._lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            except FileExistsError:
                if self._is_ours():
                    break
                if time.monotonic() >= deadline:
                    raise Busy(
                        f"{self._lock} is held by another git process",
                        hint="wait for it; if none runs, remove the file",
                    ) from None
                time.sleep(0.02)
                continue
            with os.fdopen(descriptor, "wb") as file:
                file.write(_LOCK_MARK)
            break
        self._held = True
        self._by_git = self._needs_git()
        if self._git.state() != RepositoryState.NONE:
            self.unlock()
            raise Busy("a merge, rebase, cherry-pick or revert is under way here", hint="finish or abort it first")

    def unlock(self) -> None:
        """Give ``index.lock`` back, if it is held."""
        if self._held:
            self._held = False
            self._lock.unlink(missing_ok=True)

    def verify(self) -> None:
        """Make sure that no edit of a person's stands on a path that changes (``git read-tree`` does so itself).

        Raises:
            DirtyWorkTree: one does; the message names the paths.
        """
        if self._by_git:
            return
        staged = self._staged()
        dirty = [path for path, old, new in self._changed if not self._is_clean(path, old, new, staged.get(path, None))]
        if dirty:
            more = f" and {len(dirty) - 3} more" if len(dirty) > 3 else ""
            raise DirtyWorkTree(
                f"uncommitted edits are in the way: {', '.join(dirty[:3])}{more}",
                hint="commit or stash them, then try again; nothing was changed",
            )

    def write(self, step: Callable[[str], None]) -> None:
        """Check the changed paths out and swap the staging index."""
        if not self._changed:
            return
        if self._by_git:
            self.unlock()
            read_tree(self._top, self._before.tree, self._after.tree)
            return
        # What a killed process already put there would count as untracked and in the way.
        paths = [path for path, _, new in self._changed if self._on_disk(path) != _state(new)]
        step("before-checkout")
        self._checkout(self._after, paths, CheckoutStrategy.SAFE)
        step("checked-out")
        self._swap_index()
        step("index-swapped")

    def rollback(self) -> None:
        """Put back what ``write`` did, for the ref did not move after all."""
        if self._saved_index is None:
            return
        self._checkout(self._before, [path for path, _, _ in self._changed], CheckoutStrategy.FORCE)
        if self._saved_index:
            scratch = self._index.with_name("viking-index")
            scratch.write_bytes(self._saved_index)
            scratch.replace(self._index)
        else:
            self._index.unlink(missing_ok=True)

    def _checkout(self, target: Snapshot, paths: list[str], how: CheckoutStrategy) -> None:
        if not paths:  # libgit2 would take no paths for all paths
            return
        tree = self._git[target.tree] if target.tree else self._git[self._git.TreeBuilder().write()]
        try:
            self._git.checkout_tree(tree, strategy=_ONLY_THESE_FILES | how, paths=paths)  # type: ignore[no-untyped-call]
        except pygit2.GitError as error:
            raise DirtyWorkTree(f"cannot update the work tree: {error}", hint="nothing was committed") from None

    def _swap_index(self) -> None:
        self._saved_index = self._index.read_bytes() if self._index.exists() else b""
        scratch = self._index.with_name("viking-index")
        if self._saved_index:
            shutil.copyfile(self._index, scratch)
        else:
            scratch.unlink(missing_ok=True)
        index = pygit2.Index(str(scratch))
        for path, _, entry in self._changed:
            if entry is not None:
                index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=entry.oid), FileMode(entry.mode)))
            elif path in index:
                index.remove(path)
        index.write()
        _fsync(scratch)
        scratch.replace(self._index)

    def _staged(self) -> dict[str, tuple[str, int]]:
        """The staging index on the changed paths; a path with a conflict shows an id that equals nothing."""
        index = pygit2.Index(str(self._index)) if self._index.exists() else None
        staged: dict[str, tuple[str, int]] = {}
        if index is None:
            return staged
        index.read()
        for path, _, _ in self._changed:
            if path in index:
                entry = index[path]
                staged[path] = (str(entry.id), int(entry.mode))
        for sides in index.conflicts or ():
            for side in sides:
                if side is not None:
                    staged[side.path] = ("conflict", 0)
        return staged

    def _is_clean(self, path: str, old: Entry | None, new: Entry | None, staged: tuple[str, int] | None) -> bool:
        allowed = {_state(old), _state(new)}
        return staged in allowed and self._on_disk(path) in allowed and not self._blocked(path)

    def _on_disk(self, path: str) -> tuple[str, int] | None:
        """Object id and mode of the file in the work tree, as git would store it; None where nothing is."""
        file = self._top / path
        try:
            found = file.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISLNK(found.st_mode):
            oid = pygit2.hash(os.fsencode(file.readlink()))
            return str(oid), int(FileMode.LINK)
        if not stat.S_ISREG(found.st_mode):
            # A directory is nothing to git; the files in it are in the way, unless they all go with this change.
            return None if stat.S_ISDIR(found.st_mode) and self._goes(file) else ("not a file", 0)
        executable = bool(found.st_mode & stat.S_IXUSR)
        oid = self._git.hashfile(path, ObjectType.BLOB, path)
        return str(oid), int(FileMode.BLOB_EXECUTABLE if executable else FileMode.BLOB)

    def _goes(self, directory: Path) -> bool:
        going = {path for path, _, new in self._changed if new is None}
        inside = (found for found in directory.rglob("*") if found.is_symlink() or not found.is_dir())
        return all(str(found.relative_to(self._top)) in going for found in inside)

    def _blocked(self, path: str) -> bool:
        """Whether a parent of ``path`` is a link or an untracked file, which git would not write through."""
        parent = self._top
        for segment in path.split("/")[:-1]:
            parent = parent / segment
            if parent.is_symlink():
                return True
            if parent.exists() and not parent.is_dir():
                relative = str(parent.relative_to(self._top))
                return self._before.entry(relative) is None
        return False

    def _needs_git(self) -> bool:
        """Whether the staging index is of a kind that libgit2 cannot write: sparse, split, or unreadable to it."""
        for key in ("core.sparseCheckout", "core.splitIndex", "index.sparse"):
            if key in self._git.config and self._git.config.get_bool(key):
                return True
        try:
            if self._index.exists():
                pygit2.Index(str(self._index)).read()
        except pygit2.GitError:
            return True
        return False

    def _is_ours(self) -> bool:
        try:
            return self._lock.read_bytes() == _LOCK_MARK
        except OSError:
            return False


def _top(directory: Path, common: Path) -> Path | None:
    """The top of the work tree whose git directory is ``directory``."""
    pointer = directory / "gitdir"
    if pointer.is_file():
        return Path(pointer.read_text().strip()).parent
    return directory if directory != common else _main_top(common)


def _main_top(common: Path) -> Path | None:
    workdir = pygit2.Repository(str(common)).workdir
    return Path(workdir) if workdir else None


def _state(entry: Entry | None) -> tuple[str, int] | None:
    return (entry.oid, entry.mode) if entry else None


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
