"""The score of a unit from its vector's and its words' scores: a pure function.

A weighted sum of scores scaled to 0…1, not of ranks: 10 points of nDCG@10 better on conversations than reciprocal rank
fusion (design section 5). The lower end of the scale is what says nothing, cosine 0 and no word, so that a score does
not depend on how many units were looked at; measured, this does as well as the minimum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

VECTOR_WEIGHTS: Mapping[str, float] = {"chat": 0.5, "prose": 0.5, "code": 0.5, "container": 0.5}
"""How much of a unit's score is its vector's, by kind; the rest is its words'. Half is best, or within 0.3 points of
the best MRR, for each kind by itself: benchmarks/locomo.py, docs_search.py and code_search.py, --weights."""

CONVINCING_COSINE = 0.4
"""A best cosine below this is not scaled up to 1: nothing near was found."""

EXACT_WEIGHT = 0.5
"""How much of a score is the share of exact phrases, in a query that has some. At half, a unit with all of them beats
every unit with none."""

SIBLING_WEIGHT = 0.3
"""Weight of the best score among a unit's siblings, against 1 for its own: a soft prior for the place where the answer
is, not a gate."""


HALF_LIFE = 30.0
"""Days after which a use counts half, in hotness."""

SUPERSEDED = 0.5
"""What remains of the score of a memory that another one has taken the place of."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """How scores are put together; the defaults are what was measured best (benchmarks/locomo.py).

    Attributes:
        vector_weights: kind → weight of the vector against the words; 0 for all is a search by words, 1 one by vectors.
        siblings: weight of the best score among the messages of the same archive.
        best_child: the same weight, for the units of every other directory.
        propagation: how much of a unit's score is that of its directory's L0.
        drill_down: look only into this many directories, those with the best L0; 0 looks into all.
        hotness: how much of a score is how often and how lately its memory was used.
        now: the time that hotness counts from, ISO 8601: the commit date of the tip, so that an answer is repeatable.
    """

    vector_weights: Mapping[str, float] = field(default_factory=lambda: VECTOR_WEIGHTS)
    siblings: float = SIBLING_WEIGHT
    best_child: float = 0.0
    propagation: float = 0.0
    drill_down: int = 0
    hotness: float = 0.0
    now: str = ""

    @property
    def needs_directories(self) -> bool:
        """Whether the scores of directories are part of those of units."""
        return bool(self.propagation or self.drill_down)


@dataclass(frozen=True, slots=True)
class Parts:
    """What one unit's score is the sum of, each part weighted already."""

    vector: float
    words: float
    exact: float

    @property
    def score(self) -> float:
        """The sum."""
        return self.vector + self.words + self.exact


@dataclass(frozen=True, slots=True)
class Fusion:
    """The evidence of one query about some units, scaled so that scores of both kinds can be added.

    Attributes:
        cosines: row → cosine with the query; {} for a search by words only.
        words: row → BM25, more is better; a row that is not in it matches no word.
        exact: row → share of the query's exact phrases in it; None for a query without any.
        weights: kind → how much of the score is the vector's.
    """

    cosines: Mapping[int, float]
    words: Mapping[int, float]
    exact: Mapping[int, float] | None
    weights: Mapping[str, float]
    cosine_scale: float
    words_scale: float

    def parts(self, row: int, kind: str) -> Parts:
        """The parts of one unit's score."""
        weight = self.weights[kind] if self.cosines else 0.0
        share = 1.0 if self.exact is None else 1 - EXACT_WEIGHT
        vector = share * weight * max(self.cosines.get(row, 0.0), 0.0) * self.cosine_scale
        words = share * (1 - weight) * self.words.get(row, 0.0) * self.words_scale
        return Parts(vector, words, 0.0 if self.exact is None else EXACT_WEIGHT * self.exact.get(row, 0.0))


def fusion(
    cosines: Mapping[int, float],
    words: Mapping[int, float],
    exact: Mapping[int, float] | None = None,
    weights: Mapping[str, float] = VECTOR_WEIGHTS,
) -> Fusion:
    """The evidence with its scales: the best cosine and the best BM25 count as 1."""
    best_words = max(words.values(), default=0.0)
    cosine_scale = 1 / max(max(cosines.values(), default=0.0), CONVINCING_COSINE)
    return Fusion(cosines, words, exact, weights, cosine_scale, 1 / best_words if best_words > 0 else 0.0)


def fuse(
    cosines: Mapping[int, float],
    words: Mapping[int, float],
    kinds: Mapping[int, str],
    exact: Mapping[int, float] | None = None,
    weights: Mapping[str, float] = VECTOR_WEIGHTS,
) -> dict[int, float]:
    """Row → score between 0 and 1, for every row in ``kinds`` (row → a key of ``weights``); see ``Fusion``."""
    evidence = fusion(cosines, words, exact, weights)
    return {row: evidence.parts(row, kind).score for row, kind in kinds.items()}


def with_siblings(
    scores: Mapping[int, float], parents: Mapping[int, str], weight: float = SIBLING_WEIGHT
) -> dict[int, float]:
    """``scores`` with a prior for the rows in ``parents`` (row → where it lies): the best score in the same place.

    ``weight`` is that of the prior, against 1 for a row's own score.
    """
    best: dict[str, float] = {}
    for row, parent in parents.items():
        best[parent] = max(best.get(parent, 0.0), scores[row])
    return {
        row: (score + weight * best[parents[row]]) / (1 + weight) if row in parents else score
        for row, score in scores.items()
    }


def with_directories(
    scores: Mapping[int, float], parents: Mapping[int, str], abstracts: Mapping[str, float], ranking: Ranking
) -> dict[int, float]:
    """``scores`` with those of the directories in them (propagation), or of the best directories only (drill-down).

    Args:
        parents: row → the directory it lies in.
        abstracts: directory → the score of its L0; 0 where it has none.
    """
    best = sorted({*parents.values()}, key=lambda path: (-abstracts.get(path, 0.0), path))
    inside = {*best[: ranking.drill_down]} if ranking.drill_down else {*best}
    share = ranking.propagation
    return {
        row: (1 - share) * score + share * abstracts.get(parents[row], 0.0)
        for row, score in scores.items()
        if parents[row] in inside
    }


def hotness(active_count: int, updated_at: str, now: str) -> float:
    """0 to 1: how often something was used, halved for every ``HALF_LIFE`` days since it changed; 0 without dates."""
    if not updated_at or not now:
        return 0.0
    days = (datetime.fromisoformat(now) - datetime.fromisoformat(updated_at)).total_seconds() / 86_400
    used = (1 + active_count) / (2 + active_count)
    recent: float = 0.5 ** (max(days, 0.0) / HALF_LIFE)
    return used * recent
