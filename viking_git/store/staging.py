"""Trees that no commit has yet: what is staged, what is edited; and putting changes there.

The staging index is read and written by the ``git`` program: it alone knows the file that ``GIT_INDEX_FILE`` names in
a hook, sparse and split indexes, and filters. Objects of trees that are only looked at go into a scratch repository
that borrows this one's objects, so that reading writes nothing.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from viking_git.model.changes import Changes
from viking_git.store.objects import ObjectWriter
from viking_git.store.promised import borrow
from viking_git.store.remote import EMPTY_TREE, git_program
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_GONE = "0" * 40


@contextmanager
def scratch(store: Store) -> Iterator[ObjectWriter]:
    """A writer whose objects are gone afterwards; it reads all objects of ``store``."""
    with tempfile.TemporaryDirectory(prefix="viking-git-") as directory:
        pygit2.init_repository(directory, bare=True)
        (Path(directory) / "objects/info").mkdir(exist_ok=True)
        (Path(directory) / "objects/info/alternates").write_text(f"{store.common_dir / 'objects'}\n")
        git = pygit2.Repository(directory)
        borrow(git, store.git)
        yield ObjectWriter(git)


def staged_tree(store: Store, writer: ObjectWriter) -> str | None:
    """The tree of the staging index, of the one that ``GIT_INDEX_FILE`` names in a hook."""
    return _tree_of(store, writer, _index_file(store))


def edited_tree(store: Store, writer: ObjectWriter) -> str | None:
    """The tree of the work tree as it is, ignored files left out; HEAD's where there is no work tree."""
    if store.workdir is None:
        return store.tree(store.tip("HEAD"))
    return _tree_of(store, writer, Path(store.git.path) / "index", add=True)


def stage(store: Store, changes: Changes, before: Snapshot) -> list[str]:
    """Put ``changes`` of the staged tree ``before`` into the staging index, and into files that stand as staged.

    ``git commit PATH`` shows hooks a staging index of its own, and keeps the real one, which will be in place after the
    commit, in ``index.lock``: both are changed.

    Returns:
        The paths, written and deleted, by name.
    """
    entries: list[str] = []
    paths: list[str] = []
    for path in _deleted(changes, before):
        entries.append(f"0 {_GONE} 0\t{path}")
        paths.append(path)
    for path, file in changes.files():
        old = before.entry(path)
        mode = old.mode if old is not None and old.kind == "file" else int(FileMode.BLOB)
        entries.append(f"{mode:o} {store.git.create_blob(file.data)} 0\t{path}")
        paths.append(path)
    lines = "".join(f"{entry}\0" for entry in entries)
    top = _top(store)
    standing = _standing(store, paths, before)
    git_program(top, ["update-index", "-z", "--index-info"], lines, GIT_INDEX_FILE=str(_index_file(store)))
    if _index_file(store).name.startswith("next-index-"):
        git_program(top, ["update-index", "-z", "--index-info"], lines, GIT_INDEX_FILE=f"{store.git.path}index.lock")
    _write(store, changes, before, standing)
    return sorted(set(paths))


def put_into_work_tree(store: Store, changes: Changes, before: Snapshot) -> list[str]:
    """Write ``changes`` of ``before``, the tree of the work tree, into its files; the paths, by name."""
    paths = {*_deleted(changes, before), *(path for path, _ in changes.files())}
    _write(store, changes, before, paths)
    return sorted(paths)


def _write(store: Store, changes: Changes, before: Snapshot, paths: set[str]) -> None:
    if store.workdir is None:
        return
    for path in _deleted(changes, before):
        if path in paths:
            (store.workdir / path).unlink(missing_ok=True)
            _prune(store.workdir / path, store.workdir)
    for path, file in changes.files():
        if path in paths:
            target = store.workdir / path
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch_file = target.with_name(f"{target.name}.viking-git")
            scratch_file.write_bytes(file.data)
            if target.exists():
                shutil.copymode(target, scratch_file)
            scratch_file.replace(target)


def _prune(path: Path, top: Path) -> None:
    for parent in path.parents:
        if parent == top or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()


def _deleted(changes: Changes, before: Snapshot) -> list[str]:
    found: list[str] = []
    for path in sorted(changes.deleted):
        entry = before.entry(path)
        if entry is not None:
            found += [name for name, _ in before.walk(path)] if entry.is_dir else [path]
    return [path for path in found if changes.get(path) is None]


def _standing(store: Store, paths: list[str], before: Snapshot) -> set[str]:
    """Those of ``paths`` whose file in the work tree is the one of ``before``: not there where it is not there."""
    if store.workdir is None:
        return set()
    regular = [path for path in paths if (store.workdir / path).is_file() and not (store.workdir / path).is_symlink()]
    # Git's own program, for filters and for attributes that lie in a sparse index.
    hashed = git_program(store.workdir, ["hash-object", "--stdin-paths"], "".join(f"{path}\n" for path in regular))
    oids = dict(zip(regular, hashed.split(), strict=True))
    standing = set()
    for path in paths:
        entry = before.entry(path)
        absent = not (store.workdir / path).exists() and not (store.workdir / path).is_symlink()
        if oids.get(path) == entry.oid if entry is not None else absent:
            standing.add(path)
    return standing


def _index_file(store: Store) -> Path:
    """The staging index, of this repository always: the one that git names to a hook of another's is not meant."""
    named = store.staging_index
    return named if named is not None and named.parent.resolve() == store.git_dir.resolve() else store.git_dir / "index"


def _tree_of(store: Store, writer: ObjectWriter, index: Path, *, add: bool = False) -> str | None:
    """The tree of a copy of the staging index, for git notes in the index which trees it has written."""
    copy = Path(writer.git.path) / "index-copy"
    if index.exists():
        # With its times: git compares them with those of files edited in the same second.
        shutil.copy2(index, copy)
    variables = {
        "GIT_INDEX_FILE": str(copy),
        "GIT_OBJECT_DIRECTORY": f"{writer.git.path}objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(store.common_dir / "objects"),
    }
    if add:
        git_program(_top(store), ["add", "--all"], **variables)
    oid = git_program(_top(store), ["write-tree"], **variables).strip()
    return None if oid == EMPTY_TREE else oid


def _top(store: Store) -> Path:
    return store.workdir or store.common_dir
