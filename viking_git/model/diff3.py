"""Three-way merges of sequences: of lines as git does them, and of items so that none is lost.

Two sequences are aligned by the items that each holds once (patience diff, Bram Cohen), and between those by difflib.
Merging follows diff3 (Khanna, Kunal, Pierce: A Formal Investigation of Diff3, 2007).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

_GAP_LIMIT = 250_000
"""Items here times items there up to which difflib, cubic at worst, aligns what lies between two anchors."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Hunk:
    """One difference of a side from its base: the items ``[start, end)`` of the base became ``new``."""

    start: int
    end: int
    new: tuple[str, ...]


def pairs(a: Sequence[str], b: Sequence[str]) -> Iterator[Pair]:
    """Positions of equal items, rising on both sides."""
    at_a = at_b = 0
    for i, j in [*_anchors(a, b), (len(a), len(b))]:
        yield from _gap(a, b, range(at_a, i), range(at_b, j))
        if i < len(a):
            yield i, j
        at_a, at_b = i + 1, j + 1


def hunks(base: Sequence[str], side: Sequence[str]) -> list[Hunk]:
    """The differences that make ``side`` of ``base``, in order, none touching another."""
    found: list[Hunk] = []
    at_base = at_side = 0
    for i, j in [*pairs(base, side), (len(base), len(side))]:
        if i > at_base or j > at_side:
            found.append(Hunk(at_base, i, tuple(side[at_side:j])))
        at_base, at_side = i + 1, j + 1
    return found


def merge_text(base: str, ours: str, theirs: str) -> str | None:
    """The three-way merge by lines; None where the sides changed the same or touching lines in different ways.

    Where one side's change holds the other's, as after a merge that nobody remembers, it stands.
    """
    lines, merged, at = _lines(base), list[str](), 0
    for group in _groups(hunks(lines, _lines(ours)), hunks(lines, _lines(theirs)), touching=True):
        one, other = group.apply(lines, group.ours), group.apply(lines, group.theirs)
        result = one if group.ours else other
        if group.ours and group.theirs and one != other:
            before = lines[group.start : group.end]
            held = [side for side, change in ((one, other), (other, one)) if _holds(side, before, change)]
            if len(held) != 1:
                return None
            result = held[0]
        merged += [*lines[at : group.start], *result]
        at = group.end
    return "".join([*merged, *lines[at:]])


