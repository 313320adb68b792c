"""Three-way merges of paragraphs: a paragraph that was moved or reworded is still the one it was.

Each side's paragraphs are traced to the base's: the same words in the same order, the same words elsewhere (moved),
nearly the same words (reworded, as rapidfuzz counts). What is traced merges word against word; where it stands, and
what is new, merges as a sequence.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from viking_git.model.diff3 import Pair, merge_items, pairs
from viking_git.model.statements import bare

REWORDED = 60
"""Percent of equal characters from which what stands in a paragraph's place is that paragraph reworded."""
MOVED = 85
"""The same for what stands elsewhere."""
_PAIR_LIMIT = 40_000
"""Base paragraphs times side paragraphs up to which rewordings are looked for: a tenth of a second."""

Settle = Callable[[str, str], list[str] | None]
"""What stands of two wordings of one paragraph; None where that is for a person to say, and both stand."""


def unsettled(_one: str, _other: str) -> None:
    """Two wordings are always for a person to choose from."""


def merge_paragraphs(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], settle: Settle = unsettled
) -> tuple[list[str], bool]:
    """The three-way merge by paragraphs, and whether it is contested. The sides can be swapped.

    A paragraph of the base is gone when a side took it out and the other did not reword it; a rewording holds against
    the old words, a new place against the old place, both at once too. All that either side put in is there, once
    where both did (a heading once a place). Contested are paragraphs that both sides reworded, unless ``settle`` knows
    what stands, and those that one side reworded and the other deleted: all variants stand next to each other.
    """
    one, other = _traced(base, ours), _traced(base, theirs)
    places = [_place(number) for number in range(len(base))]
    old = dict(zip(places, base, strict=True))
    kept = _edited(old, one, other) | _edited(old, other, one)
    order, contested = merge_items(places, _with(places, one.order, kept), _with(places, other.order, kept))
    merged: list[str] = []
    for token in order:
        if token in old and token not in kept and not (token in one.words and token in other.words):
            # One side moved what the other deleted; a new place is no new word.
            continue
        texts, open_question = _words(old.get(token), one.words.get(token), other.words.get(token), token, settle)
        contested |= open_question or token in kept
        merged += texts
    return _without_repeats(merged, ours, theirs), contested


@dataclass(frozen=True, slots=True)
class _Side:
    """A side's paragraphs, each called by the place in the base it comes from, or by itself where it is new."""

    order: list[str]
    words: Mapping[str, str]


def _traced(base: Sequence[str], side: Sequence[str]) -> _Side:
    origin = dict(_origins(base, side))
    order = [_place(origin[j]) if j in origin else text for j, text in enumerate(side)]
    return _Side(order, {_place(i): side[j] for j, i in origin.items()})


def _place(number: int) -> str:
    # No paragraph holds a NUL; digits of one width keep the order.
    return f"\0{number:09}"


def _origins(base: Sequence[str], side: Sequence[str]) -> Iterator[Pair]:
    """Positions in the side, each with the position in the base that it comes from."""
    in_order = list(pairs(base, side))
    yield from ((j, i) for i, j in in_order)
    kept, placed = {i for i, _ in in_order}, {j for _, j in in_order}
    left = {i: text for i, text in enumerate(base) if i not in kept and not text.startswith("#")}
    new = {j: text for j, text in enumerate(side) if j not in placed and not text.startswith("#")}
    if len(left) * len(new) > _PAIR_LIMIT:
        return
    alike = sorted(
        (-score, i, j)
        for i, old in left.items()
        for j, text in new.items()
        if (score := _likeness(old, text, REWORDED if _same_gap(in_order, i, j) else MOVED))
    )
    for _, i, j in alike:
        if i in left and j in new:
            del left[i], new[j]
            yield j, i


def _likeness(old: str, text: str, at_least: int) -> float:
    """Percent of equal characters, 0 below ``at_least``; a fact that is marked as one that has ended is the same."""
    return 101.0 if bare(old) == bare(text) else fuzz.ratio(old, text, score_cutoff=at_least)


def _same_gap(in_order: Sequence[Pair], i: int, j: int) -> bool:
    return bisect_right(in_order, i, key=lambda pair: pair[0]) == bisect_right(in_order, j, key=lambda pair: pair[1])


def _edited(old: Mapping[str, str], deleting: _Side, editing: _Side) -> set[str]:
    """The places that one side deleted and the other reworded."""
    return {t for t, text in editing.words.items() if t not in deleting.words and text != old[t]}


def _with(places: Sequence[str], order: Sequence[str], kept: set[str]) -> list[str]:
    """A side's order with ``kept``, those among them that it deleted after what stood before them."""
    result = list(order)
    for number, token in enumerate(places):
        if token in kept and token not in result:
            before = next((t for t in reversed(places[:number]) if t in result), None)
            result.insert(0 if before is None else result.index(before) + 1, token)
    return result


def _words(old: str | None, one: str | None, other: str | None, token: str, settle: Settle) -> tuple[list[str], bool]:
    """What stands of one paragraph, and whether it is an open question."""
    if old is None:
        return [token], False
    if one is None or other is None or one == other or other == old:
        return [one or other or old], False
    if one == old:
        return [other], False
    first, second = sorted((one, other))
    settled = settle(first, second)
    return ([first, second], True) if settled is None else (settled, False)


def _without_repeats(merged: Iterable[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """``merged`` with no paragraph more often than a side has it: what one reworded, the other may have added."""
    wanted = Counter(ours) | Counter(theirs)
    written: Counter[str] = Counter()
    kept: list[str] = []
    for text in merged:
        written[text] += 1
        if text.startswith("#") or text not in wanted or written[text] <= wanted[text]:
            kept.append(text)
    return kept
