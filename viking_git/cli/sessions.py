"""``session …``: conversations, message by message."""

import sys
import uuid
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from viking_git.cli import importing, privacy
from viking_git.cli.committing import commit_if_due
from viking_git.cli.contents import Commands
from viking_git.cli.output import AsJson, Session, bold, dim, plural, printable, put_json, say, workspace_of
from viking_git.cli.streams import read_stdin
from viking_git.errors import InvalidContent, Refused


class Role(StrEnum):
    """Who says a message."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    TOOL = "tool"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = Commands()
    group.command("new", epilog="Example: viking-git session new oauth_help")(new)
    group.command("list", epilog="Example: viking-git session list --json")(list_sessions)
    group.command("show", epilog="Example: viking-git session show oauth_help")(show)
    group.command("add-message", epilog='Example: viking-git session add-message oauth_help user "I prefer tabs."')(
        add_message
    )
    importing.register(group)
    group.command("used", epilog="Example: viking-git session used oauth_help --context resources/docs/oauth.md")(used)
    group.command("context", epilog="Example: viking-git session context oauth_help --budget 2000")(context_of)
    privacy.register(group)
    group.command("delete", epilog="Example: viking-git session delete oauth_help --archives")(delete)
    app.add_typer(group, name="session", help="Conversations: start, fill, use, look at, delete.",
                  epilog="Example: viking-git session list")  # fmt: skip


def new(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Its name; made up if left out.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a session and print its id."""
    workspace = workspace_of(context)
    session = workspace.new_session(name)
    if as_json:
        put_json(workspace.session_info(session).to_json())
    else:
        print(session.id)


def list_sessions(context: typer.Context, as_json: AsJson = False) -> None:
    """List sessions: messages not committed yet, archives, and branches that wait."""
    found = workspace_of(context).sessions()
    if as_json:
        put_json([info.to_json() for info in found])
        return
    for info in found:
        parts = [f"{plural(info.archives, 'archive')} ({plural(info.archived, 'message')})"] if info.archives else []
        if info.live:
            parts.append(f"{plural(info.live, 'message')} to commit")
        if info.usage:
            parts.append(f"{plural(info.usage, 'record')} of use to commit")
        if info.branch:
            parts.append(f"{'review' if info.review else 'unfinished'} on {info.branch}")
        print(f"{info.session}  {dim(', '.join(parts) or 'empty')}")


def show(context: typer.Context, session: Session, as_json: AsJson = False) -> None:
    """Print a session's messages, archived ones first."""
    workspace = workspace_of(context)
    messages = workspace.messages(workspace.session_id(session))
    if as_json:
        put_json([message.to_json() for message in messages])
        return
    for message in messages:
        text = message.text or ", ".join(
            f"[{part['type']} {part.get('tool_name', '')}".strip() + "]" for part in message.parts
        )
        print(f"{dim(message.created_at)} {bold(message.speaker)}: {_paragraphs(text)}")


