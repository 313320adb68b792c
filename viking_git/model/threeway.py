"""The three-way merge of ``content.md`` (design section 4, "Merging"): front matter by field, text by paragraph.

It is pure and does not depend on which side is which. What cannot be settled keeps both variants, readable in the
file; a conflict marker is never written.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.diff3 import merge_items
from viking_git.model.facts import is_made, put_together, settled, summary
from viking_git.model.jsonmerge import ABSENT, Choose, merge_fields, merge_list, merge_value, said, smaller
from viking_git.model.layers import ABSTRACT_LIMIT, sentences
from viking_git.model.memory import Memory, parse_memory, split_paragraphs
from viking_git.model.paragraphs import merge_paragraphs, unsettled


@dataclass(frozen=True, slots=True)
class MergedText:
    """A merged file, and whether it holds variants that somebody has to choose from."""

    text: str
    contested: bool


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
        return ABSENT if base is None else getattr(base, key)

    def merge(key: str, choose: Choose = smaller) -> Any:
        return merge_value(key, of_base(key), getattr(one, key), getattr(other, key), choose)

    fields, lost = merge_fields(base.fields if base else None, one.fields, other.fields)
    title = merge("title")
    old, mine, yours = map(split_paragraphs, ("" if base is None else base.overview, one.overview, other.overview))
    overview, overview_contested = merge_paragraphs(old, mine, yours)
    detail, detail_contested = _merge_detail("" if base is None else base.detail, one, other)
    aliases = merge_list([] if base is None else base.aliases, one.aliases, other.aliases, smaller)
    # Neither title need be wrong, and a memory may have several names.
    aliases += _unplaced(of_base("title"), (one.title, other.title), [title, *aliases])
    abstract = merge("abstract", lambda *_: _joined_abstract("" if base is None else base.abstract, one, other, detail))
    unsaid = (side.abstract for side in (one, other) if not _sums_up(side))
    second = _unplaced(of_base("abstract"), unsaid, [abstract, *overview, *detail])
    if base is None:
        # Two memories made of one thing may describe it in two ways; what the text says too is no open question.
        lost = {key: value for key, value in lost.items() if not any(said(value) in text for text in detail)}
    notes = [f"Contested: {key} is {said(fields[key])} or {said(value)}." for key, value in sorted(lost.items())]
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

    Of a category that is history (``mergeable`` is false), no words are weighed against each other, and two accounts
    of one thing are for a person to choose from.
    """
    old, mine, yours = map(split_paragraphs, (base, one.detail, other.detail))
    merged, contested = merge_paragraphs(old, mine, yours, settled if one.kind.mergeable else unsettled)
    if not one.kind.mergeable:
        said = [(side.title, side.abstract, side.overview, side.detail, side.fields) for side in (one, other)]
        return merged, said[0] != said[1]
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
