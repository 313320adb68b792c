import pytest

from viking_git.model.statements import bare, relate


@pytest.mark.parametrize(
    ("new", "old", "relation"),
    [
        ("User prefers tabs.", "User prefers tabs. (Said on 2026-03-01.)", "same"),
        ("User prefers tabs.", "Before 2026-03-01: User prefers tabs.", "same"),
        ("User hates long meetings.", "User dislikes long meetings.", "same"),
        ("User always uses pnpm in every project.", "User uses pnpm for all projects.", "same"),
        ("User asks not to add emojis to commits.", "User asks to never add emojis to commits.", "same"),
        ("User always uses pnpm, never npm.", "User uses pnpm instead of npm.", "same"),
        ("User prefers tabs.", "User prefers tabs for indentation.", "covered"),
        ("User prefers tabs for indentation.", "User prefers tabs.", "related"),
        ("User prefers tabs.", "User does not prefer tabs.", "conflict"),
        ("User prefers tabs.", "User prefers spaces.", "conflict"),
        ("User prefers tabs over spaces.", "User prefers spaces over tabs.", "conflict"),
        ("User uses npm.", "User uses pnpm, not npm.", "conflict"),
        ("User likes cilantro.", "User hates cilantro.", "conflict"),
        ("User lives in Lisbon.", "User lives in Porto.", "conflict"),
        ("User uses Python 3.12.", "User uses Python 3.11.", "conflict"),
        ("User likes dogs.", "User likes walking dogs.", "related"),
        ("User likes TypeScript.", "User likes JavaScript.", "related"),
        ("Alice works at Acme.", "Bob works at Acme.", "related"),
        (
            "Caroline went to a support group on 2023-05-07.",
            "Caroline went to a support group on 2023-06-07.",
            "related",
        ),
        ("User drinks black coffee.", "User uses ruff for formatting.", "different"),
    ],
)
def test_relations(new: str, old: str, relation: str) -> None:
    assert relate(new, old) == relation


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("User prefers tabs.", "User does not prefer tabs."),
        ("User has 2 kids.", "User has 3 kids."),
        ("User's sister Alice lives in Berlin.", "User's sister Anna lives in Berlin."),
        ("User met Tom on 2026-01-02.", "User met Tom on 2026-01-03."),
    ],
)
def test_no_cosine_overrules_negation_number_name_or_date(new: str, old: str) -> None:
    assert relate(new, old, 0.99) not in {"same", "covered"}


def test_cosine_backs_a_paraphrase() -> None:
    new, old = "User enjoys mountain hiking.", "User loves hiking in the mountains in winter."
    assert relate(new, old) != "same"
    assert relate(new, old, 0.92) == "same"


def test_cosine_does_not_swallow_another_word() -> None:
    assert relate("User runs the tests with vitest.", "User runs the tests with pytest.", 0.95) == "related"


def test_bare_takes_off_dates_that_are_not_the_facts_own() -> None:
    assert bare("Before 2026-03-01: User  likes tea. (Said on 2025-01-01.)") == "User likes tea."
    assert bare("User moved on 2026-03-01.") == "User moved on 2026-03-01."
