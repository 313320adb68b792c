"""Where an index lies: generations, of which one is current, replaced whole.

``current`` names the generation; a reader that has an older one open keeps it until it looks again.
"""

import shutil
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from viking_git.private import write_private
from viking_git.retrieval.database import FORMAT, Database, State
from viking_git.retrieval.rows import Rows

ARRANGED = (".sq8", ".hnsw")
"""Files beside the vectors that only make them faster to search."""

_CURRENT = "current"


class Damaged(Exception):
    """An index that does not hold together; the sentence says why."""


class OtherFormat(Damaged):
    """An index that another version of viking-git wrote."""


@dataclass(slots=True)
class Generation:
    """One index: its units and words, and its vectors. ``number`` is 0 for one that is only in memory."""

    number: int
    database: Database
    rows: Rows

    def close(self) -> None:
        """Close its files."""
        self.database.close()


def current_number(home: Path) -> int:
    """The number of the current generation below ``home``, 0 when there is none."""
    try:
        return int((home / _CURRENT).read_text())
    except (OSError, ValueError):
        return 0


def open_current(home: Path, *, read_only: bool = False) -> Generation | None:
    """The current generation, None when there is none; ``read_only`` where not even a lock can be written.

    Raises:
        Damaged: it is of another format, or its files do not fit together.
        sqlite3.DatabaseError: its database cannot be read.
    """
    number = current_number(home)
    if not number:
        return None
    database_path, rows_path = _paths(home, number)
    if not database_path.is_file():
        raise Damaged("its database is gone")
    database = Database(database_path, read_only=read_only)
    try:
        if database.format != FORMAT:
            raise OtherFormat(f"it is of format {database.format}, not {FORMAT}")
        state = database.state()
        rows = Rows(rows_path)
        rows.view(state.vectors, state.dim)
    except OSError as error:
        database.close()
        raise Damaged(str(error)) from None
    except BaseException:
        database.close()
        raise
    return Generation(number, database, rows)


def begin(home: Path) -> Generation:
    """A new, empty generation, not yet current. The caller holds the writer's lock.

    Raises:
        OSError, sqlite3.Error: it cannot be written.
    """
    numbers = [int(path.stem) for path in home.glob("*.sqlite") if path.stem.isdecimal()]
    number = max([current_number(home), *numbers]) + 1
    database_path, rows_path = _paths(home, number)
    return Generation(number, Database(database_path), Rows(rows_path))


def begin_in_memory() -> Generation:
    """A new generation that no other process sees and that ends with this one."""
    return Generation(0, Database(None), Rows(None))


def copy(source: Generation, target: Generation) -> State:
    """Let ``target``, which is new, hold what ``source`` holds; its state."""
    state = target.database.copy_from(source.database)
    target.rows.copy_from(source.rows, state.vectors, state.dim)
    if source.rows.path is not None and target.rows.path is not None:
        for suffix in ARRANGED:
            with suppress(OSError):
                made = shutil.copyfile(source.rows.path.with_suffix(suffix), target.rows.path.with_suffix(suffix))
                made.chmod(0o600)
    return state


def make_current(home: Path, generation: Generation) -> None:
    """Let readers find ``generation``, and remove the files of all others."""
    write_private(home / _CURRENT, f"{generation.number}\n".encode())
    for path in home.glob("[0-9]*.*"):
        if path.name.split(".")[0] != f"{generation.number:06d}":
            path.unlink(missing_ok=True)


def _paths(home: Path, number: int) -> tuple[Path, Path]:
    return home / f"{number:06d}.sqlite", home / f"{number:06d}.f32"


UNWRITABLE = (OSError, sqlite3.OperationalError)
"""What a full disk, a read-only directory or a vanished one raise."""
