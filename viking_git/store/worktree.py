"""Updating work trees that have the moving branch checked out, so that nothing of a person's is lost.

The routine of design section 4: hold git's own ``index.lock`` from before the first write until the ref has moved;
refuse if HEAD, staging index and work tree differ on any path that changes, ignored and untracked files included;
check out only those paths; swap the staging index, then the ref. A path that already stands as it will be is fine too,
and files are written aside and renamed into place, so no kill and no full disk leaves one half-written: whoever comes
next can carry on.
"""

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pygit2
from pygit2.enums import CheckoutStrategy, FileMode, ObjectType

from viking_git.errors import Busy, DirtyWorkTree
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.store.cone import sparse_cone
from viking_git.store.failures import storage_error, storing
from viking_git.store.kept import is_kept
from viking_git.store.locks import sync
from viking_git.store.objects import common_dir
from viking_git.store.remote import leave_out, read_tree
from viking_git.store.snapshot import Entry, Snapshot
from viking_git.store.treeform import is_utf8
from viking_git.store.unfinished import unfinished

_LOCK_MARK = b"held by viking-git\n"
_LOCK_PATIENCE = 3.0
_SWAPPED = "index-before"

_ONLY_THESE_FILES = (
    CheckoutStrategy.FORCE
    | CheckoutStrategy.DISABLE_PATHSPEC_MATCH
    | CheckoutStrategy.DONT_UPDATE_INDEX
    | CheckoutStrategy.DONT_WRITE_INDEX
)


