"""The search index: vectors and words of one workspace, a pure function of (trunk tree, transcripts tree, embedder).

It lies outside git, is shared by worktrees, refreshed on read, and never fatal.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from heapq import nlargest
from pathlib import Path
from threading import Thread
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from viking_git.errors import CacheUnwritable, ModelUnavailable
from viking_git.retrieval.changes import Trees
from viking_git.retrieval.collect import CONE_MARK
from viking_git.retrieval.database import Facts, Record, State
from viking_git.retrieval.embed import Embedder, Notice, fingerprint, load_embedder
from viking_git.retrieval.filters import Filters
from viking_git.retrieval.generation import Damaged
from viking_git.retrieval.hashing import HashingEmbedder
from viking_git.retrieval.outside import note_outside
from viking_git.retrieval.report import Bounds, Progress, RefreshReport
from viking_git.retrieval.rows import Matrix
from viking_git.retrieval.upkeep import Upkeep
from viking_git.retrieval.words import exact_expression
from viking_git.store.cone import Cone
from viking_git.store.snapshot import Snapshot

Vector = NDArray[np.float32]
T = TypeVar("T")

MANY_UNITS = 10_000
"""Units up to which every word of a query is looked up."""
SCORED_ROWS = 5_000
"""Rows, about, that one query scores by words in a larger index."""

_FEWEST_TERMS = 2
_MOST_SAID = 5
_NO_FILTERS = Filters()


class SearchIndex:
    """One index. Call ``refresh`` before every search: it costs one comparison when nothing has changed.

    An instance belongs to one thread at a time; any number of processes may use one directory at once.
    """

    def __init__(
        self, upkeep: Upkeep, home: Path, embedder: Future[Embedder], notice: Notice, cone: Cone | None
    ) -> None:
        """Put together what ``open`` and ``sibling`` make."""
        self.home = home
        """Where its files lie."""
        self._upkeep = upkeep
        self._embedder = embedder
        self._notice = notice
        self._cone = cone
        self._trees: Trees | None = None
        self.degraded: str | None = None
        """After ``refresh``: why answers lack something, None when they lack nothing."""

    @classmethod
    def open(
        cls,
        directory: Path,
        embedder_name: str,
        cache: Path,
        notice: Notice,
        progress: Progress = lambda *_: None,
        backend: str = "auto",
        cone: Cone | None = None,
    ) -> "SearchIndex":
        """Open the index in ``directory`` for one embedder, and begin to load that in the background.

        Args:
            directory: the workspace's own; need not exist.
            embedder_name: a name in the registry; one that cannot be had leaves a search by words.
            cache: the root of what is shared by workspaces: models and vectors; need not exist.
            notice: told of whatever takes long, is left out or had to be mended.
            progress: told how many texts of how many have their vectors, while there are missing ones.
            backend: flat, sq8 or hnsw; auto chooses by size, see ``nearest``; ``milvus@ADDRESS``, see ``milvus``.
            cone: what of trunk is searched; every cone has an index of its own.
        """
        home = directory / index_name(embedder_name, cone)
        embedder = _load_beside(embedder_name, cache, notice)
        upkeep = Upkeep(home, cache, embedder.result, notice, progress, backend=backend)
        return cls(upkeep, home, embedder, notice, cone)

    def sibling(self, directory: Path) -> "SearchIndex":
        """An index of other trees of the same workspace in ``directory``, with the same embedder, which is loaded once.

        Where there is none yet it begins as a copy of this one.
        """
        home = directory / self.home.name
        return SearchIndex(self._upkeep.sibling(home), home, self._embedder, self._notice, self._cone)

    def refresh(self, trunk: Snapshot, transcripts: Snapshot, bounds: Bounds | None = None) -> RefreshReport:
        """Make the index say what the two trees say; its cost follows what changed in them since the last time.

        What is beyond ``bounds`` is left to a later refresh, and ``degraded`` says so.
        """
        self._trees = Trees(trunk, transcripts, self._cone)
        report = self._upkeep.refresh(self._trees, bounds)
        self.degraded = "; ".join(filter(None, (report.behind, note_outside(self.home, self._trees)))) or None
        self._say_left_out(report.left_out)
        return report

    def compact(self, trunk: Snapshot, transcripts: Snapshot) -> RefreshReport:
        """Write the index anew, as small as it can be; embeds nothing that the cache has.

        Raises:
            CacheUnwritable: the place takes no more; the present index stays.
        """
        try:
            return self._upkeep.compact(Trees(trunk, transcripts, self._cone))
        except (OSError, sqlite3.Error) as error:
            raise CacheUnwritable(f"the search index in {self.home} cannot be written: {error}") from None

    def close(self) -> None:
        """Close its files."""
        with suppress(ModelUnavailable):
            self._embedder.result()
        self._upkeep.close()

    def __enter__(self) -> "SearchIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state(self) -> State:
        """Which trees it stands for, and its counts."""
        return self._upkeep.state

    @property
    def computed(self) -> int:
        """Texts of units embedded through this instance; those met before are not embedded again."""
        return self._upkeep.computed

    def left_out(self) -> dict[str, str]:
        """Path → what of that file is not indexed, over the whole index."""
        return self._upkeep.generation.database.left_out()

    def allowed(self, filters: Filters) -> list[int] | None:
        """The rows that pass ``filters``, None when all do."""
        conditions, values = filters.sql()
        if not conditions:
            return None
        return self._upkeep.generation.database.rows_where(conditions, values)

    def words(self, expression: str, limit: int, filters: Filters = _NO_FILTERS) -> dict[int, float]:
        """Row → BM25 score of the best ``limit`` units that match an FTS5 ``expression``; {} for an empty one."""
        if not expression:
            return {}
        return self._upkeep.generation.database.match(expression, limit, *filters.sql())

    def telling(self, terms: Sequence[str]) -> list[str]:
        """Those of ``terms`` that can be looked up fast: in a large index the rare ones, at least two.

        A word in a tenth of all units says next to nothing about any of them, and costs the most to score.
        """
        if self.state.units <= MANY_UNITS:
            return list(terms)
        counts = self._upkeep.generation.database.counts(terms, SCORED_ROWS)
        kept: list[str] = []
        total = 0
        for term in sorted(terms, key=lambda term: counts[term]):
            total += counts[term]
            if total > SCORED_ROWS and len(kept) >= _FEWEST_TERMS:
                break
            kept.append(term)
        return kept

    def exact(self, phrases: Sequence[str], limit: int, filters: Filters = _NO_FILTERS) -> dict[int, float]:
        """Row → the share of ``phrases`` that stand in the unit to the letter, case and line ends aside; only rows with
        any.
        """
        shares: dict[int, float] = {}
        for phrase in phrases:
            wanted = _folded(phrase)
            texts = self._texts(self.words(exact_expression(phrase), limit, filters))
            for row, text in texts.items():
                if wanted in _folded(text):
                    shares[row] = shares.get(row, 0.0) + 1 / len(phrases)
        return shares

    def query_vector(self, text: str) -> Vector | None:
        """The vector of a query, None when there is no model; ``degraded`` says so then."""
        try:
            vector: Vector = self._embedder.result().embed([text])[0]
        except ModelUnavailable as error:
            self.degraded = f"searched by words only: {error.message}"
            return None
        if self.state.vectors and len(vector) != self.state.dim:
            raise Damaged(f"its vectors have {self.state.dim} dimensions, not {len(vector)}")
        return vector

    def count_tokens(self, text: str) -> int:
        """How many tokens ``text`` has: by the embedder's own tokenizer, else a careful estimate from its length."""
        with suppress(ModelUnavailable):
            count = getattr(self._embedder.result(), "count_tokens", None)
            if count is not None:
                return int(count(text))
        return estimated_tokens(text)

    def nearest(self, vector: Vector, limit: int, allowed: Sequence[int] | None = None) -> dict[int, float]:
        """Row → cosine of the nearest ``limit`` units, all of them if there are fewer."""
        matrix = self._matrix()
        if not len(matrix) or (allowed is not None and not allowed):
            return {}
        if allowed is not None:
            among = np.array([row for row in allowed if row <= len(matrix)], dtype=np.int64) - 1
            rows, scores = self._upkeep.nearest.search(matrix, vector, limit, among)
            return _pairs(rows, scores)
        dead = self.state.rows - self.state.units
        # Dead rows are found too and dropped here; mostly they are few among the nearest.
        wanted = min(limit + dead, 2 * limit)
        while True:
            pairs = _pairs(*self._upkeep.nearest.search(matrix, vector, wanted))
            alive = self._upkeep.generation.database.alive(pairs) if dead else pairs.keys()
            if len(alive) >= min(limit, self.state.units) or wanted >= limit + dead:
                return dict([(row, score) for row, score in pairs.items() if row in alive][:limit])
            wanted = min(limit + dead, 4 * wanted)

    def cosines(self, vector: Vector, rows: Iterable[int]) -> dict[int, float]:
        """Row → cosine, of those of ``rows`` that have a vector."""
        matrix = self._matrix()
        wanted = [row for row in rows if row <= len(matrix)]
        if not wanted:
            return {}
        scores = matrix[np.array(wanted, dtype=np.int64) - 1] @ vector
        return {row: float(score) for row, score in zip(wanted, scores, strict=True)}

    def facts(self, rows: Iterable[int]) -> dict[int, Facts]:
        """Row → what the ranking looks at."""
        return self._upkeep.generation.database.facts(rows)

    def abstracts(self, directories: Iterable[str]) -> dict[str, int]:
        """Directory → the row of its L0, where it has one."""
        return self._upkeep.generation.database.abstracts(directories)

    def records(self, rows: Iterable[int]) -> dict[int, Record]:
        """Row → everything that a hit shows."""
        return self._upkeep.generation.database.records(rows)

    def similar(self, text: str, prefix: str, limit: int) -> list[tuple[str, float]]:
        """The memories and skills below the directory ``prefix`` whose L0 is nearest to ``text``: path and cosine."""

        def nearest() -> list[tuple[str, float]]:
            conditions, values = Filters(paths=(prefix,), level=0).sql()
            rows = self._upkeep.generation.database.rows_where([*conditions, "u.grp = u.path"], values)
            cosines = self._cosines(text, rows)
            # As many as are asked for, and all that are as near as the last of them: among those, paths decide.
            least = min(nlargest(limit, cosines.values()), default=0.0)
            records = self.records(row for row, cosine in cosines.items() if cosine >= least)
            return [(record.path, cosines[row]) for row, record in records.items()]

        return sorted(self.answer(nearest), key=lambda pair: (-pair[1], pair[0]))[:limit]

    def _cosines(self, text: str, rows: Sequence[int]) -> dict[int, float]:
        """Row → cosine with ``text``, by the vectors that the index holds, and of later rows by their texts."""
        found: dict[int, float] = {}
        known = np.array([row for row in rows if row <= self.state.vectors], dtype=np.int64)
        if known.size:
            with suppress(ModelUnavailable):
                (vector,) = self._upkeep.embed([text])
                # Units count their rows from 1. Products of one vector differ in their last digits by where it lies.
                products = self._matrix()[known - 1] @ vector
                found = {int(row): round(float(cosine), 6) for row, cosine in zip(known, products, strict=True)}
        rest = self.records(row for row in rows if row not in found)
        if rest:
            asked, *others = self.vectors([text, *(record.text for record in rest.values())])
            found |= {row: float(vector @ asked) for row, vector in zip(rest, others, strict=True)}
        return found

    def vectors(self, texts: Sequence[str]) -> Matrix:
        """The unit vectors of ``texts``, one a row; without the model, those of the hashing embedder."""
        try:
            return self._upkeep.embed(texts)
        except ModelUnavailable:
            return HashingEmbedder().embed(texts)

    def answer(self, question: Callable[[], T]) -> T:
        """Ask this index; if it proves to be damaged, build it anew, once, and ask again.

        The reading methods below raise SQLite's errors, OSError or Damaged then; rows are not the same afterwards.
        """
        try:
            return question()
        except sqlite3.ProgrammingError:
            raise
        except (sqlite3.DatabaseError, OSError, Damaged, KeyError) as error:
            # A KeyError is a kind of unit, or a row, that no index of ours has.
            if self._trees is None:
                raise
            self.degraded = self._upkeep.rebuild(self._trees, error).behind or None
            return question()

    def _say_left_out(self, left_out: Mapping[str, str]) -> None:
        for path, reason in list(left_out.items())[:_MOST_SAID]:
            self._notice(f"not searchable in full: {path} ({reason})")
        if len(left_out) > _MOST_SAID:
            self._notice(f"not searchable in full: {len(left_out) - _MOST_SAID} more files")

    def _texts(self, rows: Iterable[int]) -> dict[int, str]:
        return self._upkeep.generation.database.texts(rows)

    def _matrix(self) -> Vector:
        return self._upkeep.generation.rows.view(self.state.vectors, self.state.dim)


