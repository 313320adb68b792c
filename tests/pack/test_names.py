"""Names that leave the tree, and names that meet."""

import pytest

from viking_git.errors import BadPack
from viking_git.pack.names import Names, check_member, check_names

ESCAPES = [
    "..", "../x", "a/../../x", "a/..", "./x", "a/./b", "/etc/passwd", "//x", "a//b", "", "a/", "C:/x", "c:x", "a\\b",
    "..\\x", "a/b\\..\\c", ".git", ".git/hooks/post-checkout", "a/.GIT/config", ".Git ", ".git.", "git~1/x",
    ".git::$INDEX",
    ".g\u200cit/x", "a\0b", "a\nb", "a\x1bb", "\x7f", "x" * 256, "/".join(["d" * 200] * 25),
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES)
def test_names_that_leave_the_tree(path: str) -> None:
    with pytest.raises(BadPack) as caught:
        check_member(path)
    assert caught.value.member == path


@pytest.mark.parametrize(
    "path", ["a", ".gitignore", ".github/x", "日本/ü.md", "a b/c", "...", "_._x", "a" * 255, "con.md"]
)
def test_names_that_may_be(path: str) -> None:
    assert check_member(path) == path


def test_a_pack_in_a_pack_is_a_matter_of_policy() -> None:
    with pytest.raises(BadPack, match="pack inside the pack"):
        check_member("a/inner.OVPACK")
    assert check_member("a/inner.ovpack", nested=True) == "a/inner.ovpack"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (("a/x", False), ("a/x", False), "twice"),
        (("a/x", False), ("a/X", False), "one name"),
        (("a/x", False), ("A/y", False), "one name"),
        (("caf\u00e9", False), ("cafe\u0301", False), "one name"),
        (("x", False), ("x.", False), "one name"),
        (("stra\u00dfe", False), ("STRASSE", False), "one name"),
        (("a", False), ("a/b", False), "file and a directory"),
        (("a/b", False), ("a", False), "file and a directory"),
        (("a", True), ("a", False), "file and a directory"),
    ],
)
def test_names_that_meet(first: tuple[str, bool], second: tuple[str, bool], words: str) -> None:
    names = Names()
    names.add(*first)
    with pytest.raises(BadPack, match=words):
        names.add(*second)


def test_directories_may_be_said_and_implied() -> None:
    check_names([("a", True), ("a/b", False), ("a", True), ("a/c/d", False), ("a/c", True)], nested=False)
