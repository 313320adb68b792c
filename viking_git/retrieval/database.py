"""The units of one index and their words, in SQLite with FTS5. Vectors lie beside it (``rows``).

A unit's row id is also, less one, the row of its vector, and is never given to another unit; so a reader of an older
state is right about every vector while a writer goes on.
"""

import json
import os
import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from viking_git.private import open_private
from viking_git.retrieval.units import Unit, embedded_text
from viking_git.retrieval.words import extra_terms, fts_string

FORMAT = 3
"""Raised when a unit's text or the tables change; an index of another format is built anew."""

WORD_WEIGHTS = (1.0, 0.5, 0.4, 0.4, 1.0, 0.5)
"""BM25 weights of text, who, previous, following, names, extra; measured on conversations (benchmarks/locomo.py), that
of names, which are headings and paths, on documents (benchmarks/docs_search.py)."""

_AT_ONCE = 2_000
"""Units that are inserted together."""

_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER, trunk TEXT, transcripts TEXT,
    rows INTEGER, vectors INTEGER, units INTEGER, dim INTEGER);
INSERT INTO state VALUES (1, %d, NULL, NULL, 0, 0, 0, 0);
CREATE TABLE units (row INTEGER PRIMARY KEY, id TEXT, digest TEXT, path TEXT, fragment TEXT, level INTEGER, kind TEXT,
    type TEXT, category TEXT, owner TEXT, directory TEXT, grp TEXT, text TEXT, who TEXT, previous TEXT, following TEXT,
    names TEXT, extra TEXT, created_at TEXT, line_start INTEGER, line_end INTEGER);
CREATE INDEX units_path ON units (path);
CREATE INDEX units_digest ON units (digest);
CREATE TABLE directories (path TEXT PRIMARY KEY, abstract TEXT, name TEXT, description TEXT, status TEXT,
    created_at TEXT, updated_at TEXT, active_count INTEGER) WITHOUT ROWID;
CREATE TABLE left_out (path TEXT PRIMARY KEY, reason TEXT) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text, who, previous, following, names, extra, content='units',
    content_rowid='row', tokenize='porter unicode61 remove_diacritics 2');
