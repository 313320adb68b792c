"""Facts of two sides put together: by the rule that a commit goes by, whichever side is which."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.model.facts import EARLIER, is_made, joined, put_together, settled, summary, with_fact
from viking_git.model.statements import bare, relate

TABS = "User prefers tabs over spaces. (Said on 2026-03-01.)"
SPACES = "User prefers spaces over tabs. (Said on 2026-05-01.)"
TEA = "User likes tea. (Said on 2026-03-01.)"


@pytest.mark.parametrize(
    ("one", "other", "stands"),
    [
        (TABS, SPACES, [SPACES, f"Before 2026-05-01: {TABS}"]),
        (TABS, "User prefers tabs over spaces. (Said on 2026-06-01.)", [TABS]),
        (
            "User prefers tabs.",
            "User prefers tabs. (Said on 2026-06-01.)",
            ["User prefers tabs. (Said on 2026-06-01.)"],
        ),
        ("User prefers tabs.", "User prefers tabs for indentation.", ["User prefers tabs for indentation."]),
        (f"Before 2026-06-01: {TABS}", f"Before 2026-05-01: {TABS}", [f"Before 2026-05-01: {TABS}"]),
        (TABS, f"Before 2026-05-01: {TABS}", [f"Before 2026-05-01: {TABS}"]),
        (TABS.replace("03-01", "07-01"), f"Before 2026-05-01: {TABS}", None),
        ("User prefers tabs.", "User prefers spaces.", None),
        (TABS, SPACES.replace("2026-05", "2026-03"), None),
        (TABS, TEA, None),
        ("```\ngit push --force\n```", "```\ngit push\n```", None),
        ("# Tabs", "# Tab", None),
    ],
)
def test_two_statements(one: str, other: str, stands: list[str] | None) -> None:
    assert settled(one, other) == stands
    assert settled(other, one) == stands


def test_facts_of_two_sides_are_as_two_commits_leave_them() -> None:
    assert put_together([TEA, TABS, SPACES], [TABS], [SPACES]) == ([TEA, SPACES, f"Before 2026-05-01: {TABS}"], False)
    assert with_fact([TEA, TABS], SPACES, "2026-05-01") == [TEA, SPACES, f"Before 2026-05-01: {TABS}"]


def test_facts_at_odds_without_a_day_are_contested_and_both_stand() -> None:
    facts = ["User prefers tabs.", "User prefers spaces."]
    assert put_together(facts, facts[:1], facts[1:]) == (facts, True)
    assert put_together([TEA, *facts], [TEA], facts[1:]) == ([TEA, *facts], False)


def test_what_one_side_alone_knows_is_not_weighed_against_the_base() -> None:
    assert put_together([TABS, SPACES], [SPACES], []) == ([TABS, SPACES], False)


def test_a_clause_keeps_its_subject() -> None:
    assert joined("User likes tea.", "User plays chess.") == "User likes tea; plays chess."
    assert joined("User likes tea. Bob lives in Oslo.", "User plays chess.").endswith("Oslo. User plays chess.")


def test_what_a_commit_writes_is_known_from_what_a_person_wrote() -> None:
    assert is_made(summary([TABS, TEA]), [TABS, TEA])
    assert is_made("User prefers tabs over spaces.", [TABS, TEA])
    assert not is_made("Mostly about tabs.", [TABS, TEA])
    assert not is_made("Anything.", [])


STATEMENTS = st.builds(
    lambda verb, thing, day: f"User {verb} {thing}.{f' (Said on 2026-0{day}-01.)' if day else ''}",
    st.sampled_from(["prefers", "likes", "does not like", "uses"]),
    st.sampled_from(["tabs", "spaces", "tea", "Python 3.11", "Python 3.12", "long walks"]),
    st.integers(0, 5),
)
NEWS = st.lists(STATEMENTS, max_size=4, unique=True)


@settings(max_examples=200)
@given(NEWS, NEWS)
def test_nothing_is_lost_but_what_is_said_elsewhere(mine: list[str], yours: list[str]) -> None:
    one, other = sorted(set(mine) - set(yours)), sorted(set(yours) - set(mine))
    facts = sorted({*mine, *yours})
    merged, contested = put_together(facts, one, other)
    assert put_together(facts, other, one) == (merged, contested)
    for fact in facts:
        assert any(fact in text or relate(fact, text) in {"same", "covered"} for text in merged)
    assert {bare(text) for text in merged} <= {bare(text) for text in facts}
    current = {text for text in merged if not text.startswith(EARLIER)}
    for a, b in itertools.product(current & set(one), current & set(other)):
        assert settled(a, b) is None
        assert contested or relate(*sorted((a, b))) != "conflict"
