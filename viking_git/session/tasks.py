"""Tasks: an archive on its way to memories, read from refs and archives; nothing is kept in a database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from viking_git.errors import Busy, NotFound
from viking_git.session.sessions import session_info
from viking_git.session.state import SessionId, archive_meta, archives, live_log, message_ids, pending, sessions
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

Status = Literal["accepted", "running", "extracted", "review", "completed"]


@dataclass(frozen=True, slots=True)
class Task:
    """One archive's way.

    Attributes:
        id: ``SPACE/ID/archive_NNN``.
        status: ``accepted`` (archived, memories not extracted yet), ``running`` (a process is at it), ``extracted``
            (to be merged), ``review`` (waits for a person's merge), ``completed`` (on trunk).
        created_at: when it was archived.
        messages: how many it holds.
        decisions: how many were recorded so far.
        log: the last lines of a process in the background that did not get through.
    """

    id: str
    session: SessionId
    archive: str
    status: Status
    created_at: str
    messages: int
    decisions: int
    log: str = ""

    def to_json(self) -> dict[str, Any]:
        """The entry as ``task list --json`` prints it."""
        return {
            "task_id": self.id, "session_id": self.session.id, "archive": self.archive, "status": self.status,
            "created_at": self.created_at, "messages": self.messages, "decisions": self.decisions,
            "log": self.log or None,
        }  # fmt: skip


class Tasks:
    """The tasks of one workspace."""

    def __init__(self, store: Store, trunk_ref: str, session_id: Callable[[str], SessionId]) -> None:
        """Take the workspace, and how it reads the name of a session."""
        self._store, self._trunk, self._session_id = store, trunk_ref, session_id

    def list(self, *, completed: bool = False) -> list[Task]:
        """Every task that is not done, by session and archive; with ``completed`` those on trunk too."""
        trunk = self._store.snapshot(self._store.tip(self._trunk))
        names = sessions(self._store, trunk)
        found = self._store.settled(lambda: [task for name in names for task in _tasks(self._store, name, trunk)])
        return [task for task in found if completed or task.status != "completed"]

    def find(self, task_id: str) -> Task:
        """The task ``[SPACE/]SESSION/archive_NNN``.

        Raises:
            NotFound: there is no such session or archive.
        """
        name, _, archive = task_id.rpartition("/")
        session = self._session_id(name or archive)
        trunk = self._store.snapshot(self._store.tip(self._trunk))
        session_info(self._store, session, trunk)
        found = [task for task in _tasks(self._store, session, trunk) if task.archive == archive]
        if found:
            # A branch's archive may have the number of another machine's on trunk: the one that waits is meant.
            return min(found, key=lambda task: task.status == "completed")
        raise NotFound(f"no task {task_id}", hint="viking-git task list --all")


def task_log(store: Store, session: SessionId) -> Path:
    """Where a process in the background writes what it has to say; it is ``viking://queue/…`` while it is there."""
    return store.private_dir / "queue" / session.space / f"{session.id}.log"


def _tasks(store: Store, session: SessionId, trunk: Snapshot) -> Iterator[Task]:
    for number in archives(trunk, session):
        yield _task(session, number, trunk, "completed")
    waiting = pending(store, session, trunk)
    if waiting is None:
        return
    branch = store.snapshot(waiting.tip)
    running = bool(waiting.archives) and _is_running(store, session)
    log = task_log(store, session)
    said = log.read_text("utf-8", "replace").strip()[-2000:] if log.is_file() and not running else ""
    for number in waiting.archives:
        status: Status = "review" if waiting.review else "extracted"
        if number in waiting.unextracted:
            status = "accepted"
        yield _task(session, number, branch, "running" if running else status, said)


def _task(session: SessionId, number: int, view: Snapshot, status: Status, log: str = "") -> Task:
    meta = archive_meta(view, session, number)
    archive = session.archive(number).rpartition("/")[2]
    decisions = len(view.entries(f"{session.archive(number)}/decisions"))
    messages = sum(1 for _ in message_ids(meta))
    return Task(f"{session}/{archive}", session, archive, status, meta.text("created_at"), messages, decisions, log)


def _is_running(store: Store, session: SessionId) -> bool:
    try:
        with live_log(store, session).lock(wait=False):
            return False
    except Busy:
        return True
