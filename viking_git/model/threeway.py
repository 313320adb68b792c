"""Three-way merges of our formats: content.md, JSON files, JSONL (design section 4, "Merging").

All are pure, and none depends on which side is which, except where a caller prefers one. What cannot be settled keeps
both variants, readable in the file; a conflict marker is never written.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.diff3 import merge_items
from viking_git.model.facts import is_made, put_together, settled, summary
from viking_git.model.layers import ABSTRACT_LIMIT, sentences
from viking_git.model.memory import Memory, parse_memory, split_paragraphs
from viking_git.model.paragraphs import merge_paragraphs, unsettled

_Choose = Callable[[str, Any, Any], Any]
"""Of a field's two values that cannot be settled, the one that stands."""
_ABSENT: Any = object()
_IDENTITY = ("id", "uri", "session", "archive", "decision")
"""What tells items of a list apart, where they have it: messages, relations, sources."""
_EARLIEST = {"created_at"}
_LATEST = {"updated_at", "last_used_at"}
_WHOLE = {"summarizes", "layers"}
"""Values that say something only as a whole."""


@dataclass(frozen=True, slots=True)
class MergedText:
    """A merged file, and whether it holds variants that somebody has to choose from."""

    text: str
    contested: bool


def merge_fields(
    base: Mapping[str, Any] | None, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Front matter field by field: the result, and by field the values that lost against it.

    A list is merged item by item, a mapping field by field. A field that one side changed and the other deleted stays.
    Of two other values the smaller one as text stands, so that the sides can be swapped.
    """
    lost: dict[str, Any] = {}

    def choose(key: str, one: Any, other: Any) -> Any:
        kept, lost[key] = sorted((one, other), key=_text)
        return kept

    return _merge_objects(base or {}, ours, theirs, choose), lost


def merge_json(
    base: Mapping[str, Any] | None, ours: Mapping[str, Any], theirs: Mapping[str, Any], *, prefer_theirs: bool = False
) -> dict[str, Any]:
    """``.meta.json`` and ``.relations.json`` by field and item.

    Lists are unions by item less what a side deleted; ``created_at`` is the earlier, ``updated_at`` the later one; of
    two numbers the greater stands. Else, and for the stamp of a summary as a whole, the preferred side wins.
    """

    def choose(key: str, one: Any, other: Any) -> Any:
        if key in _EARLIEST:
            return min(one, other, key=_text)
        if key in _LATEST:
            return max(one, other, key=_text)
        if _is_number(one) and _is_number(other):
            return max(one, other)
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
        changed = sorted({line for line in (mine, yours) if line is not _ABSENT and line != before})
        merged += changed or ([before] if _ABSENT not in (mine, yours) else [])
    return "".join(f"{line}\n" for line in merged).encode("utf-8", "surrogateescape")


def merge_memory_text(
    base: str | None, ours: str, theirs: str, *, category_name: str | None = None, name: str | None = None
) -> MergedText:
    """``content.md``: front matter by field, text by paragraph; contested variants both stand in it.

    A side that is no valid ``content.md`` cannot be merged: its text is kept, indented, at the end of the other's.
    Where neither is valid, their paragraphs are merged as they are.

    Args:
        base: the file that both sides started from, None where they have none in common.
        category_name, name: what the memory's directory stands for.
    """
    if theirs in {ours, base}:
        return MergedText(ours, False)
    if ours == base:
        return MergedText(theirs, False)

    def parse(text: str | None) -> Memory | None:
        try:
            return None if text is None else parse_memory(text, category_name=category_name, name=name)
        except InvalidContent:
            return None

    # The smaller text first, so that the sides can be swapped.
    first, second = sorted((ours, theirs))
    one, other = parse(first), parse(second)
    if one is None or other is None:
        valid = one or other
        if valid is not None:
            return _beside(valid, second if one else first)
        old, mine, yours = map(split_paragraphs, (base or "", ours, theirs))
        merged, _ = merge_paragraphs(old, mine, yours)
        return MergedText("\n\n".join(merged) + "\n", True)
    if (one.category, one.name) != (other.category, other.name):
        return _beside(one, second)
    return _merge_memories(parse(base), one, other)


def _merge_memories(base: Memory | None, one: Memory, other: Memory) -> MergedText:
    def of_base(key: str) -> Any:
        return _ABSENT if base is None else getattr(base, key)

    def merge(key: str, choose: _Choose = _smaller) -> Any:
        return _merge_value(key, of_base(key), getattr(one, key), getattr(other, key), choose)

    fields, lost = merge_fields(base.fields if base else None, one.fields, other.fields)
    title = merge("title")
    old, mine, yours = map(split_paragraphs, ("" if base is None else base.overview, one.overview, other.overview))
    overview, overview_contested = merge_paragraphs(old, mine, yours)
    detail, detail_contested = _merge_detail("" if base is None else base.detail, one, other)
    aliases = _merge_lists([] if base is None else base.aliases, one.aliases, other.aliases, _smaller)
    # Neither title need be wrong, and a memory may have several names.
    aliases += _unplaced(of_base("title"), (one.title, other.title), [title, *aliases])
    abstract = merge("abstract", lambda *_: _joined_abstract("" if base is None else base.abstract, one, other, detail))
    unsaid = (side.abstract for side in (one, other) if not _sums_up(side))
    second = _unplaced(of_base("abstract"), unsaid, [abstract, *overview, *detail])
    notes = [f"Contested: {key} is {_said(fields[key])} or {_said(value)}." for key, value in sorted(lost.items())]
    contested = bool(overview_contested or detail_contested or lost or (second and base is not None))
    merged = replace(
        one, title=title, abstract=abstract, overview="\n\n".join(overview), fields=fields, aliases=tuple(aliases),
        detail="\n\n".join([*second, *detail, *(note for note in notes if note not in detail)]),
        status="contested" if contested else merge("status", lambda *_: "contested"),
        created_at=merge("created_at", lambda _, a, b: min(a, b) or max(a, b)),
    )  # fmt: skip
    return MergedText(merged.render(), contested)


def _merge_detail(base: str, one: Memory, other: Memory) -> tuple[list[str], bool]:
    """The detail by paragraph, then by the category's own merge: facts are put together as a commit would.

    Of a category that is history (``mergeable`` is false), no words are weighed against each other.
    """
    old, mine, yours = map(split_paragraphs, (base, one.detail, other.detail))
    merged, contested = merge_paragraphs(old, mine, yours, settled if one.kind.mergeable else unsettled)
    if not one.kind.mergeable:
        return merged, contested
    known = {*old, *(set(mine) & set(yours))}
    merged, at_odds = put_together(merged, set(mine) - known, set(yours) - known)
    return merged, contested or at_odds


def _beside(memory: Memory, text: str) -> MergedText:
    """``memory`` with ``text``, which cannot be merged into it, at the end: indented, so that no line of it is read."""
    indented = "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
    section = f"## The other version\n\n{indented}" if text.strip() else ""
    detail = memory.detail if section in memory.detail else f"{memory.detail}\n\n{section}"
    return MergedText(replace(memory, detail=detail.strip("\n"), status="contested").render(), True)


def _unplaced(base: Any, sides: Iterable[str], placed: Sequence[str]) -> list[str]:
    """The values of the sides that are new and stand nowhere yet."""
    return sorted({value for value in sides if value != base and value not in placed})


def _joined_abstract(base: str, one: Memory, other: Memory, detail: Sequence[str]) -> str:
    """The abstract of the merged ``detail`` where a commit wrote both sides', else the two merged.

    Two summaries are merged clause by clause where each clause keeps its subject; else the longer one stands.
    """
    if all(is_made(side.abstract, split_paragraphs(side.detail)) for side in (one, other)):
        return summary(detail)
    if _sums_up(one) and _sums_up(other):
        sides = [_clauses(text) for text in (base, one.abstract, other.abstract)]
        merged, contested = merge_items(*sides)
        text = "".join(f"; {clause}" if clause[0].islower() else f". {clause}" for clause in merged)[2:]
        same_subjects = set(_with_subjects(merged)) <= {pair for side in sides for pair in _with_subjects(side)}
        if text and same_subjects and not contested and len(text) < ABSTRACT_LIMIT:
            return f"{text}."
    return min(one.abstract, other.abstract, key=lambda text: (-len(text), text))


def _sums_up(memory: Memory) -> bool:
    """Whether a memory's abstract says no more than its own paragraphs, which merge by themselves."""
    said = [set(_words(paragraph)) for paragraph in split_paragraphs(f"{memory.overview}\n\n{memory.detail}")]
    return all(any(words.issuperset(_words(clause)) for words in said) for clause in _clauses(memory.abstract))


def _clauses(text: str) -> list[str]:
    clauses = (clause.strip().rstrip(".") for sentence in sentences(text) for clause in sentence.split(";"))
    return [clause for clause in clauses if clause]


def _with_subjects(clauses: Iterable[str]) -> Iterator[tuple[str, str]]:
    # "User prefers tabs; uses pnpm": a clause in lower case speaks of what the sentence before it began with.
    subject = ""
    for clause in clauses:
        subject = subject if clause[0].islower() else clause.partition(" ")[0]
        yield subject, clause


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _merge_objects(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], choose: _Choose
) -> dict[str, Any]:
    merged = {
        key: _merge_value(key, base.get(key, _ABSENT), ours.get(key, _ABSENT), theirs.get(key, _ABSENT), choose)
        for key in {**ours, **theirs}
    }
    return {key: value for key, value in merged.items() if value is not _ABSENT}


