"""A candidate merged into a memory: both facts kept, only true duplicates dropped (``model.facts``).

What a person wrote (the Overview, headings, an abstract of their own) stays.
"""

from collections.abc import Sequence
from dataclasses import replace

from viking_git.model.facts import EARLIER, is_made, joined, summary, with_fact
from viking_git.model.layers import ABSTRACT_LIMIT
from viking_git.model.memory import Candidate, Memory, split_paragraphs
from viking_git.model.names import fold
from viking_git.model.statements import relate


def merge_memory(existing: Memory, candidate: Candidate) -> Memory:
    """``existing`` with the facts, aliases and new fields of ``candidate``; the same again changes nothing."""
    said = _fact_list(existing)
    paragraphs = said
    for fact in candidate.memory().paragraphs():
        paragraphs = with_fact(paragraphs, fact, candidate.created_at[:10])
    return replace(
        existing,
        detail=existing.detail if paragraphs == said else "\n\n".join(paragraphs),
        abstract=_abstract(existing, said, paragraphs),
        fields={**candidate.fields, **existing.fields},
        aliases=_united(existing, candidate),
    )


def _fact_list(memory: Memory) -> list[str]:
    paragraphs = split_paragraphs(memory.detail)
    facts = [p for p in paragraphs if not p.startswith("#")]
    return paragraphs if facts else [*paragraphs, memory.abstract]


def _abstract(existing: Memory, said: Sequence[str], paragraphs: Sequence[str]) -> str:
    """L0 of the merged memory: ours is made anew; a person's own stays, with the news behind or before it."""
    if list(said) == list(paragraphs):
        return existing.abstract
    if is_made(existing.abstract, said):
        return summary(paragraphs)
    news = summary([p for p in paragraphs if p not in said and not p.startswith(EARLIER)])
    if not news:
        return existing.abstract
    if relate(news, existing.abstract) == "conflict" or any(
        p.startswith(EARLIER) and p not in said for p in paragraphs
    ):
        return news
    longer = joined(existing.abstract, news)
    return longer if len(longer) <= ABSTRACT_LIMIT else existing.abstract


def _united(existing: Memory, candidate: Candidate) -> tuple[str, ...]:
    known = {fold(name) for name in (existing.name, existing.title, *existing.aliases)}
    new = [a for a in (*candidate.aliases, candidate.title) if candidate.category == "entities"]
    added: list[str] = []
    for alias in new:
        if fold(alias) not in known:
            known.add(fold(alias))
            added.append(alias)
    return (*existing.aliases, *added)
