"""``check``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.output import printable, put_verbatim, say, workspace_of
from viking_git.errors import VikingError

if TYPE_CHECKING:
    from viking_git.session.proof import Asked
    from viking_git.workspace import Workspace


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git check --base main --rev my-branch")(check)


def check(
    context: typer.Context,
    uris: Annotated[list[str] | None, typer.Argument(metavar="URI", help="Only below these.")] = None,
    rev: Annotated[
        str | None, typer.Option(metavar="REV", help="Judge this commit; the work tree with its edits if left out.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="REV", help="Judge what changed since it, merged with it; trunk if left out.")
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Judge what is staged, beside HEAD.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Look at all files, not only at those that changed.")] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Its changes of the rules were read and are right: judge by them."),
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="First mend what is mechanical, in the work tree.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Print notes too, on which nobody has to act.")] = False,
    format: Annotated[Format, typer.Option(help="How findings are printed.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append a summary in Markdown to this file.")
    ] = None,
    explain: Annotated[str | None, typer.Option(metavar="RULE", help="Say what a rule holds, and do nothing.")] = None,
    retrieval: Annotated[
        bool, typer.Option("--retrieval", help="Ask the questions of viking-tests.yaml instead, of REV and of BASE.")
    ] = False,
    floor: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the expected answers below which --retrieval fails.")
    ] = None,
) -> None:
    """Judge the workspace by its rules: layers, memories, archives, formats, names, secrets. Exit 1 on errors."""
    if explain is not None:
        _explain(explain)
        return
    if staged and (rev or base):
        raise typer.BadParameter("--staged is compared with HEAD: leave out --rev and --base")
    if as_json and format not in {Format.TEXT, Format.JSON}:
        raise typer.BadParameter(f"--json is --format json: leave out --format {format.value}")
    format = Format.JSON if as_json else format
    if floor is not None and not retrieval:
        raise typer.BadParameter("--floor is of --retrieval")
    workspace = workspace_of(context)
    if retrieval:
        if uris or staged or whole or accept or fix or strict or notes or format is Format.SARIF:
            raise typer.BadParameter("--retrieval takes --rev, --base, --floor, --summary and no --format sarif")
        _ask(workspace, rev, base, floor, format, summary)
        return
    from viking_git.session.proof import Asked

    below = tuple(workspace.uri(uri).full_path for uri in uris or ())
    asked = Asked(rev=rev, base=base, staged=staged, whole=whole, accepted=accept, below=below)
    _judge(workspace, asked, format, summary, fix=fix, strict=strict, notes=notes)


def _explain(name: str) -> None:
    from viking_git.checks.page import explain
    from viking_git.checks.run import rule

    print(explain(rule(name)))


def _judge(
    workspace: "Workspace",
    asked: "Asked",
    format: Format,
    summary: Path | None,
    *,
    fix: bool,
    strict: bool,
    notes: bool,
) -> None:
    """Run the rules, and print what they find."""
    from viking_git.checks.report import FORMATS, as_summary, as_text, counts
    from viking_git.session.checking import check

    checked = check(workspace.store, workspace.policy, asked, fix=fix)
    for path in checked.mended:
        say(f"mended {printable(path)}")
    text = (
        as_text(checked.findings, notes=True)
        if notes and format is Format.TEXT
        else FORMATS[format.value](checked.findings)
    )
    _put(text, format)
    if format is Format.TEXT:
        unseen = not notes and any(finding.severity == "note" for finding in checked.findings)
        say(f"{counts(checked.findings)}{' (--notes shows them)' if unseen else ''}")
    if summary is not None:
        _append(summary, as_summary(checked.findings))
    if checked.fails(strict=strict):
        raise typer.Exit(1)


def _ask(
    workspace: "Workspace", rev: str | None, base: str | None, floor: float | None, format: Format, summary: Path | None
) -> None:
    """Run the retrieval tests, and print what became of the answers."""
    from viking_git.cli.searchtests import FORMATS, as_summary, counts
    from viking_git.session.searchtests import run_tests

    report = run_tests(workspace.searching, rev, base, floor)
    text = FORMATS[format.value](report)
    _put(text, format)
    if report.degraded:
        say(f"note: {report.degraded}")
    if format is Format.TEXT:
        say(counts(report))
    if summary is not None:
        _append(summary, as_summary(report))
    if report.fails:
        raise typer.Exit(1)


def _put(text: str, format: Format) -> None:
    if text and format is Format.GITHUB:
        # These are commands to the runner, each with what others wrote escaped.
        put_verbatim(f"{text}\n".encode("utf-8", "replace"))
    elif text:
        print(text)


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise VikingError(f"cannot write {file}: {error.strerror}") from None
