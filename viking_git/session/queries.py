"""``search``: what a query means within a conversation, as at most five typed queries. Rules, no model.

A question in a conversation leaves out what was said before ("and how do I undo it?"). So besides the question itself
the index is asked for it together with the words that carried the last messages, and for the kinds of answer that its
form asks for.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from viking_git.retrieval.results import Hit
from viking_git.retrieval.stopwords import STOPWORDS

MOST_QUERIES = 5
RECENT = 8
"""Messages of a session that are looked at, and words taken from them."""

WEIGHTS = {1: 1.0, 2: 0.9, 3: 0.8, 4: 0.7, 5: 0.6}
"""Priority → what its scores are multiplied with before the best one of every hit is taken."""

_WORD = re.compile(r"[^\W\d_][\w\-]{2,}")
_POINTS_BACK = re.compile(
    r"\b(it|its|this|that|these|those|they|them|their|he|him|his|she|her|one|ones|same|again|there)\b", re.IGNORECASE
)
_HOW = re.compile(r"^(how|write|create|make|deploy|run|build|set up|fix|convert|generate)\b", re.IGNORECASE)
_PERSONAL = re.compile(
    r"\b(i|me|my|we|us|our|prefer\w*|decid\w*|decision\w*|agreed?|remember\w*|usual\w*)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TypedQuery:
    """One question to the index.

    Attributes:
        query: its words.
        context_type: only memory, resource or skill; None for anything.
        intent: why it is asked.
        priority: 1 is the most important.
    """

    query: str
    context_type: str | None
    intent: str
    priority: int

    def to_json(self) -> dict[str, Any]:
        """The object that ``--explain`` prints."""
        return asdict(self)


def typed_queries(query: str, said: Sequence[str]) -> list[TypedQuery]:
    """At most five queries for ``query``, asked in a conversation in which ``said`` was said, the last at the end."""
    points_back = bool(_POINTS_BACK.search(query)) or len(_words(query)) < 2
    found = [TypedQuery(query, None, "the question as it was asked", 1)]
    words = _carried(query, said)
    full = f"{query} {' '.join(words)}" if words else query
    if words:
        found.append(
            TypedQuery(full, None, "the question with what the conversation is about", 1 if points_back else 3)
        )
    if _PERSONAL.search(query):
        found.append(TypedQuery(query, "memory", "what is remembered of people and decisions", 2))
    if _HOW.search(query.strip()):
        found.append(TypedQuery(full if points_back else query, "skill", "a way to do it", 2))
    found.append(TypedQuery(full if points_back else query, "resource", "documents on it", 4))
    return sorted(found, key=lambda one: one.priority)[:MOST_QUERIES]


def merged(answers: Iterable[tuple[TypedQuery, Sequence[Hit]]], limit: int) -> list[tuple[Hit, float, TypedQuery]]:
    """The hits of several queries as one list: every hit once with its best weighted score and the query of that."""
    best: dict[str, tuple[Hit, float, TypedQuery]] = {}
    for query, hits in answers:
        for hit in hits:
            score = hit.score * WEIGHTS[query.priority]
            if hit.address not in best or score > best[hit.address][1]:
                best[hit.address] = (hit, score, query)
    return sorted(best.values(), key=lambda found: (-found[1], found[0].address))[:limit]


def _carried(query: str, said: Sequence[str]) -> list[str]:
    """The words that carry the last messages: often said there, said lately, not in the question."""
    weights: dict[str, float] = {}
    for age, text in enumerate(reversed(said[-RECENT:])):
        for word, count in Counter(_words(text)).items():
            weights[word] = weights.get(word, 0.0) + min(count, 3) * 0.8**age
    known = {*_words(query)}
    return [word for word in sorted(weights, key=lambda word: (-weights[word], word)) if word not in known][:RECENT]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in STOPWORDS]
