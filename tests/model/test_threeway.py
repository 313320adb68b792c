"""Merging our formats: every variant stays readable, no conflict marker, the sides can be swapped."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.model.facts import summary
from viking_git.model.memory import Memory, parse_memory
from viking_git.model.threeway import MergedText, merge_memory_text

BASE = Memory(
    category="entities", name="anna", title="Anna", abstract="Anna is a designer.", overview="Works in Oslo.",
    detail="Anna likes tea.\n\nAnna has a dog.", fields={"kind": "person"}, aliases=("Ann",),
    created_at="2024-01-15T10:00:00Z",
)  # fmt: skip


def memory(**changes: Any) -> str:
    values = {slot: getattr(BASE, slot) for slot in BASE.__slots__} | changes
    return Memory(**values).render()


def merge(base: str | None, ours: str, theirs: str) -> MergedText:
    merged = merge_memory_text(base, ours, theirs, category_name="entities", name="anna")
    assert merge_memory_text(base, theirs, ours, category_name="entities", name="anna") == merged
    assert not any(mark in merged.text for mark in ("<<<<<<<", ">>>>>>>", "|||||||"))
    return merged


def read(merged: MergedText) -> Memory:
    found = parse_memory(merged.text, category_name="entities", name="anna")
    assert found.render() == merged.text
    if merged.contested:
        assert found.status == "contested"
    return found


class TestMemoryText:
    def test_one_side_unchanged_gives_the_other_byte_for_byte(self) -> None:
        odd = memory().replace("# Anna\n", "# Anna\n\n\n")
        assert merge(memory(), odd, memory()) == MergedText(odd, False)
        assert merge(None, odd, odd) == MergedText(odd, False)

    def test_edits_apart_merge(self) -> None:
        merged = merge(
            memory(),
            memory(detail="Anna likes coffee.\n\nAnna has a dog.", aliases=("Ann", "Annie")),
            memory(
                detail="Anna likes tea.\n\nAnna has a dog.\n\nAnna plays chess.", fields={"kind": "person", "age": 31}
            ),
        )
        found = read(merged)
        assert not merged.contested
        assert found.paragraphs() == ["Anna likes coffee.", "Anna has a dog.", "Anna plays chess."]
        assert (found.aliases, found.fields, found.status) == (
            ("Ann", "Annie"),
            {"kind": "person", "age": 31},
            "active",
        )

    def test_two_wordings_are_contested_and_both_stand(self) -> None:
        merged = merge(
            memory(), memory(detail="Anna likes coffee."), memory(detail="Anna likes water.\n\nAnna has a dog.")
        )
        assert merged.contested
        assert {"Anna likes coffee.", "Anna likes water."} <= set(read(merged).paragraphs())

    def test_two_abstracts_are_contested_and_the_other_becomes_a_paragraph(self) -> None:
        merged = merge(memory(), memory(abstract="Anna is a painter."), memory(abstract="Anna is a writer."))
        found = read(merged)
        assert merged.contested
        assert (found.abstract, found.paragraphs()[0]) == ("Anna is a painter.", "Anna is a writer.")

    def test_abstracts_that_only_sum_up_their_side_merge_by_clause(self) -> None:
        def summed(abstract: str, *facts: str) -> str:
            return memory(abstract=abstract, detail="\n\n".join(facts))

        base = summed("Anna likes tea.", "Anna likes tea.")
        chess, oslo = "Anna plays chess on Sundays.", "Anna lives in Oslo."
        merged = merge(
            base,
            summed("Anna likes tea; plays chess.", "Anna likes tea.", chess),
            summed(
                "Anna likes coffee. Anna lives in Oslo.", "Anna likes coffee.", "Before 2024: Anna likes tea.", oslo
            ),
        )
        assert not merged.contested
        assert read(merged).abstract == "Anna likes coffee. Anna lives in Oslo; plays chess."
        facts = ["Anna likes coffee.", "Before 2024: Anna likes tea.", oslo, chess]
        assert sorted(read(merged).paragraphs()) == sorted(facts)

    def test_a_clause_is_not_joined_to_another_subject(self) -> None:
        chess, oslo = "Anna plays chess on Sundays.", "Bob lives in Oslo."
        merged = merge(
            memory(abstract="Anna likes tea.", detail="Anna likes tea."),
            memory(abstract="Anna likes tea; plays chess.", detail=f"Anna likes tea.\n\n{chess}"),
            memory(abstract="Anna likes tea. Bob lives in Oslo.", detail=f"Anna likes tea.\n\n{oslo}"),
        )
        assert not merged.contested
        assert read(merged).abstract == "Anna likes tea. Bob lives in Oslo."

    def test_abstracts_that_commits_wrote_are_written_anew(self) -> None:
        chess, oslo = "Anna plays chess.", "Bob lives in Oslo."
        merged = merge(
            memory(abstract="Anna likes tea.", detail="Anna likes tea."),
            memory(abstract="Anna likes tea; plays chess.", detail=f"Anna likes tea.\n\n{chess}"),
            memory(abstract="Anna likes tea. Bob lives in Oslo.", detail=f"Anna likes tea.\n\n{oslo}"),
        )
        assert not merged.contested
        assert read(merged).abstract == "Anna likes tea; plays chess. Bob lives in Oslo."

    def test_summaries_too_long_to_join_leave_the_longer(self) -> None:
        long = [f"Anna {word * 150}." for word in "ab"]
        sides = [memory(abstract=fact, detail=f"{BASE.detail}\n\n{fact}") for fact in long]
        merged = merge(memory(), sides[0], sides[1].replace("Anna b", "Anna bb"))
        assert not merged.contested
        assert read(merged).abstract.startswith("Anna bb")

    def test_two_values_of_a_field_are_contested_and_named(self) -> None:
        merged = merge(memory(), memory(fields={"kind": "project"}), memory(fields={"kind": "place"}))
        found = read(merged)
        assert found.fields == {"kind": "place"}
        assert found.paragraphs()[-1] == "Contested: kind is place or project."

    def test_two_values_of_a_new_memory_that_the_text_says_are_no_question(self) -> None:
        def heard(relation: str, fact: str) -> str:
            return memory(fields={"kind": "person", "relation": relation}, detail=f"User's {relation} Anna {fact}.")

        merged = merge(None, heard("friend", "lives in Oslo"), heard("colleague", "works at the port"))
        assert not merged.contested
        assert read(merged).fields["relation"] == "colleague"
        assert merge(None, heard("friend", "sings"), heard("boss", "sings")).contested is False
        assert merge(None, heard("friend", "x"), memory(fields={"kind": "place"})).contested

    def test_another_title_becomes_an_alias(self) -> None:
        merged = merge(memory(), memory(title="Anna Berg"), memory(title="Anna B."))
        assert not merged.contested
        assert (read(merged).title, read(merged).aliases) == ("Anna B.", ("Ann", "Anna Berg"))

    def test_the_same_memory_made_twice_holds_the_facts_of_both(self) -> None:
        ours = memory(created_at="2024-02-01T00:00:00Z", abstract="Anna is a painter.", detail="Anna likes tea.")
        theirs = memory(created_at="", overview="", detail="Anna likes tea.\n\nAnna has a cat.")
        merged = merge(None, ours, theirs)
        assert not merged.contested
        assert read(merged).paragraphs() == ["Anna is a painter.", "Anna likes tea.", "Anna has a cat."]
        assert read(merged).created_at == "2024-02-01T00:00:00Z"

    def test_status_by_three_ways(self) -> None:
        gone = memory(status="superseded")
        assert read(merge(memory(), gone, memory(detail="x"))).status == "superseded"
        assert read(merge(memory(), gone, memory(status="contested"))).status == "contested"
        resolved = merge(memory(status="contested"), memory(), memory(status="contested", detail="Anna likes tea."))
        assert read(resolved).status == "active"

    @pytest.mark.parametrize(
        "broken", ["no front matter\n\n## Overview\n\nx\n", "---\nkind: [\n---\n# T\n\nA.\n", "", "\n"]
    )
    def test_a_side_that_is_no_memory_is_kept_beside(self, broken: str) -> None:
        theirs = memory(detail="Anna likes coffee.")
        merged = merge(memory(), broken, theirs)
        found = read(merged)
        assert merged.contested
        assert (found.abstract, found.overview) == (BASE.abstract, BASE.overview)
        for line in broken.split("\n"):
            assert f"    {line}".rstrip() in merged.text
        assert merge(memory(), merged.text, broken) == merged

    def test_a_memory_of_another_name_is_no_side_to_merge(self) -> None:
        merged = merge(memory(), memory(detail="Anna likes coffee."), memory(name="berta"))
        assert "    name: berta" in merged.text
        assert "Anna likes coffee." in merged.text

    def test_two_sides_that_are_no_memories_merge_by_paragraph(self) -> None:
        merged = merge(memory(), "broken\n\none\n", "broken\n\ntwo\n")
        assert merged == MergedText("broken\n\none\n\ntwo\n", True)

    @given(*[st.lists(st.sampled_from([f"Fact {n}." for n in range(8)]), max_size=5, unique=True)] * 3)
    def test_no_fact_is_lost_that_neither_side_deleted(
        self, base: list[str], ours: list[str], theirs: list[str]
    ) -> None:
        texts = [memory(detail="\n\n".join(facts)) for facts in (base, ours, theirs)]
        facts = read(merge(*texts)).paragraphs()
        assert set(facts) >= (set(ours) | set(theirs)) - (set(base) - (set(ours) & set(theirs)))
        assert set(facts) <= set(ours) | set(theirs)


class TestCategories:
    """What paragraphs and fields leave open is settled as a commit into the memory would settle it."""

    TABS = "User prefers tabs over spaces. (Said on 2026-03-01.)"
    SPACES = "User prefers spaces over tabs. (Said on 2026-05-01.)"

    @staticmethod
    def merged(category: str, fields: dict[str, str], *sides: str) -> tuple[Memory, bool]:
        name = "2026-03-01_x" if category == "events" else "x"
        first = "User likes tests. (Said on 2026-01-01.)"
        made = [
            Memory(category, name, "X", summary(facts), detail="\n\n".join(facts), fields=fields).render()
            for facts in ([first], *([first, side] for side in sides))
        ]
        merged = merge_memory_text(*made, category_name=category, name=name)
        assert merge_memory_text(made[0], made[2], made[1], category_name=category, name=name) == merged
        return parse_memory(merged.text), merged.contested

    @pytest.mark.parametrize(
        ("category", "fields"),
        [("profile", {}), ("preferences", {"topic": "x"}), ("patterns", {}), ("tools", {"tool": "x"})],
    )
    def test_the_newest_statement_holds_and_the_earlier_stays_dated(
        self, category: str, fields: dict[str, str]
    ) -> None:
        found, contested = self.merged(category, fields, self.TABS, self.SPACES)
        assert not contested
        assert found.paragraphs()[1:] == [self.SPACES, f"Before 2026-05-01: {self.TABS}"]
        assert found.abstract == "User likes tests; prefers spaces over tabs."

    def test_two_newer_statements_than_the_bases_are_put_in_order(self) -> None:
        base = "User works as a pilot. (Said on 2026-01-08.)"
        nurse, teacher = (
            "User works as a nurse. (Said on 2026-02-10.)",
            "User works as a teacher. (Said on 2026-04-10.)",
        )
        sides = [
            Memory("profile", "work", "Work", summary(facts), detail="\n\n".join(facts)).render()
            for facts in (
                [base], [nurse, f"Before 2026-02-10: {base}"], [teacher, f"Before 2026-04-10: {base}"],
            )
        ]  # fmt: skip
        merged = merge_memory_text(*sides, category_name="profile", name="work")
        found = parse_memory(merged.text)
        assert not merged.contested
        assert found.paragraphs() == [teacher, f"Before 2026-04-10: {nurse}", f"Before 2026-02-10: {base}"]
        assert found.abstract == "User works as a teacher."

    def test_what_both_learnt_is_said_once(self) -> None:
        later = self.TABS.replace("03-01", "04-01")
        found, contested = self.merged("preferences", {"topic": "x"}, self.TABS, later)
        assert (found.paragraphs()[1:], contested) == ([self.TABS], False)

    def test_facts_at_odds_of_which_none_is_the_later_are_contested(self) -> None:
        found, contested = self.merged("preferences", {"topic": "x"}, "User prefers tabs.", "User prefers spaces.")
        assert contested
        assert found.status == "contested"
        assert found.paragraphs()[1:] == ["User prefers spaces.", "User prefers tabs."]

    @pytest.mark.parametrize(("category", "fields"), [("events", {"date": "2026-03-01"}), ("cases", {"problem": "x"})])
    def test_two_accounts_of_history_are_contested_and_not_weighed(self, category: str, fields: dict[str, str]) -> None:
        found, contested = self.merged(category, fields, self.TABS, self.SPACES)
        assert contested
        assert set(found.paragraphs()[1:]) == {self.TABS, self.SPACES}
