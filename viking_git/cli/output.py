"""What commands print with: data on stdout, talk on stderr.

All of it goes through ``terminal``, which lets nothing pass that a terminal or a CI log would obey. A value that is to
stay on its line goes through ``printable`` besides.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viking_git.cli.progress import clear
from viking_git.cli.terminal import json_text

if TYPE_CHECKING:
    from viking_git.workspace import Workspace

Session = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id, SPACE/ID or URI.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@dataclass(frozen=True, slots=True)
class Context:
    """What the global options said."""

    directory: Path | None

    def workspace(self) -> "Workspace":
        """The workspace that this command is about."""
        from viking_git.cli.bar import Bar
        from viking_git.workspace import Workspace

        # Many readers of one damaged file meet in a command: what it says is said once.
        workspace = Workspace.open(self.directory, notice=cache(lambda text: say(printable(text))))
        workspace.progress = Bar(finished="indexed")
        workspace.here = (self.directory or Path.cwd()).resolve()
        return workspace


def workspace_of(context: typer.Context) -> "Workspace":
    """The workspace that this command is about."""
    found: Context = context.obj
    workspace = found.workspace()
    context.call_on_close(workspace.close)
    return workspace


def say(text: str) -> None:
    """A line for a person, on stderr."""
    clear()
    # In a log or a pipe that takes both, they stand in the order in which they were said.
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    # Where stderr takes nothing, nothing is left to complain to. The exit code says what happened.
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def put_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """A JSON document on stdout."""
    print(json_text(json.dumps(value, ensure_ascii=False, indent=2)))


def put_json_line(value: Mapping[str, Any]) -> None:
    """A JSON document on a line of stdout, there at once."""
    print(json_text(json.dumps(value, ensure_ascii=False)), flush=True)


def put_bytes(data: bytes) -> None:
    """The bytes of a file on stdout: as they are to a file or a program, as text that is safe to show to a terminal."""
    if sys.stdout.isatty():
        print(data.decode("utf-8", "replace"), end="", flush=True)
        return
    put_verbatim(data)


def put_verbatim(data: bytes) -> None:
    """Bytes on stdout, as they are: for programs, and for commands to the runner of a CI job."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def dim(text: str) -> str:
    """Text that may be overlooked, where the terminal can show that."""
    return typer.style(text, dim=True) if _coloured() else text


def bold(text: str) -> str:
    """Text that stands out, where the terminal can show that."""
    return typer.style(text, bold=True) if _coloured() else text


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """``1 message``, ``3 messages``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def printable(text: str) -> str:
    """Text of a file on one line of a terminal: control characters would be commands to it."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def printable_line(text: str) -> str:
    """A line of a file as it is, spaces and tabs included, without what would be a command to a terminal."""
    line = text.rstrip("\r\n")
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)


def _coloured() -> bool:
    from viking_git.config import wants_colour

    return sys.stdout.isatty() and wants_colour()
