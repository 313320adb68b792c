"""Names: what a tree may hold, what spaces and memories may be called, and that slugs always pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.errors import InvalidName
from viking_git.model.names import (
    RESERVED_NAMES,
    check_memory_name,
    check_name,
    check_path,
    check_segment,
    fold,
    is_dot_git,
    memory_slug,
    slug,
)

# Characters, halves of surrogate pairs included, as hostile input brings them.
ANY_TEXT = st.text(st.characters(), max_size=80)


@pytest.mark.parametrize(
    "segment",
    [".git", ".GIT", ".Git", ".git.", ".git ", ".git. .", "git~1", "GIT~1", ".git::$INDEX_ALLOCATION", ".git:x",
     ".g\u200cit", "\ufeff.git", ".gi\u200dt."],
)  # fmt: skip
def test_every_spelling_of_dot_git_is_refused(segment: str) -> None:
    assert is_dot_git(segment)
    with pytest.raises(InvalidName, match="git's own"):
        check_segment(segment)


@pytest.mark.parametrize("segment", [".github", "git", ".gitignore", "x.git", "git~2", "digit"])
def test_names_that_only_look_like_dot_git_are_fine(segment: str) -> None:
    assert check_segment(segment) == segment


@pytest.mark.parametrize(
    "segment",
    ["", ".", "..", "a\nb", "a\0", "\x7f", "\x85", "a\\b", "C:", "c:x", "\ud800", "x" * 256, "é" * 128],
)
def test_segments_that_no_tree_holds(segment: str) -> None:
    with pytest.raises(InvalidName):
        check_segment(segment)


@pytest.mark.parametrize(
    "segment", ["a", " a b ", "ab:c", "日本", "...", "-x", "~", "x" * 255, "é" * 127, "aux.c", "CON"]
)
def test_documents_keep_their_names(segment: str) -> None:
    assert check_segment(segment) == segment


@pytest.mark.parametrize("path", ["a//b", "/a", "a/", "a/../b", "a/.git/b", "a/" * 2100 + "a", "./a"])
def test_bad_paths(path: str) -> None:
    with pytest.raises(InvalidName):
        check_path(path)


def test_good_path() -> None:
    assert check_path("resources/x/a b.md") == "resources/x/a b.md"


@pytest.mark.parametrize(
    "name",
    ["", "-a", ".a", "a b", "a/b", "é", "a" * 65, "a..b", "a.", "a.lock", "con", "COM1.txt", "nul", "lpt9", "tools",
     "History", "user", "a\n", "a:b"],
)  # fmt: skip
def test_names_of_spaces_and_sessions_that_are_refused_say_what_would_do(name: str) -> None:
    with pytest.raises(InvalidName, match="session ") as refused:
        check_name(name, "session")
    assert refused.value.hint == f"use {slug(name)!r}"
    assert check_name(slug(name)) == slug(name)


@pytest.mark.parametrize("name", ["a", "Ada", "2026-11-20", "a.b_c-d", "a" * 64, "command", "com"])
def test_names_that_pass(name: str) -> None:
    assert check_name(name) == slug(name) == name


@pytest.mark.parametrize("name", ["日本語", "größe", "a_b", "2024-01-15_launch", "ไทยที่", "नमस्ते", "x" * 64])
def test_memory_names_of_any_script(name: str) -> None:
    assert check_memory_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "_a",
        "-a",
        "gro\u0308ße",
        "x" * 65,
        "語" * 67,
        "a..b",
        "a.lock",
        "Skills",
        "con",
        "a/b",
        "a💡",
        "\u0301a",
    ],
)
def test_memory_names_that_are_refused(name: str) -> None:
    with pytest.raises(InvalidName) as refused:
        check_memory_name(name)
    assert refused.value.hint == f"use {memory_slug(name)!r}"


@given(ANY_TEXT | st.sampled_from(sorted(RESERVED_NAMES)))
def test_slugs_are_names_and_stay_themselves(text: str) -> None:
    name = slug(text)
    assert check_name(name) == name
    assert slug(name) == name


@given(ANY_TEXT | st.sampled_from(sorted(RESERVED_NAMES)))
def test_memory_slugs_are_memory_names(text: str) -> None:
    assert check_memory_name(memory_slug(text)) == memory_slug(text)


def test_slugs_of_unlike_texts_differ() -> None:
    assert len({slug(text) for text in ("a b", "a-b!", "a_b ", "ä b", "日本", "中国")}) == 6
    assert memory_slug("日本") != memory_slug("中国")
    assert memory_slug("!!!") != memory_slug("???")


def test_memory_slugs_read_well() -> None:
    assert memory_slug("Coding: Preferences & Style") == "coding_preferences_style"
    assert memory_slug("word " * 20) == "_".join(["word"] * 9)
    assert memory_slug("Größe") == "grösse"


def test_names_that_one_directory_cannot_hold_together_fold_alike() -> None:
    assert fold("Größe") == fold("GRO\u0308SSE")
    assert fold("a") != fold("b")


@pytest.mark.parametrize("path", [".gitmodules", "a/.GitModules", "resources/.gitattributes/x", "a/.GITATTRIBUTES/b/c"])
def test_what_git_reads_itself_is_no_place_for_ours(path: str) -> None:
    with pytest.raises(InvalidName):
        check_path(path)


def test_attributes_are_a_file() -> None:
    assert check_path("resources/x/.gitattributes") == "resources/x/.gitattributes"
