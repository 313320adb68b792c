"""``session …`` and ``commit``."""

import sys
import uuid
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.output import AsJson, bold, dim, plural, printable, put_json, say, workspace_of
from viking_git.errors import InvalidContent, Refused, VikingError

if TYPE_CHECKING:
    from viking_git.session.commit import CommitResult

Session = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id, SPACE/ID or URI.")]


class Role(StrEnum):
    """Who says a message."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    TOOL = "tool"


class Format(StrEnum):
    """How a transcript is written."""

    AUTO = "auto"
    MESSAGES = "messages"
    OPENAI = "openai"
    CLAUDE_CODE = "claude-code"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("new", epilog="Example: viking-git session new oauth_help")(new)
    group.command("list")(list_sessions)
    group.command("show", epilog="Example: viking-git session show oauth_help")(show)
    group.command("add-message", epilog='Example: viking-git session add-message oauth_help user "I prefer tabs."')(
        add_message
    )
    group.command("import", epilog="Example: viking-git session import chat.jsonl --session oauth_help")(import_file)
    app.add_typer(group, name="session", help="Conversations: start, fill, look at them.")
    app.command(epilog="Example: viking-git commit oauth_help --review")(commit)


def new(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Its name; made up if left out.", show_default=False)] = None,
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
    text: Annotated[str | None, typer.Argument(help="What is said; read from stdin if left out or -.")] = None,
    message_id: Annotated[str | None, typer.Option("--id", help="The message's id; made up if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add one message to a session, which is started if it is new."""
    from viking_git.model.messages import Message, timestamp

    workspace = workspace_of(context)
    said = _stdin_text() if text in {None, "-"} else str(text)
    if not said.strip():
        raise InvalidContent("a message without text")
    message = Message(
        message_id or f"msg_{uuid.uuid4()}", role.value, ({"type": "text", "text": said},),
        timestamp(workspace.store.clock()),
    )  # fmt: skip
    found = workspace.new_session(session) if not session.startswith("viking://") else workspace.session_id(session)
    added = workspace.add_messages(found, [message])
    if as_json:
        put_json({"session_id": found.id, "message_id": message.id, "added": added})
    elif added:
        print(message.id)
    else:
        say(f"{message.id} is there already")


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A transcript; - for stdin.")],
    session: Annotated[
        str | None, typer.Option(help="The session's id; the transcript's own or the file's name if left out.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How the transcript is written.")] = Format.AUTO,
    as_json: AsJson = False,
) -> None:
    """Import a transcript: our messages.jsonl, OpenAI-style JSON, or a Claude Code transcript.

    A file that has grown since it was imported adds only what is new.
    """
    from viking_git.model.messages import timestamp
    from viking_git.model.transcripts import parse_transcript

    workspace = workspace_of(context)
    data = sys.stdin.buffer.read() if str(file) == "-" else _file_bytes(file)
    now = timestamp(workspace.store.clock())
    parsed = parse_transcript(data, format=format.value, name=str(file), now=now)
    name = session or parsed.session_id or (file.stem if str(file) != "-" else None)
    if name is None:
        raise InvalidContent("a transcript from stdin needs a name", hint="--session NAME")
    found, added = workspace.import_session(parsed, name)
    if as_json:
        put_json(
            {"session_id": found.id, "format": parsed.format, "added": added, "messages": len(parsed.messages),
             "skipped": dict(parsed.skipped)}
        )  # fmt: skip
        return
    already = len(parsed.messages) - added
    notes = [f"{already:,} already there"] if already else []
    notes += [f"{count:,} {what} left out" for what, count in sorted(parsed.skipped.items())]
    print(f"{found.id}: {plural(added, 'new message')} ({parsed.format})" + (f"; {', '.join(notes)}" if notes else ""))
    if added:
        say(f"next: viking-git commit {found.id}")


def commit(
    context: typer.Context,
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="A session; all with new messages if left out.")
    ] = None,
    review: Annotated[bool, typer.Option("--review", help="Stop before the merge: the branch waits for you.")] = False,
    as_json: AsJson = False,
) -> None:
    """Archive new messages, extract memories (one commit per decision) and merge them into trunk."""
    workspace = workspace_of(context)
    todo = [workspace.session_id(session)] if session else workspace.unfinished()
    results: list[CommitResult] = []
    refusals: list[VikingError] = []
    for each in todo:
        try:
            results.append(workspace.commit(each, review=review))
        except Refused as error:
            refusals.append(error)
            continue
        if not as_json:
            _show_result(results[-1])
    if as_json:
        found = [result.to_json() for result in results]
        put_json(found[0] if session and found else {"sessions": found, "refused": [str(e) for e in refusals]})
    elif not todo:
        print("nothing to commit: no session has new messages")
    for refusal in refusals[:-1]:
        say(f"error: {refusal.message}")
    if refusals:
        raise refusals[-1]


def _show_result(result: "CommitResult") -> None:
    if result.status == "skipped":
        print(f"{result.session.id}: nothing new")
        return
    print(f"{bold(result.session.id)}: {plural(result.messages, 'message')} archived as {result.archive}")
    if result.redactions:
        kinds = ", ".join(f"{kind} ×{count}" for kind, count in sorted(result.redactions.items()))
        print(f"  secrets redacted before anything was written: {kinds}")
    for outcome in result.outcomes:
        positions = ", ".join(map(str, outcome.positions))
        source = dim(f"from msg {positions}") if positions else ""
        print(f'  {dim(outcome.commit[:8])} {outcome.mark} {outcome.memory}  "{printable(outcome.abstract)}"  {source}')
    for path in result.contested:
        print(f"  contested, both variants kept: {path}")
    if result.branch:
        print(f"waiting for review on {result.branch}")
        print(f"\nlook:    git log --patch {result.branch} --not HEAD")
        print("reject:  git rebase -i, and drop a commit")
        print(f"accept:  git merge --no-ff {result.branch}")
    elif result.merge:
        print(f"merged as {result.merge[:8]}")
        print("\nlook:  git log --graph --oneline")
        if any(outcome.mark in "+~" for outcome in result.outcomes):
            print("undo:  git revert <commit>   one decision, by the commit in front of it")


def _paragraphs(text: str) -> str:
    return "\n    ".join(printable(line) for line in text.splitlines())


def _stdin_text() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidContent(f"stdin is not UTF-8: {error}") from None


def _file_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidContent(f"cannot read {file}: {error.strerror}") from None
