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
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from viking_git.errors import Busy, InvalidContent
from viking_git.model.identity import Appended, Holds, own_id
from viking_git.model.jsonlines import json_lines
from viking_git.model.layers import MESSAGES
from viking_git.model.messages import Message, message_from_json
from viking_git.model.meta import dump_json, dump_line, load_json
from viking_git.private import make_private, open_private
from viking_git.store.locks import sync
from viking_git.store.logrows import Rows, message_of, usage_record, usage_record_of

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

    def append(self, messages: Sequence[Message], elsewhere: Holds = lambda _: None) -> Appended:
        """Add the messages that are neither in the log nor ``elsewhere``; one whose id another has gets a new id.

        They are on disk when this returns. On an error none is added; after a kill the log holds whole messages only,
        the first so many of these.
        """
        done = Appended()

        def new(rows: list[bytes]) -> list[bytes]:
            log = Rows(rows, elsewhere)
            for message in messages:
                own, is_known = own_id(message, log.holds)
                if is_known:
                    done.known.append(own)
                    continue
                log.add(own)
                done.messages.append(own)
                if own.id != message.id:
                    done.renamed.append((message.id, own.id))
            return rows

        self._append(self._messages, new)
        return done

    def read(self) -> list[Message]:
        """The messages, oldest first. A half-written last line is no message yet; nothing is written."""
        return list(self._rows(self._messages, message_from_json))

    def drop(self, gone: Callable[[Message], bool], keep_last: int = 0) -> None:
        """Forget the messages that ``gone`` names, the log's last ``keep_last`` messages excepted.

        Truncation is clean-up: a kill leaves the old log or the new one. A damaged line stays.
        """
        self._drop(self._messages, lambda line: (found := message_of(line)) is not None and gone(found), keep_last)

    def append_usage(self, record: Mapping[str, Any]) -> bool:
        """Add one record of what was used; False if the same one is there already.

        Raises:
            InvalidContent: it has no ``id``; without one a crash could count it twice.
        """
        if not isinstance(record.get("id"), str):
            raise InvalidContent("a usage record has an id")
        line = dump_line(record).rstrip(b"\n")
        return bool(self._append(self._usage, lambda rows: rows if line in rows else [*rows, line]))

    def read_usage(self) -> list[dict[str, Any]]:
        """The usage records, oldest first; like ``read``."""
        return list(self._rows(self._usage, usage_record))

    def drop_usage(self, gone: Callable[[Mapping[str, Any]], bool]) -> None:
        """Forget the usage records that ``gone`` names."""
        self._drop(self._usage, lambda line: (found := usage_record_of(line)) is not None and gone(found), 0)

    def keep_file(self, name: str, data: bytes) -> None:
        """Keep a file that a message is about to refer to; its name says its content. It is on disk on return."""
        with self._lock("lock", fcntl.LOCK_EX):
            target = self.directory / FILES / name
            if target.exists():
                os.utime(target)
            else:
                make_private(target.parent)
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

    def _append(self, path: Path, new: Callable[[list[bytes]], list[bytes]]) -> int:
        """Let the file have the lines that ``new`` makes of those that are there; how many more that are."""
        with self._lock("lock", fcntl.LOCK_EX):
            if not path.exists():
                self._sync_parents()
            fd = open_private(path, os.O_RDWR | os.O_CREAT)
            try:
                old = _lines(path.read_bytes())
                rows = new(list(old))
                if rows[: len(old)] != old:
                    self._replace(path, b"".join(row + b"\n" for row in rows))
                    return len(rows) - len(old)
                size = sum(map(len, old)) + len(old)
                os.ftruncate(fd, size)
                _write(fd, b"".join(row + b"\n" for row in rows[len(old) :]), size)
                # Also with nothing to add: whoever wrote what is there may have been killed before its fsync.
                sync(self.directory)
            finally:
                os.close(fd)
            return len(rows) - len(old)

    def damage(self) -> list[str]:
        """The lines that cannot be read, each as a sentence with file and line."""
        found: list[str] = []
        for path, read in ((self._messages, message_from_json), (self._usage, usage_record)):
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

    def _drop(self, path: Path, gone: Callable[[bytes], bool], keep_last: int) -> None:
        if not path.exists():
            return
        with self._lock("lock", fcntl.LOCK_EX):
            lines = _lines(path.read_bytes())
            first_kept = len(lines) - keep_last
            kept = [line for n, line in enumerate(lines) if n >= first_kept or not gone(line)]
            if len(kept) < len(lines):
                self._replace(path, b"".join(line + b"\n" for line in kept))

    def _replace(self, path: Path, data: bytes) -> None:
        temporary = self.directory / f"{path.name}.new"
        fd = open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
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
            make_private(self.directory)
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
    fd = open_private(path, flags)
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
