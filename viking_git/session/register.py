"""Which archives of all sessions list a message: a table beside the repository, so that no commit reads every archive.

It is a cache: brought up to date by the difference of two trees, rebuilt when it is damaged or gone, and never believed
alone. What it names is read in the tree and compared. Trunk's archives are in it, and those on branches that wait.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from viking_git.errors import InvalidContent
from viking_git.model.layers import META
from viking_git.model.layout import archive_number, archive_of
from viking_git.model.meta import load_json
from viking_git.private import open_private
from viking_git.session.state import SessionId, pending_sessions
from viking_git.store.repo import Store
from viking_git.store.snapshot import Entry, Snapshot

FILE = "archived-messages.db"

_PATIENCE = 30.0
"""Seconds to wait for another process that brings the table up to date."""

_TABLES = """
CREATE TABLE IF NOT EXISTS view (name TEXT PRIMARY KEY, tree TEXT);
CREATE TABLE IF NOT EXISTS message (id TEXT, created_at TEXT, view TEXT, archive TEXT);
CREATE INDEX IF NOT EXISTS by_id ON message (id, created_at);
CREATE INDEX IF NOT EXISTS by_archive ON message (view, archive);
"""
_TRUNK = ""
"""Trunk's name in the table; branches have their refs'."""


class Register:
    """The archives that list a message, of all sessions of a space."""

    def __init__(self, store: Store, space: str, trunk: Snapshot) -> None:
        """Bring the table up to date with ``trunk`` and the space's branches. Cost follows what has changed."""
        self._store, self._space, self._trunk = store, space, trunk
        branches = [session for session in pending_sessions(store) if session.space == space]
        self._views = {session.branch: store.snapshot(store.tip(session.branch)) for session in branches}
        self._db = self._opened(store.private_dir / FILE)

    def places(self, message_id: str, created_at: str) -> list[tuple[Snapshot, SessionId, int]]:
        """The archives that list a message of that id and time: a tree, the session, the archive's number."""
        rows = self._db.execute(
            "SELECT DISTINCT view, archive FROM message WHERE id = ? AND created_at = ?", (message_id, created_at)
        ).fetchall()
        views = {**self._views, _TRUNK: self._trunk}
        parts = [(views[view], archive.split("/")) for view, archive in rows if view in views]
        return [
            (view, session, archive_number(number) or 0)
            for view, (_, space, name, _, number) in parts
            if space == self._space and (session := SessionId.found(space, name))
        ]

    def _opened(self, path: Path) -> sqlite3.Connection:
        for place in (str(path), str(path), ":memory:"):
            with suppress(sqlite3.Error, OSError):
                if place == str(path):
                    os.close(open_private(path, os.O_RDWR | os.O_CREAT))
                db = sqlite3.connect(place, timeout=_PATIENCE, isolation_level=None)
                try:
                    db.executescript(_TABLES)
                    with _transaction(db):
                        self._update(db)
                except sqlite3.DatabaseError:
                    db.close()
                    # Damaged, or not ours to write: a new one, and then one in memory.
                    with suppress(OSError):
                        path.unlink()
                    raise
                return db
        raise AssertionError("a table in memory cannot be made")

    def _update(self, db: sqlite3.Connection) -> None:
        known = dict(db.execute("SELECT name, tree FROM view"))
        self._follow(db, known.get(_TRUNK))
        for name, view in self._views.items():
            if known.get(name) != view.tree:
                db.execute("DELETE FROM message WHERE view = ?", (name,))
                session = name.removeprefix("refs/heads/viking/")
                self._note(db, name, view, self._trunk.changed(view, f"session/{session}/history"))
        for name in known.keys() - self._views.keys() - {_TRUNK}:
            if self._store.tip(name) is None:
                db.execute("DELETE FROM message WHERE view = ?", (name,))
                db.execute("DELETE FROM view WHERE name = ?", (name,))

    def _follow(self, db: sqlite3.Connection, tree: str | None) -> None:
        """Bring the rows of trunk from ``tree``, that they stand for, to trunk's tree now."""
        if tree is not None and tree == self._trunk.tree:
            return
        old = self._trunk.other(tree) if tree is not None else None
        if old is None:
            db.execute("DELETE FROM message WHERE view = ?", (_TRUNK,))
            old = Snapshot(self._store.git, None)
        self._note(db, _TRUNK, self._trunk, old.changed(self._trunk, "session"))

    def _note(
        self,
        db: sqlite3.Connection,
        name: str,
        view: Snapshot,
        changed: Iterator[tuple[str, Entry | None, Entry | None]],
    ) -> None:
        for path, _, entry in changed:
            archive = archive_of(path)
            if archive is None or path != f"{archive}/{META}":
                continue
            db.execute("DELETE FROM message WHERE view = ? AND archive = ?", (name, archive))
            if entry is not None and self._is_here(view, entry):
                rows = [(*message, name, archive) for message in _messages(view.read_oid(entry.oid))]
                db.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", rows)
        db.execute("INSERT OR REPLACE INTO view VALUES (?, ?)", (name, view.tree))

    def _is_here(self, view: Snapshot, entry: Entry) -> bool:
        # In a clone of some scopes the rest would have to be fetched first, one file at a time.
        return self._store.cone is None or view.is_here(entry.oid)


def _messages(data: bytes) -> Iterator[tuple[str, str]]:
    try:
        messages = load_json(data, META).get("messages")
    except InvalidContent:
        return
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict):
            named = message.get("id"), message.get("created_at")
            if isinstance(named[0], str) and isinstance(named[1], str):
                yield named[0], named[1]


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
