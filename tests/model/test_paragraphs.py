"""Merging paragraphs: moves and rewordings are followed, nothing is lost, the sides can be swapped."""

from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.model.paragraphs import Settle, merge_paragraphs, unsettled

TEA = "Anna drinks a pot of green tea every morning before work."
DOG = "Her dog is called Bruno and sleeps under the desk."
CHESS = "On Sundays she plays chess in the park with her brother."
TEA_NOW = "Anna drinks a pot of black tea every morning before work."
TEA_LATER = "Anna drinks a pot of green tea every evening after work."


def merge(base: list[str], ours: list[str], theirs: list[str], settle: Settle = unsettled) -> tuple[list[str], bool]:
    merged = merge_paragraphs(base, ours, theirs, settle)
    assert merge_paragraphs(base, theirs, ours, settle) == merged
    return merged


def test_a_rewording_is_found_where_the_other_side_moved_it() -> None:
    assert merge([TEA, DOG, CHESS], [TEA_NOW, DOG, CHESS], [DOG, CHESS, TEA]) == ([DOG, CHESS, TEA_NOW], False)


def test_a_side_may_move_and_reword_at_once() -> None:
    assert merge([TEA, DOG, CHESS], [DOG, CHESS, TEA_NOW], [TEA, DOG]) == ([DOG, TEA_NOW], False)


def test_new_words_elsewhere_are_no_rewording() -> None:
    base, ours = [DOG, CHESS, TEA], [DOG, CHESS, TEA, "Her sister has moved to Porto."]
    assert merge(base, ours, [DOG, CHESS]) == ([DOG, CHESS, "Her sister has moved to Porto."], False)


def test_two_rewordings_are_contested_where_they_stand() -> None:
    assert merge([DOG, TEA, CHESS], [DOG, TEA_NOW, CHESS], [TEA_LATER, DOG, CHESS]) == (
        [TEA_NOW, TEA_LATER, DOG, CHESS],
        True,
    )


def test_two_rewordings_that_can_be_settled_are_not() -> None:
    assert merge([TEA], [TEA_NOW], [TEA_LATER], lambda one, other: [f"{one} {other}"]) == (
        [f"{TEA_NOW} {TEA_LATER}"],
        False,
    )


def test_a_deleted_paragraph_that_was_reworded_stays_in_its_place_contested() -> None:
    assert merge([DOG, TEA, CHESS], [DOG, CHESS], [DOG, TEA_NOW, CHESS]) == ([DOG, TEA_NOW, CHESS], True)
    assert merge([TEA, DOG], [DOG], [TEA_NOW, DOG]) == ([TEA_NOW, DOG], True)


def test_a_deleted_paragraph_that_was_only_moved_is_gone() -> None:
    assert merge([TEA, DOG, CHESS], [DOG, CHESS], [DOG, CHESS, TEA]) == ([DOG, CHESS], False)


def test_both_may_move_the_same_to_other_places() -> None:
    merged, contested = merge([TEA, DOG, CHESS], [DOG, TEA, CHESS], [DOG, CHESS, TEA])
    assert (sorted(merged), contested) == (sorted([TEA, DOG, CHESS]), False)


def test_both_may_move_the_same_where_one_adds_something() -> None:
    note = "Her sister has moved to Porto."
    assert merge([TEA, DOG, CHESS], [TEA, CHESS, DOG], [TEA, note, CHESS, DOG]) == ([TEA, note, CHESS, DOG], False)


def test_what_one_reworded_into_words_that_the_other_added_is_there_once() -> None:
    assert merge([TEA, DOG], [TEA_NOW, DOG], [TEA, DOG, TEA_NOW])[0] == [TEA_NOW, DOG]


def test_headings_stay_with_what_follows_them() -> None:
    base = ["## Habits", TEA, "## Animals", DOG]
    ours = ["## Habits", CHESS, TEA, "## Animals", DOG]
    theirs = ["## Habits", TEA_NOW, "## Animals", DOG, "## Habits"]
    assert merge(base, ours, theirs) == (["## Habits", CHESS, TEA_NOW, "## Animals", DOG, "## Habits"], False)


def test_wide_texts_end_soon() -> None:
    base = [f"{n} {TEA}" for n in range(400)]
    ours, theirs = [f"{text} Ours." for text in base], [f"Theirs. {text}" for text in base]
    merged, contested = merge(base, ours, theirs)
    assert contested
    assert set(merged) == {*ours, *theirs}


FACTS = [TEA, DOG, CHESS, "The office is in the old harbour, third floor.", "She speaks Norwegian and some Polish."]

NOTES = ["a ship", "the rain", "some bread", "two keys", "a letter"]


@st.composite
def edits(draw: st.DrawFn, who: str) -> list[str]:
    """An edit script on ``FACTS``: each fact kept, deleted, reworded or moved to the end, and new ones put in."""
    text: list[str] = []
    moved: list[str] = []
    for number, fact in enumerate(FACTS):
        change = draw(st.sampled_from(["", "", "delete", "reword", "move", "both", "add"]))
        words = f"{fact[:-1]}, {who} says." if change in {"reword", "both"} else fact
        if change != "delete":
            (moved if change in {"move", "both"} else text).append(words)
        if change == "add":
            text.append(
                f"{who}, note {number}: {['a ship', 'the rain', 'some bread', 'two keys', 'a letter'][number]}."
            )
    return [*text, *moved]


@settings(max_examples=150)
@given(edits("Ada"), edits("Bo"))
def test_edit_scripts(ours: list[str], theirs: list[str]) -> None:
    merged, contested = merge(FACTS, ours, theirs)
    assert len(set(merged)) == len(merged)
    assert set(merged) <= {*ours, *theirs}
    assert {*ours, *theirs} - set(FACTS) <= set(merged)
    for fact in FACTS:
        # What one side alone reworded, it reworded; what neither did, is there.
        assert (fact in merged) == (fact in ours and fact in theirs)
    said = [{who for who, side in (("Ada", ours), ("Bo", theirs)) if f"{f[:-1]}, {who} says." in side} for f in FACTS]
    gone = [any(not any(t.startswith(f[:-1]) for t in side) for side in (ours, theirs)) for f in FACTS]
    open_questions = any(len(who) == 2 or (who and lost) for who, lost in zip(said, gone, strict=True))
    assert contested or not open_questions
    # What one side deleted, the other may have put something else in the place of.
    assert open_questions or any(gone) or not contested
    assert merge(ours, merged, ours) == (merged, False)
    assert merge(theirs, merged, theirs) == (merged, False)
    assert merge(FACTS, merged, merged) == (merged, False)
    # A squash or a rebase forgets that it was a merge: theirs comes again, from the old base.
    again, _ = merge(FACTS, merged, theirs)
    assert sorted(again) == sorted(merged)
