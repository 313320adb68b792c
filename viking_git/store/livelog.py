"""The live log: a session's messages before they are archived, below the common git directory (design section 4).

A log is the directory ``viking/live/{space}/{id}`` with ``messages.jsonl``, ``usage.jsonl``, ``session.json`` and the
``files`` that messages refer to. Its lock is a file of its own, so that truncation can replace the log by a rename
while appenders wait. What ``append`` returned for is on disk; what a killed appender left half-written is cut off by
the next one. A damaged line is said and costs nothing but itself; it stays where it is.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import msgspec

from viking_git.errors import Busy, InvalidContent
from viking_git.model.jsonlines import Line, json_line, json_lines
from viking_git.model.layers import MESSAGES
from viking_git.model.messages import Message, message_from_json
from viking_git.model.meta import dump_json, dump_line, load_json
from viking_git.store.locks import sync

T = TypeVar("T")

USAGE = "usage.jsonl"
SESSION = "session.json"
FILES = "files"
_DELETED = ".deleted-"

_ON_ITS_WAY = 3600.0
"""Seconds for which a file that no message refers to may belong to one that is just being added."""

_PARENTS = 4
"""Directories above a log that may be new with it: the space, ``live``, ``viking``, and the one that names them."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """What ``session.json`` says: the name as it was given, which may not be the directory's, and since when."""

    name: str
    created_at: str


