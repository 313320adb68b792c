"""``check``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from viking_git.cli.output import printable, say, workspace_of
from viking_git.errors import VikingError


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
    uris: Annotated[list[str] | None, typer.Argument(metavar="[URI]...", help="Only below these.")] = None,
    rev: Annotated[
        str | None, typer.Option(metavar="REV", help="Judge this commit; the work tree with its edits if left out.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="REV", help="Judge what changed since it, merged with it; trunk if left out.")
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Judge what is staged, beside HEAD.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Look at all files, not only at those that changed.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="First mend what is mechanical, in the work tree.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    format: Annotated[Format, typer.Option(help="How findings are printed.")] = Format.TEXT,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append a summary in Markdown to this file.")
    ] = None,
    explain: Annotated[str | None, typer.Option(metavar="RULE", help="Say what a rule holds, and do nothing.")] = None,
) -> None:
    """Judge the workspace by its rules: layers, memories, archives, formats, names, secrets. Exit 1 on errors."""
    if explain is not None:
        from viking_git.checks.page import explain as said
        from viking_git.checks.run import rule

        print(said(rule(explain)))
        return
    if staged and (rev or base):
        raise typer.BadParameter("--staged is compared with HEAD: leave out --rev and --base")
    from viking_git.checks.report import FORMATS, as_summary, counts
    from viking_git.session import checking
    from viking_git.session.proof import Asked

    workspace = workspace_of(context)
    below = tuple(workspace.uri(uri).full_path for uri in uris or ())
    asked = Asked(rev=rev, base=base, staged=staged, whole=whole, below=below)
    checked = checking.check(workspace.store, workspace.policy, asked, fix=fix)
    for path in checked.mended:
        say(f"mended {printable(path)}")
    text = FORMATS[format.value](checked.findings)
    if text:
        print(text)
    if format is Format.TEXT:
        say(counts(checked.findings))
    if summary is not None:
        _append(summary, as_summary(checked.findings))
    if checked.fails(strict=strict):
        raise typer.Exit(1)


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise VikingError(f"cannot write {file}: {error.strerror}") from None
