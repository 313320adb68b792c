"""The score of a unit from its vector's and its words' scores: a pure function.

A weighted sum of scores scaled to 0…1, not of ranks: 10 points of nDCG@10 better on conversations than reciprocal rank
fusion (design section 5). The lower end of the scale is what says nothing, cosine 0 and no word, so that a score does
not depend on how many units were looked at; measured, this does as well as the minimum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

VECTOR_WEIGHTS: Mapping[str, float] = {"chat": 0.5, "prose": 0.65, "code": 0.95, "container": 0.65}
"""How much of a unit's score is its vector's, by kind; the rest is its words'."""

CONVINCING_COSINE = 0.4
"""A best cosine below this is not scaled up to 1: nothing near was found."""

EXACT_WEIGHT = 0.5
"""How much of a score is the share of exact phrases, in a query that has some. At half, a unit with all of them beats
every unit with none."""

SIBLING_WEIGHT = 0.3
"""Weight of the best score among a unit's siblings, against 1 for its own: a soft prior for the place where the answer
is, not a gate."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """How scores are put together; the defaults are what was measured best (benchmarks/locomo.py).

    Attributes:
        vector_weights: kind → weight of the vector against the words; 0 for all is a search by words, 1 one by vectors.
        siblings: weight of the best score among the messages of the same archive.
    """

    vector_weights: Mapping[str, float] = field(default_factory=lambda: VECTOR_WEIGHTS)
    siblings: float = SIBLING_WEIGHT


def fuse(
    cosines: Mapping[int, float],
    words: Mapping[int, float],
    kinds: Mapping[int, str],
    exact: Mapping[int, float] | None = None,
    weights: Mapping[str, float] = VECTOR_WEIGHTS,
) -> dict[int, float]:
    """Row → score between 0 and 1, for every row in ``kinds``.

    Args:
        cosines: row → cosine with the query; {} for a search by words only.
        words: row → BM25, more is better; a row that is not in it matches no word.
        kinds: row → a key of ``weights``.
        exact: row → share of the query's exact phrases in it; None for a query without any.
        weights: kind → how much of the score is the vector's.
    """
    best_cosine = max(cosines.values(), default=0.0)
    best_words = max(words.values(), default=0.0)
    cosine_scale = 1 / max(best_cosine, CONVINCING_COSINE)
    words_scale = 1 / best_words if best_words > 0 else 0.0
    scores: dict[int, float] = {}
    for row, kind in kinds.items():
        weight = weights[kind] if cosines else 0.0
        score = weight * max(cosines.get(row, 0.0), 0.0) * cosine_scale
        score += (1 - weight) * words.get(row, 0.0) * words_scale
        if exact is not None:
            score = (1 - EXACT_WEIGHT) * score + EXACT_WEIGHT * exact.get(row, 0.0)
        scores[row] = score
    return scores


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
