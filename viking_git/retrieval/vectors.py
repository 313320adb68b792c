"""The cache of vectors: a text once embedded is never embedded again, whatever branch, path or commit it is met in.

One SQLite file per embedder, keyed by the SHA-256 of the embedded text. No text is stored. Disposable: a damaged file
is put aside and begun anew, and where none can be written one in memory takes its place.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from viking_git.private import make_private, open_private, secure
from viking_git.retrieval.embed import Embedder, Notice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 256
"""Texts embedded between two commits: what a kill can cost."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_COUNT = "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"


class VectorCache:
    """The vectors of one embedder. Many processes may use one file at once; an instance belongs to one thread.

    Attributes:
        computed: texts embedded through this instance.
        hits: texts whose vector was there.
    """

    def __init__(self, directory: Path, embedder_id: str, dim: int, notice: Notice) -> None:
        """Open or begin ``directory/{embedder_id}.sqlite``; never fails."""
        self.computed = 0
        self.hits = 0
        self._dim = dim
        self._notice = notice
        self._path = directory / f"{embedder_id}.sqlite"
        self._older: sqlite3.Connection | None = None
        """The file, where it can be read and not be written; what is new is in memory then."""
        self._db = self._open()

    def get_many(self, keys: Sequence[bytes]) -> "dict[bytes, NDArray[np.float32]]":
        """The vectors that are there, by key."""
        try:
            return dict(self._select(keys))
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
            return {}

    def put_many(self, vectors: "Mapping[bytes, NDArray[np.float32]]") -> None:
        """Add vectors, durable when this returns."""
        rows = [(key, vector.astype("<f4", copy=False).tobytes()) for key, vector in vectors.items()]
        try:
            self._insert(rows)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
            self._insert(rows)

    def embed(self, texts: Sequence[str], embedder: Embedder) -> "NDArray[np.float32]":
        """The vectors of ``texts``, shape (len(texts), dim); only those not here are computed, and then they are."""
        import numpy as np

        keys = [text_key(text) for text in texts]
        found = self.get_many(list(dict.fromkeys(keys)))
        missing = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key not in found]
        self._count(hits=len(texts) - len(missing), computed=len(missing))
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            fresh = dict(zip((key for key, _ in chunk), embedder.embed([text for _, text in chunk]), strict=True))
            self.put_many(fresh)
            found.update(fresh)
            self.computed += len(chunk)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, self._dim), dtype=np.float32)

    def counts(self) -> dict[str, int]:
        """Since the file was begun: ``hits``, ``computed``, and the ``texts`` in it."""
        found = {"hits": 0, "computed": 0, **dict(self._db.execute("SELECT name, value FROM counts"))}
        return {**found, "texts": self._db.execute("SELECT count(*) FROM vectors").fetchone()[0]}

    def compact(self) -> None:
        """Give back what the file no longer needs."""
        self._db.execute("VACUUM")

    def _count(self, **more: int) -> None:
        self.hits += more["hits"]
        # How often the cache helped is worth knowing and not worth failing for.
        with suppress(sqlite3.Error), self._db:
            self._db.executemany(_COUNT, [(name, value) for name, value in more.items() if value])

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        if self._older is not None:
            self._older.close()

    def _select(self, keys: Sequence[bytes]) -> "Iterator[tuple[bytes, NDArray[np.float32]]]":
        import numpy as np

        query = "SELECT vector FROM vectors WHERE key = ?"
        for key in keys:
            row = self._db.execute(query, (key,)).fetchone()
            if row is None and self._older is not None:
                row = self._older.execute(query, (key,)).fetchone()
            if row and len(row[0]) == 4 * self._dim:
                yield key, np.frombuffer(row[0], dtype="<f4")

    def _insert(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def _open(self) -> sqlite3.Connection:
        try:
            secure(self._path, self._path.parent, self._notice)
            make_private(self._path.parent)
            return _connect(self._path)
        except sqlite3.OperationalError as error:
            return self._in_memory(error)
        except sqlite3.DatabaseError as error:
            return self._replaced(error)
        except OSError as error:
            return self._in_memory(error)

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        self._db.close()
        damaged = not isinstance(error, sqlite3.OperationalError)
        self._db = self._replaced(error) if damaged else self._in_memory(error)

    def _replaced(self, error: Exception) -> sqlite3.Connection:
        self._notice(f"the cache of vectors was damaged and is begun anew ({error})")
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return _connect(self._path)
        except (OSError, sqlite3.DatabaseError) as again:
            return self._in_memory(again)

    def _in_memory(self, error: Exception) -> sqlite3.Connection:
        self._notice(f"vectors cannot be kept in {self._path.parent} ({error}); they last for this run")
        with suppress(OSError):
            secure(self._path, self._path.parent, self._notice)
            self._older = _connect_read_only(self._path)
        return _connect(":memory:")


def text_key(text: str) -> bytes:
    """The key of a text: the SHA-256 of its UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _connect(path: Path | str) -> sqlite3.Connection:
    if isinstance(path, Path):
        # SQLite makes its other files with the mode of this one.
        os.close(open_private(path, os.O_RDWR | os.O_CREAT))
    db = sqlite3.connect(path, timeout=30)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _connect_read_only(path: Path) -> sqlite3.Connection | None:
    """The file at ``path`` if it is a cache of vectors that can be read."""
    if not path.is_file():
        return None
    db = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
    try:
        db.execute("SELECT 1 FROM vectors LIMIT 1").fetchone()
    except sqlite3.Error:
        db.close()
        return None
    return db
