"""``write``, ``edit``, ``mkdir``, ``mv``, ``cp``, ``rm``, ``stat``, ``grep``, ``glob``."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.completion import complete_uri
from viking_git.cli.documents import AllowSecrets, OptionalUri, Uri
from viking_git.cli.output import AsJson, bold, dim, plural, printable, printable_line, put_json, workspace_of
from viking_git.cli.streams import read_stdin
from viking_git.errors import InvalidContent, VikingError

if TYPE_CHECKING:
    from viking_git.session.publish import Published

Branch = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Commit to this branch instead of trunk; started from trunk if it is new."),
]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A file or a directory.", autocompletion=complete_uri)]
Target = Annotated[
    str,
    typer.Argument(metavar="TARGET", help="Its new name, or a directory to put it in.", autocompletion=complete_uri),
]
Force = Annotated[bool, typer.Option("-f", "--force", help="Replace a file that is there.")]
Hidden = Annotated[bool, typer.Option("-a", "--all", help="Layer files and other dotfiles too.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: echo 'We ship on Fridays.' | viking-git write viking://resources/team/ship.md")(write)
    app.command(epilog="Example: viking-git edit viking://user/memories/preferences/coding")(edit)
    app.command(epilog="Example: viking-git mkdir viking://resources/new-project/")(mkdir)
    app.command(epilog="Example: viking-git mv viking://resources/docs/old.md viking://resources/docs/new.md")(mv)
    app.command(epilog="Example: viking-git cp -r viking://resources/docs/ viking://resources/docs-2025/")(cp)
    app.command(epilog="Example: viking-git rm -r viking://resources/old-project/")(rm)
    app.command(epilog="Example: viking-git stat viking://resources/docs/")(stat)
    app.command(epilog="Example: viking-git grep -i 'oauth|token' viking://resources/")(grep)
    app.command(epilog="Example: viking-git glob 'viking://resources/**/*.md'")(glob)


def write(
    context: typer.Context,
    uri: Uri,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="What to write; stdin if left out or -.", show_default=False)
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add to the end of what is there.")] = False,
    branch: Branch = None,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Write a file from stdin or from FILE: one commit. A memory's content.md must be one."""
    workspace = workspace_of(context)
    done = workspace.files.write(uri, _read(file), append=append, branch=branch, allow_secrets=allow_secrets)
    show(done, as_json=as_json)


