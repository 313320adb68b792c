"""``init`` and ``version``."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git import __version__
from viking_git.cli.output import say
from viking_git.cli.recipes import PLACES, Runner, Site, Source, recipe

if TYPE_CHECKING:
    from viking_git.workspace import Workspace


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
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where; here if left out.", show_default=False)
    ] = None,
    transcripts: Annotated[
        Transcripts,
        typer.Option(help="private: conversations stay on this machine. tracked: they are pushed like other files."),
    ] = Transcripts.PRIVATE,
    site: Annotated[
        Site | None, typer.Option("--ci", help="Also commit a recipe that judges every pull request there.")
    ] = None,
    source: Source = None,
) -> None:
    """Make a directory a workspace: a git repository with the scopes, a policy and one commit."""
    from viking_git.workspace import Workspace

    if source and site is None:
        raise typer.BadParameter("--from is of --ci")
    if site is not None:
        # Said before anything is made.
        recipe(Runner(site), "main", source)
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
    if site is not None:
        _put_recipe(workspace, site, source)
    print("\nnext:")
    if where.resolve() != Path.cwd():
        print(f"  cd {shlex.quote(str(target))}")
    print("  viking-git add docs/                    documents, with their layers")
    print("  viking-git session import chat.jsonl    a conversation; viking-git commit turns it into memories")
    print('  viking-git find "what did we decide"')
    if site is None and "github.com" in (workspace.store.config("remote.origin.url") or ""):
        print("  viking-git init --ci github             checks of every pull request")


def _put_recipe(workspace: "Workspace", site: Site, source: str | None) -> None:
    """Commit the recipe; one that is there already stays as it is."""
    from viking_git.session.publish import add_file

    text = recipe(Runner(site), workspace.policy.trunk, source)
    if add_file(workspace.store, workspace.trunk, PLACES[site], text):
        print(f"{PLACES[site]} judges every pull request from its first push on")
    else:
        print(f"{PLACES[site]} is there already; it stays as it is")
    if site is Site.GITLAB:
        print(f"include it from .gitlab-ci.yml:  include: [{{local: {PLACES[site]}}}]")


def _say_transcripts(kind: str) -> None:
    if kind == "private":
        print("transcripts are private: what was said stays on this machine, what was learnt is committed")
    else:
        print("transcripts are tracked: what was said is committed and pushed with everything else")


def version() -> None:
    """Show the version."""
    print(f"viking-git {__version__}")
