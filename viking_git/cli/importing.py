"""``session import``: transcripts of other programs, from a file or from where the program keeps them."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.committing import commit_if_due
from viking_git.cli.documents import say_some
from viking_git.cli.output import AsJson, dim, plural, printable, put_json, say, workspace_of
from viking_git.cli.progress import working
from viking_git.cli.streams import read_stdin
from viking_git.errors import InvalidContent, NotFound, Refused

if TYPE_CHECKING:
    from viking_git.model.identity import Appended
    from viking_git.model.transcripts import Parsed
    from viking_git.session.claude_code import Found
    from viking_git.session.state import SessionId
    from viking_git.workspace import Workspace


class Format(StrEnum):
    """How a transcript is written."""

    AUTO = "auto"
    MESSAGES = "messages"
    OPENAI = "openai"
    CLAUDE_CODE = "claude-code"


class Program(StrEnum):
    """A program whose transcripts are found where it keeps them."""

    CLAUDE_CODE = "claude-code"


def register(group: typer.Typer) -> None:
    """Add the commands of this module."""
    group.command(
        "import",
        epilog="Example: viking-git session import chat.jsonl --session oauth_help\n"
        "Example: viking-git session import --from claude-code --yes",
    )(import_transcripts)


def import_transcripts(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A transcript; - for stdin.", show_default=False)
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="The session's id; the transcript's own or the file's name if left out.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How the transcript is written.")] = Format.AUTO,
    program: Annotated[
        Program | None, typer.Option("--from", help="Find this program's transcripts of the directory you are in.")
    ] = None,
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With --from: the transcripts of DIR instead.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --from: do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a transcript: our messages.jsonl, OpenAI-style JSON, or a Claude Code transcript.

    A file that has grown since it was imported adds only what is new. --from claude-code finds the transcripts of the
    directory you are in, shows them, and asks.
    """
    if (file is None) == (program is None):
        raise typer.BadParameter("name a FILE, or a program with --from")
    if program is None and (project or yes):
        raise typer.BadParameter("--project and --yes belong to --from")
    workspace = workspace_of(context)
    if file is not None:
        _import_file(workspace, file, session, format, as_json)
    else:
        _import_found(workspace, project or Path.cwd(), session, yes, as_json)


def _import_file(workspace: "Workspace", file: Path, session: str | None, format: Format, as_json: bool) -> None:
    from viking_git.model.messages import timestamp
    from viking_git.model.transcripts import parse_transcript

    data = read_stdin() if str(file) == "-" else _file_bytes(file)
    now = timestamp(workspace.store.clock())
    parsed = parse_transcript(data, format=format.value, name=str(file), now=now)
    name = session or parsed.session_id or (file.stem if str(file) != "-" else None)
    if name is None:
        raise InvalidContent("a transcript from stdin needs a name", hint="--session NAME")
    with working(f"importing {printable(name)}"):
        found, done = workspace.import_session(parsed, name)
    if as_json:
        put_json(
            {"session_id": found.id, "format": parsed.format, "added": len(done.messages),
             "messages": len(parsed.messages), "skipped": dict(parsed.skipped), "damaged": _damaged(parsed),
             "renamed": {new: old for old, new in done.renamed}}
        )  # fmt: skip
    else:
        _show_imported(found.id, parsed, len(done.messages))
    _say_damaged(parsed)
    commit_if_due(workspace, found)


def _show_imported(session: str, parsed: "Parsed", added: int) -> None:
    already = len(parsed.messages) - added
    notes = [f"{already:,} already there"] if already else []
    notes += [f"{count:,} {what} left out" for what, count in sorted(parsed.skipped.items())]
    notes += [f"{plural(len(parsed.damaged), 'damaged place')}"] if parsed.damaged else []
    print(f"{session}: {plural(added, 'new message')} ({parsed.format})" + (f"; {', '.join(notes)}" if notes else ""))
    if added:
        say(f"next: viking-git commit {session}")


def _damaged(parsed: "Parsed | None") -> list[dict[str, str]]:
    return [{"place": place, "reason": reason} for place, reason in parsed.damaged.items()] if parsed else []


def _say_damaged(parsed: "Parsed | None") -> None:
    """What of a transcript could not be read as it was written."""
    say_some([printable(f"damaged: {one['place']}: {one['reason']}") for one in _damaged(parsed)])


def _import_found(workspace: "Workspace", project: Path, session: str | None, yes: bool, as_json: bool) -> None:
    from viking_git.session.claude_code import find_transcripts

    if session is not None:
        raise typer.BadParameter("--session belongs to one FILE; each transcript has a session of its own")
    looked = workspace.environment.claude / "projects"
    found = find_transcripts(workspace.store, workspace.snapshot(), looked, project, workspace.spaces.user)
    if not found:
        raise NotFound(f"no Claude Code transcripts of {project.absolute()} below {looked}",
                       hint="go to the project's directory, or name it with --project DIR")  # fmt: skip
    new = [each for each in found if each.new]
    if not as_json:
        _show_found(found)
    if new and not yes:
        _ask(new)
    taken = [(each, *workspace.import_session(each.parsed, each.name)) for each in new if each.parsed is not None]
    _show_taken(found, taken, as_json)
    for _, id, _ in taken:
        commit_if_due(workspace, id)
    if any(each.problem for each in found):
        raise typer.Exit(1)


def _show_taken(found: "list[Found]", taken: "list[tuple[Found, SessionId, Appended]]", as_json: bool) -> None:
    if as_json:
        put_json(
            {
                "imported": [
                    {"session_id": id.id, "file": str(each.path), "added": len(done.messages),
                     "damaged": _damaged(each.parsed)}
                    for each, id, done in taken
                ],
                "unreadable": [{"file": str(each.path), "reason": each.problem} for each in found if each.problem],
            }
        )  # fmt: skip
    else:
        print("".join(f"{id.id}: {plural(len(done.messages), 'new message')}\n" for _, id, done in taken), end="")
    for each, _, _ in taken:
        _say_damaged(each.parsed)


def _ask(new: "list[Found]") -> None:
    count = plural(sum(each.new for each in new), "message")
    if not sys.stdin.isatty():
        raise Refused(f"nothing was imported: {plural(len(new), 'transcript')} with {count}", hint="--yes takes them")
    if not typer.confirm(f"Import {count}?", err=True):
        raise Refused("nothing was imported")


def _show_found(found: "list[Found]") -> None:
    for each in found:
        if each.problem:
            say(f"{each.path.name}: cannot be read: {each.problem}")
        else:
            state = plural(each.new, "new message") if each.new else "nothing new"
            print(f"{each.name}  {dim(each.last[:10])}  {state}  {printable(each.first)}", file=sys.stderr)


def _file_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidContent(f"cannot read {file}: {error.strerror}") from None
