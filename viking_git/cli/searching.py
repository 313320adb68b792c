"""``find``, ``search``, ``context``."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.explaining import print_explanation
from viking_git.cli.output import AsJson, bold, dim, printable, put_json, put_json_line, say, workspace_of
from viking_git.cli.streams import stdin_lines
from viking_git.errors import InvalidContent, NotFound

if TYPE_CHECKING:
    from viking_git.retrieval.results import Hit, Results
    from viking_git.session.searching import SearchOptions
    from viking_git.workspace import Workspace

_SHOWN = 200
"""Characters that are shown of what was found."""
_IN_PART = " in what was searched"
"""Added where not all was: nothing is said of texts that nobody has looked at."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog='Example: viking-git find "how do we deploy" --uri viking://resources/ --since 2026-10')(find)
    app.command(epilog='Example: viking-git search "and how do I undo it" --session planning --explain')(search)
    app.command(epilog='Example: viking-git context "how do we deploy" --budget 1000')(context)


Query = Annotated[
    str | None, typer.Argument(metavar="QUERY", help='Words, a question, an identifier, or a "quoted phrase".')
]
Uri = Annotated[list[str] | None, typer.Option(metavar="URI", help="Look only below this; may be repeated.")]
Limit = Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many hits at most.")]
Threshold = Annotated[float | None, typer.Option(min=0, max=1, help="Leave out hits with a lower score.")]
Level = Annotated[int | None, typer.Option(min=0, max=2, help="Only abstracts (0), overviews (1) or the detail (2).")]
Type = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only memory, resource, skill or session.")]
Category = Annotated[str | None, typer.Option(metavar="NAME", help="Only memories of this category.")]
Owner = Annotated[str | None, typer.Option(metavar="SPACE", help="Only what belongs to this space.")]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Not older: 2026, 2026-11, 2026-11-02, a full time, last week, …")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Not newer, likewise; 2026-11 is all of November.")]
At = Annotated[str | None, typer.Option(metavar="REV|DATE", help="Search another commit, or trunk as it was then.")]
Links = Annotated[bool, typer.Option("--related", help="Add what the hits are linked to, with the reason.")]
Explain = Annotated[bool, typer.Option("--explain", help="Say what a score is made of and what was left out, and why.")]
Queries = Annotated[
    str | None, typer.Option(metavar="FILE", help="Ask every line of FILE (- is stdin); prints one JSON object a line.")
]
Trace = Annotated[Path | None, typer.Option(metavar="FILE", help="Write how the answer came about to FILE, as JSON.")]
Session = Annotated[str | None, typer.Option(metavar="SESSION", help="What was said there is part of the question.")]
SaveTest = Annotated[bool, typer.Option("--save-test", help="Add the question to viking-tests.yaml, and commit.")]
Expect = Annotated[
    list[str] | None, typer.Option(metavar="URI", help="What a saved test expects; the best hit if left out.")
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when nothing was found.")]


def find(
    context: typer.Context, query: Query = None, uri: Uri = None, limit: Limit = 10, threshold: Threshold = None,
    level: Level = None, type_: Type = None, category: Category = None, owner: Owner = None, since: Since = None,
    until: Until = None, at: At = None, links: Links = False, queries: Queries = None, explain: Explain = False,
    trace: Trace = None, save: SaveTest = False, expect: Expect = None, exit_code: ExitCode = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Search memories, conversations and documents by meaning and by words."""
    options: SearchOptions = {
        "uris": uri or [], "limit": limit, "threshold": threshold, "level": level, "type": type_, "category": category,
        "owner": owner, "since": since, "until": until, "at": at, "links": links, "explain": explain or bool(trace),
    }  # fmt: skip
    if (save and query is None) or (expect and not save):
        raise InvalidContent("a saved test is of one query", hint='viking-git find "…" --save-test --expect URI')
    workspace = workspace_of(context)
    if save:
        _save(workspace, query or "", expect or [], options)
    _answer(lambda text: workspace.find(text, **options), query, queries, trace, explain, exit_code, as_json)


def search(
    context: typer.Context, query: Query = None,
    session: Session = None,
    uri: Uri = None, limit: Limit = 10, threshold: Threshold = None,
    level: Level = None, type_: Type = None, category: Category = None, owner: Owner = None, since: Since = None,
    until: Until = None, at: At = None, links: Links = False, queries: Queries = None, explain: Explain = False,
    trace: Trace = None, exit_code: ExitCode = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Search within a conversation: its last messages say what the question leaves out."""
    options: SearchOptions = {
        "uris": uri or [], "limit": limit, "threshold": threshold, "level": level, "type": type_, "category": category,
        "owner": owner, "since": since, "until": until, "at": at, "links": links, "explain": explain or bool(trace),
    }  # fmt: skip
    workspace = workspace_of(context)
    if session is None:
        raise InvalidContent("search is asked in a session", hint="--session NAME; viking-git find needs none")
    found = workspace.session_id(session)
    _answer(lambda text: workspace.search(text, found, **options), query, queries, trace, explain, exit_code, as_json)


def context(
    context: typer.Context, query: Annotated[str, typer.Argument(metavar="QUERY", help="What the prompt is about.")],
    budget: Annotated[int, typer.Option("-b", "--budget", metavar="TOKENS", min=1, help="Tokens at most.")] = 1000,
    uri: Uri = None, type_: Type = None, since: Since = None, until: Until = None, at: At = None,
    exit_code: ExitCode = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Print what is known about something, best first, in as many tokens as a prompt has room for."""
    found = workspace_of(context).context(
        query, budget, "json" if as_json else "markdown", uris=uri or [], type=type_, since=since, until=until, at=at
    )
    if found.degraded:
        say(f"note: {found.degraded}")
    if found.fragments or as_json:
        print(found.render(), end="")
    if not found.fragments:
        say("nothing found that fits" + _IN_PART * bool(found.degraded))
        if exit_code:
            raise typer.Exit(1)


def _save(workspace: "Workspace", query: str, expect: list[str], options: "SearchOptions") -> None:
    """Add a test, and say what it expects."""
    from viking_git.session.searchtests import save_test

    test = save_test(workspace.searching, query, expect, options)
    say(f"saved a test that expects {', '.join(map(printable, test.expect))}")


def _answer(
    ask: "Callable[[str], Results]", query: str | None, queries: str | None, trace: Path | None, explain: bool,
    exit_code: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask one query or a file of them, and print the answers."""
    if (query is None) == (queries is None):
        raise InvalidContent("ask one query, or those of a file", hint="QUERY, or --queries FILE")
    if queries is not None:
        if trace is not None:
            raise InvalidContent("a trace is of one query", hint="--queries FILE --explain says it for each")
        total = _answer_each(ask, _lines(queries))
    else:
        total = _answer_one(ask, query or "", trace, explain, as_json)
    if exit_code and not total:
        raise typer.Exit(1)


def _answer_each(ask: "Callable[[str], Results]", lines: Iterator[str]) -> int:
    total = 0
    for line in lines:
        results = ask(line)
        total += results.total
        put_json_line({"query": line, **results.to_json()})
    return total


def _answer_one(ask: "Callable[[str], Results]", query: str, trace: Path | None, explain: bool, as_json: bool) -> int:
    results = ask(query)
    if trace is not None:
        _write_trace(trace, query, results)
    if as_json:
        shown = results.to_json()
        if not explain:
            shown.pop("explain", None)
        put_json(shown)
    else:
        _print(results)
        if explain and results.explanation is not None:
            print_explanation(results.explanation)
    return results.total


def _write_trace(path: Path, query: str, results: "Results") -> None:
    text = json.dumps({"query": query, **results.to_json()}, ensure_ascii=False, indent=2)
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise NotFound(f"cannot write {path}: {error.strerror or error}") from None


def _print(results: "Results") -> None:
    if results.degraded:
        say(f"note: {results.degraded}")
    if not results.hits:
        say("nothing found" + _IN_PART * bool(results.degraded or results.left_out))
    for hit in results.hits:
        _print_hit(hit)
    for one in results.related:
        print(f"  +   {bold(one.uri)}  {dim(printable(f'linked from {one.source}: {one.reason}'))}")
        if one.abstract:
            print(f"      {_shown(one.abstract)}")


def _print_hit(hit: "Hit") -> None:
    when = f"  {dim(hit.updated_at[:10])}" if hit.updated_at else ""
    status = f"  {hit.record.status}" if hit.record.status in {"contested", "superseded"} else ""
    print(f"{hit.score:.2f}  {bold(printable(hit.address))}{when}{status}")
    print(f"      {_shown(hit.abstract if hit.context_type == 'memory' else hit.match.text)}")


def _lines(name: str) -> Iterator[str]:
    """The lines of a file, or of stdin, that are not blank. Each line of stdin is answered before the next is read."""
    if name == "-":
        yield from (line.strip() for line in stdin_lines() if line.strip())
        return
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"cannot read the queries in {name}: {error}") from None
    yield from (line.strip() for line in text.splitlines() if line.strip())


def _shown(text: str) -> str:
    line = printable(text)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1].rstrip()}…"
