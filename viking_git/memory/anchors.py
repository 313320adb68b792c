"""Where a text may speak of secrets at all: literals are looked for before any expression is run."""

from collections.abc import Iterator, Sequence
from itertools import chain


def places(low: str, anchors: Sequence[str], crowd: int, reach: int) -> Iterator[int]:
    """Where ``anchors`` begin in ``low``, in order; within ``reach`` characters ``crowd`` of them at most.

    No sentence and no list of settings has more. Without that bound a file of nothing but ``pwd:`` took a microsecond
    for each of them and each expression, minutes in all.
    """
    last: list[int] = []
    for at in sorted(set(chain.from_iterable(_occurrences(low, anchor) for anchor in anchors))):
        if len(last) < crowd or last[-crowd] <= at - reach:
            last.append(at)
            yield at


def _occurrences(low: str, anchor: str) -> Iterator[int]:
    at = low.find(anchor)
    while at >= 0:
        yield at
        at = low.find(anchor, at + len(anchor))
