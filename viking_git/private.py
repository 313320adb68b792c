"""Files that only this user may read and write, whatever the umask is: one way to make them, one look at who else may.

Conversations in a work tree, logs and caches were as readable as the umask let them be.
"""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ENTER = stat.S_IXGRP | stat.S_IXOTH


def make_private(directory: Path) -> None:
    """Have a directory that nobody else enters, and those above it that are not there; one that is there stays.

    Raises:
        OSError: it cannot be made.
    """
    missing = []
    at = directory
    while not at.is_dir() and at != at.parent:
        missing.append(at)
        at = at.parent
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            path.chmod(0o700)


def open_private(path: Path, flags: int) -> int:
    """A descriptor of the file ``path``, which nobody else can read from now on.

    Args:
        flags: as ``os.open`` takes them.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    status = os.fstat(descriptor)
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != 0o600:
        os.fchmod(descriptor, 0o600)
    return descriptor


def write_private(path: Path, data: bytes) -> None:
    """Let ``path`` hold ``data`` in one step, readable by nobody else.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    scratch = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = open_private(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def secure(place: Path, top: Path, say: Callable[[str], None]) -> None:
    """Have nothing at ``place`` that another user may have written.

    What is this user's own, but was open to others, is removed, and its directories are shut: ``say`` is told.

    Args:
        place: a file or a directory with files, which need not exist.
        top: a directory above it. What is below is to be this user's; it itself may be anybody's, and is left alone:
            what others put into it is theirs, and is seen by that.

    Raises:
        PermissionError: another user (not root) owns it, or a directory on the way to it.
    """
    found = [(path, os.lstat(path)) for path in _chain(place, top) if os.path.lexists(path)]
    for path, status in found:
        if status.st_uid not in {os.geteuid(), 0}:
            raise PermissionError(errno.EPERM, "it belongs to another user", str(path))
    if _is_shut(top) or not _is_open(found):
        return
    say(f"others can write to {place}: what is there is not used, and made anew")
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
    if os.path.lexists(place):
        raise PermissionError(errno.EPERM, "others can write to it, and it cannot be removed", str(place))
    for path, status in found:
        if stat.S_ISDIR(status.st_mode) and path.is_dir():
            path.chmod(0o700)


def _chain(place: Path, top: Path) -> Iterator[Path]:
    """The directories from below ``top`` down to ``place``, that, and the files in it."""
    yield from reversed([path for path in place.parents if path.is_relative_to(top) and path != top])
    yield place
    with suppress(OSError):
        yield from sorted(place.iterdir())


def _is_open(chain: list[tuple[Path, os.stat_result]]) -> bool:
    """Whether somebody else can write one of them: a directory that nobody else enters shuts all that is below it."""
    for _, status in chain:
        if status.st_mode & _WRITE and not stat.S_ISLNK(status.st_mode):
            return True
        if stat.S_ISDIR(status.st_mode) and not status.st_mode & _ENTER:
            return False
    return False


def _is_shut(top: Path) -> bool:
    try:
        status = top.stat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not status.st_mode & _ENTER
