"""``session publish`` and ``session privatise``: which transcripts are in the tree, and what history holds."""

from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.output import AsJson, plural, put_json, say, workspace_of

if TYPE_CHECKING:
    from viking_git.session.exposure import Exposure
    from viking_git.session.moving import Moved
    from viking_git.session.state import SessionId
    from viking_git.workspace import Workspace

Sessions = Annotated[
    list[str] | None,
    typer.Argument(metavar="SESSION", help="Sessions by id, SPACE/ID or URI.", show_default=False),
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be done; change nothing.")]

_SHOWN = 5


def register(group: typer.Typer) -> None:
    """Add the commands of this module."""
    group.command("publish", epilog="Example: viking-git session publish oauth_help")(publish)
    group.command("privatise", epilog="Example: viking-git session privatise oauth_help")(privatise)


def publish(
    context: typer.Context,
    names: Sessions = None,
    all: Annotated[bool, typer.Option("--all", help="Track the transcripts of all archives to come.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put private transcripts of sessions into the tree by a commit, and those of their next archives.

    What is not on this machine is named and stays private. With --all the policy in viking.yaml is changed for all
    archives to come, and what is private stays so. Nothing is pushed by it.
    """
    workspace = workspace_of(context)
    chosen = _chosen(workspace, names, all=all)
    privacy = workspace.settings.privacy
    done = privacy.publish_all(dry_run=dry_run) if chosen is None else privacy.publish(chosen, dry_run=dry_run)
    if as_json:
        put_json(done.to_json())
        return
    if done.is_nothing:
        print("nothing to publish")
    _show(done, "tracked", dry_run=dry_run)
    for archive in done.missing:
        say(f"not here, and still private: {archive}")
    if done.private:
        say(f"{plural(done.private, 'session')} with private transcripts stay so: viking-git session publish SESSION")
    if done.archives and not dry_run:
        say("nothing is pushed yet; where others have it git cannot take it back")


def privatise(
    context: typer.Context,
    names: Sessions = None,
    all: Annotated[bool, typer.Option("--all", help="Every transcript, and those of all archives to come.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take transcripts of sessions out of the tree by a commit, and say what git's history still holds of them.

    On this machine they are read as before. History is not rewritten: what was pushed cannot be taken back.
    """
    workspace = workspace_of(context)
    done = workspace.settings.privacy.privatise(_chosen(workspace, names, all=all), dry_run=dry_run)
    if as_json:
        put_json(done.to_json())
        return
    if done.is_nothing:
        print("nothing to privatise")
    _show(done, "private", dry_run=dry_run)
    for archive in done.by_hand:
        say(f"its overview was written by somebody and may quote what was said: {archive}/.overview.md")
    if done.history is not None:
        _show_history(workspace, done.history)


def _chosen(workspace: "Workspace", names: list[str] | None, *, all: bool) -> "list[SessionId] | None":
    """The sessions that were named, None for ``--all``."""
    if all == bool(names):
        raise typer.BadParameter("name sessions, or --all")
    if all:
        return None
    found = dict.fromkeys(workspace.session_id(name) for name in names or ())
    for session in found:
        workspace.session_info(session)
    return list(found)


def _show(done: "Moved", kept: str, *, dry_run: bool) -> None:
    where = f", in {done.commit[:8]}" if done.commit else ""
    verb = "would be" if dry_run else "now"
    if done.archives:
        print(f"{plural(len(done.archives), 'transcript')} ({plural(done.messages, 'message')}) {verb} {kept}{where}")
    for session in done.marked:
        print(f"{session}: new archives {verb} {kept}{'' if done.archives else where}")
    if done.policy:
        print(f"sessions.transcripts={kept}  viking.yaml{'' if done.archives or done.marked else where}")


def _show_history(workspace: "Workspace", history: "Exposure") -> None:
    if not history.commits and not history.remotes:
        print("history holds no transcript of it")
        return
    dates = [f"{oid[:8]} ({workspace.store.info(oid).time:%Y-%m-%d})" for oid in (history.first, history.last) if oid]
    between = f", from {' to '.join(dict.fromkeys(dates))}" if dates else ""
    print(f"history still holds them: {plural(history.commits, 'commit')} of {workspace.policy.trunk}{between}")
    print(f"pushed to: {', '.join(history.remotes)}" if history.remotes else "pushed: to no remote that is known here")
    for path in history.paths[:_SHOWN]:
        print(f"  {path}")
    if len(history.paths) > _SHOWN:
        print(f"  and {len(history.paths) - _SHOWN:,} more (--json names all)")
    say("to rewrite history is up to you, and of what others have git takes nothing back:")
    say("  git filter-repo --invert-paths --path PATH, for each of these")
