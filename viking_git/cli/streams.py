"""The standard streams of this process, also where the caller closed one of them."""

import codecs
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from viking_git.errors import InvalidContent

_ESCAPED = "viking_git.escaped"
_MODES = {0: os.O_WRONLY, 1: os.O_RDWR, 2: os.O_RDWR}


def open_streams() -> None:
    """Open the standard streams that the caller closed, and print escapes for characters that stdout cannot encode.

    Without that, the next file that is opened gets the number of a closed stream, and the warnings of a library or a
    child process go into that file. A closed stdin stays unreadable: read as empty, it would empty a document.
    """
    for number, mode in _MODES.items():
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the whole process
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    codecs.register_error(_ESCAPED, _escape)
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, _ESCAPED)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def drop_unwritten() -> None:
    """Drop what a full stream did not take: Python would try again at exit, and end with an exit code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Escape characters as JSON does, so that a document printed with --json stays one in every encoding."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - only stdout uses it
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def read_stdin() -> bytes:
    """Return everything on stdin.

    Raises:
        InvalidContent: stdin is closed.
    """
    with _reading():
        return sys.stdin.buffer.read()


def stdin_lines() -> Iterator[str]:
    """Yield each line of stdin when it arrives.

    Raises:
        InvalidContent: stdin is closed.
    """
    with _reading():
        yield from sys.stdin


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidContent(f"cannot read stdin: {error.strerror}", hint="name a file, or pipe the text in") from None