class LiveLog:
    """One session's live log. Any number of processes may read and append at once."""

    def __init__(self, directory: Path, notice: Callable[[str], None] = lambda _: None) -> None:
        """Take the log in ``directory``, which is made by the first write; ``notice`` hears of damaged lines."""
        self.directory = directory
        self._notice = notice
        self._messages = directory / MESSAGES
        self._usage = directory / USAGE

    def append(self, messages: Sequence[Message], known: Container[str] = ()) -> int:
        """Add the messages whose id is neither in the log nor in ``known``; how many that were.

        They are on disk when this returns. On an error none is added; after a kill the log holds whole messages only,
        the first so many of these.
        """
        return self._append(self._messages, ((m.id, m.to_line()) for m in messages), known)

    def read(self) -> list[Message]:
        """The messages, oldest first. A half-written last line is no message yet; nothing is written."""
        return list(self._rows(self._messages, message_from_json))

    def drop(self, ids: Container[str], keep_last: int = 0) -> None:
        """Forget the messages with these ids, the log's last ``keep_last`` messages excepted.

        Truncation is clean-up: a kill leaves the old log or the new one.
        """
        self._drop(self._messages, ids, keep_last)

    def append_usage(self, record: Mapping[str, Any]) -> bool:
        """Add one record of what was used; False if one with its ``id`` is there already.

        Raises:
            InvalidContent: it has no ``id``; without one a crash could count it twice.
        """
        if not isinstance(record.get("id"), str):
            raise InvalidContent("a usage record has an id")
        return bool(self._append(self._usage, [(record["id"], dump_line(record))], ()))

    def read_usage(self) -> list[dict[str, Any]]:
        """The usage records, oldest first; like ``read``."""
        return list(self._rows(self._usage, _usage_record))

    def drop_usage(self, ids: Container[str]) -> None:
        """Forget the usage records with these ids."""
        self._drop(self._usage, ids, 0)

    def keep_file(self, name: str, data: bytes) -> None:
        """Keep a file that a message is about to refer to; its name says its content. It is on disk on return."""
        with self._lock("lock", fcntl.LOCK_EX):
            target = self.directory / FILES / name
            if target.exists():
                os.utime(target)
            else:
                target.parent.mkdir(exist_ok=True)
                self._sync_parents()
                self._replace(target, data)
                sync(self.directory)

    def file(self, name: str) -> bytes | None:
        """The bytes of a kept file, None where it is not here."""
        try:
            return (self.directory / FILES / name).read_bytes()
        except FileNotFoundError:
            return None

    def drop_files(self, keep: Container[str]) -> None:
        """Forget the kept files that ``keep`` does not name and that are older than any message on its way here."""
        with self._lock("lock", fcntl.LOCK_EX):
            for file in sorted((self.directory / FILES).glob("*")):
                if file.name not in keep and time.time() - file.stat().st_mtime > _ON_ITS_WAY:
                    file.unlink(missing_ok=True)

    def delete(self) -> bool:
        """Forget the whole log, messages that no archive holds included; False where there is none."""
        if not self.directory.is_dir():
            return False
        root = self.directory.parent.parent
        with self._lock("lock", fcntl.LOCK_EX):
            # First out of sight, in one step: a kill leaves the log or nothing of it.
            self.directory.rename(root / f"{_DELETED}{uuid4().hex}")
            sync(self.directory.parent)
        for doomed in root.glob(f"{_DELETED}*"):
            shutil.rmtree(doomed, ignore_errors=True)
        return True

    def describe(self, session: LiveSession) -> None:
        """Write ``session.json`` where none is; the first description stays."""
        with self._lock("lock", fcntl.LOCK_EX):
            target = self.directory / SESSION
            if not target.exists():
                self._sync_parents()
                self._replace(target, dump_json({"name": session.name, "created_at": session.created_at}))

    def session(self) -> LiveSession | None:
        """What ``session.json`` says, None where there is none.

        Raises:
            InvalidContent: it is not what ``describe`` writes.
        """
        target = self.directory / SESSION
        try:
            value = load_json(target.read_bytes(), str(target))
        except FileNotFoundError:
            return None
        name, created_at = value.get("name"), value.get("created_at")
        if not isinstance(name, str) or not isinstance(created_at, str):
            raise InvalidContent(f"{target}: name and created_at are text")
        return LiveSession(name, created_at)

    @contextmanager
    def lock(self, *, wait: bool = True, notice: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """Hold the session against another commit of it; messages can be appended meanwhile. Dies with its owner.

        Args:
            wait: for a process that holds it; ``notice`` is told then.

        Raises:
            Busy: with ``wait=False``, when another process holds it.
        """
        with ExitStack() as held:
            try:
                held.enter_context(self._lock("commit.lock", fcntl.LOCK_EX | fcntl.LOCK_NB))
            except Busy:
                if not wait:
                    raise
                notice(f"another process is at the session {self.directory.name}; waiting for it …")
                held.enter_context(self._lock("commit.lock", fcntl.LOCK_EX))
            yield

    def _append(self, path: Path, rows: Iterable[tuple[str, bytes]], known: Container[str]) -> int:
        with self._lock("lock", fcntl.LOCK_EX):
            if not path.exists():
                self._sync_parents()
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                old = _lines(path.read_bytes())
                # A damaged line is read's to report: refusing new messages over it would lose more.
                there = {found for line in old for found in _row_ids(line)}
                size = sum(map(len, old)) + len(old)
                new: dict[str, bytes] = {}
                for row_id, line in rows:
                    if row_id not in there and row_id not in known:
                        new.setdefault(row_id, line)
                os.ftruncate(fd, size)
                _write(fd, b"".join(new.values()), size)
                # Also with nothing to add: whoever wrote these ids may have been killed before its fsync.
                sync(self.directory)
            finally:
                os.close(fd)
            return len(new)

    def damage(self) -> list[str]:
        """The lines that cannot be read, each as a sentence with file and line."""
        found: list[str] = []
        for path, read in ((self._messages, message_from_json), (self._usage, _usage_record)):
            found += [problem for _, problem in self._read(path, read) if problem]
        return found

    def _rows(self, path: Path, read: Callable[[dict[str, Any]], T]) -> Iterator[T]:
        for rows, problem in self._read(path, read):
            if problem:
                self._notice(problem)
            yield from rows

    def _read(self, path: Path, read: Callable[[dict[str, Any]], T]) -> Iterator[tuple[list[T], str]]:
        """What each line holds, and what is wrong with it, "" for nothing."""
        try:
            with self._read_lock():
                data = path.read_bytes()
        except FileNotFoundError:
            return
        for line in json_lines(data[: data.rfind(b"\n") + 1]):
            rows, problem = [], line.problem
            for value in line.values:
                try:
                    rows.append(read(value))
                except InvalidContent as error:
                    problem = problem or error.message
            yield rows, problem and f"{path}, line {line.number}: {problem}"

    def _drop(self, path: Path, ids: Container[str], keep_last: int) -> None:
        if not path.exists():
            return
        with self._lock("lock", fcntl.LOCK_EX):
            lines = _lines(path.read_bytes())
            first_kept = len(lines) - keep_last
            kept = [line for n, line in enumerate(lines) if n >= first_kept or _row_id(line) not in ids]
            if len(kept) < len(lines):
                self._replace(path, b"".join(line + b"\n" for line in kept))

    def _replace(self, path: Path, data: bytes) -> None:
        temporary = self.directory / f"{path.name}.new"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write(fd, data, 0)
        finally:
            os.close(fd)
        temporary.replace(path)
        sync(self.directory)

    def _sync_parents(self) -> None:
        for parent in list(self.directory.parents)[:_PARENTS]:
            sync(parent)

    @contextmanager
    def _lock(self, name: str, how: int) -> Iterator[None]:
        path = self.directory / name
        while True:
            self.directory.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                # Whoever deletes the log while we wait takes this lock file with it: begin anew.
                try:
                    fd = stack.enter_context(_flock(path, os.O_RDWR | os.O_CREAT, how))
                except FileNotFoundError:
                    continue
                if _is_at(fd, path):
                    yield
                    return

    @contextmanager
    def _read_lock(self) -> Iterator[None]:
        # Without it a reader could see the end of a torn line joined to the middle of the one that replaced it.
        # Where no lock file is, nobody has written since the log was laid there, and a reader makes none.
        with ExitStack() as stack:
            with suppress(FileNotFoundError):
                stack.enter_context(_flock(self.directory / "lock", os.O_RDONLY, fcntl.LOCK_SH))
            yield


def list_live(root: Path) -> list[tuple[str, str]]:
    """Space and id of every log below ``root`` (the directory ``viking/live``), sorted."""
    logs = [d for d in root.glob("*/*") if (d / MESSAGES).exists() or (d / SESSION).exists()]
    return sorted((d.parent.name, d.name) for d in logs)


@contextmanager
def _flock(path: Path, flags: int, how: int) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, how)
        except BlockingIOError:
            raise Busy(f"another process holds {path}", hint="wait for it to finish, then try again") from None
        yield fd
    finally:
        os.close(fd)


