"""Where a conversation without ids of its own goes on from one that is there: by content and neighbours.

A chat's export may be a window of its last messages, or have another system prompt, so positions tell nothing.
"""

from collections.abc import Hashable, Mapping, Sequence

_RUN = 2
"""Equal messages in a row that are one place in a conversation; a lone "yes" stands in many."""
_PLACES = 50
"""Places that are compared for each message, so that a text said a thousand times costs no more."""


def overlap(there: Sequence[Hashable], given: Sequence[Hashable], anchors: Mapping[int, int]) -> dict[int, int]:
    """Which of ``given`` is which of ``there``, by their positions, beside what ``anchors`` knows already.

    Runs of two or more are matched in order, each to the longest such run behind the one before, the last of several.
    All of it counts only if it is more than half of what the anchors leave of the shorter one: two conversations may
    greet and part alike.
    """
    places: dict[tuple[Hashable, Hashable], list[int]] = {}
    for at in range(len(there) - 1):
        places.setdefault((there[at], there[at + 1]), []).append(at)
    found: dict[int, int] = {}
    low = at = 0
    while at < len(given):
        if at in anchors:
            low, at = max(low, anchors[at] + 1), at + 1
            continue
        pair = (given[at], given[at + 1]) if at + 1 < len(given) else None
        ahead = [place for place in places.get(pair, [])[-_PLACES:] if place >= low] if pair else []
        length, place = max(((_run(there, given, anchors, at, place), place) for place in ahead), default=(0, 0))
        if length >= _RUN:
            found |= {at + step: place + step for step in range(length)}
            low = place + length
        at += max(length, 1)
    return found if 2 * len(found) > min(len(there), len(given)) - len(anchors) else {}


def _run(there: Sequence[Hashable], given: Sequence[Hashable], anchors: Mapping[int, int], at: int, place: int) -> int:
    length = 0
    while (
        at + length < len(given)
        and place + length < len(there)
        and at + length not in anchors
        and given[at + length] == there[place + length]
    ):
        length += 1
    return length
