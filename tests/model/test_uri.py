"""URIs: parts, shorthands, and every refusal by type."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.errors import InvalidURI, UnknownScope
from viking_git.model.uri import SCOPES, TRACKED_SCOPES, Spaces, VikingURI, from_here, split_fragment

SPACES = Spaces("ada", "helper", frozenset({"bob"}))


def test_parts() -> None:
    uri = VikingURI("viking://resources/docs/api.md")
    assert (uri.scope, uri.path, uri.full_path, uri.name) == (
        "resources",
        "docs/api.md",
        "resources/docs/api.md",
        "api.md",
    )
    assert uri.uri == str(uri) == "viking://resources/docs/api.md"
    assert uri.parent == VikingURI("viking://resources/docs")
    assert uri.parent.join("other.md").uri == "viking://resources/docs/other.md"
    assert repr(uri) == "VikingURI('viking://resources/docs/api.md')"
    assert not uri.is_directory()


def test_a_trailing_slash_marks_a_directory_and_is_no_part_of_identity() -> None:
    directory = VikingURI("viking://user/ada/")
    assert directory.is_directory()
    assert directory.uri == "viking://user/ada/"
    assert directory == VikingURI("viking://user/ada")
    assert len({directory, VikingURI("viking://user/ada")}) == 1
    assert directory != "viking://user/ada"


def test_the_root() -> None:
    root = VikingURI("viking://")
    assert (root.scope, root.full_path, root.uri) == ("", "", "viking://")
    assert root.is_directory()
    assert root.parent == root
    assert root.join("user").full_path == "user"


def test_scopes() -> None:
    assert SCOPES == ("agent", "queue", "resources", "session", "temp", "user")
    for scope in SCOPES:
        assert VikingURI(f"viking://{scope}").scope == scope
    assert list(TRACKED_SCOPES) == sorted(TRACKED_SCOPES)


@pytest.mark.parametrize("text", ["viking://docs/x", "viking://User/x", "viking://.viking", "viking://resources2"])
def test_unknown_scopes_name_the_six(text: str) -> None:
    with pytest.raises(UnknownScope, match="unknown scope") as refused:
        VikingURI(text)
    assert str(refused.value.hint).endswith("the scopes are agent, queue, resources, session, temp, user")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("viking://User/x", "did you mean viking://user/x"),
        ("viking://resource/docs/a.md", "did you mean viking://resources/docs/a.md"),
        ("viking:/resources/docs", "did you mean viking://resources/docs"),
        ("Resources", "did you mean viking://resources"),
        ("docs/a.md", "it may be viking://resources/docs/a.md"),
    ],
)
def test_a_slip_in_the_scope_is_guessed(text: str, meant: str) -> None:
    with pytest.raises(InvalidURI) as refused:
        VikingURI.parse(text)
    assert str(refused.value.hint).startswith(f"{meant}; ")


@pytest.mark.parametrize("text", ["http://example.com", "C:/x", "a\x1b[2J"])
def test_what_cannot_be_a_uri_is_not_guessed(text: str) -> None:
    with pytest.raises(InvalidURI) as refused:
        VikingURI.parse(text)
    assert str(refused.value.hint).startswith("URIs begin with ")


@pytest.mark.parametrize(
    "text",
    ["", "resources/x", "http://resources/x", "viking:/resources", "viking://resources/../user", "viking://resources/./x",
     "viking://resources//x", "viking://resources/.git/config", "viking://resources/.GIT", "viking://resources/a\\b",
     "viking://resources/C:/x", "viking://resources/a\0", "viking://resources/\ud800",
     "viking://resources/" + "a/" * 2100, "viking://..", "viking://resources/" + "x" * 256],
)  # fmt: skip
def test_bad_uris(text: str) -> None:
    with pytest.raises(InvalidURI) as refused:
        VikingURI(text)
    assert refused.value.exit_code == 2


def test_join_may_not_climb() -> None:
    with pytest.raises(InvalidURI):
        VikingURI("viking://resources/x").join("../y")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("viking://user/memories/profile", "user/ada/memories/profile"),
        ("viking://user/memories", "user/ada/memories"),
        ("viking://user/bob/memories", "user/bob/memories"),
        ("viking://agent/skills/pdf", "agent/helper/skills/pdf"),
        ("viking://agent/instructions/", "agent/helper/instructions"),
        ("viking://agent/other/skills", "agent/other/skills"),
        ("viking://session/s1", "session/ada/s1"),
        ("viking://session/s1/history/archive_001", "session/ada/s1/history/archive_001"),
        ("viking://session/s1/messages.jsonl", "session/ada/s1/messages.jsonl"),
        ("viking://session/bob", "session/bob"),
        ("viking://session/ada/s1", "session/ada/s1"),
        ("viking://session/carl/s1", "session/carl/s1"),
        ("viking://~/memories", "user/ada/memories"),
        ("viking://~", "user/ada"),
        ("/resources/x", "resources/x"),
        ("resources/x", "resources/x"),
        ("user/memories/profile", "user/ada/memories/profile"),
        ("viking://", ""),
        ("viking://session", "session"),
        ("viking://user/", "user"),
    ],
)
def test_shorthands(typed: str, meant: str) -> None:
    assert VikingURI.parse(typed, SPACES).full_path == meant


@pytest.mark.parametrize(
    "typed", ["docs/x", "", "/", "https://resources/x", "viking://~bob/x", "~/memories", "viking://~/../x"]
)
def test_what_is_no_shorthand(typed: str) -> None:
    with pytest.raises(InvalidURI) as refused:
        VikingURI.parse(typed, SPACES)
    assert refused.value.message


def test_shorthands_without_spaces_take_the_default_one() -> None:
    assert VikingURI.parse("viking://~/memories").full_path == "user/default/memories"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("viking://resources/g.md#L40-L58", ("viking://resources/g.md", "L40-L58")),
        ("viking://resources/g.md#L7", ("viking://resources/g.md", "L7")),
        ("viking://session/a/s/messages.jsonl#msg_1.a:b-c", ("viking://session/a/s/messages.jsonl", "msg_1.a:b-c")),
        ("viking://resources/C#", ("viking://resources/C#", None)),
        ("viking://resources/C#L0", ("viking://resources/C#L0", None)),
        ("viking://resources/issue #12.md", ("viking://resources/issue #12.md", None)),
        ("viking://resources/a#b#L3", ("viking://resources/a#b", "L3")),
        ("#L3", ("#L3", None)),
    ],
)
def test_fragments(text: str, parts: tuple[str, str | None]) -> None:
    assert split_fragment(text) == parts


@given(
    st.text(st.characters(), max_size=40) | st.text("./~viking:ersou\\\0 ", max_size=30).map(lambda t: "viking://" + t)
)
def test_any_text_is_a_uri_or_a_typed_error(text: str) -> None:
    try:
        uri = VikingURI.parse(text, SPACES)
    except InvalidURI:
        return
    assert VikingURI(uri.uri) == uri
    assert ".." not in uri.full_path.split("/")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (".", "resources/docs"),
        ("./", "resources/docs/"),
        ("guide.md", "resources/docs/guide.md"),
        ("api/", "resources/docs/api/"),
        ("..", "resources"),
        ("../..", "viking://"),
        ("../notes/a b.md", "resources/notes/a b.md"),
        ("./user", "resources/docs/user"),
        ("user", "user"),
        ("/resources/x", "/resources/x"),
        ("/w/user/default", "user/default"),
        ("viking://resources/x", "viking://resources/x"),
        ("../../src/a.py", "../../src/a.py"),
        ("../../../etc", "../../../etc"),
        ("/etc/passwd", "/etc/passwd"),
        ("", ""),
    ],
)
def test_plain_paths_are_seen_from_here(typed: str, meant: str) -> None:
    assert from_here(typed, Path("/w/resources/docs"), Path("/w/")) == meant
