"""Vectors in packs: those of the cache go along, and come back where the same embedder would make the same.

A vector is kept under the hash of its text, so what a pack brings is checked: by the fingerprint, by its length, and by
embedding a few texts again. A vector that is here already stays.
"""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import SystemRandom
from typing import Any

import numpy as np

from viking_git.errors import ModelUnavailable
from viking_git.model.layers import ABSTRACT, OVERVIEW
from viking_git.pack.manifest import GENERATOR, Embedding
from viking_git.pack.read import Pack
from viking_git.pack.records import IndexRecord, read_records
from viking_git.pack.write import Vectors
from viking_git.retrieval.embed import Embedder, Notice, load_embedder
from viking_git.retrieval.units import Unit, directory_units, embedded_text, file_units, is_indexed
from viking_git.retrieval.vectors import VectorCache, text_key
from viking_git.store.snapshot import Snapshot

CHECKED = 8
"""Vectors of a pack that are computed again before the rest is believed."""

_ALIKE = 0.999
_BLOCK = 256
_SPOOL = 16 * 2**20


class PackVectors:
    """The vectors of one embedder and its cache."""

    def __init__(self, embedder: str, cache: Path, notice: Notice) -> None:
        self._name = embedder
        self._place = cache
        self._notice = notice

    def make(self, snapshot: Snapshot, places: Sequence[tuple[str, str]]) -> Vectors:
        """Records for a pack; what has no vector yet is embedded. Files read are those that search reads.

        Raises:
            ModelUnavailable: the embedder cannot be loaded.
        """
        embedder = load_embedder(self._name, cache=self._place, notice=self._notice)
        return Vectors(self._records(snapshot, places, embedder), _embedding(embedder))

    def take(self, pack: Pack) -> int:
        """Put the vectors of a checked pack into the cache; how many. 0 where another embedder made them."""
        dense = pack.manifest.index.dense
        if dense is None:
            return 0
        try:
            embedder = load_embedder(self._name, cache=self._place, notice=self._notice)
        except ModelUnavailable:
            return 0
        if dense.embedding != _embedding(embedder) or dense.dimensions != embedder.dim:
            self._notice(f"the pack's vectors are of {dense.embedding.model or 'an unknown model'}: made anew here")
            return 0
        with tempfile.SpooledTemporaryFile(_SPOOL) as numbers:
            for piece in pack.dense():
                numbers.write(piece)
            records = list(read_records(pack.record_lines(), numbers, dense.dimensions))
        return self._believe([record for record in records if record.vector and record.text], embedder)

    def _believe(self, records: list[IndexRecord], embedder: Embedder) -> int:
        matrix = np.frombuffer(b"".join(record.vector for record in records), dtype="<f4")
        matrix = matrix.reshape(len(records), embedder.dim)
        if not records or not np.isfinite(matrix).all():
            return 0
        picked = SystemRandom().sample(range(len(records)), min(CHECKED, len(records)))
        fresh = embedder.embed([records[at].text for at in picked])
        if (np.einsum("ij,ij->i", fresh, matrix[picked]) < _ALIKE * np.linalg.norm(fresh, axis=1) ** 2).any():
            self._notice("the pack's vectors are not what its texts give: made anew here")
            return 0
        norms = np.linalg.norm(matrix, axis=1)
        sound = {
            text_key(record.text): vector
            for record, vector, norm in zip(records, matrix, norms, strict=True)
            if abs(norm - 1) < 1e-3
        }
        cache = self._cache(embedder)
        known = cache.get_many(list(sound))
        new = {key: vector for key, vector in sound.items() if key not in known}
        cache.put_many(new)
        cache.close()
        return len(new)

    def _records(
        self, snapshot: Snapshot, places: Sequence[tuple[str, str]], embedder: Embedder
    ) -> Iterator[IndexRecord]:
        cache = self._cache(embedder)
        units = _units(snapshot, places)
        while block := list(islice(units, _BLOCK)):
            texts = [embedded_text(unit.who, unit.text, unit.previous) for _, unit in block]
            for (inside, unit), text, vector in zip(block, texts, cache.embed(texts, embedder), strict=True):
                kind = "file" if unit.level == 2 else "directory"
                yield IndexRecord(inside, kind, unit.level, text, _scalars(unit), vector.astype("<f4").tobytes())
        cache.close()

    def _cache(self, embedder: Embedder) -> VectorCache:
        return VectorCache(self._place / "vectors", embedder.id, embedder.dim, self._notice)


def _units(snapshot: Snapshot, places: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Unit]]:
    """The units of what is packed, each with the path in the pack."""
    for path, inside in places:
        entry = snapshot.entry(path)
        if entry is None:
            continue
        if entry.is_dir:
            layers = {name: data for name in (ABSTRACT, OVERVIEW) if (data := snapshot.get(f"{path}/{name}"))}
            for unit in directory_units(path, layers):
                yield inside, unit
        elif entry.kind == "file" and is_indexed(path):
            for unit in file_units(path, snapshot.read_oid(entry.oid))[0]:
                yield inside, unit


def _embedding(embedder: Embedder) -> Embedding:
    return Embedding(GENERATOR, embedder.id, "text", None, None, embedder.dim)


def _scalars(unit: Unit) -> dict[str, Any]:
    return {"context_type": unit.type, "level": unit.level, "type": unit.kind, "name": unit.names}