def merge_items(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> tuple[list[str], bool]:
    """The three-way merge by items (lines, paragraphs, keys), and whether it is contested.

    An item of the base is gone when a side took it out; all that either side put in is there, once where both did
    (a heading once a place). Contested is what both sides put differently in the place of one item that is gone: all
    variants stand in the result, next to each other. The sides can be swapped.
    """
    one, other = _split(hunks(base, ours)), _split(hunks(base, theirs))
    wanted = Counter(_new(one)) | Counter(_new(other))
    written: Counter[str] = Counter()
    merged: list[str] = []
    at, both = 0, set[int]()
    for group in _groups(one, other):
        merged += base[at : group.start]
        for item in group.union():
            if item.startswith("#") or written[item] < wanted[item]:
                written[item] += 1
                merged.append(item)
        both |= group.both_changed()
        at = group.end
    merged += base[at:]
    there = set(merged)
    # What both sides moved is there, wherever.
    return merged, any(base[number] not in there for number in both)


@dataclass(slots=True)
class _Group:
    """Hunks of both sides that overlap, and the range of the base that they cover."""

    start: int
    end: int
    ours: list[Hunk] = field(default_factory=list)
    theirs: list[Hunk] = field(default_factory=list)

    def apply(self, base: Sequence[str], side: Iterable[Hunk]) -> list[str]:
        """What a side has in the range."""
        items, at = list[str](), self.start
        for hunk in side:
            items += [*base[at : hunk.start], *hunk.new]
            at = hunk.end
        return [*items, *base[at : self.end]]

    def union(self) -> list[str]:
        """What either side put in, what both put in once; the same whichever side is which."""
        first, second = sorted((_new(self.ours), _new(self.theirs)))
        rest = Counter(first)
        added = []
        for item in second:
            if rest[item] > 0:
                rest[item] -= 1
            else:
                added.append(item)
        return [*first, *added]

    def both_changed(self) -> set[int]:
        """The items of the base that both sides changed, none where one side's result holds the other's."""
        one, other = Counter(_new(self.ours)), Counter(_new(self.theirs))
        if one == other or (one and other and (one <= other or other <= one)):
            return set()
        overlaps = (range(max(a.start, b.start), min(a.end, b.end)) for a in self.ours for b in self.theirs)
        return {number for overlap in overlaps for number in overlap}


def _groups(ours: Iterable[Hunk], theirs: Iterable[Hunk], *, touching: bool = False) -> Iterator[_Group]:
    """Hunks that overlap across the sides, together, in order; ``touching``: also those with nothing between them."""
    group: _Group | None = None
    for hunk, is_ours in sorted([*((h, True) for h in ours), *((h, False) for h in theirs)]):
        if group is None or not _meets(group, hunk, touching):
            if group is not None:
                yield group
            group = _Group(hunk.start, hunk.end)
        (group.ours if is_ours else group.theirs).append(hunk)
        group.end = max(group.end, hunk.end)
    if group is not None:
        yield group


def _meets(group: _Group, hunk: Hunk, touching: bool) -> bool:
    # Hunks come sorted, so this one begins at or after the group's start.
    if touching:
        return hunk.start <= group.end
    inserts_at_one_place = group.start == group.end == hunk.start == hunk.end
    return hunk.start < group.end or inserts_at_one_place


def _split(found: Iterable[Hunk]) -> list[Hunk]:
    # As many items as before are taken to be rewritten one by one, so that each is contested by itself.
    split: list[Hunk] = []
    for hunk in found:
        if hunk.end - hunk.start == len(hunk.new):
            split += [Hunk(hunk.start + n, hunk.start + n + 1, (item,)) for n, item in enumerate(hunk.new)]
        else:
            split.append(hunk)
    return split


def _new(found: Iterable[Hunk]) -> list[str]:
    return [item for hunk in found for item in hunk.new]


def _holds(side: Sequence[str], base: Sequence[str], changed: Sequence[str]) -> bool:
    """Whether ``side`` is ``changed``, which was made of ``base``, with more changes beside those."""
    before, after, here = Counter(base), Counter(changed), Counter(side)
    if any(here[item] < after[item] for item in after - before) or any(here[i] > after[i] for i in before - after):
        return False
    spots, shift = [], 0
    for hunk in hunks(base, changed):
        spots.append((hunk.start + shift, hunk.start + shift + len(hunk.new)))
        shift += len(hunk.new) - (hunk.end - hunk.start)
    return not any(_covers(hunk, *spot) for hunk in hunks(changed, side) for spot in spots)


def _covers(hunk: Hunk, start: int, end: int) -> bool:
    # What is put where something was taken out may be an edit of it.
    if start == end and hunk.new:
        return hunk.start <= start <= hunk.end
    return hunk.start < end and start < hunk.end


def _lines(text: str) -> list[str]:
    *whole, last = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([last] if last else [])]


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[Pair]:
    """The longest rising chain of items that each side holds exactly once."""
    count_a, count_b = Counter(a), Counter(b)
    place = {item: j for j, item in enumerate(b) if count_b[item] == 1}
    shared = [(i, place[item]) for i, item in enumerate(a) if count_a[item] == 1 and item in place]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for n, (_, j) in enumerate(shared):
        length = bisect_left(ends, j)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [n]
        before.append(last[length - 1] if length else -1)
    chain: list[Pair] = []
    n = last[-1] if last else -1
    while n >= 0:
        chain.append(shared[n])
        n = before[n]
    return chain[::-1]


def _gap(a: Sequence[str], b: Sequence[str], in_a: range, in_b: range) -> Iterator[Pair]:
    while in_a and in_b and a[in_a[0]] == b[in_b[0]]:
        yield in_a[0], in_b[0]
        in_a, in_b = in_a[1:], in_b[1:]
    tail: list[Pair] = []
    while in_a and in_b and a[in_a[-1]] == b[in_b[-1]]:
        tail.append((in_a[-1], in_b[-1]))
        in_a, in_b = in_a[:-1], in_b[:-1]
    if 0 < len(in_a) * len(in_b) <= _GAP_LIMIT:
        part_a, part_b = [a[i] for i in in_a], [b[j] for j in in_b]
        for i, j, size in SequenceMatcher(None, part_a, part_b, autojunk=False).get_matching_blocks():
            yield from ((in_a[i + n], in_b[j + n]) for n in range(size))
    yield from reversed(tail)