class Checkout:
    """One work tree on its way from one tree to another: ``lock``, ``verify``, ``write``, ``unlock``."""

    def __init__(self, git: pygit2.Repository, before: Snapshot, after: Snapshot) -> None:
        self.git = git
        self._top = Path(git.workdir)
        self._index = Path(git.path) / "index"
        self._lock = Path(git.path) / "index.lock"
        self._before, self._after = before, after
        self._changed = list(before.changed(after))
        self._paths = [path for path, _, _ in self._changed]
        self._cone = sparse_cone(git)
        self._held = False
        self._aside = Path()
        self._staging: pygit2.Index | None = None
        self._filtering = git

    def lock(self) -> None:
        """Take ``index.lock``. The caller holds the trunk lock, so a lock with our mark is a dead process's.

        Raises:
            Busy: somebody holds it, or a merge, rebase, cherry-pick or revert is under way here.
        """
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                self._link_lock()
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
            break
        self._held = True
        self._aside = Path(tempfile.mkdtemp(dir=self._scratch()))
        self._staging = self._open_index()
        begun = unfinished(self.git)
        if begun is not None:
            self.unlock()
            raise Busy(f"a git {begun.verb} is unfinished here", hint=f"{begun.way}, then try again")

    def unlock(self) -> None:
        """Give ``index.lock`` back, if it is held."""
        if self._held:
            self._held = False
            shutil.rmtree(self._aside, ignore_errors=True)
            self._lock.unlink(missing_ok=True)

    def lags(self, former: Snapshot) -> bool:
        """Whether the staging index may lag: what changed from ``former`` to ``before`` is not all staged."""
        if self._staging is None:
            return True
        changed = list(former.changed(self._before))
        staged = self._staged(self._staging, [path for path, _, _ in changed])
        return any(staged.get(path) != _state(new) for path, _, new in changed)

    def is_staged_before(self) -> bool:
        """Whether all that changes is staged as it was before."""
        if self._staging is None:
            return False
        staged = self._staged(self._staging, self._paths)
        return all(staged.get(path) == _state(old) for path, old, _ in self._changed)

    def has_files(self) -> bool:
        """Whether the work tree holds what is to be there after, on every path that changes."""
        return all(self._on_disk(path) == _state(new) for path, _, new in self._changed if self._is_shown(path))

    def verify(self) -> None:
        """Make sure that no edit of a person's stands on a path that changes (``git read-tree`` does so itself).

        Raises:
            DirtyWorkTree: one does; the message names the paths.
        """
        if self._staging is None:
            return
        staged = self._staged(self._staging, self._paths)
        dirty = [path for path, old, new in self._changed if not self._is_clean(path, old, new, staged.get(path, None))]
        if dirty:
            more = f" and {len(dirty) - 3} more" if len(dirty) > 3 else ""
            raise DirtyWorkTree(
                f"uncommitted edits are in the way: {', '.join(dirty[:3])}{more}",
                hint="commit or stash what is yours, then try again; viking-git doctor names what is not",
            )

    def write(self, step: Callable[[str], None]) -> None:
        """Check the changed paths out and swap the staging index."""
        if not self._changed:
            return
        if self._staging is None:
            self.unlock()
            read_tree(self._top, self._before.tree, self._after.tree)
            return
        step("before-checkout")
        self._lay(self._after, [(path, new) for path, _, new in self._changed])
        step("checked-out")
        self._swap_index(self._staging, [(path, new) for path, _, new in self._changed])
        step("index-swapped")

    def rollback(self) -> None:
        """Put back what ``write`` did, for the ref did not move after all."""
        if self._staging is None:
            return
        self._lay(self._before, [(path, old) for path, old, _ in self._changed])
        if (self._aside / _SWAPPED).exists():
            (self._aside / _SWAPPED).replace(self._index)
        elif not (self._aside / "index").exists():
            # There was none before.
            self._index.unlink(missing_ok=True)

    def settle(self, *, forward: bool) -> None:
        """Bring the paths that stand as before or as after to what they are to be after, or were before.

        For a work tree that a killed process left between the two, or that is behind its branch: paths that somebody
        has changed stay as they are.
        """
        if self._staging is None:
            if forward:
                self.unlock()
                read_tree(self._top, self._before.tree, self._after.tree)
            return
        staged = self._staged(self._staging, self._paths)
        ours = [
            (path, new if forward else old)
            for path, old, new in self._changed
            if staged.get(path) in (_state(old), _state(new))
            and (not self._is_shown(path) or self._on_disk(path) in (_state(old), _state(new)))
        ]
        self._lay(self._after if forward else self._before, ours)
        if any(staged.get(path) != _state(entry) for path, entry in ours):
            self._swap_index(self._staging, ours)

    def _lay(self, target: Snapshot, wanted: Iterable[tuple[str, Entry | None]]) -> None:
        """Make the work tree hold ``wanted``, paths with their entries of ``target``: first aside, then by renames."""
        # What a killed process already put there stays.
        todo = [(path, e) for path, e in wanted if self._is_shown(path) and self._on_disk(path) != _state(e)]
        written = [path for path, entry in todo if entry is not None]
        with tempfile.TemporaryDirectory(dir=self._scratch()) as scratch:
            if written:  # libgit2 would take no paths for all paths
                self._check_out(target, written, Path(scratch))
            for path in written:
                self._check_out_alone(target, path, Path(scratch) / path)
            for path in (path for path, entry in todo if entry is None):
                self._remove(path)
            for path in written:
                self._place(Path(scratch) / path, path)

    def _check_out(self, target: Snapshot, paths: list[str], directory: Path) -> None:
        tree = self._filtering[target.tree or ""]
        try:
            self._filtering.checkout_tree(tree, strategy=_ONLY_THESE_FILES, paths=paths, directory=str(directory))  # type: ignore[no-untyped-call]
        except KeyError:
            # Beside a repack libgit2 may miss an object for a moment: who moves the ref tries again.
            raise
        except (pygit2.GitError, OSError) as error:
            raise storage_error(error, "write the work tree") or DirtyWorkTree(
                f"cannot update the work tree: {error}", hint="nothing was committed"
            ) from None

    def _check_out_alone(self, target: Snapshot, path: str, file: Path) -> None:
        """Write a file that libgit2 passes over, because HEAD has a directory in its place."""
        if os.path.lexists(file) or (entry := target.entry(path)) is None:
            return
        blob = self._filtering[entry.oid].peel(pygit2.Blob)
        with storing("write the work tree"):
            file.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode == FileMode.LINK:
                file.symlink_to(os.fsdecode(blob.data))
                return
            with pygit2.BlobIO(blob, as_path=path) as filtered, file.open("wb") as out:
                shutil.copyfileobj(filtered, out)
            if entry.mode == FileMode.BLOB_EXECUTABLE:
                file.chmod(file.stat().st_mode | 0o111)

    def _remove(self, path: str) -> None:
        file = self._top / path
        file.unlink(missing_ok=True)
        for parent in file.parents:
            if parent == self._top:
                return
            try:
                parent.rmdir()
            except OSError:
                return

    def _place(self, source: Path, path: str) -> None:
        target = self._top / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.is_symlink() and target.is_dir():
                target.rmdir()
            try:
                source.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                beside = target.with_name(f".viking-{os.getpid()}")
                shutil.copy2(source, beside, follow_symlinks=False)
                beside.replace(target)
        except OSError as error:
            raise storage_error(error, f"write {target}") or DirtyWorkTree(
                f"cannot write {target}: {error}", hint="nothing was committed"
            ) from None

    def _link_lock(self) -> None:
        # Written before it has the name, so that a lock of ours is never without its mark.
        with tempfile.NamedTemporaryFile(dir=self._scratch()) as file:
            file.write(_LOCK_MARK)
            file.flush()
            os.link(file.name, self._lock)

    def _open_index(self) -> pygit2.Index | None:
        """The staging index under another name; None where libgit2 cannot: it is split, unreadable, or has no lines for
        files that are not checked out, git's patterns choose these, or what changes is a submodule or not UTF-8.

        Reading its line a file is what a write to a large workspace costs, and libgit2 would again for attributes. Once
        will do: ``_filtering`` is this work tree with a git directory of its own, whose staging index is a second name
        of git's file. Libgit2 does not change a file, it writes a new one beside.
        """
        kinds = {entry.kind for _, *sides in self._changed for entry in sides if entry is not None}
        if "submodule" in kinds or not all(is_utf8(path) for path, _, _ in self._changed):
            return None
        unknown = ["core.sparseCheckout"] if self._cone is None else []
        for key in (*unknown, "core.splitIndex", "index.sparse"):
            if key in self.git.config and self.git.config.get_bool(key):
                return None
        (self._aside / "commondir").write_text(f"{common_dir(self.git)}\n")
        (self._aside / "gitdir").write_text(f"{self._top / '.git'}\n")
        shutil.copyfile(Path(self.git.path) / "HEAD", self._aside / "HEAD")
        try:
            if self._index.exists():
                os.link(self._index, self._aside / "index")
            self._filtering = pygit2.Repository(str(self._aside))
            index: pygit2.Index = self._filtering.index
        except pygit2.GitError:
            return None
        return index

    def _swap_index(self, index: pygit2.Index, entries: Iterable[tuple[str, Entry | None]]) -> None:
        outside: dict[str, tuple[str, int]] = {}
        for path, entry in entries:
            if entry is not None and not self._is_shown(path):
                outside[path] = (entry.oid, entry.mode)
            elif entry is not None:
                index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=entry.oid), FileMode(entry.mode)))
            elif path in index:
                index.remove(path)
        index.write()
        leave_out(self._top, self._aside / "index", outside)
        sync(self._aside / "index")
        if self._index.exists():
            os.link(self._index, self._aside / _SWAPPED)
        (self._aside / "index").replace(self._index)

    def _scratch(self) -> Path:
        directory = common_dir(self.git) / "viking" / "incoming"
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def _staged(self, index: pygit2.Index, paths: Iterable[str]) -> dict[str, tuple[str, int]]:
        """The staging index on ``paths``; a path with a conflict shows an id that equals nothing."""
        staged: dict[str, tuple[str, int]] = {}
        for path in paths:
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
        if not self._is_shown(path):
            return staged in allowed
        found = self._on_disk(path, old)
        return staged in allowed and (found in allowed or self._is_laid(path, old, found)) and not self._blocked(path)

    def _is_laid(self, path: str, old: Entry | None, found: tuple[str, int] | None) -> bool:
        """Whether a private transcript lies there, a copy of what its own ref has: nothing is lost with it."""
        ref = self.git.references.get(TRANSCRIPTS_REF)
        if old is not None or found is None or ref is None:
            return False
        return is_kept(Snapshot(self.git, str(ref.peel(pygit2.Tree).id)), path, found[0])

    def _is_shown(self, path: str) -> bool:
        """Whether the work tree is to hold ``path``: in a sparse one what its cone holds, and what is there anyway."""
        return self._cone is None or self._cone.holds(path) or os.path.lexists(self._top / path)

    def _on_disk(self, path: str, laid: Entry | None = None) -> tuple[str, int] | None:
        """Object id and mode of a file as git would store it, or as ``laid`` if git laid it so; None for nothing."""
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
        oid = self._filtering.hashfile(str(file), ObjectType.BLOB, path)
        if laid is not None and str(oid) != laid.oid and str(raw := pygit2.hashfile(str(file))) == laid.oid:
            oid = raw  # a commit forced CRLF in, say
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

    def _is_ours(self) -> bool:
        try:
            return self._lock.read_bytes() == _LOCK_MARK
        except OSError:
            return False


def _state(entry: Entry | None) -> tuple[str, int] | None:
    return (entry.oid, entry.mode) if entry else None
