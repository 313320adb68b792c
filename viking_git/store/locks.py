"""Locks between processes that a dead owner gives back by itself (flock)."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from viking_git.errors import Busy, NotWritable
from viking_git.private import make_private, open_private

PATIENCE = 60.0
"""Seconds to wait for another process of ours before saying so."""


@contextmanager
def file_lock(path: Path, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock file ``path``, created with its directories; the kernel releases it when the process dies.

    Raises:
        Busy: another process held it for ``patience`` seconds.
        NotWritable: the file system takes no lock file, so it takes no commit either.
    """
    try:
        make_private(path.parent)
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise NotWritable(
            f"nothing can be written to {path.parent}: {error.strerror}",
            hint="reading works; to write, clone the repository to a place of your own",
        ) from None
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy(f"another viking-git holds {path.name}", hint="wait for it, then try again") from None
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Make the bytes of a file, or the names in a directory, durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
