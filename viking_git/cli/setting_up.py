"""``init`` and ``version``."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from viking_git import __version__
from viking_git.cli.output import say


class Transcripts(StrEnum):
    """Where what was said is kept."""

    PRIVATE = "private"
    TRACKED = "tracked"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git init ~/memory")(init)
    app.command(epilog="Example: viking-git version")(version)


def init(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Argument(help="Where; here if left out.", show_default=False)] = None,
    transcripts: Annotated[
        Transcripts,
        typer.Option(help="private: conversations stay on this machine. tracked: they are pushed like other files."),
    ] = Transcripts.PRIVATE,
) -> None:
    """Make a directory a workspace: a git repository with the scopes, a policy and one commit."""
    from viking_git.workspace import Workspace

    start = context.obj.directory or Path()
    target = start / directory if directory else start
    workspace, made = Workspace.init(target, transcripts=transcripts.value, notice=say)
    where = workspace.store.workdir or target
    if not made.created:
        print(f"{where} is a workspace already; nothing was changed")
    else:
        print(f"workspace in {where}, memories land on {made.policy.trunk}")
        _say_transcripts(made.policy.sessions.transcripts)
    if made.own_space:
        print(f"your own space is viking://user/{made.own_space}/ (git config viking.user)")
    print("\nnext:")
    if where.resolve() != Path.cwd():
        print(f"  cd {shlex.quote(str(target))}")
    print("  viking-git add docs/                    documents, with their layers")
    print("  viking-git session import chat.jsonl    a conversation; viking-git commit turns it into memories")
    print('  viking-git find "what did we decide"')


def _say_transcripts(kind: str) -> None:
    if kind == "private":
        print("transcripts are private: what was said stays on this machine, what was learnt is committed")
    else:
        print("transcripts are tracked: what was said is committed and pushed with everything else")


def version() -> None:
    """Show the version."""
    print(f"viking-git {__version__}")
