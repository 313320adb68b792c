"""Writing objects: only changed paths, git's own order, and bytes that survive a prune."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygit2.enums import FileMode

from viking_git.errors import InvalidName
from viking_git.model.changes import Changes
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot


@pytest.fixture
def writer(tmp_path: Path) -> ObjectWriter:
    return ObjectWriter(pygit2.init_repository(str(tmp_path / "repo")))


def changes(files: Mapping[str, str] | None = None, *deleted: str) -> Changes:
    made = Changes()
    for path in deleted:
        made.delete(path)
    for path, text in (files or {}).items():
        made.write(path, text)
    return made


def files(writer: ObjectWriter, tree: str | None) -> dict[str, str]:
    snapshot = Snapshot(writer.git, tree)
    return {path: snapshot.read_oid(entry.oid).decode() for path, entry in snapshot.walk()}


def test_applies_writes_and_deletions(writer: ObjectWriter) -> None:
    tree = writer.apply(None, changes({"a/x": "1", "a/y": "2", "b": "3", "c/d/e": "4"}))
    tree = writer.apply(tree, changes({"a/x": "new", "f/g": "5"}, "b", "c/d", "not/there"))
    assert files(writer, tree) == {"a/x": "new", "a/y": "2", "f/g": "5"}


def test_the_empty_tree_is_none(writer: ObjectWriter) -> None:
    tree = writer.apply(None, changes({"a/b/c": "1"}))
    assert writer.apply(tree, changes({}, "a/b/c")) is None
    assert writer.apply(None, changes()) is None
    assert writer.tree([]) is None


def test_a_directory_may_be_deleted_and_written_anew(writer: ObjectWriter) -> None:
    tree = writer.apply(None, changes({"a/x": "1", "a/y": "2", "b": "3"}))
    assert files(writer, writer.apply(tree, changes({"a/z": "9"}, "a"))) == {"a/z": "9", "b": "3"}
    assert files(writer, writer.apply(tree, changes({"a": "file", "b/c": "4"}, "a", "b"))) == {"a": "file", "b/c": "4"}


@pytest.mark.parametrize(
    ("files", "says"),
    [({"a": "1"}, "'a' is a directory"), ({"b/x": "1"}, "'b' is a file"), ({"c": "1", "c/x": "1"}, "both")],
)
def test_a_file_never_replaces_a_directory_unasked(writer: ObjectWriter, files: dict[str, str], says: str) -> None:
    tree = writer.apply(None, changes({"a/x": "1", "b": "2"}))
    with pytest.raises(InvalidName, match=says):
        writer.apply(tree, changes(files))


def test_deleting_below_a_file_deletes_nothing(writer: ObjectWriter) -> None:
    tree = writer.apply(None, changes({"b": "2"}))
    assert writer.apply(tree, changes({}, "b/x/y")) == tree


def test_unchanged_directories_keep_their_ids_and_are_not_read(writer: ObjectWriter) -> None:
    missing = "1" * 40
    tree = writer.tree([("missing", missing, FileMode.TREE), ("x", writer.blob(b"1"), FileMode.BLOB)])
    changed = writer.apply(tree, changes({"x": "2", "y/z": "3"}))
    entry = Snapshot(writer.git, changed).entry("missing")
    assert entry is not None
    assert (entry.oid, entry.kind) == (missing, "directory")


def test_modes(writer: ObjectWriter) -> None:
    made = Changes()
    made.write("run.sh", b"", executable=True)
    made.write("x", b"")
    snapshot = Snapshot(writer.git, writer.apply(None, made))
    assert {e.name: e.mode for e in snapshot.entries()} == {"run.sh": 0o100755, "x": 0o100644}


NAMES = ["a", "a.b", "a-b", "a0", "ab", "é", "日", "B", "z"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)


@settings(max_examples=40)
@given(st.dictionaries(PATHS, st.text(max_size=3), max_size=8))
def test_trees_are_those_that_libgit2_builds(writer: ObjectWriter, wanted: dict[str, str]) -> None:
    wanted = {p: t for p, t in wanted.items() if not any(other.startswith(f"{p}/") for other in wanted)}
    index = pygit2.Index()
    for path, text in wanted.items():
        index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=writer.blob(text.encode())), FileMode.BLOB))
    expected = str(index.write_tree(writer.git)) if wanted else None
    assert writer.apply(None, changes(wanted)) == expected


def commit_of(writer: ObjectWriter, files: Mapping[str, str]) -> str:
    tree = writer.apply(None, changes(files))
    assert tree is not None
    signature = pygit2.Signature("Ada", "ada@example.com", 0, 0)
    return writer.commit(tree, [], "m\n", signature, signature)


def run(writer: ObjectWriter, *words: str) -> bytes:
    done = subprocess.run(["git", "-C", writer.git.workdir, *words], check=True, capture_output=True)
    assert done.stderr == b""
    return done.stdout


UPKEEP = (("prune", "--expire=now"), ("repack", "-adq"), ("gc", "-q", "--prune=now"))


@pytest.mark.parametrize("upkeep", UPKEEP, ids=lambda words: words[0])
def test_upkeep_beside_a_writer_takes_nothing(writer: ObjectWriter, upkeep: tuple[str, ...]) -> None:
    commit = commit_of(writer, {"a/x": "1", "b": "2"})
    run(writer, *upkeep)
    with writer.durable(commit):
        run(writer, *upkeep)
        run(writer, "update-ref", "refs/heads/main", commit)
    writer.forget()
    run(writer, *upkeep)
    assert run(writer, "fsck", "--strict") == b""
    assert run(writer, "show", "main:a/x") == b"1"


def test_nothing_is_in_the_repository_before_it_is_durable(writer: ObjectWriter) -> None:
    commit = commit_of(writer, {"a/x": "1"})
    writer.apply(None, changes({"never": "named"}))
    assert run(writer, "count-objects", "-v").startswith(b"count: 0\n")
    assert commit in writer.git
    with writer.durable(commit):
        pass
    assert b"in-pack: 4\n" in run(writer, "count-objects", "-v")


def test_what_is_forgotten_is_gone(writer: ObjectWriter) -> None:
    other = ObjectWriter(writer.git)
    shared, own = writer.blob(b"1"), writer.blob(b"2")
    assert other.blob(b"1") == shared
    writer.forget()
    fresh = list((Path(writer.git.path) / "viking/incoming").glob("*/??/*"))
    assert [path.parent.name + path.name for path in fresh] == [shared]
    assert own not in {path.parent.name + path.name for path in fresh}
    del other
    assert not list((Path(writer.git.path) / "viking/incoming").glob("*/??/*"))
