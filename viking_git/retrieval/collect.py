"""The indexes that lie in the cache, and which of them may go.

Below ``cache/index/`` every workspace has a directory, named by a hash of where its repository lies. In it every
embedder has an index of trunk (in a clone of some scopes, of what each choice of them holds), and ``past/{tree}/`` the
same for other commits that were looked at.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from viking_git.private import make_private, write_private
from viking_git.retrieval.changes import Trees
from viking_git.retrieval.generation import Damaged, open_current
from viking_git.retrieval.locks import file_lock

OLD_LIMIT = 1_000_000_000
"""Bytes that the indexes of past commits and of other embedders may take; the least recently used go first."""
PAST = "past"
CONE_MARK = "+"
"""What stands between an embedder's fingerprint and the key of a cone in the name of an index of some scopes."""

_CURRENT = "current"
_NOTE = "workspace"
_RARELY = 600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """One index in the cache: where, its bytes on disk, when it was used last (seconds), and what of."""

    home: Path
    size: int
    used: float
    past: bool

    @property
    def embedder(self) -> str:
        """The fingerprint of its embedder."""
        return self.home.name.partition(CONE_MARK)[0]


def note_workspace(directory: Path, repository: Path) -> None:
    """Write down whose indexes lie in ``directory``, so that those of a vanished repository can be told."""
    note = directory / _NOTE
    with suppress(OSError):
        if not note.exists():
            make_private(directory)
            write_private(note, f"{repository}\n".encode("utf-8", "surrogateescape"))


def touch(home: Path) -> None:
    """Say that the index in ``home`` is in use; seldom written, for it is said at every search."""
    current = home / _CURRENT
    with suppress(OSError):
        if time.time() - current.stat().st_mtime > _RARELY:
            os.utime(current)


@dataclass(frozen=True, slots=True)
class Held:
    """What one index holds, read without loading a model or waiting for anybody.

    Attributes:
        units: what can be found.
        dead: rows of units that are gone.
        missing: units without a vector yet.
        left_out: path → the reason why a file is not searchable in full, or not as it was written.
        is_true: whether it stands for the trees it was compared to.
    """

    units: int
    dead: int
    missing: int
    left_out: dict[str, str]
    is_true: bool


def held(home: Path, trees: Trees) -> Held | None:
    """What the index in ``home`` holds, compared to ``trees``; None where there is none that can be read."""
    with suppress(Damaged, OSError, sqlite3.Error):
        found = open_current(home)
        if found is not None:
            with closing(found):
                state = found.database.begin_read()
                trunk, transcripts = trees.trunk.tree, trees.transcripts.tree
                return Held(
                    state.units, state.rows - state.units, state.rows - state.vectors, found.database.left_out(),
                    (state.trunk, state.transcripts) == (trunk, transcripts) and state.rows == state.vectors,
                )  # fmt: skip
    return None


def kept(directory: Path) -> list[Kept]:
    """The indexes of one workspace, the one used last first."""
    found = [_kept(path.parent, past=False) for path in directory.glob(f"*/{_CURRENT}")]
    found += [_kept(path.parent, past=True) for path in directory.glob(f"{PAST}/*/*/{_CURRENT}")]
    return sorted(found, key=lambda one: (-one.used, str(one.home)))


def collect(root: Path, current: Path, limit: int = OLD_LIMIT) -> list[Path]:
    """Remove old indexes below ``root`` until they take no more than ``limit`` bytes; what was removed.

    Old are those of past commits, of vanished repositories, and all but the last used one of every workspace.
    ``current`` and what another process is writing stay.
    """
    old = [one for directory in sorted(root.glob("*")) for one in _old(directory) if one.home != current]
    size = sum(one.size for one in old)
    removed: list[Path] = []
    for one in sorted(old, key=lambda one: (one.used, str(one.home))):
        if size <= limit:
            break
        if remove(one.home):
            removed.append(one.home)
            size -= one.size
    return removed


def remove(home: Path) -> bool:
    """Remove one index unless somebody writes it; readers that have it open are not disturbed."""
    try:
        with file_lock(home / "lock", wait=False) as mine:
            if mine:
                (home / _CURRENT).unlink(missing_ok=True)
                shutil.rmtree(home)
    except OSError:
        return False
    with suppress(OSError):
        home.parent.rmdir()
    return mine


def _old(directory: Path) -> Iterator[Kept]:
    found = kept(directory)
    gone = _is_gone(directory)
    newest = next((one.home for one in found if not one.past), None)
    return (one for one in found if gone or one.home != newest)


def _is_gone(directory: Path) -> bool:
    try:
        return not Path((directory / _NOTE).read_text(encoding="utf-8").rstrip("\n")).exists()
    except OSError:
        return False


def _kept(home: Path, *, past: bool) -> Kept:
    size, used = 0, 0.0
    # Another process may remove files meanwhile.
    for path in home.glob("*"):
        with suppress(OSError):
            status = path.stat()
            size += status.st_size
            used = status.st_mtime if path.name == _CURRENT else used
    return Kept(home, size, used, past)
