"""Three-way merges of sequences: nothing lost, sides swappable, and by lines as git does it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from viking_git.model.diff3 import hunks, merge_items, merge_text

# Few distinct items, so that repeated and moved ones are common.
WORDS = st.lists(st.sampled_from("abcdefgh#"), max_size=9)
TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d\r\n", "e"]), max_size=8).map("".join)


@given(WORDS, WORDS)
def test_hunks_make_one_side_of_the_other(base: list[str], side: list[str]) -> None:
    made, at = list[str](), 0
    for hunk in hunks(base, side):
        assert hunk.start >= at
        assert list(hunk.new) != base[hunk.start : hunk.end]
        made += [*base[at : hunk.start], *hunk.new]
        at = hunk.end
    assert [*made, *base[at:]] == side


def test_alignment_prefers_what_stands_once() -> None:
    base = ["{", "one", "}", "", "{", "two", "}"]
    side = ["{", "zero", "}", "", "{", "one", "}", "", "{", "two", "}"]
    assert len(hunks(base, side)) == 1


def test_alignment_of_two_large_unlike_texts_ends() -> None:
    base, side = ["x", "y"] * 3000, ["y", "z", "x"] * 3000
    assert sum(h.end - h.start for h in hunks(base, side)) <= len(base)


class TestItems:
    def test_edits_of_different_paragraphs_merge(self) -> None:
        assert merge_items(["a", "b", "c"], ["A", "b", "c"], ["a", "b", "C"]) == (["A", "b", "C"], False)

    def test_edits_of_neighbours_merge(self) -> None:
        assert merge_items(["a", "b"], ["A", "b"], ["a", "B"]) == (["A", "B"], False)

    def test_what_both_add_at_one_place_is_kept_without_contest(self) -> None:
        assert merge_items(["a"], ["a", "y"], ["a", "x"]) == (["a", "x", "y"], False)

    def test_what_both_add_is_there_once(self) -> None:
        assert merge_items(["a"], ["a", "x", "y"], ["a", "z", "x"]) == (["a", "x", "y", "z"], False)
        assert merge_items(["a"], ["x", "a"], ["a", "x"]) == (["x", "a"], False)

    def test_two_wordings_of_one_paragraph_are_contested_side_by_side(self) -> None:
        merged = merge_items(["a", "b", "c"], ["a", "B1", "C1"], ["a", "B2", "c"])
        assert merged == (["a", "B1", "B2", "C1"], True)

    def test_a_delete_against_an_edit_keeps_the_edit_contested(self) -> None:
        assert merge_items(["a", "b"], ["a"], ["a", "B"]) == (["a", "B"], True)

    def test_deletes_are_done(self) -> None:
        assert merge_items(["a", "b", "c"], ["b", "c"], ["a", "b"]) == (["b"], False)
        assert merge_items(["a", "b", "c"], ["c"], ["a"]) == ([], False)

    def test_an_edit_that_holds_the_other_wins(self) -> None:
        assert merge_items(["a"], ["A"], ["A", "x"]) == (["A", "x"], False)

    @given(WORDS, WORDS)
    def test_one_side_unchanged_gives_the_other(self, base: list[str], side: list[str]) -> None:
        assert merge_items(base, side, base) == (side, False)
        assert merge_items(base, base, side) == (side, False)
        assert merge_items(base, side, side) == (side, False)

    @given(WORDS, WORDS, WORDS)
    def test_the_sides_can_be_swapped(self, base: list[str], ours: list[str], theirs: list[str]) -> None:
        assert merge_items(base, ours, theirs) == merge_items(base, theirs, ours)

    @given(WORDS, WORDS, WORDS)
    def test_nothing_is_lost_that_neither_side_deleted(
        self, base: list[str], ours: list[str], theirs: list[str]
    ) -> None:
        merged = Counter(merge_items(base, ours, theirs)[0])
        for side, other in ((ours, theirs), (theirs, ours)):
            for item, count in Counter(side).items():
                added = count - base.count(item)
                deleted_there = max(0, base.count(item) - other.count(item))
                if added > 0 and not deleted_there:
                    assert merged[item] >= added
        for item, count in Counter(base).items():
            if ours.count(item) >= count and theirs.count(item) >= count:
                assert merged[item] >= 1
        assert set(merged) <= {*ours, *theirs}

    @given(st.permutations("abcdef").flatmap(lambda base: st.tuples(*[_edits(base)] * 2).map(lambda e: (base, *e))))
    def test_merging_again_changes_nothing(self, case: tuple[list[str], list[str], list[str]]) -> None:
        base, ours, theirs = case
        merged, _ = merge_items(base, ours, theirs)
        assert merge_items(theirs, merged, theirs) == (merged, False)
        assert merge_items(ours, merged, ours) == (merged, False)
        assert merge_items(merged, merged, merged) == (merged, False)


def _edits(base: list[str]) -> st.SearchStrategy[list[str]]:
    def edit(choices: list[int]) -> list[str]:
        shapes = {0: [], 1: ["{}'"], 2: ["{}", "new {}"]}
        return [line.format(item) for item, n in zip(base, choices, strict=True) for line in shapes.get(n, ["{}"])]

    return st.lists(st.integers(0, 5), min_size=len(base), max_size=len(base)).map(edit)


class TestText:
    def test_keeps_line_ends_and_a_missing_last_newline(self) -> None:
        assert merge_text("a\r\nb\nc", "A\r\nb\nc", "a\r\nb\nC") == "A\r\nb\nC"

    def test_overlaps_and_touching_lines_are_none(self) -> None:
        assert merge_text("a\nb\n", "A\nb\n", "a\nB\n") is None
        assert merge_text("a\n", "b\n", "c\n") is None
        assert merge_text("a\n", "a\nb\n", "a\nc\n") is None
        assert merge_text("", "b\n", "c\n") is None

    def test_a_side_that_holds_the_others_change_stands(self) -> None:
        """As where both were merged, and a squash has forgotten it."""
        base, ours, theirs = "1\n\n2\n\n3\n\n4\n", "1\n\ntwo\n\n3\n\n4\n", "1\n\n2\n\n4\n"
        merged = merge_text(base, ours, theirs)
        assert merged == "1\n\ntwo\n\n4\n"
        for side in (ours, theirs):
            assert merge_text(base, merged, side) == merge_text(base, side, merged) == merged
        assert merge_text("a\nb\n", "a\n", "a\nB\n") is None, "an edit does not hold a deletion"

    def test_the_same_edit_on_both_sides_is_no_overlap(self) -> None:
        assert merge_text("a\nb\nc\n", "A\nb\nc\n", "A\nb\nC\n") == "A\nb\nC\n"

    @given(TEXTS, TEXTS)
    def test_one_side_unchanged_gives_the_other(self, base: str, side: str) -> None:
        assert merge_text(base, side, base) == side
        assert merge_text(base, base, side) == side
        assert merge_text(base, side, side) == side
