import pytest

from viking_git.retrieval.places import Place, place


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("resources/docs/guide.md", ("resource", "", "", "")),
        ("user/ann", ("memory", "", "ann", "")),
        ("user/ann/memories/preferences", ("memory", "preferences", "ann", "")),
        ("user/ann/memories/preferences/food", ("memory", "preferences", "ann", "user/ann/memories/preferences/food")),
        ("user/ann/memories/events/2026", ("memory", "events", "ann", "")),
        ("user/ann/memories/events/2026/2026-01-02_x/content.md",
         ("memory", "events", "ann", "user/ann/memories/events/2026/2026-01-02_x")),
        ("user/ann/memories/notes/x", ("memory", "", "ann", "")),
        ("agent/bot/memories/cases/a/content.md", ("memory", "cases", "bot", "agent/bot/memories/cases/a")),
        ("agent/bot/user/ann/memories/tools/rg", ("memory", "tools", "ann", "agent/bot/user/ann/memories/tools/rg")),
        ("agent/bot/skills", ("skill", "", "bot", "")),
        ("agent/bot/skills/deploy/SKILL.md", ("skill", "", "bot", "agent/bot/skills/deploy")),
        ("agent/bot/instructions/tone.md", ("resource", "", "bot", "")),
        ("session/ann/s1/history/archive_001", ("session", "", "ann", "")),
    ],
)  # fmt: skip
def test_a_path_says_what_lies_there(path: str, expected: tuple[str, str, str, str]) -> None:
    found: Place = place(path)
    assert (found.type, found.category, found.owner, found.item) == expected


@pytest.mark.parametrize(
    ("path", "container"),
    [
        ("resources", True),
        ("resources/docs", False),
        ("user", True),
        ("user/ann/memories", True),
        ("user/ann/memories/events/2026", True),
        ("user/ann/memories/events/2026/2026-01-02_x", False),
        ("agent/bot/skills", True),
        ("agent/bot/skills/deploy", False),
        ("agent/bot/user/ann", True),
        ("agent/bot/instructions", True),
        ("agent/bot/instructions/tone", False),
        ("session/ann/s1", True),
        ("session/ann/s1/history", True),
        ("session/ann/s1/history/archive_001", False),
    ],
)
def test_which_directories_only_list_what_they_hold(path: str, container: bool) -> None:
    assert place(path).container is container


def test_names_are_what_people_chose() -> None:
    assert place("user/ann/memories/preferences/food/content.md").names == ("preferences", "food", "content.md")
    assert place("resources/docs/api/users.md").names == ("docs", "api", "users.md")
    assert place("session/ann/trip-to-rome/history/archive_001").names == ("trip-to-rome",)
