"""An embedder without a model: hashed words and character n-grams.

It knows no meaning, only shared words and word parts; it is there for tests, for machines without the model, and as
the smallest example of a ``Provider``. After the hashing trick of Weinberger et al., 2009 (signed, two ends of one
digest).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import log1p
from pathlib import Path
from typing import TYPE_CHECKING

from viking_git.retrieval.embed import Notice
from viking_git.retrieval.stopwords import STOPWORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIM = 256
_WORD = re.compile(r"\w+")
_NGRAMS = (3, 4)
_NGRAM_WEIGHT = 0.35
_STOPWORD_WEIGHT = 0.2


def fingerprint() -> str:
    """The id of the hashing embedder."""
    return f"hashing.blake2b.{DIM}.v1"


def load(cache: Path, notice: Notice) -> "HashingEmbedder":  # noqa: ARG001 - it keeps nothing and takes no time
    """The hashing embedder."""
    return HashingEmbedder()


class HashingEmbedder:
    """See the module. Deterministic everywhere, 256 dimensions."""

    id = fingerprint()
    dim = DIM

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As ``Embedder.embed``."""
        import numpy as np

        vectors = np.zeros((len(texts), DIM), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            sums = [0.0] * DIM
            for word, count in Counter(_words(text)).items():
                weight = log1p(count) * (_STOPWORD_WEIGHT if word in STOPWORDS else 1.0)
                for slot, sign in _features(word):
                    sums[slot] += sign * weight
            row[:] = sums
            row /= max(float(np.linalg.norm(row)), 1e-12)
        return vectors


def _words(text: str) -> list[str]:
    # A text of signs alone, such as an emoji, is a text too.
    return _WORD.findall(text.casefold()) or text.split()


@lru_cache(maxsize=50_000)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    return tuple(_hashed(word))


def _hashed(word: str) -> Iterator[tuple[int, float]]:
    yield _slot(word, 1.0)
    framed = f"<{word}>"
    grams = {framed[i : i + n] for n in _NGRAMS for i in range(len(framed) - n + 1)} - {framed}
    for gram in sorted(grams):
        yield _slot(gram, _NGRAM_WEIGHT)


def _slot(feature: str, weight: float) -> tuple[int, float]:
    digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest[:4], "big") % DIM, weight if digest[7] & 1 else -weight
