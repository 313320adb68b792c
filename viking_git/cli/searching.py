"""``find``."""

from typing import Annotated

import typer

from viking_git.cli.output import AsJson, bold, dim, printable, put_json, say, workspace_of


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog='Example: viking-git find "how do we deploy" --uri viking://resources/ --limit 5')(find)


def find(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    uri: Annotated[
        list[str] | None, typer.Option(metavar="URI", help="Look only below this directory; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many hits at most.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Search memories, conversations and documents by meaning and by words."""
    results = workspace_of(context).find(query, uris=uri or [], limit=limit)
    if as_json:
        put_json(results.to_json())
        return
    if results.degraded:
        say(f"note: {results.degraded}")
    if not results.hits:
        say("nothing found")
    for hit in results.hits:
        where = f"{hit.uri}#{hit.fragment}" if hit.fragment else hit.uri
        when = f"  {dim(hit.updated_at[:10])}" if hit.updated_at else ""
        print(f"{hit.score:.2f}  {bold(where)}{when}")
        print(f"      {printable(hit.abstract if hit.context_type == 'memory' else hit.match.text)[:200]}")
