"""How much a refresh of an index may do, and what it did."""

from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[int, int], None]
"""Told how many texts of how many have their vectors."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a refresh may do for somebody who waits for something else.

    Attributes:
        texts: whose vectors may be missing; where they are more, all are left to the next refresh without bounds.
        documents: files below ``resources/`` that may be new to the index; where they are more, it stays as it is.
    """

    texts: int
    documents: int


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did.

    Attributes:
        added, removed: units.
        computed: texts embedded, those met before not counted.
        left_out: path → what of it is not indexed, of the files looked at now.
        behind: a sentence when the index does not hold all of the trees, else "".
        left: texts whose vectors were left to the next refresh, for they are many.
        waits: whether all was left to it, for many documents are new: the index stands for other trees, or for none.
    """

    added: int = 0
    removed: int = 0
    computed: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    behind: str = ""
    left: int = 0
    waits: bool = False
