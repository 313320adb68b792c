"""``commit`` and ``task``: conversations into memory, now or in the background."""

from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.contents import Commands
from viking_git.cli.output import AsJson, bold, dim, plural, printable, put_json, say, workspace_of
from viking_git.cli.progress import working
from viking_git.errors import Refused, VikingError
from viking_git.model.layout import QUARANTINE

if TYPE_CHECKING:
    from viking_git.session.commit import CommitResult
    from viking_git.session.state import SessionId
    from viking_git.session.tasks import Task
    from viking_git.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git commit oauth_help --review")(commit)
    group = Commands()
    group.command("list", epilog="Example: viking-git task list --all")(list_tasks)
    group.command("show", epilog="Example: viking-git task show oauth_help/archive_001")(show_task)
    app.add_typer(group, name="task", help="Archives on their way to memories.", epilog="Example: viking-git task list")


def commit_if_due(workspace: "Workspace", session: "SessionId") -> None:
    """Commit a session that has reached the policy's bounds; a refusal is said, for the messages are safe."""
    if not workspace.is_due(session):
        return
    try:
        with working(f"committing {session.id}"):
            result = workspace.commit(session)
    except Refused as error:
        say(f"note: {session.id} is due for a commit, and waits: {error.message}")
        return
    say(f"{session.id} was due: {plural(result.messages, 'message')} committed as {result.archive}")


def commit(
    context: typer.Context,
    session: Annotated[
        str | None, typer.Argument(metavar="SESSION", help="A session; all with new messages if left out.")
    ] = None,
    review: Annotated[bool, typer.Option("--review", help="Stop before the merge: the branch waits for you.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="--no-wait returns once the messages are archived.")
    ] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="Archive nothing new; finish what an earlier commit left.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every session; the same as naming none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Archive new messages, extract memories (one commit per decision) and merge them into trunk."""
    _check_options(session, everything, wait, resume)
    workspace = workspace_of(context)
    todo = [workspace.session_id(session)] if session else workspace.unfinished()
    results: list[CommitResult] = []
    refusals: list[VikingError] = []
    for each in todo:
        try:
            results.append(_commit_one(workspace, each, review, wait, resume))
        except Refused as error:
            refusals.append(error)
            continue
        if not as_json:
            _show_result(results[-1])
    if as_json:
        _put_results(results, refusals, alone=session is not None)
    elif todo:
        _show_next(results)
    else:
        print("nothing to commit: no session has new messages")
    for refusal in refusals[:-1]:
        say(f"error: {refusal.message}")
    if refusals:
        raise refusals[-1]


def _commit_one(workspace: "Workspace", session: "SessionId", review: bool, wait: bool, resume: bool) -> "CommitResult":
    try:
        with working(f"committing {session.id}"):
            return workspace.commit(session, review=review, wait=wait, resume=resume)
    except KeyboardInterrupt:
        say(f"no message of {session.id} is lost; viking-git commit {session.id} carries on")
        raise


def _check_options(session: str | None, everything: bool, wait: bool, resume: bool) -> None:
    if session and everything:
        raise typer.BadParameter("a SESSION, or --all")
    if resume and not wait:
        raise typer.BadParameter("--resume finishes what --no-wait left: choose one")


def _put_results(results: "list[CommitResult]", refusals: list[VikingError], *, alone: bool) -> None:
    found = [result.to_json() for result in results]
    put_json(found[0] if alone and found else {"sessions": found, "refused": [str(e) for e in refusals]})


def _show_result(result: "CommitResult") -> None:
    if result.status == "skipped":
        print(f"{result.session.id}: nothing new")
        return
    done = f"{plural(result.messages, 'message')} archived as" if result.archived else "carried on with"
    print(f"{bold(result.session.id)}: {done} {result.archive}")
    if result.status == "accepted":
        print(f"accepted: viking-git task show {result.session}/{result.archive}")
        return
    _show_archived(result)
    for outcome in result.outcomes:
        positions = ", ".join(map(str, outcome.positions))
        source = dim(f"from msg {positions}") if positions else ""
        print(f'  {dim(outcome.commit[:8])} {outcome.mark} {outcome.memory}  "{printable(outcome.abstract)}"  {source}')
    if any(outcome.memory.startswith(f"{QUARANTINE}/") for outcome in result.outcomes):
        print("  what reads like an instruction to an agent waits in quarantine: docs/checks.md says how to take it in")
    for each in result.forget:
        ways = [f"viking-git rm -r {uri}" for uri in each.uris] or ["no memory on trunk says so"]
        print(f'  asked to forget "{printable(each.text)}": {" or ".join(ways)}')
    _show_ending(result)


def _show_archived(result: "CommitResult") -> None:
    if result.used:
        print(f"  {plural(result.used, 'use')} counted")
    if result.redactions:
        kinds = ", ".join(f"{kind} ×{count}" for kind, count in sorted(result.redactions.items()))
        print(f"  secrets redacted before anything was written: {kinds}")
    if result.withheld:
        print(f"  withheld, as a message asks: {plural(result.withheld, 'message')}")
    if result.asked_late:
        print("  a message asks to withhold one that is archived already: docs/sessions.md says how to remove it")


def _show_ending(result: "CommitResult") -> None:
    if not result.outcomes and not result.used:
        print("  nothing to remember")
    for path in result.contested:
        print(f"  contested, both variants kept: {path}")
    if result.branch:
        print(f"waiting for review on {result.branch}")
    elif result.merge:
        print(f"merged as {result.merge[:8]}")


def _show_next(results: "list[CommitResult]") -> None:
    """What a person may do now; once, however many sessions were committed."""
    for result in results:
        if result.branch:
            print(f"\nlook:    git log --patch {result.branch} --not HEAD")
            print("reject:  git rebase -i, and drop a commit")
            print(f"accept:  viking-git merge {result.branch}")
    merged = [result for result in results if result.merge]
    if merged:
        print("\nlook:  git log --graph --oneline")
        if any(outcome.mark in "+~" for result in merged for outcome in result.outcomes):
            print("undo:  git revert <commit>   one decision, by the commit in front of it")


def list_tasks(
    context: typer.Context,
    completed: Annotated[bool, typer.Option("--all", help="Those that are done, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List archives whose memories are not on trunk yet."""
    found = workspace_of(context).tasks.list(completed=completed)
    if as_json:
        put_json([task.to_json() for task in found])
    for task in found if not as_json else ():
        print(f"{task.id}  {dim(task.status)}")


def show_task(
    context: typer.Context,
    task: Annotated[str, typer.Argument(metavar="TASK", help="SESSION/archive_NNN, as commit and list print it.")],
    as_json: AsJson = False,
) -> None:
    """Show where one archive stands."""
    found = workspace_of(context).tasks.find(task)
    if as_json:
        put_json(found.to_json())
        return
    print(f"{bold(found.id)}: {found.status}")
    print(f"{plural(found.messages, 'message')}, {plural(found.decisions, 'decision')}, archived {found.created_at}")
    _show_way(found)


def _show_way(task: "Task") -> None:
    way = f"viking-git commit --resume {task.session}"
    if task.log:
        say(f"the process in the background said:\n{task.log}")
    if task.status in {"accepted", "extracted"}:
        print(f"go on:  {way}")