def add_message(
    context: typer.Context,
    session: Session,
    role: Annotated[Role, typer.Argument(help="Who says it.")],
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What is said; read from stdin if left out or -.")
    ] = None,
    image: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="An image, which is copied; may be repeated.")
    ] = None,
    message_id: Annotated[str | None, typer.Option("--id", help="The message's id; made up if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add one message to a session, which is started if it is new."""
    from viking_git.model.messages import Message, timestamp
    from viking_git.session.images import read_image

    workspace = workspace_of(context)
    for file in image or ():
        read_image(file)  # so that a bad one starts no session
    said = _stdin_text() if text == "-" or (text is None and not image) else text or ""
    if not said.strip() and not image:
        raise InvalidContent("a message without text")
    parts = [{"type": "text", "text": said}] if said.strip() else []
    parts += [{"type": "image", "url": str(file.absolute())} for file in image or ()]
    message = Message(message_id or f"msg_{uuid.uuid4()}", role.value, tuple(parts), timestamp(workspace.store.clock()))
    found = workspace.new_session(session) if not session.startswith("viking://") else workspace.session_id(session)
    done = workspace.add_messages(found, [message], files=True)
    if as_json:
        own = [*done.messages, *done.known][0]
        put_json({"session_id": found.id, "message_id": own.id, "added": len(done.messages)})
    for added in done.messages:
        if not as_json:
            print(added.id)
    for known in done.known:
        if not as_json:
            say(f"{known.id} is there already")
    commit_if_due(workspace, found)


def used(
    context: typer.Context,
    session: Session,
    contexts: Annotated[
        list[str] | None, typer.Option("--context", metavar="URI", help="A memory or document; may be repeated.")
    ] = None,
    skill: Annotated[str | None, typer.Option(metavar="NAME", help="A skill that was run, by its name or URI.")] = None,
    given: Annotated[str | None, typer.Option("--input", metavar="TEXT", help="What went into the skill.")] = None,
    output: Annotated[str | None, typer.Option("--output", metavar="TEXT", help="What came out of it.")] = None,
    success: Annotated[bool | None, typer.Option("--success/--failure", help="How the skill ended.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record which contexts and which skill a session used; the next commit counts them."""
    if skill is None and (given, output, success) != (None, None, None):
        raise typer.BadParameter("--input, --output and --success say how a --skill went")
    workspace = workspace_of(context)
    uri = workspace.skills.show(skill).uri if skill and "/" not in skill else skill
    said = {"uri": uri, "input": given, "output": output, "success": success}
    record = workspace.used(
        workspace.session_id(session) if session.startswith("viking://") else session,
        contexts or [], {key: value for key, value in said.items() if value is not None} if skill else None,
    )  # fmt: skip
    if as_json:
        put_json(record)
    else:
        print(record["id"])


def context_of(
    context: typer.Context,
    session: Session,
    budget: Annotated[int, typer.Option(min=1, help="How many tokens at most, about.")] = 4000,
    as_json: AsJson = False,
) -> None:
    """Print what a model needs to carry on: overviews of what is archived, and the newest messages that fit."""
    from viking_git.session.context import shown

    workspace = workspace_of(context)
    found = workspace.session_context(workspace.session_id(session), budget)
    if as_json:
        put_json(found.to_json())
        return
    for summary in found.archives:
        print(f"{dim(summary.uri)}\n{summary.text}\n")
    for message in found.messages:
        print(_paragraphs(shown(message)))
    archives, messages = found.left_out
    if archives or messages:
        room = f"{found.tokens:,} of {budget:,} tokens used"
        say(f"left out: {plural(archives, 'archive')}, {plural(messages, 'message')} ({room})")


def delete(
    context: typer.Context,
    session: Session,
    archives: Annotated[bool, typer.Option("--archives", help="Its archives too, by a commit on trunk.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a session: messages that are in no commit yet, and its branch.

    Memories stay. Archives on trunk stay too; with --archives a commit removes them, and git's history keeps them.
    """
    workspace = workspace_of(context)
    found = workspace.session_id(session)
    info = workspace.session_info(found)
    if info.live or info.branch:
        lost = f"{plural(info.live, 'message')} in no commit" + (f" and {info.branch}" if info.branch else "")
        if not yes and not sys.stdin.isatty():
            raise Refused(f"{found.id} has {lost}", hint="--yes deletes them; viking-git commit keeps them")
        if not yes and not typer.confirm(f"Delete {found.id} with {lost}?", err=True):
            raise Refused("nothing was deleted")
    done = workspace.delete_session(found, with_archives=archives)
    if as_json:
        put_json({"session_id": found.id, "messages": info.live, "branch": done.branch, "archives": done.archives})
        return
    print(f"{found.id}: {plural(info.live, 'message')} and {plural(done.archives, 'archive')} deleted")
    if done.branch:
        say(f"its branch was at {done.branch[:8]}: git branch {info.branch or 'NAME'} {done.branch[:8]} brings it back")
    if done.archives:
        say("git's history still holds the archives: git log -- " + found.path)
    elif info.archives:
        say(f"kept on {workspace.policy.trunk}: {plural(info.archives, 'archive')}; --archives removes them too")


def _paragraphs(text: str) -> str:
    return "\n    ".join(printable(line) for line in text.splitlines())


def _stdin_text() -> str:
    try:
        return read_stdin().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidContent(f"stdin is not UTF-8: {error}") from None