COMMIT;
"""
_INSERT = """INSERT INTO units VALUES (:row, :id, :digest, :path, :fragment, :level, :kind, :type, :category, :owner,
    :directory, :group, :text, :who, :previous, :following, :names, :extra, :created_at, :line_start, :line_end)"""
_LEARN = """INSERT INTO words (rowid, text, who, previous, following, names, extra)
    SELECT row, text, who, previous, following, names, extra FROM units WHERE row > ?"""
# FTS5 with external content is told what it had indexed, before that is gone.
_FORGET = """INSERT INTO words (words, rowid, text, who, previous, following, names, extra)
    SELECT 'delete', row, text, who, previous, following, names, extra FROM units WHERE row = ?"""
_MATCH = "SELECT words.rowid, -bm25(words, ?, ?, ?, ?, ?, ?) AS score FROM words"
_BEST = "ORDER BY score DESC, words.rowid LIMIT ?"

_DIRECTORY = "LEFT JOIN directories d ON d.path = u.directory"
_WITH_DIRECTORY = f"units u {_DIRECTORY}"
_FACTS = f"""SELECT u.row, kind, level, directory, grp, coalesce(d.status, ''), coalesce(d.active_count, 0),
    coalesce(nullif(u.created_at, ''), nullif(d.updated_at, ''), d.created_at, '')
    FROM {_WITH_DIRECTORY} WHERE u.row IN (SELECT value FROM json_each(?))"""  # noqa: S608
_RECORDS = """SELECT u.row, u.id, u.path, u.fragment, u.level, u.type, u.category, u.owner, u.directory, u.text,
    u.line_start, u.line_end, coalesce(nullif(u.created_at, ''), d.created_at, ''),
    coalesce(nullif(u.created_at, ''), nullif(d.updated_at, ''), d.created_at, ''), coalesce(d.abstract, ''),
    coalesce(d.name, ''), coalesce(d.description, ''), coalesce(d.status, ''), coalesce(d.active_count, 0), u.who
    FROM units u LEFT JOIN directories d ON d.path = u.directory WHERE u.row IN (SELECT value FROM json_each(?))"""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ranking looks at: how to weigh a unit, where it lies, which answer it belongs to, and its memory's life.

    ``status``, ``active_count`` and ``updated_at`` are as in ``Record``.
    """

    kind: str
    level: int
    directory: str
    group: str
    status: str = ""
    active_count: int = 0
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A unit and its directory, as a hit shows them. Times are "" where none is known, ``who`` where nobody speaks."""

    id: str
    path: str
    fragment: str
    level: int
    type: str
    category: str
    owner: str
    directory: str
    text: str
    line_start: int
    line_end: int
    created_at: str
    updated_at: str
    abstract: str
    name: str
    description: str
    status: str
    active_count: int
    who: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What an index holds.

    Attributes:
        trunk, transcripts: ids of the trees that its units follow from; None for the empty tree.
        rows: the highest row id ever given.
        vectors: rows up to this one have their vectors.
        units: how many there are; ``rows - units`` rows are dead.
        dim: the length of a vector, 0 while there is none.
    """

    trunk: str | None
    transcripts: str | None
    rows: int
    vectors: int
    units: int
    dim: int


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of a directory beside its units."""

    path: str
    abstract: str = ""
    name: str = ""
    description: str = ""
    status: str = ""
    created_at: str = ""
    updated_at: str = ""
    active_count: int = 0


class Database:
    """One SQLite file. Errors of SQLite pass through: the index decides what to do about them."""

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        """Open or begin the file; None keeps it in memory; ``read_only`` where nothing can be written."""
        if path is not None and not read_only:
            # SQLite makes its other files with the mode of this one.
            os.close(open_private(path, os.O_RDWR | os.O_CREAT))
        name = ":memory:" if path is None else f"{path.absolute().as_uri()}{'?immutable=1' if read_only else ''}"
        self.db = sqlite3.connect(name, timeout=30, isolation_level=None, check_same_thread=False, uri=path is not None)
        try:
            if not read_only:
                self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            if not self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchone():
                self.db.executescript(_SCHEMA % FORMAT)
            self.format = int(self.db.execute("SELECT coalesce(max(format), 0) FROM state").fetchone()[0])
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def copy_from(self, other: "Database") -> State:
        """Become a copy of what ``other`` has committed."""
        self.end()
        other.end()
        other.db.backup(self.db)
        return self.state()

    def begin_read(self) -> State:
        """Hold on to what is committed now, until the next ``begin_read`` or ``begin_write``."""
        self.end()
        self.db.execute("BEGIN")
        return self.state()

    def begin_write(self) -> None:
        """Begin a transaction that writes."""
        self.end()
        self.db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make it durable."""
        self.db.execute("COMMIT")

    def end(self) -> None:
        """Drop the transaction, if there is one."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def state(self) -> State:
        """What the index holds, in the present transaction."""
        found = self.db.execute("SELECT trunk, transcripts, rows, vectors, units, dim FROM state").fetchone()
        return _typed(State, found or ())

    def set_state(self, **changes: Any) -> State:
        """Change some of the state."""
        state = replace(self.state(), **changes)
        query = "UPDATE state SET trunk = ?, transcripts = ?, rows = ?, vectors = ?, units = ?, dim = ?"
        self.db.execute(query, tuple(asdict(state).values()))
        return state

    def compact(self) -> None:
        """Merge what FTS5 keeps in pieces, and give back pages that are not needed."""
        self.end()
        self.db.execute("INSERT INTO words (words) VALUES ('optimize')")
        self.db.execute("VACUUM")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def replace_units(self, path: str, units: Iterable[Unit]) -> tuple[int, int]:
        """Let ``units`` be those of ``path``; how many were added and removed. What stays the same keeps its row."""
        old: dict[str, int] = dict(self.db.execute("SELECT digest, row FROM units WHERE path = ?", (path,)))
        wanted: set[str] = set()
        fresh = self._fresh(units, old, wanted)
        added = 0
        # A large file has a hundred thousand: they are never all in memory.
        while some := list(islice(fresh, _AT_ONCE)):
            self._insert(some)
            added += len(some)
        gone = [row for digest, row in old.items() if digest not in wanted]
        if gone:
            self._delete(gone)
        return added, len(gone)

    def replace_directory(self, path: str, directory: Directory | None) -> None:
        """Let ``directory`` be what is known of ``path``; None for nothing."""
        self.db.execute("DELETE FROM directories WHERE path = ?", (path,))
        if directory is not None:
            values = tuple(asdict(directory).values())
            self.db.execute("INSERT INTO directories VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def note_left_out(self, path: str, reason: str) -> None:
        """Remember what of ``path`` is not indexed; "" when all is."""
        self.db.execute("DELETE FROM left_out WHERE path = ?", (path,))
        if reason:
            self.db.execute("INSERT INTO left_out VALUES (?, ?)", (path, reason))

    def left_out(self) -> dict[str, str]:
        """Path → what of it is not indexed."""
        return dict(self.db.execute("SELECT path, reason FROM left_out ORDER BY path"))

    def embedded_texts(self, after: int, limit: int) -> dict[int, str]:
        """Row → text to embed, of the units in rows ``after + 1`` to ``after + limit``."""
        query = "SELECT row, who, text, previous FROM units WHERE row > ? AND row <= ?"
        found = self.db.execute(query, (after, after + limit))
        return {row: embedded_text(who, text, previous) for row, who, text, previous in found}

    def digests(self, after: int, limit: int) -> dict[int, str]:
        """Row → digest of the units in rows ``after + 1`` to ``after + limit``."""
        query = "SELECT row, digest FROM units WHERE row > ? AND row <= ?"
        return dict(self.db.execute(query, (after, after + limit)))

    def rows_of(self, digests: Sequence[str]) -> list[int]:
        """The rows of the units with these digests, as far as they are here."""
        query = "SELECT row FROM units WHERE digest IN (SELECT value FROM json_each(?)) ORDER BY row"
        return [row for (row,) in self.db.execute(query, (json.dumps(list(digests)),))]

    def counts(self, terms: Iterable[str], limit: int) -> dict[str, int]:
        """Term → how many units hold it, counted up to just above ``limit``."""
        query = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        return {term: self.db.execute(query, (fts_string(term), limit + 1)).fetchone()[0] for term in terms}

    def match(
        self, expression: str, limit: int, conditions: Sequence[str] = (), values: Sequence[object] = ()
    ) -> dict[int, float]:
        """Row → BM25 score (more is better) of the best ``limit`` units that match and meet all ``conditions``, as in
        ``rows_where``.
        """
        joined = f"JOIN units u ON u.row = words.rowid {_DIRECTORY}" if conditions else ""
        where = " AND ".join(["words MATCH ?", *conditions])
        query = f"{_MATCH} {joined} WHERE {where} {_BEST}"
        return dict(self.db.execute(query, (*WORD_WEIGHTS, expression, *values, limit)))

    def rows_where(self, conditions: Sequence[str], values: Sequence[object]) -> list[int]:
        """Rows of the units for which all SQL ``conditions`` on ``u`` (unit) and ``d`` (its directory) hold."""
        # The conditions are texts of this package; what a person typed is bound as a value.
        query = f"SELECT u.row FROM {_WITH_DIRECTORY} WHERE {' AND '.join(conditions)} ORDER BY u.row"  # noqa: S608
        return [row for (row,) in self.db.execute(query, values)]

    def alive(self, rows: Iterable[int]) -> set[int]:
        """Those of ``rows`` that still are units."""
        query = "SELECT row FROM units WHERE row IN (SELECT value FROM json_each(?))"
        return {row for (row,) in self.db.execute(query, (json.dumps(list(rows)),))}

    def abstracts(self, directories: Iterable[str]) -> dict[str, int]:
        """Directory → the row of its L0, where it has one."""
        query = "SELECT path, row FROM units WHERE level = 0 AND path IN (SELECT value FROM json_each(?))"
        return dict(self.db.execute(query, (json.dumps(list(directories)),)))

    def facts(self, rows: Iterable[int]) -> dict[int, Facts]:
        """Row → what the ranking looks at."""
        found = self.db.execute(_FACTS, (json.dumps(list(rows)),))
        return {row: _typed(Facts, values) for row, *values in found}

    def records(self, rows: Iterable[int]) -> dict[int, Record]:
        """Row → everything that a hit shows."""
        found = self.db.execute(_RECORDS, (json.dumps(list(rows)),))
        return {row: _typed(Record, values) for row, *values in found}

    def texts(self, rows: Iterable[int]) -> dict[int, str]:
        """Row → the unit's names, path and text, where an exact look-up is checked to the letter."""
        query = (
            "SELECT row, names || ' ' || path || ' ' || text FROM units WHERE row IN (SELECT value FROM json_each(?))"
        )
        return dict(self.db.execute(query, (json.dumps(list(rows)),)))

    def _fresh(self, units: Iterable[Unit], old: Container[str], wanted: set[str]) -> Iterator[tuple[str, Unit]]:
        """The units that are not there yet, each once, by digest; all digests go into ``wanted``."""
        for unit in units:
            digest = unit.digest
            if digest not in wanted:
                wanted.add(digest)
                if digest not in old:
                    yield digest, unit

    def _delete(self, rows: Sequence[int]) -> None:
        self.db.executemany(_FORGET, ((row,) for row in rows))
        self.db.executemany("DELETE FROM units WHERE row = ?", ((row,) for row in rows))
        self.set_state(units=self.state().units - len(rows))

    def _insert(self, units: Sequence[tuple[str, Unit]]) -> None:
        state = self.state()
        records = (_record(state.rows + at, digest, unit) for at, (digest, unit) in enumerate(units, start=1))
        self.db.executemany(_INSERT, records)
        self.db.execute(_LEARN, (state.rows,))
        self.set_state(rows=state.rows + len(units), units=state.units + len(units))


def _typed(make: type[T], values: Sequence[object]) -> T:
    """One row as ``make`` takes it. SQLite keeps any type in any column, and a damaged page may hold another one.

    Raises:
        sqlite3.DatabaseError: it does.
    """
    kinds = _TYPES[make]
    if len(values) != len(kinds) or not all(map(isinstance, values, kinds)):
        raise sqlite3.DatabaseError("it holds values of another type")
    return make(*values)


_TYPES: dict[type, tuple[Any, ...]] = {make: tuple(get_type_hints(make).values()) for make in (State, Facts, Record)}


def _record(row: int, digest: str, unit: Unit) -> dict[str, object]:
    extra = extra_terms(f"{unit.text} {unit.names}")
    return {"row": row, "id": unit.id, "digest": digest, "extra": extra, **asdict(unit)}
