"""Paragraphs that are facts: one put to others, at a commit; those of two sides put together, at a merge.

Both go by the same rule. What is known already is not said twice, a longer statement takes the place of the one it
repeats, and a fact that contradicts an earlier one goes before it: the earlier one then begins with
``Before 2026-03-04:``, the day of the later one.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from viking_git.model.layers import ABSTRACT_LIMIT, clip, sentences
from viking_git.model.statements import bare, relate

EARLIER = "Before "
"""How a fact begins that no longer holds."""
_SAID_ON = re.compile(r"(?i)\(said on (\d{4}-\d\d-\d\d)\.?\)")
_NO_STATEMENT = ("#", "```", "~~~", "|", ">", "    ")


def with_fact(paragraphs: list[str], fact: str, day: str) -> list[str]:
    """``paragraphs`` with ``fact``: dropped if known, in place of one that it extends, before one it contradicts.

    Args:
        day: when it was said, ``2026-03-04``.
    """
    relations = {i: relate(fact, p) for i, p in enumerate(paragraphs) if not p.startswith("#")}
    repeated = [paragraphs[i] for i, relation in relations.items() if relation in {"same", "covered"}]
    if any(_holds_at(paragraph, day) for paragraph in repeated):
        return paragraphs
    current = [i for i in relations if not paragraphs[i].startswith(EARLIER)]
    against = [i for i in current if relations[i] == "conflict"]
    if against:
        return _changed(paragraphs, fact, day, against)
    for index in current:
        if relate(paragraphs[index], fact) == "covered":
            return [*paragraphs[:index], fact, *paragraphs[index + 1 :]]
    return [*paragraphs, fact]


def settled(one: str, other: str) -> list[str] | None:
    """What stands of two statements: the one that says all, or the later before the earlier; None if neither rule fits.

    Which of the two is which does not matter.
    """
    first, second = sorted((one, other))
    if not (_is_statement(first) and _is_statement(second)):
        return None
    if first.startswith(EARLIER) or second.startswith(EARLIER):
        return _ended(first, second)
    relation = relate(first, second)
    if relation == "same":
        return [min((first, second), key=lambda text: (_day(text) or "9", -len(text), text))]
    if relation == "conflict":
        earlier, later = sorted((first, second), key=_day)
        return [later, marked(earlier, _day(later))] if _day(earlier) and _day(earlier) < _day(later) else None
    if relation == "covered":
        return [second]
    return [first] if relate(second, first) == "covered" else None


def put_together(paragraphs: Sequence[str], mine: Iterable[str], yours: Collection[str]) -> tuple[list[str], bool]:
    """``paragraphs``, in which two sides have put news of their own, as if one had been committed after the other.

    Args:
        mine, yours: the paragraphs that only one side has, and the base has not.

    Returns:
        The paragraphs, and whether facts of both sides are at odds of which none is the later one.
    """
    found, contested = list(paragraphs), False
    for one, other in sorted(tuple(sorted((a, b))) for a in mine for b in yours):
        if one not in found or other not in found:
            continue
        stands = settled(one, other)
        if stands is not None:
            at = min(found.index(one), found.index(other))
            rest = [text for text in found if text not in (one, other)]
            found = [*rest[:at], *stands, *rest[at:]]
        elif _is_statement(one) and _is_statement(other) and not one.startswith(EARLIER):
            contested |= not other.startswith(EARLIER) and relate(one, other) == "conflict"
    return found, contested


def marked(fact: str, day: str) -> str:
    """``fact`` as one that held until ``day``."""
    return f"{EARLIER}{day}: {fact}"


def summary(facts: Sequence[str]) -> str:
    """L0 of a memory that holds ``facts``: the first of them that still hold, as many as 256 characters take.

    Statements about one subject are joined: "User prefers tabs; uses pnpm for new projects."
    """
    current = [undated(fact) for fact in facts if not fact.startswith((EARLIER, "#"))]
    firsts = [next(iter(sentences(fact)), fact) for fact in current] or [undated(fact) for fact in facts[:1]]
    text = clip(firsts[0], ABSTRACT_LIMIT) if firsts else ""
    for fact in firsts[1:]:
        longer = joined(text, fact)
        if len(longer) > ABSTRACT_LIMIT or fact in text:
            continue
        text = longer
    return text


def is_made(abstract: str, facts: Sequence[str]) -> bool:
    """Whether ``abstract`` is what a commit writes over ``facts``, and no words of a person's."""
    return bool(facts) and abstract in {summary(facts), clip(undated(facts[0]), ABSTRACT_LIMIT)}


def joined(text: str, fact: str) -> str:
    """``text`` and ``fact`` in one paragraph, the subject said once."""
    subject = next(reversed(sentences(text)), text).split(" ", 1)[0]
    if fact.startswith(f"{subject} ") and text.endswith(".") and ":" not in fact and '"' not in text + fact:
        return f"{text[:-1]}; {fact[len(subject) + 1 :]}"
    return f"{text} {fact}"


def undated(fact: str) -> str:
    """A fact without the day it was said on, as a sentence."""
    text = bare(fact)
    return text if text.endswith((".", "!", "?", '"')) else f"{text}."


def _holds_at(paragraph: str, day: str) -> bool:
    """Whether a paragraph that says the same as a fact of ``day`` makes it redundant: not if it ended before."""
    return not paragraph.startswith(EARLIER) or day <= _end(paragraph)


def _changed(paragraphs: list[str], fact: str, day: str, against: list[int]) -> list[str]:
    """The later of two facts at odds first, the earlier marked with the day of the later one."""
    first = against[0]
    stamp = _day(paragraphs[first])
    if stamp > day:
        return [*paragraphs[: first + 1], marked(fact, stamp), *paragraphs[first + 1 :]]
    others = [marked(p, day) if i in against else p for i, p in enumerate(paragraphs)]
    return [*others[:first], fact, *others[first:]]


def _ended(first: str, second: str) -> list[str] | None:
    """Of a fact that both sides have, and that has ended on one or on both: what is known of its end."""
    if bare(first) != bare(second):
        return None
    if first.startswith(EARLIER) and second.startswith(EARLIER):
        return [min(first, second, key=_end)]
    ended, current = (first, second) if first.startswith(EARLIER) else (second, first)
    return [ended] if _day(current) <= _end(ended) else None


def _is_statement(paragraph: str) -> bool:
    """Whether a paragraph is one line of prose, of which can be said what it says."""
    return "\n" not in paragraph and not paragraph.startswith(_NO_STATEMENT)


def _day(fact: str) -> str:
    stamp = _SAID_ON.search(fact)
    return stamp[1] if stamp else ""


def _end(fact: str) -> str:
    return fact[len(EARLIER) :][:10]
