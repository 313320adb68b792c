"""What a pack brings for the search index: records with texts, and their vectors.

A record's ``text`` is the embedded text, so a vector is found again by the text alone, wherever the file lands.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from viking_git.errors import BadPack
from viking_git.pack.manifest import DENSE, RECORDS, DenseIndex, Embedding, RecordsIndex

MAX_LINE = 2**20
"""Bytes of one record."""


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """One entry of the search index.

    Attributes:
        path: of the file or directory, relative to the pack's ``files/``; "" is the root.
        kind: ``file`` or ``directory``.
        level: 0, 1 or 2.
        text: what was embedded.
        scalars: fields to filter by.
        vector: its numbers, little-endian float32; empty for none.
    """

    path: str
    kind: str
    level: int
    text: str
    scalars: Mapping[str, Any] = field(default_factory=dict)
    vector: bytes = b""


class RecordWriter:
    """Writes records to two files, one after the other, and keeps count."""

    def __init__(self, records: IO[bytes], dense: IO[bytes]) -> None:
        self._records, self._dense = records, dense
        self._sha, self._dense_sha = hashlib.sha256(), hashlib.sha256()
        self._count = self._vectors = self._floats = self._dimensions = 0

    def add(self, record: IndexRecord) -> None:
        """Write one record."""
        self._count += 1
        value: dict[str, Any] = {
            "record_id": f"r{self._count:06d}", "path": record.path, "kind": record.kind, "level": record.level,
            "text": record.text, "scalars": dict(record.scalars),
        }  # fmt: skip
        if record.vector:
            dimensions = len(record.vector) // 4
            value["vector"] = {"dense": {"offset": self._floats, "dimensions": dimensions}}
            self._dense.write(record.vector)
            self._dense_sha.update(record.vector)
            self._vectors, self._floats, self._dimensions = self._vectors + 1, self._floats + dimensions, dimensions
        line = json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        self._records.write(line)
        self._sha.update(line)

    def records_index(self) -> RecordsIndex:
        """What the manifest says about the records."""
        return RecordsIndex(RECORDS, self._count, self._sha.hexdigest())

    def dense_index(self, embedding: Embedding) -> DenseIndex | None:
        """What the manifest says about the vectors, None where there are none."""
        if not self._vectors:
            return None
        return DenseIndex(DENSE, self._vectors, self._dimensions, self._dense_sha.hexdigest(), embedding=embedding)


def read_records(lines: Iterable[bytes], dense: IO[bytes] | None, dimensions: int) -> Iterator[IndexRecord]:
    """The records of a pack, with their vectors where ``dense`` holds them.

    Raises:
        BadPack: a line that is no record, or a vector that is not there.
    """
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
            path, kind, level = str(value["path"]), str(value["kind"]), int(value["level"])
            place = value.get("vector", {}).get("dense")
            vector = _vector(dense, place, dimensions) if place is not None else b""
            yield IndexRecord(path, kind, level, str(value.get("text", "")), dict(value.get("scalars", {})), vector)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, struct.error):
            raise BadPack(f"line {number} is no index record", member=RECORDS) from None


def _vector(dense: IO[bytes] | None, place: Mapping[str, Any], dimensions: int) -> bytes:
    offset, length = int(place["offset"]), int(place["dimensions"])
    if dense is None or length != dimensions or offset < 0:
        raise ValueError
    dense.seek(4 * offset)
    data = dense.read(4 * length)
    if len(data) != 4 * length:
        raise ValueError
    return data
