"""Reading one tree, and the difference of two."""

from collections.abc import Iterator
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygit2.enums import FileMode, ObjectType

from viking_git.errors import NotFound
from viking_git.model.changes import Changes
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Entry, Snapshot
from viking_git.store.treeform import encoded, format_tree


@pytest.fixture
def writer(tmp_path: Path) -> ObjectWriter:
    return ObjectWriter(pygit2.init_repository(str(tmp_path / "repo")))


@pytest.fixture
def snapshot(writer: ObjectWriter) -> Snapshot:
    below = writer.tree(
        [("x.md", writer.blob(b"xx"), FileMode.BLOB), ("y", writer.blob(b""), FileMode.BLOB_EXECUTABLE)]
    )
    assert below is not None
    return Snapshot(
        writer.git,
        writer.tree(
            [
                ("a", below, FileMode.TREE),
                ("a.b", writer.blob(b"file"), FileMode.BLOB),
                ("link", writer.blob(b"a/x.md"), FileMode.LINK),
                ("sub", "1" * 40, FileMode.COMMIT),
            ]
        ),
    )


def test_entries(snapshot: Snapshot) -> None:
    kinds = {entry.name: entry.kind for entry in snapshot.entries()}
    assert kinds == {"a": "directory", "a.b": "file", "link": "link", "sub": "submodule"}
    assert [entry.name for entry in snapshot.entries("a")] == ["x.md", "y"]
    assert snapshot.entries("a.b") == snapshot.entries("nowhere") == []
    entry = snapshot.entry("a/y")
    assert entry is not None
    assert (entry.name, entry.mode, entry.is_dir) == ("y", 0o100755, False)


def test_what_is_not_there(snapshot: Snapshot) -> None:
    for path in ("b", "a/z", "a.b/x", "sub/x", "link/x", "a//x.md", "../a", "a/.."):
        assert snapshot.entry(path) is None
        assert not snapshot.exists(path)
        assert not snapshot.is_dir(path)
        assert snapshot.get(path) is None
        assert list(snapshot.walk(path)) == []
        with pytest.raises(NotFound):
            snapshot.read(path)


def test_the_root(snapshot: Snapshot) -> None:
    root = snapshot.entry("")
    assert root is not None
    assert (root.oid, root.is_dir) == (snapshot.tree, True)
    assert snapshot.exists("")
    assert snapshot.is_dir("")


def test_bytes(snapshot: Snapshot) -> None:
    assert snapshot.read("a/x.md") == b"xx"
    assert snapshot.get("a/y") == b""
    entry = snapshot.entry("a/x.md")
    assert entry is not None
    assert (snapshot.size_of(entry.oid), snapshot.read_oid(entry.oid)) == (2, b"xx")
    for path in ("a", "link", "sub"):
        assert snapshot.get(path) is None
        with pytest.raises(NotFound, match="no file at"):
            snapshot.read(path)


def test_walks(snapshot: Snapshot) -> None:
    assert [path for path, _ in snapshot.walk()] == ["a.b", "a/x.md", "a/y", "link", "sub"]
    assert [path for path, _ in snapshot.walk("a")] == ["a/x.md", "a/y"]
    assert list(snapshot.directories()) == ["", "a"]
    assert list(snapshot.directories("a")) == ["a"]
    assert list(snapshot.directories("a.b")) == []


def test_a_wide_directory_is_parsed_once_for_all_paths_in_it(tmp_path: Path) -> None:
    made = pygit2.init_repository(str(tmp_path / "wide"), bare=True)
    wide = format_tree(encoded((f"thing-{at:06d}", "1" * 40, FileMode.COMMIT)) for at in range(40_000))
    wide_id = made.odb.write(ObjectType.TREE, wide)
    root = made.odb.write(ObjectType.TREE, format_tree([encoded(("wide", str(wide_id), FileMode.TREE))]))

    snapshot = Snapshot(pygit2.Repository(made.path), str(root))
    kept = pygit2.settings.cached_memory[0]
    assert snapshot.exists("wide/thing-000007")
    assert pygit2.settings.cached_memory[0] - kept >= len(wide) > 2**20


def test_the_empty_tree(writer: ObjectWriter) -> None:
    empty = Snapshot(writer.git, None)
    assert empty.entry("") is None
    assert empty.entries() == []
    assert empty.is_dir("")
    assert list(empty.walk()) == []
    assert list(empty.directories()) == [""]
    assert empty.get("a") is None
    assert list(empty.changed(empty)) == []


def test_a_file_that_becomes_a_directory(writer: ObjectWriter) -> None:
    file = Snapshot(writer.git, writer.apply(None, Changes({"a": b"1"})))
    directory = Snapshot(writer.git, writer.apply(None, Changes({"a/b": b"1", "a/c": b"2"})))
    assert [(path, old is None, new is None) for path, old, new in file.changed(directory)] == [
        ("a", False, True),
        ("a/b", True, False),
        ("a/c", True, False),
    ]


def test_a_difference_reads_only_where_trees_differ(writer: ObjectWriter) -> None:
    blobs = [writer.blob(text) for text in (b"1", b"2")]
    old, new = (
        Snapshot(writer.git, writer.tree([("same", "1" * 40, FileMode.TREE), ("x", blob, FileMode.BLOB)]))
        for blob in blobs
    )
    ((path, was, now),) = old.changed(new)
    assert (path, was and was.oid, now and now.oid) == ("x", *blobs)
    with pytest.raises(KeyError):
        list(old.walk())


def test_a_mode_is_a_change(writer: ObjectWriter) -> None:
    blob = writer.blob(b"1")
    old, new = (
        Snapshot(writer.git, writer.tree([("x", blob, mode)])) for mode in (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)
    )
    assert [path for path, _, _ in old.changed(new)] == ["x"]


FILES = st.dictionaries(
    st.lists(st.sampled_from(["a", "b", "a.b"]), min_size=1, max_size=3).map("/".join),
    st.sampled_from([b"1", b"2"]),
    max_size=6,
)


@settings(max_examples=40)
@given(FILES, FILES, st.sampled_from(["", "a", "a/b"]))
def test_a_difference_is_that_of_the_walks(
    writer: ObjectWriter, before: dict[str, bytes], after: dict[str, bytes], path: str
) -> None:
    snapshots = []
    for files in (before, after):
        plain = {p: data for p, data in files.items() if not any(other.startswith(f"{p}/") for other in files)}
        snapshots.append(Snapshot(writer.git, writer.apply(None, Changes(plain))))
    old, new = (dict(_files(snapshot, path)) for snapshot in snapshots)
    found = list(snapshots[0].changed(snapshots[1], path))
    assert {p: (was, now) for p, was, now in found} == {
        p: (old.get(p), new.get(p)) for p in old.keys() | new.keys() if old.get(p) != new.get(p)
    }
    assert len(found) == len({p for p, _, _ in found})


def _files(snapshot: Snapshot, path: str) -> Iterator[tuple[str, Entry]]:
    entry = snapshot.entry(path)
    if entry is not None and not entry.is_dir:
        yield path, entry
    yield from snapshot.walk(path)
