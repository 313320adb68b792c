"""Trees made of blobs that are there: as git makes them, at the cost of the paths."""

from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from viking_git.errors import InvalidName
from viking_git.model.changes import Changes
from viking_git.store.graft import BLOB, EXECUTABLE
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot


@pytest.fixture
def writer(tmp_path: Path) -> ObjectWriter:
    return ObjectWriter(pygit2.init_repository(str(tmp_path / "r"), initial_head="main"))


def base(writer: ObjectWriter, files: dict[str, bytes]) -> Snapshot:
    return Snapshot(writer.git, writer.apply(None, Changes(files)))


def test_it_is_what_git_itself_makes(writer: ObjectWriter, tmp_path: Path) -> None:
    names = ["a", "a.b", "a-b", "a0", "b/c", "b.c", "z/y/x/w"]
    tree = writer.graft(None, {name: (writer.blob(name.encode()), BLOB) for name in names})
    for name in names:
        (tmp_path / "r" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "r" / name).write_text(name)
    git(tmp_path / "r", "add", ".")
    assert tree == git(tmp_path / "r", "write-tree").strip()


def test_what_is_deleted_is_gone_before_what_is_put_in(writer: ObjectWriter) -> None:
    here = base(writer, {"d/old": b"1", "d/e/old": b"2", "f": b"3", "keep": b"4"})
    blob = writer.blob(b"new")
    tree = writer.graft(here.tree, {"d/new": (blob, EXECUTABLE), "f/inside": (blob, BLOB)}, {"d", "f"})
    assert [path for path, _ in Snapshot(writer.git, tree).walk()] == ["d/new", "f/inside", "keep"]
    assert Snapshot(writer.git, tree).entry("d/new").mode == EXECUTABLE  # type: ignore[union-attr]


def test_a_file_takes_the_place_of_a_directory_of_which_every_file_is_deleted(writer: ObjectWriter) -> None:
    here = base(writer, {"d/old": b"1"})
    tree = writer.graft(here.tree, {"d": (writer.blob(b"new"), BLOB)}, {"d", "d/old"})
    assert [path for path, _ in Snapshot(writer.git, tree).walk()] == ["d"]


def test_what_is_not_named_is_not_touched(writer: ObjectWriter) -> None:
    here = base(writer, {"a/x": b"1", "b/y": b"2"})
    after = Snapshot(writer.git, writer.graft(here.tree, {"a/z": (writer.blob(b"3"), BLOB)}, {"none", "b/none/x"}))
    assert after.entry("b") == here.entry("b")
    assert after.get("a/x") == b"1"


def test_all_can_go(writer: ObjectWriter) -> None:
    assert writer.graft(base(writer, {"a/x": b"1"}).tree, {}, {"a"}) is None


@pytest.mark.parametrize("files", [["a", "a/b"], ["d"], ["f/below"]])
def test_a_file_is_not_a_directory(writer: ObjectWriter, files: list[str]) -> None:
    here = base(writer, {"d/x": b"1", "f": b"2"})
    blob = writer.blob(b"x")
    with pytest.raises(InvalidName):
        writer.graft(here.tree, dict.fromkeys(files, (blob, BLOB)))
