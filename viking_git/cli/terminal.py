"""The streams that commands print to: what files, names and other programs say must not command a terminal or a CI log.

``main`` puts ``Printable`` over stdout and stderr, so whatever prints goes through it: no call has to remember. Names,
messages, layers, headings and summaries come from files that others push. In a terminal a control character in them
moves the cursor, renames the window or writes the clipboard; in the log of a CI job a line that begins with ``::`` is
a command to the runner.
"""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from viking_git.config import in_ci

# Control characters less tab and line feed, line and paragraph separators, directions (which show text in another order
# than it has), halves of characters (which no output can encode).
_UNSAFE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_OUR_STYLES = re.compile("(\x1b\\[[012]m)")
"""What ``dim`` and ``bold`` write, and the end of both."""
_COMMAND = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_MARKED = re.compile(r"##(?=\w*\[)")
"""The older form, which counts anywhere in a line."""
_INSTEAD = "\N{REPLACEMENT CHARACTER}"


def safe_text(text: str, *, styled: bool = False) -> str:
    """``text`` without what a terminal would obey; lines and tabs stay. ``styled`` keeps what we write ourselves."""
    text = text.replace("\r\n", "\n")
    if not _UNSAFE.search(text):
        return text
    parts = _OUR_STYLES.split(text) if styled else [text]
    return "".join(part if n % 2 else _UNSAFE.sub(_INSTEAD, part) for n, part in enumerate(parts))


def inert_lines(text: str) -> str:
    """``text`` without what the runner of a CI job would obey: workflow commands."""
    return _MARKED.sub("# #", _COMMAND.sub(r"\1: :", text))


def json_text(text: str) -> str:
    """JSON with escapes for what a terminal would obey: the same value for programs."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}" if found[0] != "\n" else "\n", text)


class Printable(io.TextIOBase):
    """A text stream over another one, which gets only what is safe to show. Bytes go to ``buffer``, as they are."""

    def __init__(self, below: TextIO) -> None:
        """Write to ``below``."""
        self.below = below
        self._ci = in_ci()
        self._at_start = True

    def write(self, text: str) -> int:
        """Write ``text``; how many characters it has."""
        if not isinstance(text, str):
            raise TypeError(f"text, not {type(text).__name__}")
        said = safe_text(text, styled=self.below.isatty())
        if self._ci and said:
            # A command counts where a line begins, which an earlier call may have done.
            said = inert_lines(said if self._at_start else f"\0{said}").removeprefix("\0")
            self._at_start = said.endswith("\n")
        self.below.write(said)
        return len(text)

    def flush(self) -> None:
        """Flush the stream below."""
        self.below.flush()

    def isatty(self) -> bool:
        """Whether the stream below is a terminal."""
        return self.below.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream below."""
        return self.below.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream below."""
        return self.below.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What the stream below does with what it cannot encode."""
        return self.below.errors

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)


def below(stream: TextIO) -> TextIO:
    """The stream itself, for cursor movements of our own."""
    return stream.below if isinstance(stream, Printable) else stream


@contextmanager
def printable_streams() -> Iterator[None]:
    """Let everything that is printed in the block be safe to show."""
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (Printable(stream) for stream in kept)
    try:
        yield
    finally:
        # A reader that went away leaves no stdout: Python would complain about it at exit.
        sys.stdout = kept[0] if sys.stdout is not None else None
        sys.stderr = kept[1]
