"""``status``, ``log``, ``refresh``."""

from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.output import AsJson, dim, plural, printable, put_json, say, workspace_of
from viking_git.cli.progress import working
from viking_git.model.layout import uri_of

if TYPE_CHECKING:
    from viking_git.session.backlog import Backlog
    from viking_git.session.sessions import SessionInfo


_NAMED = 10
"""Memories and branches that are named."""
_NOT_LOOKED_AT = "the rules for what is committed"
"""They read every changed file: seconds, where a status is asked for at every turn."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git status --json")(status)
    app.command(epilog="Example: viking-git log viking://user/memories/preferences/coding")(log)
    app.command(epilog="Example: viking-git refresh viking://resources/docs/ --rewrite")(refresh)


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what waits: messages to commit, branches to merge or review, contested memories, stale layers.

    A git merge, revert, cherry-pick or rebase that is unfinished here is named too, for nothing can be written into the
    work tree until it is done; and a clone that has no merge driver yet.
    """
    from viking_git.store.driver import has_driver
    from viking_git.store.unfinished import unfinished

    workspace = workspace_of(context)
    waiting, found = workspace.waiting(), workspace.backlog()
    begun, driver = unfinished(workspace.store.git), has_driver(workspace.store)
    where = str(workspace.store.workdir or workspace.store.common_dir)
    cone = workspace.store.cone
    scopes = [uri_of(path, directory=True) for path in cone.whole] if cone else None
    if as_json:
        put_json(
            {
                "workspace": where, "trunk": workspace.policy.trunk, "user": workspace.spaces.user,
                "agent": workspace.spaces.agent, "transcripts": workspace.policy.sessions.transcripts,
                "sessions": [info.to_json() for info in waiting], "scopes": scopes, "stale": list(found.stale),
                "contested": list(found.contested), "branches": list(found.branches), "landed": list(found.landed),
                "not_looked_at": [_NOT_LOOKED_AT],
                "unfinished": {"verb": begun.verb, "ways": list(begun.ways)} if begun else None, "merge_driver": driver,
            }
        )  # fmt: skip
        return
    print(f"workspace {where}")
    print(f"trunk {workspace.policy.trunk}, your space {workspace.spaces.user}, "
          f"transcripts {workspace.policy.sessions.transcripts}")  # fmt: skip
    if scopes is not None:
        print(f"of all files, it holds {', '.join(scopes) or 'those without a directory'}")
    if begun:
        print(f"  a git {begun.verb} is unfinished here  {dim(begun.way)}")
    if not driver:
        print(f"  git has no merge driver here and merges memories as text  {dim('viking-git doctor --fix')}")
    _show_waiting(waiting)
    _show_backlog(found)
    if not (waiting or found or begun) and driver:
        print("nothing waits")
    say(f"not looked at: {_NOT_LOOKED_AT}; viking-git check asks them")


def _show_backlog(found: "Backlog") -> None:
    if found.stale:
        have = "directory has" if len(found.stale) == 1 else "directories have"
        print(f"  {len(found.stale):,} {have} stale layers  {dim('viking-git refresh')}")
    for uri in found.contested[:_NAMED]:
        print(f"  {printable(uri)} is contested: two variants stand  {dim(f'viking-git edit {uri}content.md')}")
    if len(found.contested) > _NAMED:
        print(f"  {len(found.contested) - _NAMED:,} more memories are contested")
    for name in found.branches[:_NAMED]:
        print(f"  the branch {printable(name)} has what {found.trunk} lacks  {dim(f'viking-git merge {name}')}")
    if len(found.branches) > _NAMED:
        print(f"  {len(found.branches) - _NAMED:,} more branches have what {found.trunk} lacks")
    for session in found.landed:
        print(f"  {session}: has landed, and its branch is still there  {dim(f'viking-git commit {session}')}")


def _show_waiting(waiting: "list[SessionInfo]") -> None:
    for info in waiting:
        if info.live or info.usage:
            new = plural(info.live, "message") if info.live else plural(info.usage, "record") + " of use"
            print(f"  {info.session.id}: {new} to commit  {dim('viking-git commit')}")
        if info.branch:
            state = "waits for review" if info.review else "was interrupted"
            way = f"viking-git merge {info.branch}" if info.review else f"viking-git commit {info.session.id}"
            print(f"  {info.session.id}: {info.branch} {state}  {dim(way)}")


def log(
    context: typer.Context,
    uri: Annotated[str | None, typer.Argument(metavar="URI", help="Only what changed there.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many commits at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show trunk's history, newest first."""
    found = workspace_of(context).log(uri, limit=limit)
    if as_json:
        put_json(
            [
                {"commit": c.oid, "parents": list(c.parents), "author": c.author, "time": c.time.isoformat(),
                 "subject": c.subject}
                for c in found
            ]
        )  # fmt: skip
        return
    for commit in found:
        print(f"{commit.oid[:8]}  {dim(commit.time.strftime('%Y-%m-%d %H:%M'))}  {printable(commit.subject)}")


def refresh(
    context: typer.Context,
    uri: Annotated[str | None, typer.Argument(metavar="URI", help="Only there; everywhere if left out.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Stamp layers written by hand as still true.")] = False,
    rewrite: Annotated[bool, typer.Option("--rewrite", help="Replace layers written by hand.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring stale layers up to date, in a commit; beside uncommitted edits, in the work tree."""
    if accept and rewrite:
        raise typer.BadParameter("--accept keeps what --rewrite replaces: choose one")
    with working("refreshing layers"):
        done = workspace_of(context).refresh(uri, accept=accept, rewrite=rewrite)
    if as_json:
        put_json(
            {
                "commit": done.commit, "changed": list(done.changed), "edited": list(done.edited),
                "kept": [{"path": path, "state": state} for path, state in done.resources.kept],
                "unreadable": [{"path": path, "reason": reason} for path, reason in done.unreadable],
            }
        )  # fmt: skip
    elif done.commit or not done.edited:
        files = plural(len(done.changed), "file")
        left = done.unreadable or done.resources.kept
        where = f" in {done.place}" if done.place else ""
        true = f"all other layers{where} are true" if left else f"all layers{where} are true"
        print(f"{files} refreshed in {done.commit[:8]}" if done.commit else true)
    for path, state in done.resources.kept:
        say(f"kept, written by hand and now {state}: viking://{path}/ (--accept or --rewrite)")
    for path, reason in done.unreadable:
        say(f"left as it is, {path}: {reason}")
    for path in done.edited:
        say(f"rewrote the layers beside your edit: {path} (git commit takes them in)")
    if done.unreadable:
        raise typer.Exit(1)
