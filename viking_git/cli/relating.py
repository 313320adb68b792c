"""``relations``, ``link``, ``unlink``."""

from typing import Annotated

import typer

from viking_git.cli.completion import complete_uri
from viking_git.cli.documents import Uri
from viking_git.cli.files import Branch, show
from viking_git.cli.output import AsJson, bold, dim, printable, put_json, say, workspace_of

Targets = Annotated[
    list[str],
    typer.Argument(metavar="TARGET", help="What it is related to.", show_default=False, autocompletion=complete_uri),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git relations viking://resources/docs/")(relations)
    app.command(
        epilog='Example: viking-git link viking://resources/docs/ viking://resources/api/ --reason "what it documents"'
    )(link)
    app.command(epilog="Example: viking-git unlink viking://resources/docs/ viking://resources/api/")(unlink)


def relations(context: typer.Context, uri: Uri, as_json: AsJson = False) -> None:
    """Show what a directory is related to, and why. Of a file, its directory's relations."""
    found = workspace_of(context).files.relations(uri)
    if as_json:
        put_json([{**r.extra, "uri": r.uri, "reason": r.reason, "created_at": r.created_at} for r in found])
        return
    if not found:
        say("no relations")
    for relation in found:
        print(f"{bold(printable(relation.uri))}  {dim(printable(relation.reason))}".rstrip())


def link(
    context: typer.Context,
    uri: Uri,
    targets: Targets,
    reason: Annotated[str, typer.Option(help="Why they are related.")] = "",
    branch: Branch = None,
    as_json: AsJson = False,
) -> None:
    """Say that a directory is related to other things."""
    show(workspace_of(context).files.link(uri, targets, reason=reason, branch=branch), as_json=as_json)


def unlink(context: typer.Context, uri: Uri, targets: Targets, branch: Branch = None, as_json: AsJson = False) -> None:
    """Say that a directory is related to other things no longer."""
    show(workspace_of(context).files.unlink(uri, targets, branch=branch), as_json=as_json)
