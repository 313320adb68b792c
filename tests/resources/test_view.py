"""A view agrees with the tree that git makes of the same changes, id by id."""

from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.errors import InvalidName
from viking_git.model.changes import Changes
from viking_git.resources.view import View, blob_oid
from viking_git.store.snapshot import Snapshot

PATHS = ["a", "b/c", "b/d", "b/e/f", "b/e/g", "h/i/j", "k"]
DIRECTORIES = ["", "a", "b", "b/c", "b/e", "h", "h/i", "nowhere"]


def assert_same(view: View, tree: Snapshot) -> None:
    for path in DIRECTORIES:
        assert sorted(map(repr, view.entries(path))) == sorted(map(repr, tree.entries(path))), path
        assert sorted(view.names(path)) == sorted(tree.names(path)), path
        assert view.is_dir(path) == tree.is_dir(path)
    for path in [*PATHS, *DIRECTORIES[1:]]:
        assert view.entry(path) == tree.entry(path), path
        assert view.get(path) == tree.get(path)


def test_blob_oid_is_gits(grow) -> None:
    tree = grow({"x": b"hello\n", "e": b""})
    assert tree.entry("x").oid == blob_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert tree.entry("e").oid == blob_oid(b"")


@settings(max_examples=120)
@given(
    base=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["1", "2"])),
    deleted=st.lists(st.sampled_from([*PATHS, "b", "b/e", "h", "h/i"]), max_size=4),
    written=st.dictionaries(st.sampled_from(PATHS), st.tuples(st.sampled_from(["2", "3"]), st.booleans())),
)
def test_pending_changes_look_as_if_they_were_applied(grow, base, deleted, written) -> None:
    before = grow(base)
    changes = Changes()
    for path in deleted:
        changes.delete(path)
    for path, (data, executable) in written.items():
        changes.write(path, data, executable=executable)
    assert_same(View(before, changes), grow(changes, before))


@settings(max_examples=80)
@given(
    base=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["1", "2"])),
    steps=st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from([None, "1", "2", "3"])), max_size=6),
)
def test_writing_through_a_view_records_what_differs(grow, base, steps) -> None:
    before = grow(base)
    view = View(before)
    for path, data in steps:
        view.entry("b")
        if data is None:
            view.delete(path)
        else:
            view.write(path, data)
    assert_same(view, grow(view.changes, before))


def test_writing_what_is_there_changes_nothing(grow) -> None:
    view = View(grow({"a/b": "same"}))
    view.write("a/b", "same")
    assert not view.changes


def test_a_file_in_the_place_of_a_directory(grow) -> None:
    before = grow({"a/b": "1"})
    changes = Changes()
    changes.delete("a")
    changes.write("a", "now a file")
    assert_same(View(before, changes), grow(changes, before))
    refused = Changes({"a": b"without deleting"})
    try:
        grow(refused, before)
    except InvalidName:
        return
    raise AssertionError("a directory was replaced without a word")
