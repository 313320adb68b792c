"""The manual page, made of the commands' own help: ``git viking --help`` opens it (see ``make man``)."""

from collections.abc import Iterator
from typing import Any

import typer

from viking_git import __version__
from viking_git.cli.contents import examples

_INTRODUCTION = """\
viking-git keeps what AI agents know (documents, memories, skills, conversations) as plain files in an ordinary git
repository, the workspace. Everything works offline. A URI is viking:// and a path in the repository: the scopes are
agent, resources, session and user."""

_ENVIRONMENT = {
    "VIKING_WORKSPACE": "The workspace where no other is said.",
    "VIKING_EMBEDDER": "The search model, instead of git config viking.embedder.",
    "VIKING_CACHE": "The directory of caches; else the platform's.",
    "CLAUDE_CONFIG_DIR": "Where Claude Code keeps its transcripts; else ~/.claude.",
    "NO_COLOR": "Print without colour.",
    "GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL": "Who signs commits, as for git.",
}
_EXIT = {
    "0": "Done.",
    "1": "The answer is no: findings, a conflict, edits in the way.",
    "2": "It could not run.",
    "3": "A bug; the message names a file with the traceback.",
    "130": "Interrupted.",
}
_FILES = {
    "viking.yaml": "The policy of a workspace; it travels with the clone.",
    ".git/viking/": "Messages that are in no commit yet, and locks.",
}


def render(app: typer.Typer) -> str:
    """The page in man's own language, the same bytes for the same commands."""
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="viking-git", help_option_names=["-h", "--help"])
    lines = [
        f'.TH GIT\\-VIKING 1 "" "viking\\-git {_text(__version__)}" "viking\\-git"', ".SH NAME",
        f"git\\-viking, viking\\-git \\- {_text(_plain(root.help)).rstrip('.')}",
        ".SH SYNOPSIS", ".B viking\\-git", "[\\-C DIR] COMMAND [ARGUMENTS]", ".br", ".B git viking",
        "[\\-C DIR] COMMAND [ARGUMENTS]", ".SH DESCRIPTION", _text(_INTRODUCTION), ".SH OPTIONS",
        *_parameters(root, context), ".SH COMMANDS",
    ]  # fmt: skip
    for name, command, inside in _commands(root, context):
        lines += [f".SS {_text(name)}", *_command(name, command, inside)]
    for title, rows in (("ENVIRONMENT", _ENVIRONMENT), ("EXIT STATUS", _EXIT), ("FILES", _FILES)):
        lines += [f".SH {title}", *(line for key, text in rows.items() for line in _row(key, text))]
    lines += [".SH SEE ALSO", ".BR git (1)"]
    return "\n".join(lines) + "\n"


def _commands(group: Any, context: typer.Context, prefix: str = "") -> Iterator[tuple[str, Any, typer.Context]]:
    """Every command below ``group`` with its whole name, groups themselves left out, in the order of the help."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inside = typer.Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from _commands(command, inside, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command, inside


def _command(name: str, command: Any, context: typer.Context) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f".B viking\\-git {_text(name)}", _text(usage), ".PP", _text(_plain(command.help)))
    yield from _parameters(command, context)
    for example in examples(command.epilog):
        yield from (".PP", "Example:", ".PP", ".RS 4", ".nf", _text(example), ".fi", ".RE")


def _parameters(command: Any, context: typer.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and not record[0].startswith(("--install-completion", "--show-completion")):
            yield from _row(*record)


def _row(key: str, text: str) -> Iterator[str]:
    yield from (".TP", f".B {_text(' '.join(key.split()))}", _text(_plain(text)))


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _text(text: str) -> str:
    """``text`` with nothing in it that man would take for a command."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join(f"\\&{line}" if line.startswith((".", "\\(aq")) else line for line in escaped.split("\n"))
