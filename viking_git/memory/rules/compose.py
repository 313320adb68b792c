"""Facts put together as candidates: one candidate for each memory that they belong to."""

import re
from collections.abc import Iterable, Sequence

from viking_git.memory.rules.facts import Fact, day_of
from viking_git.model.categories import category
from viking_git.model.facts import summary
from viking_git.model.layers import ABSTRACT_LIMIT, clip
from viking_git.model.memory import Candidate, Quote
from viking_git.model.names import fold

QUOTE_LIMIT = 200
_QUOTES = 8
"""Messages that one candidate quotes at most; the first ones are kept."""
_FILLER = re.compile(r"(?i)\b(?:a|an|the|to|of|my|our|their|on|in|at|for|with|and|some|really|just)\b")


def candidates_of(facts: Iterable[Fact]) -> list[Candidate]:
    """A candidate for each category and name among ``facts``, in the order of their first facts; repetitions once."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        key = (fact.category, fold(_name(fact)))
        group = groups.setdefault(key, [])
        if all(fact.text != other.text for other in group):
            group.append(fact)
    return [_candidate(group) for group in groups.values()]


def _candidate(facts: Sequence[Fact]) -> Candidate:
    first = facts[0]
    if category(first.category).mergeable:
        content = "\n\n".join(_stamped(fact) for fact in facts)
        abstract, overview = summary([fact.text for fact in facts]), content
    else:
        content = "\n\n".join(first.detail or (first.text,))
        abstract, overview = clip(first.text, ABSTRACT_LIMIT), first.overview
    fields = {key: value for fact in reversed(facts) for key, value in fact.fields.items()}
    aliases = tuple(dict.fromkeys(alias for fact in facts for alias in fact.aliases))
    return Candidate(
        category=first.category, name=_name(first), title=clip(first.title, 120), abstract=abstract, overview=overview,
        content=content, quotes=_quotes(facts), created_at=first.sentences[0].message.created_at, fields=fields,
        aliases=aliases,
    )  # fmt: skip


def _name(fact: Fact) -> str:
    kind = category(fact.category)
    label = re.sub(r"['’]s\b", "", fact.label)
    if kind.dated or fact.category == "cases":
        label = " ".join(_FILLER.sub(" ", label).split()) or label
    return kind.memory_name(label, fact.fields.get("date"))


def _stamped(fact: Fact) -> str:
    """The fact with the day it was said on, as a sentence of its own: so an overview can show the fact alone."""
    day = day_of(fact.sentences[0])
    return fact.text if fact.stamped or f"({day})" in fact.text else f"{fact.text} (Said on {day}.)"


def _quotes(facts: Sequence[Fact]) -> tuple[Quote, ...]:
    quotes: dict[tuple[str, str], Quote] = {}
    for fact in facts:
        for sentence in fact.sentences:
            quote = Quote(sentence.message.id, _cut(sentence.raw))
            quotes.setdefault((quote.message_id, quote.text), quote)
    return tuple(quotes.values())[:_QUOTES]


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTE_LIMIT else line[:QUOTE_LIMIT].rsplit(" ", 1)[0][:QUOTE_LIMIT]
