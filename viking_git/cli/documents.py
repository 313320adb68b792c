"""``add``, ``ls``, ``tree``, ``read``, ``abstract``, ``overview``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.bar import Bar
from viking_git.cli.completion import complete_uri
from viking_git.cli.output import AsJson, Context, dim, plural, printable, put_bytes, put_json, say, workspace_of
from viking_git.cli.progress import working
from viking_git.errors import WouldDelete
from viking_git.model.uri import SCHEME, TRACKED_SCOPES, from_here
from viking_git.store.browse import branches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viking_git.resources.ingest import AddReport
    from viking_git.workspace import Workspace

Uri = Annotated[
    str,
    typer.Argument(
        metavar="URI",
        help="A viking:// URI, or a path such as resources/docs or ./guide.md.",
        autocompletion=complete_uri,
    ),
]
AllowSecrets = Annotated[
    bool, typer.Option("--allow-secrets", help="Let through files that look like they hold a secret.")
]
OptionalUri = Annotated[
    str, typer.Argument(metavar="URI", help="A viking:// URI, or a path.", autocompletion=complete_uri)
]

ListedUri = Annotated[
    str | None,
    typer.Argument(
        metavar="URI",
        help="A viking:// URI, or a path; if left out, the directory of the workspace that you are in, or viking://.",
        autocompletion=complete_uri,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git add docs/ --to viking://resources/handbook")(add)
    app.command(epilog="Example: viking-git ls viking://user/memories/preferences/")(ls)
    app.command(epilog="Example: viking-git tree viking://resources/ --depth 2")(tree)
    app.command(epilog="Example: viking-git read viking://resources/docs/guide.md#L10-L20")(read)
    app.command("cat", epilog="Example: viking-git cat resources/docs/guide.md --lines 10-20")(read)
    app.command(epilog="Example: viking-git abstract viking://resources/docs/")(abstract)
    app.command(epilog="Example: viking-git overview viking://resources/docs/")(overview)


def add(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files and folders.", show_default=False)],
    to: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Where to; viking://resources/<name of the folder or file> if left out."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of documents that came from elsewhere.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask where most of a folder is gone and would be deleted.")
    ] = False,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Add documents, as they are, with L0 and L1 layers. A folder added again is mirrored.

    A file with a password, a key or a token in it is left out, and said; exit code 1 then.
    """
    workspace = workspace_of(context)

    def run(yes: bool) -> "AddReport":
        with working("adding documents"):
            return workspace.add(paths, to, Bar("files"), replace=replace, yes=yes, allow_secrets=allow_secrets)

    try:
        report = run(yes)
    except WouldDelete as error:
        if not sys.stdin.isatty() or not typer.confirm(f"{error.message}. Go on?", err=True):
            raise
        report = run(True)
    if as_json:
        put_json(
            {
                "added": list(report.added), "changed": list(report.changed), "removed": list(report.removed),
                "unchanged": report.unchanged, "kept": list(report.kept), "not_searchable": list(report.not_searchable),
                "skipped": [{"path": path, "reason": reason} for path, reason in report.skipped],
                "withheld": [{"path": path, "reason": reason} for path, reason in report.withheld],
                "bad_bytes": [{"path": path, "reason": reason} for path, reason in report.bad_bytes],
                "stale": list(report.stale),
            }
        )  # fmt: skip
    else:
        _show_added(report, paths, to)
    say_withheld(report.withheld)


def _show_added(report: "AddReport", paths: list[Path], to: str | None) -> None:
    say_some([f"skipped {path}: {reason}" for path, reason in report.skipped])
    say_some([f"kept, not from this source: {path}" for path in report.kept])
    say_some([f"not searchable: {path}" for path in report.not_searchable])
    say_some([f"{path}: {reason}" for path, reason in report.bad_bytes])
    if not (report.added or report.changed or report.removed):
        print(f"nothing to add: {plural(report.unchanged, 'document')} already there")
        return
    _say_name(paths, to, next(iter([*report.added, *report.changed, *report.removed])))
    first = next(iter([*report.added, *report.changed, *report.removed]))
    print(f"{report.counts}  viking://{'/'.join(first.split('/')[:2])}/")


