from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.memory.making import candidate, memory
from viking_git.memory.merge import merge_memory
from viking_git.model.facts import summary
from viking_git.model.layers import ABSTRACT_LIMIT
from viking_git.model.memory import Memory, parse_memory

TABS = "User prefers tabs over spaces. (Said on 2026-03-01.)"
SPACES = "User prefers spaces over tabs. (Said on 2026-05-01.)"


def test_both_facts_stay_in_order() -> None:
    merged = merge_memory(memory(TABS), candidate("User likes short functions. (Said on 2026-05-01.)"))
    assert merged.paragraphs() == [TABS, "User likes short functions. (Said on 2026-05-01.)"]
    assert merged.abstract == "User prefers tabs over spaces; likes short functions."


def test_a_duplicate_changes_nothing() -> None:
    held = memory(TABS)
    assert merge_memory(held, candidate("User prefers tabs over spaces. (Said on 2026-05-01.)")) == held


def test_a_longer_statement_takes_the_place_of_the_one_it_repeats() -> None:
    longer = "User prefers TypeScript over JavaScript and uses ESLint for linting."
    merged = merge_memory(memory("User prefers TypeScript over JavaScript."), candidate(longer))
    assert merged.paragraphs() == [longer]
    assert merged.abstract == longer


def test_a_changed_preference_comes_first_and_the_old_one_stays_dated() -> None:
    merged = merge_memory(memory("User likes tests.", TABS), candidate(SPACES))
    assert merged.paragraphs() == ["User likes tests.", SPACES, f"Before 2026-05-01: {TABS}"]
    assert merged.abstract == "User likes tests; prefers spaces over tabs."


def test_an_older_message_that_arrives_late_does_not_win() -> None:
    merged = merge_memory(memory(SPACES), candidate(TABS, at="2026-03-01T10:00:00Z"))
    assert merged.paragraphs() == [SPACES, f"Before 2026-05-01: {TABS}"]
    assert merged.abstract == "User prefers spaces over tabs."


def test_a_preference_that_returns_later_holds_again() -> None:
    changed = merge_memory(memory(TABS), candidate(SPACES))
    back = candidate("User prefers tabs over spaces. (Said on 2026-07-01.)", at="2026-07-01T10:00:00Z")
    assert merge_memory(changed, back).paragraphs()[0] == "User prefers tabs over spaces. (Said on 2026-07-01.)"
    assert merge_memory(changed, candidate(TABS, at="2026-03-01T10:00:00Z")) == changed


def test_what_a_person_wrote_stays() -> None:
    held = replace(memory(TABS), abstract="All about my style.", overview="My own words.")
    merged = merge_memory(held, candidate("User likes short functions."))
    assert merged.overview == "My own words."
    assert merged.abstract == "All about my style. User likes short functions."
    assert merged.paragraphs()[0] == TABS


def test_a_persons_abstract_gives_way_where_it_is_no_longer_true() -> None:
    held = replace(memory(TABS), abstract="Definitely prefers tabs over spaces.")
    assert merge_memory(held, candidate(SPACES)).abstract == "User prefers spaces over tabs."


def test_headings_stay_where_they_are() -> None:
    held = replace(memory(TABS), detail=f"## Style\n\n{TABS}\n\n## Rest\n\nUser likes tests.")
    merged = merge_memory(held, candidate(SPACES))
    assert merged.detail == f"## Style\n\n{SPACES}\n\nBefore 2026-05-01: {TABS}\n\n## Rest\n\nUser likes tests."


def test_aliases_and_fields_are_united() -> None:
    held = memory("Alice paints.", category="entities", name="alice", aliases=("Al",))
    new = candidate(
        "Alice sings.",
        category="entities",
        name="alice",
        aliases=("al", "Lissi"),
        fields={"kind": "person", "relation": "sister"},
    )
    merged = merge_memory(held, new)
    assert merged.aliases == ("Al", "Lissi")
    assert dict(merged.fields) == {"kind": "person", "relation": "sister"}


def test_a_memory_of_one_paragraph_keeps_it() -> None:
    bare = Memory("preferences", "coding", "Coding", "User prefers tabs.", fields={"topic": "coding"})
    assert merge_memory(bare, candidate("User likes tests.")).paragraphs() == [
        "User prefers tabs.",
        "User likes tests.",
    ]


def test_the_summary_fits_and_leaves_out_what_no_longer_holds() -> None:
    facts = [f"User likes topic number {n} very much indeed." for n in range(20)]
    assert len(summary(facts)) <= ABSTRACT_LIMIT
    assert (
        summary(["Before 2026-01-01: User likes tea.", "User likes coffee. (Said on 2026-01-01.)"])
        == "User likes coffee."
    )


objects = st.sampled_from(["tabs", "spaces", "tea", "Python 3.11", "Python 3.12", "long walks", "tests"])
facts = st.builds(
    lambda verb, thing, day: f"User {verb} {thing}. (Said on 2026-0{day}-01.)",
    st.sampled_from(["prefers", "likes", "does not like", "uses", "always uses", "hates"]), objects, st.integers(1, 9),
)  # fmt: skip
days = st.integers(1, 9).map(lambda month: f"2026-0{month}-01T00:00:00Z")


@settings(max_examples=200)
@given(st.lists(facts, min_size=1, max_size=4), st.lists(facts, min_size=1, max_size=3), days)
def test_merging_again_changes_nothing_and_loses_nothing(held: list[str], new: list[str], day: str) -> None:
    first = memory(*held)
    once = merge_memory(first, candidate(*new, at=day))
    assert merge_memory(once, candidate(*new, at=day)) == once
    assert parse_memory(once.render()) == once
    for fact in held:
        words = fact.partition(". (")[0]
        assert words in once.detail or any(f.startswith(words) for f in once.paragraphs())
