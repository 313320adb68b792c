"""The command line: ``viking-git`` and ``git viking``. Every command parses, makes one call, and prints."""

import errno
import sys
import traceback
from pathlib import Path
from typing import Annotated

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
from viking_git.cli.output import Context, printable, say
from viking_git.cli.terminal import printable_streams
from viking_git.cli.usage import explain_usage
from viking_git.errors import VikingError

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
        return _explain(error)


def _run(arguments: list[str]) -> int:
    code = app(arguments, prog_name="viking-git", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Say what went wrong, and with which exit code."""
    if isinstance(error, typer.TyperException):
        return explain_usage(error)
    if isinstance(error, VikingError):
        say(f"error: {printable(error.message)}")
        if error.hint:
            say(f"\nhint: {printable(error.hint)}")
        return error.exit_code
    return _unexpected(error)


def _unexpected(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno in _DISK:
        where = f": {error.filename}" if error.filename else ""
        say(f"error: {printable(f'{error.strerror}{where}')}")
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        say(f"\nhint: {_FULL if full else _READ_ONLY}")
        return 2
    if isinstance(error, OSError) and error.errno in _NO_PATH and error.filename:
        name = str(error.filename)
        say(f"error: {error.strerror}: {printable(name if len(name) <= _SHOWN else f'{name[:_SHOWN]}…')}")
        say("\nhint: no file can be there; name another path")
        return 2
    say(f"error: a bug in viking-git: {type(error).__name__}: {printable(str(error))}")
    say(f"\nhint: the traceback is in {_write_traceback()}; please report it")
    return 3


def _write_traceback() -> Path:
    from platformdirs import user_log_path

    directory = user_log_path("viking-git", ensure_exists=True)
    path = directory / "last-error.log"
    text = f"viking-git {__version__}\n{' '.join(sys.argv)}\n\n{traceback.format_exc()}"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
