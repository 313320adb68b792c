"""The command line: ``viking-git`` and ``git viking``. Every command parses, makes one call, and prints."""

import errno
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from viking_git import __version__
from viking_git.cli import (
    checking,
    committing,
    documents,
    files,
    history,
    hooking,
    indexing,
    packing,
    recipes,
    relating,
    searching,
    sessions,
    setting_up,
    settings,
    skills,
    travel,
)
from viking_git.cli.contents import Commands
from viking_git.cli.output import Context, printable, put_json, say
from viking_git.cli.streams import drop_unwritten
from viking_git.cli.terminal import printable_streams
from viking_git.cli.usage import explain_usage, help_text
from viking_git.errors import VikingError
from viking_git.private import make_private, write_private

app = Commands(
    name="viking-git",
    help="What AI agents know, kept as plain files in git.",
    epilog="Example: viking-git init ~/memory",
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (
    setting_up, documents, files, relating, skills, sessions, committing, searching, indexing, history, travel,
    packing, settings, checking, hooking, recipes,
):  # fmt: skip
    commands.register(app)


INTERRUPTED = 130
"""The exit code after Ctrl-C; typer makes it of the exception."""
_DISK = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
_NO_PATH = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP}
_SHOWN = 200
"""Characters of a path that a message names."""
_FULL = "make room, then try again; nothing that was acknowledged is lost"
_READ_ONLY = "reading works; to write, clone the repository to a place of your own"


def _print_version(value: bool) -> None:
    if value:
        print(f"viking-git {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    context: typer.Context,
    directory: Annotated[
        Path | None, typer.Option("-C", metavar="DIR", help="Use the workspace in DIR instead of the one here.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    context.obj = Context(directory)


@app.command("help", epilog="Example: viking-git help session import")
def _help(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="Of which; of the program if left out.")
    ] = None,
) -> None:
    """Show help; the same as -h after a command."""
    raise typer.Exit(_run([*(words or []), "-h"]))


def main(arguments: list[str]) -> int:
    """Run one command, turn errors into messages, and return the exit code (design section 8)."""
    with printable_streams():
        return _main(arguments)


def _main(arguments: list[str]) -> int:
    try:
        code = _run(arguments)
        sys.stdout.flush()
        if code == INTERRUPTED:
            say("interrupted")
        return code
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (head, less). Python would complain again when it flushes at exit.
        sys.stdout = None
        return 0
    except SystemExit as error:
        # Typer makes exit 1 of a pipe that closes while a command prints.
        if isinstance(error.__context__, BrokenPipeError):
            return 0
        raise
    except Exception as error:
        return _fail(error, as_json="--json" in arguments)


def _run(arguments: list[str]) -> int:
    code = app(arguments, prog_name="viking-git", standalone_mode=False)
    return code if isinstance(code, int) else 0


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error as it is printed: a sentence, the way out, and the exit code of the process."""

    message: str
    hint: str | None
    exit_code: int


def _fail(error: Exception, *, as_json: bool) -> int:
    """Print an error on stderr, for a program on stdout too, and return the exit code."""
    if isinstance(error, typer.TyperException) and (text := help_text(error)):
        say(text)
        return error.exit_code
    # A full stdout must not keep the error from stderr, which waits for what stdout was given before.
    drop_unwritten()
    failure = _explain(error)
    say(f"error: {printable(failure.message)}")
    if failure.hint:
        say(f"\nhint: {printable(failure.hint)}")
    if as_json:
        with suppress(OSError):
            put_json({"error": {"message": failure.message, "hint": failure.hint, "exit_code": failure.exit_code}})
            sys.stdout.flush()
    return failure.exit_code


def _explain(error: Exception) -> _Failure:
    if isinstance(error, typer.TyperException):
        return _Failure(*explain_usage(error), error.exit_code)
    if isinstance(error, VikingError):
        return _Failure(error.message, error.hint, error.exit_code)
    if isinstance(error, OSError) and error.errno in _DISK:
        where = f": {error.filename}" if error.filename else ""
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        return _Failure(f"{error.strerror}{where}", _FULL if full else _READ_ONLY, 2)
    if isinstance(error, OSError) and error.errno in _NO_PATH and error.filename:
        name = str(error.filename)
        shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
        return _Failure(f"{error.strerror}: {shown}", "no file can be there; name another path", 2)
    log = _write_traceback(error)
    hint = f"the traceback is in {log}; please report it" if log else "please report it with the traceback above"
    return _Failure(f"a bug in viking-git: {type(error).__name__}: {error}", hint, 3)


def _write_traceback(error: Exception) -> Path | None:
    """Write the traceback into the log directory, else into a temporary file. If neither works, print it."""
    from platformdirs import user_log_path

    text = f"viking-git {__version__}\n{' '.join(_without_values(sys.argv[1:]))}\n\n{_traceback(error)}"
    data = text.encode("utf-8", "backslashreplace")
    with suppress(OSError):
        path = user_log_path("viking-git") / "last-error.log"
        make_private(path.parent)
        write_private(path, data)
        return path
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix="viking-git-", suffix="-error.log")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return Path(name)
    say(text)
    return None


def _without_values(arguments: list[str]) -> list[str]:
    """What was called, and with which options: what a person wrote may be a secret, and belongs into no log."""
    words: list[str] = []
    group: Any = typer.main.get_command(app)
    for argument in arguments:
        command = getattr(group, "commands", {}).get(argument)
        if command is not None:
            group = command
            words.append(argument)
        else:
            option = argument.partition("=")[0] if argument.startswith("--") else argument[:2]
            words.append(option if argument.startswith("-") else "…")
    return words


def _traceback(error: BaseException) -> str:
    """Where it happened: files, lines and kinds of errors; their messages quote what was written."""
    shown: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    lines: list[str] = []
    while shown is not None:
        kind = shown.exc_type.__name__ if shown.exc_type else "error"
        lines[:0] = ["Traceback (most recent call last):\n", *shown.stack.format(), f"{kind}\n"]
        shown = shown.__cause__ or shown.__context__
    return "".join(lines)
