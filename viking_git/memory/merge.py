"""A candidate merged into a memory: both facts kept, only true duplicates dropped.

A fact that contradicts an earlier one goes before it, and the earlier one begins with ``Before 2026-03-04:``, the day
of the message that changed it. What a person wrote (the Overview, headings, an abstract of their own) stays.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from viking_git.model.layers import ABSTRACT_LIMIT, clip, sentences
from viking_git.model.memory import Candidate, Memory, split_paragraphs
from viking_git.model.names import fold
from viking_git.model.statements import bare, relate

_EARLIER = "Before "
_SAID_ON = re.compile(r"(?i)\(said on (\d{4}-\d\d-\d\d)\.?\)")


def merge_memory(existing: Memory, candidate: Candidate) -> Memory:
    """``existing`` with the facts, aliases and new fields of ``candidate``; the same again changes nothing."""
    said = _fact_list(existing)
    paragraphs = said
    for fact in candidate.memory().paragraphs():
        paragraphs = _with_fact(paragraphs, fact, candidate.created_at[:10])
    return replace(
        existing,
        detail=existing.detail if paragraphs == said else "\n\n".join(paragraphs),
        abstract=_abstract(existing, said, paragraphs),
        fields={**candidate.fields, **existing.fields},
        aliases=_united(existing, candidate),
    )


def summary(facts: Sequence[str]) -> str:
    """L0 of a memory that holds ``facts``: the first of them that still hold, as many as 256 characters take.

    Statements about one subject are joined: "User prefers tabs; uses pnpm for new projects."
    """
    current = [_undated(fact) for fact in facts if not fact.startswith((_EARLIER, "#"))]
    firsts = [next(iter(sentences(fact)), fact) for fact in current] or [_undated(fact) for fact in facts[:1]]
    text = clip(firsts[0], ABSTRACT_LIMIT) if firsts else ""
    for fact in firsts[1:]:
        longer = _joined(text, fact)
        if len(longer) > ABSTRACT_LIMIT or fact in text:
            continue
        text = longer
    return text


def _fact_list(memory: Memory) -> list[str]:
    paragraphs = split_paragraphs(memory.detail)
    facts = [p for p in paragraphs if not p.startswith("#")]
    return paragraphs if facts else [*paragraphs, memory.abstract]


def _with_fact(paragraphs: list[str], fact: str, day: str) -> list[str]:
    """``paragraphs`` with ``fact``: dropped if known, in place of one that it extends, before one it contradicts."""
    relations = {i: relate(fact, p) for i, p in enumerate(paragraphs) if not p.startswith("#")}
    repeated = [paragraphs[i] for i, relation in relations.items() if relation in {"same", "covered"}]
    if any(_holds_at(paragraph, day) for paragraph in repeated):
        return paragraphs
    current = [i for i in relations if not paragraphs[i].startswith(_EARLIER)]
    against = [i for i in current if relations[i] == "conflict"]
    if against:
        return _changed(paragraphs, fact, day, against)
    for index in current:
        if relate(paragraphs[index], fact) == "covered":
            return [*paragraphs[:index], fact, *paragraphs[index + 1 :]]
    return [*paragraphs, fact]


def _holds_at(paragraph: str, day: str) -> bool:
    """Whether a paragraph that says the same as a fact of ``day`` makes it redundant: not if it ended before."""
    return not paragraph.startswith(_EARLIER) or day <= paragraph[len(_EARLIER) :][:10]


def _changed(paragraphs: list[str], fact: str, day: str, against: list[int]) -> list[str]:
    """The later of two facts at odds first, the earlier marked with the day of the later one."""
    first = against[0]
    stamp = _SAID_ON.search(paragraphs[first])
    if stamp and stamp[1] > day:
        return [*paragraphs[: first + 1], _marked(fact, stamp[1]), *paragraphs[first + 1 :]]
    marked = [_marked(p, day) if i in against else p for i, p in enumerate(paragraphs)]
    return [*marked[:first], fact, *marked[first:]]


def _marked(paragraph: str, day: str) -> str:
    return f"{_EARLIER}{day}: {paragraph}"


def _abstract(existing: Memory, said: Sequence[str], paragraphs: Sequence[str]) -> str:
    """L0 of the merged memory: ours is made anew; a person's own stays, with the news behind or before it."""
    if list(said) == list(paragraphs):
        return existing.abstract
    if existing.abstract in {summary(said), clip(_undated(said[0]), ABSTRACT_LIMIT)}:
        return summary(paragraphs)
    news = summary([p for p in paragraphs if p not in said and not p.startswith(_EARLIER)])
    if not news:
        return existing.abstract
    if relate(news, existing.abstract) == "conflict" or any(
        p.startswith(_EARLIER) and p not in said for p in paragraphs
    ):
        return news
    longer = _joined(existing.abstract, news)
    return longer if len(longer) <= ABSTRACT_LIMIT else existing.abstract


def _joined(text: str, fact: str) -> str:
    subject = text.split(" ", 1)[0]
    if fact.startswith(f"{subject} ") and text.endswith(".") and ":" not in fact and '"' not in text + fact:
        return f"{text[:-1]}; {fact[len(subject) + 1 :]}"
    return f"{text} {fact}"


def _undated(fact: str) -> str:
    text = bare(fact)
    return text if text.endswith((".", "!", "?", '"')) else f"{text}."


def _united(existing: Memory, candidate: Candidate) -> tuple[str, ...]:
    known = {fold(name) for name in (existing.name, existing.title, *existing.aliases)}
    new = [a for a in (*candidate.aliases, candidate.title) if candidate.category == "entities"]
    added: list[str] = []
    for alias in new:
        if fold(alias) not in known:
            known.add(fold(alias))
            added.append(alias)
    return (*existing.aliases, *added)
