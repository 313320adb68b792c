"""One look at an index: every candidate for a query, with its score; ``find`` chooses among them."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from viking_git.retrieval.database import Facts
from viking_git.retrieval.filters import Filters
from viking_git.retrieval.fuse import (
    SUPERSEDED,
    Fusion,
    Ranking,
    fusion,
    hotness,
    with_directories,
    with_siblings,
)
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.words import Query, parse_query

VECTOR_POOL = 200
WORDS_POOL = 500
"""Candidates of a query: the nearest by vector, and the best by words."""

DEFAULT_RANKING = Ranking()


@dataclass(slots=True)
class Looked:
    """One look at an index: what was found on the way from the query to the hits.

    Attributes:
        query: the query taken apart.
        allowed: the rows that pass the filters, None for all.
        ranking: how scores were put together.
        evidence: the scores of vectors and words.
        facts: row → what is known of it, for every candidate.
        scores: row → final score.
        ranked: rows with at least the threshold, best first.
        chosen: the rows of the hits, best first.
        seconds: stage → seconds.
    """

    query: Query
    allowed: list[int] | None
    ranking: Ranking
    evidence: Fusion
    facts: dict[int, Facts]
    scores: dict[int, float]
    ranked: list[int] = field(default_factory=list)
    chosen: list[int] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def look(index: SearchIndex, query: str, filters: Filters, ranking: Ranking) -> Looked:
    """Every candidate for ``query`` with its score; nothing is chosen yet."""
    parsed = parse_query(query)
    seconds: dict[str, float] = {}
    # Words first: meanwhile the model is loading.
    with measured(seconds, "words"):
        words = index.words(parsed.match(index.telling(parsed.terms)), WORDS_POOL, filters)
        exact = _to_the_letter(index, parsed, filters)
        allowed = index.allowed(filters)
    with measured(seconds, "embed"):
        vector = index.query_vector(query)
    with measured(seconds, "vectors"):
        cosines: dict[int, float] = {}
        if vector is not None:
            cosines = index.nearest(vector, VECTOR_POOL, allowed)
            cosines |= index.cosines(vector, (words.keys() | (exact or {}).keys()) - cosines.keys())
    with measured(seconds, "fusion"):
        evidence = fusion(cosines, words, exact, ranking.vector_weights)
        facts = index.facts(words.keys() | cosines.keys() | (exact or {}).keys())
        scores = {row: evidence.parts(row, fact.kind).score for row, fact in facts.items()}
        if ranking.needs_directories:
            abstracts = index.abstracts({fact.directory for fact in facts.values()})
            tops = index.cosines(vector, abstracts.values()) if vector is not None else {}
            known = {**evidence.cosines, **tops}
            wider = replace(evidence, cosines=known)
            places = {path: wider.parts(row, "prose").score for path, row in abstracts.items()}
            scores = with_directories(scores, {row: facts[row].directory for row in scores}, places, ranking)
        scores = _with_priors(scores, facts, ranking)
    return Looked(parsed, allowed, ranking, evidence, facts, scores, seconds=seconds)


def _to_the_letter(index: SearchIndex, query: Query, filters: Filters) -> dict[int, float] | None:
    """Row → share of what is to be found to the letter; None where the query asks for nothing of the kind.

    A unit in which the whole query stands has all of it, whatever signs are in the query.
    """
    shares = index.exact(query.exact, WORDS_POOL, filters)
    shares.update(index.exact([query.whole] if query.whole else [], WORDS_POOL, filters))
    return shares if query.exact or shares else None


def _with_priors(scores: dict[int, float], facts: Mapping[int, Facts], ranking: Ranking) -> dict[int, float]:
    """``scores`` with what the places and the lives of units add or take."""
    chats = {row: facts[row].directory for row in scores if facts[row].kind == "chat"}
    scores = with_siblings(scores, chats, ranking.siblings)
    if ranking.best_child:
        others = {row: facts[row].directory for row in scores if row not in chats}
        scores = with_siblings(scores, others, ranking.best_child)
    if ranking.hotness:
        heat = {row: hotness(facts[row].active_count, facts[row].updated_at, ranking.now) for row in scores}
        scores = {row: (1 - ranking.hotness) * score + ranking.hotness * heat[row] for row, score in scores.items()}
    return {row: score * (SUPERSEDED if facts[row].status == "superseded" else 1) for row, score in scores.items()}


@contextmanager
def measured(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Add the seconds of the block to ``stage``."""
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