def _is_at(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


class _Row(msgspec.Struct):
    id: str


_decode_row = msgspec.json.Decoder(_Row).decode


def _row_id(line: bytes) -> str:
    """The id of a line that is whole, "" for any other."""
    try:
        return _decode_row(line).id
    except (msgspec.DecodeError, ValueError, RecursionError):
        # msgspec is stricter about what escapes and numbers may be than json, which ``read`` uses.
        found = json_line(line)
        return next(_ids(found), "") if found is not None and not found.problem else ""


def _row_ids(line: bytes) -> Iterator[str]:
    """The ids of all that ``read`` finds in a line: in a damaged one there may be whole records, or none."""
    whole = _row_id(line)
    if whole:
        yield whole
    elif (found := json_line(line)) is not None:
        yield from _ids(found)


def _ids(line: Line) -> Iterator[str]:
    return (value["id"] for value in line.values if isinstance(value, dict) and isinstance(value.get("id"), str))


def _usage_record(value: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise InvalidContent("a usage record has an id")
    return value


def _write(fd: int, data: bytes, at: int) -> None:
    view, offset = memoryview(data), at
    try:
        while view:
            written = os.pwrite(fd, view, offset)
            view, offset = view[written:], offset + written
        os.fsync(fd)
    except OSError:
        with suppress(OSError):
            os.ftruncate(fd, at)
        raise