def estimated_tokens(text: str) -> int:
    """Tokens of ``text``, rather too many than too few: four ASCII characters make one, any other is one by itself."""
    ascii_ = sum(1 for character in text if character.isascii())
    return -(-ascii_ // 4) + len(text) - ascii_


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _pairs(rows: NDArray[np.int64], scores: Vector) -> dict[int, float]:
    """Row id → score, from rows counted from 0."""
    return {int(row) + 1: float(score) for row, score in zip(rows, scores, strict=True)}


def id_of(embedder_name: str) -> str:
    """The directory of an index below that of its workspace: the embedder's fingerprint, ``words`` without one."""
    try:
        return fingerprint(embedder_name)
    except ModelUnavailable:
        return "words"


def index_name(embedder_name: str, cone: Cone | None) -> str:
    """The directory of the index of what ``cone`` holds."""
    name = id_of(embedder_name)
    return name if cone is None else f"{name}{CONE_MARK}{cone.key}"


def _load_beside(name: str, cache: Path, notice: Notice) -> Future[Embedder]:
    """Load the embedder in a thread: by the time the trees are compared, it is there."""
    future: Future[Embedder] = Future()

    def load() -> None:
        try:
            future.set_result(load_embedder(name, cache=cache, notice=notice))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=load, name="load-embedder").start()
    return future