def _merge_value(key: str, base: Any, ours: Any, theirs: Any, choose: _Choose) -> Any:
    for result, if_this, is_that in ((ours, ours, theirs), (theirs, ours, base), (ours, theirs, base)):
        if if_this is is_that or if_this == is_that:
            return result
    if ours is _ABSENT or theirs is _ABSENT:
        return theirs if ours is _ABSENT else ours
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping) and key not in _WHOLE:
        return _merge_objects(base if isinstance(base, Mapping) else {}, ours, theirs, choose)
    if isinstance(ours, list) and isinstance(theirs, list):
        return _merge_lists(base if isinstance(base, list) else [], ours, theirs, choose)
    return choose(key, ours, theirs)


def _merge_lists(base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any], choose: _Choose) -> list[Any]:
    aligned = _aligned(_by_identity(base), _by_identity(ours), _by_identity(theirs))
    values = [_merge_value("", before, mine, yours, choose) for before, mine, yours in aligned]
    return [value for value in values if value is not _ABSENT]


def _aligned(
    old: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[tuple[Any, Any, Any]]:
    """What base and sides have under each key that stays, in the merged order of the keys."""
    order, _ = merge_items(list(old), list(one), list(other))
    # An item that one side deleted and the other edited stays, after those whose place is known.
    order += sorted((one.keys() | other.keys()) - set(order))
    if list(one) == sorted(one) and list(other) == sorted(other):
        order.sort()
    yield from ((old.get(key, _ABSENT), one.get(key, _ABSENT), other.get(key, _ABSENT)) for key in order)


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
    except ValueError:
        return line
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return line
    return f"{record.get('created_at', '')} {record['id']}"


def _by_identity(items: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        named = [item.get(key) for key in _IDENTITY] if isinstance(item, Mapping) else []
        key = _text(named if any(value is not None for value in named) else item)
        while key in found:
            key += " again"
        found[key] = item
    return found


def _smaller(_key: str, one: Any, other: Any) -> Any:
    return min(one, other, key=_text)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else _text(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