def say_withheld(withheld: "Sequence[tuple[str, str]]") -> None:
    """What the guard against secrets left out, each file, and the way through; exit code 1 if there is any."""
    for path, reason in withheld:
        say(f"left out {printable(path)}: {reason}")
    if withheld:
        from viking_git.memory.guard import HINT

        say(f"hint: {HINT}")
        raise typer.Exit(1)


def _say_name(paths: list[Path], to: str | None, first: str) -> None:
    """A folder's own name that could not be kept is the last thing that one would look for."""
    given, name = paths[0].resolve(), first.split("/")[1]
    if to is None and name not in {given.name, given.stem}:
        say(f"{printable(given.name)} is called {name} here; --to viking://resources/NAME calls it otherwise")


def say_some(lines: list[str], most: int = 5) -> None:
    """The first of ``lines``, and how many more there are: a folder of pictures must not bury what matters."""
    for line in lines[:most]:
        say(printable(line))
    if len(lines) > most:
        say(f"… and {len(lines) - most:,} more like it; --json lists all")


def ls(
    context: typer.Context,
    uri: ListedUri = None,
    everything: Annotated[bool, typer.Option("-a", "--all", help="Show layer files and other dotfiles too.")] = False,
    long: Annotated[bool, typer.Option("-l", "--long", help="Show sizes and abstracts.")] = False,
    as_json: AsJson = False,
) -> None:
    """List a directory."""
    workspace = workspace_of(context)
    entries = workspace.ls(uri or _here(context, workspace), hidden=everything, details=long or as_json)
    if as_json:
        put_json([entry.to_json() for entry in entries])
        return
    names = [printable(f"{entry.name}/" if entry.is_dir else entry.name) for entry in entries]
    if not long:
        print("".join(f"{name}\n" for name in names), end="")
        return
    width = min(max(map(len, names), default=0), 40)
    for entry, name in zip(entries, names, strict=True):
        size = "" if entry.is_dir else "?" if entry.size is None else f"{entry.size:,}"
        print(f"{size:>10}  {name:<{width}}  {dim(printable(entry.abstract))}".rstrip())


def _here(context: typer.Context, workspace: "Workspace") -> str:
    """The directory that the person is in, where it is one of a scope that has files; else all there is."""
    asked: Context = context.obj
    below = from_here(".", workspace.here, workspace.store.workdir) if asked.directory is None else SCHEME
    return below if below.partition("/")[0] in TRACKED_SCOPES else SCHEME


def tree(
    context: typer.Context,
    uri: ListedUri = None,
    depth: Annotated[int | None, typer.Option("-L", "--depth", min=1, help="How many levels; all if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is below a directory."""
    workspace = workspace_of(context)
    uri = uri or _here(context, workspace)
    found = workspace.tree(uri, depth=depth, details=as_json)
    if as_json:
        put_json([{**entry.to_json(), "level": len(lasts)} for lasts, entry in found])
        return
    rows = list(found)
    top = workspace.uri(uri)
    print(f"{top.uri.rstrip('/')}/" if top.full_path else top.uri)
    if rows:
        print("\n".join(branches(rows, printable)))


def read(
    context: typer.Context,
    uri: Uri,
    lines: Annotated[str | None, typer.Option(metavar="A-B", help="Only these lines, as in 10-20 or 10.")] = None,
) -> None:
    """Print a file (L2), or with #L10-L20, #msg_… or --lines a part of it. cat and read are the same."""
    put_bytes(workspace_of(context).read(f"{uri}#{_fragment(lines)}" if lines else uri))


def _fragment(lines: str) -> str:
    first, dash, last = lines.partition("-")
    if not (first.isdecimal() and int(first) and (last.isdecimal() if dash else True)):
        raise typer.BadParameter(f"{lines!r} are no lines; --lines 10-20 or --lines 10")
    return f"L{int(first)}-L{int(last)}" if dash else f"L{int(first)}"


def abstract(context: typer.Context, uri: Uri) -> None:
    """Print a directory's abstract (L0)."""
    print(workspace_of(context).abstract(uri).rstrip("\n"))


def overview(context: typer.Context, uri: Uri) -> None:
    """Print a directory's overview (L1)."""
    print(workspace_of(context).overview(uri).rstrip("\n"))