def edit(
    context: typer.Context,
    uri: Uri,
    branch: Branch = None,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Edit a file in your editor; of a memory, its content.md. Saved is committed, with new layers."""
    from viking_git.cli.editor import choose_editor, open_editor

    workspace = workspace_of(context)
    found, before, oid = workspace.files.editable(uri, branch=branch)
    editor = choose_editor(workspace.store.config("core.editor"))
    copy = Path(tempfile.mkdtemp(prefix="viking-git-")) / found.rpartition("/")[2]
    copy.write_bytes(before)
    open_editor(copy, editor)
    after = copy.read_bytes()
    try:
        done = None
        if after != before:
            done = workspace.files.write(found, after, branch=branch, expected=oid, allow_secrets=allow_secrets)
    except VikingError as error:
        raise type(error)(
            f"{error.message}; nothing was committed",
            hint=f"your text is safe in {copy}; mend it there, then: viking-git write {found} {copy}",
        ) from None
    copy.unlink()
    copy.parent.rmdir()
    if done is None:
        print("unchanged")
    else:
        show(done, as_json=as_json)


def mkdir(
    context: typer.Context,
    uri: Uri,
    parents: Annotated[
        bool, typer.Option("-p", "--parents", help="Make what is missing above it too; no error if it is there.")
    ] = False,
    branch: Branch = None,
    as_json: AsJson = False,
) -> None:
    """Make a directory. It has layers from the start, since git keeps no empty one."""
    show(workspace_of(context).files.mkdir(uri, parents=parents, branch=branch), as_json=as_json)


def mv(
    context: typer.Context,
    source: Source,
    target: Target,
    force: Force = False,
    branch: Branch = None,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Move or rename a document, a folder, or a memory. Relations and provenance follow."""
    done = workspace_of(context).files.mv(source, target, force=force, branch=branch, allow_secrets=allow_secrets)
    show(done, as_json=as_json)


def cp(
    context: typer.Context,
    source: Source,
    target: Target,
    recursive: Annotated[bool, typer.Option("-r", "-R", "--recursive", help="Copy a directory.")] = False,
    force: Force = False,
    branch: Branch = None,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Copy a document, or with -r a folder or a memory."""
    done = workspace_of(context).files.cp(
        source, target, recursive=recursive, force=force, branch=branch, allow_secrets=allow_secrets
    )
    show(done, as_json=as_json)


def rm(
    context: typer.Context,
    uris: Annotated[
        list[str],
        typer.Argument(metavar="URI", help="Files and directories.", show_default=False, autocompletion=complete_uri),
    ],
    recursive: Annotated[bool, typer.Option("-r", "-R", "--recursive", help="Remove directories.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Pass over what is not there.")] = False,
    branch: Branch = None,
    as_json: AsJson = False,
) -> None:
    """Remove files and directories, all in one commit. git revert brings them back."""
    done = workspace_of(context).files.rm(uris, recursive=recursive, force=force, branch=branch)
    show(done, as_json=as_json)


def stat(context: typer.Context, uri: OptionalUri = "viking://", as_json: AsJson = False) -> None:
    """Show what a file or a directory is, whether its layers are true, and which commit changed it last."""
    found = workspace_of(context).files.stat(uri)
    if as_json:
        put_json(found.to_json())
        return
    size = plural(found.size, "entry", "entries") if found.kind == "directory" else plural(found.size, "byte")
    print(f"{bold(found.uri)}\n  {found.kind}, {size}")
    if found.abstract:
        print(f"  abstract  {printable(found.abstract)}")
    if found.layers:
        print(f"  layers    {found.layers}")
    if found.changed:
        when = found.changed.time.strftime("%Y-%m-%d %H:%M")
        print(f"  changed   {when} by {printable(found.changed.author)}")
        print(f"            {found.changed.oid[:8]} {printable(found.changed.subject)}")
    print(f"  object    {found.oid or 'in no commit yet'}")


def grep(
    context: typer.Context,
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="A regular expression.")],
    uri: OptionalUri = "viking://",
    ignore_case: Annotated[bool, typer.Option("-i", "--ignore-case", help="Take A for a.")] = False,
    fixed: Annotated[bool, typer.Option("-F", "--fixed-strings", help="Take the pattern word for word.")] = False,
    _numbers: Annotated[
        bool, typer.Option("-n", "--line-number", help="Show line numbers. They always are shown.")
    ] = False,
    names: Annotated[bool, typer.Option("-l", "--files-with-matches", help="Show only the files' URIs.")] = False,
    everything: Hidden = False,
    as_json: AsJson = False,
) -> None:
    """Print the lines that match, in documents, memories and the conversations on this machine.

    Each comes with its URI, which read takes. Exit code 1 if there is none.
    """
    files = workspace_of(context).files
    lines = files.grep(pattern, uri, ignore_case=ignore_case, fixed=fixed, hidden=everything)
    found = False
    if as_json:
        rows = [line.to_json() for line in lines]
        put_json(list(dict.fromkeys(row["uri"] for row in rows)) if names else rows)
        raise typer.Exit(0 if rows else 1)
    last = ""
    for line in lines:
        found = True
        if names and line.uri != last:
            print(printable(line.uri))
        elif not names:
            print(f"{bold(printable(line.uri))}{dim(f'#{line.fragment}')}: {printable_line(line.text)}")
        last = line.uri
    raise typer.Exit(0 if found else 1)


def glob(
    context: typer.Context,
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="A URI with *, ? and […] within names, ** for any directories.",
            autocompletion=complete_uri,
        ),
    ],
    everything: Hidden = False,
    as_json: AsJson = False,
) -> None:
    """Print the URIs that match a pattern. Exit code 1 if there is none."""
    found = workspace_of(context).files.glob(pattern, hidden=everything)
    if as_json:
        put_json(found)
    else:
        print("".join(f"{printable(uri)}\n" for uri in found), end="")
    raise typer.Exit(0 if found else 1)


def show(done: "Published", *, as_json: bool) -> None:
    """What a verb did, on stdout: the line that ``log`` shows for it."""
    if as_json:
        changed, stale = ([f"viking://{path}" for path in paths] for paths in (done.changed, done.stale))
        put_json({"commit": done.commit, "subject": done.subject, "changed": changed, "stale": stale})
    elif done.commit:
        print(f"{done.commit[:8]}  {printable(done.subject)}")
    else:
        print("unchanged")


def _read(file: Path | None) -> bytes:
    if file is None or str(file) == "-":
        return read_stdin()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidContent(f"cannot read {file}: {error.strerror}") from None
