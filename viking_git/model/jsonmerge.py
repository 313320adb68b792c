"""Three-way merges of JSON values and of JSONL: by field, by item, by id (design section 4, "Merging").

All are pure, and none depends on which side is which, except where a caller prefers one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from viking_git.model.diff3 import merge_items

Choose = Callable[[str, Any, Any], Any]
"""Of a field's two values that cannot be settled, the one that stands."""
ABSENT: Any = object()
"""No value."""
_IDENTITY = ("id", "uri", "session", "archive", "decision")
"""What tells items of a list apart, where they have it: relations, sources. A message of an archive is itself."""
_EARLIEST = {"created_at"}
_SMALLEST = {"transcripts"}
"""Private comes before tracked: what one side keeps to itself, no merge publishes."""
_LATEST = {"updated_at", "last_used_at"}
_WHOLE = {"summarizes", "layers", "digests"}
"""Values that say something only as a whole."""


def merge_fields(
    base: Mapping[str, Any] | None, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Front matter field by field: the result, and by field the values that lost against it.

    A list is merged item by item, a mapping field by field. A field that one side changed and the other deleted stays.
    Of two other values the smaller one as text stands, so that the sides can be swapped.
    """
    lost: dict[str, Any] = {}

    def choose(key: str, one: Any, other: Any) -> Any:
        kept, lost[key] = sorted((one, other), key=as_text)
        return kept

    return _merge_objects(base or {}, ours, theirs, choose), lost


def merge_json(
    base: Mapping[str, Any] | None,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    prefer_theirs: bool | None = None,
) -> dict[str, Any]:
    """``.meta.json`` and ``.relations.json`` by field and item.

    Lists are unions by item less what a side deleted; ``created_at`` is the earlier, ``updated_at`` the later one; of
    two numbers the greater stands. Else, and for the stamp of a summary as a whole, the preferred side wins.

    Args:
        prefer_theirs: which side that is; None for neither: the smaller value as text stands, so they can be swapped.
    """

    def choose(key: str, one: Any, other: Any) -> Any:
        if key in _EARLIEST or key in _SMALLEST:
            return min(one, other, key=as_text)
        if key in _LATEST:
            return max(one, other, key=as_text)
        if _is_number(one) and _is_number(other):
            return max(one, other)
        if prefer_theirs is None:
            return smaller(key, one, other)
        return other if prefer_theirs else one

    return _merge_objects(base or {}, ours, theirs, choose)


def merge_lines(base: bytes | None, ours: bytes, theirs: bytes) -> bytes:
    """JSONL as a union by id in a stable order, less what a side deleted; every line ends in a newline.

    A line without an ``id`` is itself. What both sides added stands in the order of ``created_at`` and id. A line that
    both changed stays in both versions, one that one side deleted and the other changed stays.
    """
    old, one, other = map(_lines_by_id, (base or b"", ours, theirs))
    merged: list[str] = []
    for before, mine, yours in _aligned(old, one, other):
        changed = sorted({line for line in (mine, yours) if line is not ABSENT and line != before})
        merged += changed or ([before] if ABSENT not in (mine, yours) else [])
    return "".join(f"{line}\n" for line in merged).encode("utf-8", "surrogateescape")


def _merge_objects(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], choose: Choose
) -> dict[str, Any]:
    merged = {
        key: merge_value(key, base.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT), choose)
        for key in {**ours, **theirs}
    }
    return {key: value for key, value in merged.items() if value is not ABSENT}


def merge_value(key: str, base: Any, ours: Any, theirs: Any, choose: Choose) -> Any:
    """One field of three objects, each ``ABSENT`` where it has none; ``choose`` where it cannot be settled."""
    for result, if_this, is_that in ((ours, ours, theirs), (theirs, ours, base), (ours, theirs, base)):
        if if_this is is_that or if_this == is_that:
            return result
    if ours is ABSENT or theirs is ABSENT:
        return theirs if ours is ABSENT else ours
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping) and key not in _WHOLE:
        return _merge_objects(base if isinstance(base, Mapping) else {}, ours, theirs, choose)
    if isinstance(ours, list) and isinstance(theirs, list):
        return merge_list(base if isinstance(base, list) else [], ours, theirs, choose)
    return choose(key, ours, theirs)


def merge_list(base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any], choose: Choose) -> list[Any]:
    """Lists item by item: what either added, less what a side deleted and the other left alone."""
    aligned = _aligned(_by_identity(base), _by_identity(ours), _by_identity(theirs))
    values = [merge_value("", before, mine, yours, choose) for before, mine, yours in aligned]
    return [value for value in values if value is not ABSENT]


def _aligned(
    old: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[tuple[Any, Any, Any]]:
    """What base and sides have under each key that stays, in the merged order of the keys."""
    order, _ = merge_items(list(old), list(one), list(other))
    # An item that one side deleted and the other edited stays, after those whose place is known.
    order += sorted((one.keys() | other.keys()) - set(order))
    if list(one) == sorted(one) and list(other) == sorted(other):
        order.sort()
    yield from ((old.get(key, ABSENT), one.get(key, ABSENT), other.get(key, ABSENT)) for key in order)


def _lines_by_id(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        if line.strip():
            key = _line_key(line)
            while key in found:
                key += " again"
            found[key] = line
    return found


def _line_key(line: str) -> str:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return line
    return f"{record.get('created_at', '')} {record['id']}"


def _by_identity(items: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        # Another message may have the same id, and what an archive lists of one never changes.
        is_named = isinstance(item, Mapping) and "role" not in item
        named = [item.get(key) for key in _IDENTITY] if is_named else []
        key = as_text(named if any(value is not None for value in named) else item)
        while key in found:
            key += " again"
        found[key] = item
    return found


def smaller(_key: str, one: Any, other: Any) -> Any:
    """Of two values the smaller one as text."""
    return min(one, other, key=as_text)


def as_text(value: Any) -> str:
    """A value as text by which values of any kind can be ordered."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def said(value: Any) -> str:
    """A value as a person reads it."""
    return value if isinstance(value, str) else as_text(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
