"""A sign of life for work over a second: a line on stderr that counts the seconds and goes, on terminals only."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from viking_git.cli.terminal import below, safe_text

_PATIENCE = 1.0
_CLEAR = "\r\x1b[K"
_writing = threading.Lock()
_told = threading.Event()
_paused = threading.Event()


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say that ``what`` is being done, after a second and then every second, until the block ends."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        clear()


def clear() -> None:
    """Take the line away, where one is, so that something else can be said."""
    with _writing:
        if _told.is_set():
            _told.clear()
            below(sys.stderr).write(_CLEAR)
            sys.stderr.flush()


def pause() -> None:
    """Let a bar have the line until ``resume``; the seconds go on."""
    _paused.set()
    clear()


def resume() -> None:
    """Show the seconds again."""
    _paused.clear()


def _tell(what: str, done: threading.Event) -> None:
    began = time.monotonic()
    while not done.wait(_PATIENCE):
        with _writing:
            if _paused.is_set():
                continue
            below(sys.stderr).write(f"{_CLEAR}{safe_text(what)} … {time.monotonic() - began:.0f} s")
            sys.stderr.flush()
            _told.set()
