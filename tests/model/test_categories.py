"""The table of categories: a row here for each row there."""

import pytest

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.categories import CATEGORIES, category

ROWS = {
    "profile": ("user", True, ()),
    "preferences": ("user", True, ("topic",)),
    "entities": ("user", True, ("kind",)),
    "events": ("user", False, ("date",)),
    "cases": ("agent", False, ("problem",)),
    "patterns": ("agent", True, ()),
    "tools": ("agent", True, ("tool",)),
    "skills": ("agent", True, ("skill",)),
}


def test_the_table_has_these_rows() -> None:
    assert {name: (row.owner, row.mergeable, row.required) for name, row in CATEGORIES.items()} == ROWS


@pytest.mark.parametrize("name", ROWS)
def test_a_row_places_and_names_its_memories(name: str) -> None:
    row = category(name)
    made = row.memory_name("Köln: first Launch!", "2024-01-15T10:00:00Z" if row.dated else None)
    if row.dated:
        assert (made, row.path(made)) == ("2024-01-15_köln_first_launch", f"{name}/2024/2024-01-15_köln_first_launch")
    else:
        assert (made, row.path(made)) == ("köln_first_launch", f"{name}/köln_first_launch")
    assert row.about


def test_events_need_their_date() -> None:
    for date in (None, "", "January", "24-01-15"):
        with pytest.raises(InvalidContent, match="needs a date"):
            category("events").memory_name("Launch", date)
    for name in ("launch", "2024-01-15", "2024-01-15_"):
        with pytest.raises(InvalidContent, match="begins with its date"):
            category("events").path(name)


def test_paths_hold_only_valid_names() -> None:
    with pytest.raises(InvalidName):
        category("profile").path("../x")


def test_an_unknown_category_names_the_others() -> None:
    with pytest.raises(InvalidContent, match="unknown memory category 'dreams'") as refused:
        category("dreams")
    assert "profile, preferences" in str(refused.value.hint)
