"""Changes: paths are checked at once, and the last word on a path holds."""

import pytest

from viking_git.errors import InvalidName
from viking_git.model.changes import Changes, File


def test_text_is_utf_8_and_files_come_by_path() -> None:
    changes = Changes({"b": b"\xff"})
    changes.write("a/x", "é", executable=True)
    assert list(changes.files()) == [("a/x", File("é".encode(), True)), ("b", File(b"\xff"))]
    assert changes.get("b") == b"\xff"
    assert changes.get("c") is None
    assert len(changes) == 2
    assert changes
    assert not Changes()


@pytest.mark.parametrize("path", ["", "/a", "a/../b", ".git/config", "a/.GIT", "a\\b", "C:/x", "a//b", "a\0"])
def test_no_change_leaves_the_tree(path: str) -> None:
    changes = Changes()
    with pytest.raises(InvalidName):
        changes.write(path, b"")
    with pytest.raises(InvalidName):
        changes.delete(path)
    assert not changes


def test_a_delete_takes_what_was_to_be_written_below() -> None:
    changes = Changes({"a/x": b"1", "ab": b"2", "a/y/z": b"3"})
    changes.delete("a")
    assert changes.paths() == {"a", "ab"}
    assert changes.deleted == {"a"}


def test_what_is_written_after_a_delete_stays() -> None:
    changes = Changes()
    changes.delete("a")
    changes.write("a/x", b"1")
    assert changes.get("a/x") == b"1"
    assert changes.deleted == {"a"}


def test_update_lets_the_other_win() -> None:
    changes = Changes({"a/x": b"1", "b": b"1", "c": b"1"})
    other = Changes({"b": b"2"})
    other.delete("a")
    changes.update(other)
    assert dict(changes.files()) == {"b": File(b"2"), "c": File(b"1")}
    assert changes.deleted == {"a"}
    assert other.paths() == {"a", "b"}


def test_a_file_cannot_be_a_directory_too() -> None:
    Changes({"a": b"", "ab/c": b"", "a.b": b""}).check()
    with pytest.raises(InvalidName, match="'a' cannot be both"):
        Changes({"a": b"", "a/b/c": b""}).check()
