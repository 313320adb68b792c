"""``hooks install|uninstall|status``, and what the installed scripts call: ``hooks run``."""

import shutil
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.contents import Commands
from viking_git.cli.output import AsJson, plural, printable, put_json, say, workspace_of
from viking_git.cli.streams import stdin_lines
from viking_git.errors import NotAWorkspace

if TYPE_CHECKING:
    from viking_git.workspace import Workspace


class Hook(StrEnum):
    """The hooks of git that viking-git has a part in."""

    PRE_COMMIT = "pre-commit"
    PRE_MERGE_COMMIT = "pre-merge-commit"
    PRE_PUSH = "pre-push"
    POST_COMMIT = "post-commit"
    POST_MERGE = "post-merge"
    POST_CHECKOUT = "post-checkout"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = Commands()
    group.command("install", epilog="Example: viking-git hooks install")(install)
    group.command("uninstall", epilog="Example: viking-git hooks uninstall")(uninstall)
    group.command("status", epilog="Example: viking-git hooks status --json")(status)
    group.command("run", epilog="Example: viking-git hooks run pre-commit")(run)
    app.add_typer(
        group,
        name="hooks",
        help="Checks when you type git commit, git merge and git push.",
        epilog="Example: viking-git hooks install",
    )


def install(context: typer.Context) -> None:
    """Install the hooks of this clone, beside those of other tools."""
    from viking_git.store.hooks import install

    for hook in install(workspace_of(context).store, shutil.which("viking-git")):
        print(f"{hook.state:<10} {hook.name:<17} {hook.path}")


def uninstall(context: typer.Context) -> None:
    """Take the hooks away; what was there before is put back."""
    from viking_git.store.hooks import uninstall

    gone = uninstall(workspace_of(context).store)
    print(f"took away {plural(len(gone), 'hook')}" if gone else "no hooks of viking-git here")


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show which hooks are installed, and how."""
    from viking_git.store.hooks import status

    found = status(workspace_of(context).store)
    if as_json:
        put_json([{"name": h.name, "state": h.state, "way": h.way, "path": h.path} for h in found])
        return
    for hook in found:
        print(f"{hook.state:<10} {hook.name:<17} {hook.path}")


def run(
    context: typer.Context,
    name: Annotated[Hook, typer.Argument(metavar="HOOK", help="Which hook.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="ARGUMENT", help="What git gives to it.")] = None,
) -> None:
    """Do what a hook does. The installed scripts call this; outside of a workspace it does nothing."""
    try:
        workspace = workspace_of(context)
    except NotAWorkspace:
        return
    if name in {Hook.PRE_COMMIT, Hook.PRE_MERGE_COMMIT}:
        _judge(workspace)
    elif name is Hook.PRE_PUSH:
        from viking_git.memory.guard import Guard
        from viking_git.session.hooks import refuse_secrets, refuse_transcripts

        remote, lines = (arguments or ["origin"])[0], [*stdin_lines()]
        refuse_transcripts(workspace.store, remote, lines)
        refuse_secrets(workspace.store, remote, lines, Guard(workspace.policy.checks))
    else:
        from viking_git.session.background import is_wanted
        from viking_git.session.hooks import in_background

        if is_wanted(workspace.store):
            # A search brings the index up to date first.
            in_background(workspace.store, name.value, lambda: workspace.find("memory", limit=1))


def _judge(workspace: "Workspace") -> None:
    from viking_git.checks.report import as_text, counts
    from viking_git.session.checking import check_staged
    from viking_git.session.hooks import refuse_late

    refuse_late(workspace.store, workspace.trunk)
    checked = check_staged(workspace.store, workspace.policy)
    for path in checked.mended:
        say(f"viking-git: mended and staged {printable(path)}")
    if checked.findings:
        say(as_text(checked.findings))
    if checked.fails():
        say(f"\nviking-git: {counts(checked.findings)}; nothing was committed")
        if workspace.policy.checks.layers == "refuse":
            say("hint: viking-git check --staged --fix mends what is mechanical")
        raise typer.Exit(1)
