"""Finding the nearest vectors: exactly up to 100,000 rows, beyond that quantised to int8, or as a graph.

An index of FAISS covers the rows up to some number; the few that came after are searched exactly, so a refresh costs
what it adds. What FAISS finds is scored again with the exact vectors: quantising decides who is looked at, not the
order. HNSW after Malkov and Yashunin, 2016, over int8 vectors; both are memory-mapped.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from viking_git.retrieval.rows import Matrix

FLAT_LIMIT = 100_000
SQ8_LIMIT = 400_000
"""Rows up to which ``auto`` takes flat, and the int8 quantiser."""
TAIL = 0.1
"""Share of rows that may lie behind what an index covers before it is extended."""

_SMALL = 20_000
_EXACT_SUBSET = 50_000
_OVERSAMPLE = 3
_TRAINED_ON = 50_000
_ADDED_AT_ONCE = 50_000
_LINKS, _EF_BUILD, _EF_SEARCH = 16, 60, 128

RowNumbers = NDArray[np.int64]


def kind_for(backend: str, rows: int) -> str:
    """``flat``, ``sq8`` or ``hnsw``: what ``backend`` means for that many rows."""
    if backend != "auto":
        return backend
    if rows <= FLAT_LIMIT:
        return "flat"
    return "sq8" if rows <= SQ8_LIMIT else "hnsw"


def best(rows: RowNumbers, scores: Matrix, limit: int) -> tuple[RowNumbers, Matrix]:
    """The ``limit`` rows with the highest scores, best first, equal ones by row."""
    if limit < len(scores):
        chosen = np.argpartition(-scores, limit - 1)[:limit]
        rows, scores = rows[chosen], scores[chosen]
    order = np.lexsort((rows, -scores))
    return rows[order], scores[order]


def exact(matrix: Matrix, vector: Matrix, limit: int) -> tuple[RowNumbers, Matrix]:
    """The nearest rows of ``matrix`` by inner product, all of them looked at."""
    if len(matrix) <= _SMALL:
        # Small ones need no FAISS, which takes 0.2 s to load.
        return best(np.arange(len(matrix), dtype=np.int64), matrix @ vector, limit)
    faiss = _faiss()

    metric = faiss.METRIC_INNER_PRODUCT
    scores, rows = faiss.knn(vector.reshape(1, -1), matrix, min(limit, len(matrix)), metric=metric)
    return best(rows[0], scores[0], limit)


class Arranged(Protocol):
    """What finds the nearest rows of a matrix: FAISS, or Milvus."""

    def extend(self, matrix: Matrix) -> None:
        """Bring what is kept up to ``matrix``; raises OSError."""

    def search(
        self, matrix: Matrix, vector: Matrix, limit: int, among: RowNumbers | None = None
    ) -> tuple[RowNumbers, Matrix]:
        """The nearest rows, counted from 0, best first, and their exact cosines."""

    def close(self) -> None:
        """Let go of what is open."""


class Nearest:
    """The FAISS index beside one matrix of vectors, if its size asks for one."""

    def __init__(self, stem: Path | None, backend: str, notice: Callable[[str], None]) -> None:
        """Take ``stem``, whose suffix becomes ``.sq8`` or ``.hnsw``; None for a matrix in memory, searched flat."""
        self._stem = stem
        self._backend = backend
        self._notice = notice
        self._opened: tuple[Path, int, Any] | None = None

    def extend(self, matrix: Matrix) -> None:
        """Bring the index up to (nearly all of) ``matrix``, in one rename. The writer's lock is held.

        Raises:
            OSError: it cannot be written; the exact search goes on.
        """
        kind = kind_for(self._backend, len(matrix))
        if self._stem is None or kind == "flat" or not len(matrix):
            return
        index = self._index(matrix, kind)
        covered = index.ntotal if index is not None else 0
        if index is not None and len(matrix) - covered <= TAIL * covered:
            return
        path = self._path(kind)
        self._opened = None
        grown = self._grown(matrix, kind, covered)
        fresh = path.with_name(f"{path.name}.new")
        _write(grown, fresh)
        fresh.replace(path)

    def search(
        self, matrix: Matrix, vector: Matrix, limit: int, among: RowNumbers | None = None
    ) -> tuple[RowNumbers, Matrix]:
        """The nearest rows of ``matrix``, counted from 0, best first, and their cosines; ``among`` given rows only."""
        index = self._index(matrix, kind_for(self._backend, len(matrix)))
        if among is not None and (index is None or len(among) <= _EXACT_SUBSET):
            found, scores = exact(matrix[among], vector, limit)
            return among[found], scores
        if index is None:
            return exact(matrix, vector, limit)
        rows = self._approximate(index, vector, _OVERSAMPLE * limit, among)
        tail = np.arange(index.ntotal, len(matrix), dtype=np.int64)
        if among is not None:
            tail = tail[np.isin(tail, among, assume_unique=True)]
        candidates = np.concatenate([np.sort(rows), tail])
        return best(candidates, matrix[candidates] @ vector, limit)

    def close(self) -> None:
        """Unmap the file."""
        self._opened = None

    def _approximate(self, index: Any, vector: Matrix, limit: int, among: RowNumbers | None) -> RowNumbers:
        faiss = _faiss()

        limit = min(limit, index.ntotal)
        selector = faiss.IDSelectorBatch(among) if among is not None else None
        if isinstance(index, faiss.IndexHNSW):
            params = faiss.SearchParametersHNSW(efSearch=max(_EF_SEARCH, limit), sel=selector)
        else:
            params = faiss.SearchParameters(sel=selector)
        _, rows = index.search(vector.reshape(1, -1), limit, params=params)
        found: RowNumbers = rows[0][rows[0] >= 0]
        return found

    def _index(self, matrix: Matrix, kind: str) -> Any:
        """The index on disk, memory-mapped; None where there is none, or none that fits ``matrix``."""
        if self._stem is None or kind == "flat":
            return None
        path = self._path(kind)
        try:
            stamp = path.stat().st_mtime_ns
        except OSError:
            return None
        if self._opened is None or self._opened[:2] != (path, stamp):
            self._opened = (path, stamp, self._read(path))
        index = self._opened[2]
        fits = index is not None and index.d == matrix.shape[1] and index.ntotal <= len(matrix)
        return index if fits else None

    def _read(self, path: Path) -> Any:
        faiss = _faiss()

        try:
            return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            self._notice(f"{path.name} is damaged; vectors are searched one by one until it is built anew ({error})")
            return None

    def _grown(self, matrix: Matrix, kind: str, covered: int) -> Any:
        faiss = _faiss()

        if covered:
            # A mapped index takes nothing more.
            index = faiss.read_index(str(self._path(kind)))
        else:
            self._notice(f"arranging {len(matrix):,} vectors ({kind}), once …")
            index = _begin(kind, matrix.shape[1])
            step = max(1, len(matrix) // _TRAINED_ON)
            index.train(np.ascontiguousarray(matrix[::step]))
        for at in range(covered, len(matrix), _ADDED_AT_ONCE):
            index.add(np.ascontiguousarray(matrix[at : at + _ADDED_AT_ONCE]))
        return index

    def _path(self, kind: str) -> Path:
        assert self._stem is not None  # noqa: S101 - asked only where there are files
        return self._stem.with_suffix(f".{kind}")


def _begin(kind: str, dim: int) -> Any:
    faiss = _faiss()

    if kind == "sq8":
        return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    index = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _EF_BUILD
    return index


def _write(index: Any, path: Path) -> None:
    faiss = _faiss()

    try:
        faiss.write_index(index, str(path))
        path.chmod(0o600)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except RuntimeError as error:
        path.unlink(missing_ok=True)
        raise OSError(str(error)) from None


def _faiss() -> Any:
    # Its stubs know a part of it only.
    import faiss

    return faiss
