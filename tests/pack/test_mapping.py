"""Where files of other versions go, and which targets a pack may have."""

import pytest

from viking_git.errors import BadPack
from viking_git.pack.mapping import as_user, check_moves, check_target, ours


@pytest.mark.parametrize(
    ("theirs", "here"),
    [
        ("user/ada/sessions/s1/messages.jsonl", "session/ada/s1/messages.jsonl"),
        ("user/ada/sessions/s1/history/archive_001/.abstract.md", "session/ada/s1/history/archive_001/.abstract.md"),
        ("user/ada/skills/search/SKILL.md", "agent/helper/skills/search/SKILL.md"),
        ("user/ada/peers/bot/memories/cases/x.md", "agent/bot/memories/cases/x.md"),
        ("user/ada/memories/preferences/x.md", "user/ada/memories/preferences/x.md"),
        ("user/ada/sessions", "user/ada/sessions"),
        ("resources/sessions/x/y", "resources/sessions/x/y"),
        ("user/ada/skills/readme.md", "user/ada/skills/readme.md"),
    ],
)
def test_their_layout_becomes_ours(theirs: str, here: str) -> None:
    path, why = ours(theirs, agent="helper")
    assert path == here
    assert bool(why) == (theirs != here)


def test_skills_stay_when_asked() -> None:
    assert ours("user/ada/skills/s/SKILL.md", agent="helper", skills="user") == ("user/ada/skills/s/SKILL.md", "")


@pytest.mark.parametrize(
    ("here", "theirs"),
    [
        ("session/ada/s1/.meta.json", "user/ada/sessions/s1/.meta.json"),
        ("session/ada", "user/ada/sessions"),
        ("agent/bot/skills/s/SKILL.md", "user/ada/skills/s/SKILL.md"),
        ("agent/bot/memories/cases/x/content.md", "user/ada/peers/bot/memories/cases/x/content.md"),
        ("agent/bot", "user/ada"),
        ("agent/.abstract.md", "agent/.abstract.md"),
        ("resources/x", "resources/x"),
    ],
)
def test_our_layout_becomes_theirs(here: str, theirs: str) -> None:
    assert as_user(here, "ada") == theirs


def test_it_comes_back() -> None:
    for path in ("session/ada/s1/.meta.json", "agent/bot/skills/s/a", "agent/bot/memories/cases/x/content.md"):
        assert ours(as_user(path, "ada"), agent="bot")[0] == path


@pytest.mark.parametrize(
    ("root", "source", "parent", "landed"),
    [
        ("docs", "resources/docs", "resources", "resources/docs"),
        ("docs", "resources/docs", "resources/a/b", "resources/a/b/docs"),
        ("docs", "", "resources", "resources/docs"),
        ("memories", "user/ada/memories", "user/eve", "user/eve/memories"),
        ("memories", "agent/a/memories", "agent/a/user/ada", "agent/a/user/ada/memories"),
        ("memories", "user/ada/peers/b/memories", "user/ada/peers/b", "user/ada/peers/b/memories"),
        ("s1", "user/ada/sessions/s1", "user/ada/sessions", "user/ada/sessions/s1"),
        ("resources", "resources", "", "resources"),
        ("user", "user", "", "user"),
    ],
)
def test_targets(root: str, source: str, parent: str, landed: str) -> None:
    assert check_target(root, source, parent) == landed


@pytest.mark.parametrize(
    ("root", "source", "parent", "hint"),
    [
        ("memories", "user/ada/memories", "user/ada/memories", "import it into viking://user/ada/"),
        ("memories", "user/ada/memories", "user", "import it into viking://user/ada/"),
        ("memories", "", "resources/x", "import it into viking://user/NAME/"),
        ("memories", "", "user/ada/memories", "import it into viking://user/ada/"),
        ("docs", "resources/docs", "user/ada", "import it into viking://resources/"),
        ("docs", "resources/docs", "", "import it into viking://resources/"),
        ("resources", "resources", "resources/x", "viking-git import FILE viking://"),
        ("s1", "user/ada/sessions/s1", "user/ada/sessions/s1", "import it into viking://user/ada/sessions/"),
        ("preferences", "user/ada/memories/preferences", "user/ada", "import it into viking://user/ada/memories/"),
    ],
)
def test_targets_that_are_refused_name_the_right_one(root: str, source: str, parent: str, hint: str) -> None:
    with pytest.raises(BadPack) as caught:
        check_target(root, source, parent)
    assert caught.value.hint == hint


def test_two_files_never_become_one() -> None:
    with pytest.raises(BadPack, match="would both become 'c'"):
        check_moves({"a": "c", "b": "c"})
