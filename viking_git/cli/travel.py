"""``merge``, ``update``, ``sync``, ``clone`` and the merge driver that git calls."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.documents import AllowSecrets
from viking_git.cli.output import AsJson, plural, put_json, say, workspace_of
from viking_git.errors import InvalidContent

if TYPE_CHECKING:
    from viking_git.session.branches import Merged
    from viking_git.session.rewind import Answer
    from viking_git.session.sync import Synced

Branch = Annotated[str, typer.Argument(metavar="BRANCH", help="A branch, e.g. viking/default/chat or origin/main.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git merge viking/default/chat --check")(merge)
    app.command(epilog="Example: viking-git update viking/default/chat")(update)
    app.command(epilog="Example: viking-git sync origin")(sync)
    app.command(epilog="Example: viking-git clone --scope resources/manuals git@example.com:me/memory.git")(clone)
    app.command("merge-driver", hidden=True, epilog="Example: viking-git merge-driver %O %A %B %L %P")(merge_driver)


def merge(
    context: typer.Context,
    branch: Branch,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it would merge and how.")] = False,
    as_json: AsJson = False,
) -> None:
    """Merge a branch into trunk by meaning; nothing is lost and no conflict marker is written.

    With --check nothing is changed, and the exit code is 1 where somebody would have to choose between variants.
    """
    merged = workspace_of(context).branches.merge(branch, check=check)
    if as_json:
        put_json(merged.to_json())
    else:
        _show(merged, "would change" if check else "changed")
    if check and not merged.is_clean:
        raise typer.Exit(1)


def update(context: typer.Context, branch: Branch, as_json: AsJson = False) -> None:
    """Bring trunk into a branch that waits, so that a site's merge button works again."""
    merged = workspace_of(context).branches.update(branch)
    if as_json:
        put_json(merged.to_json())
    else:
        _show(merged, "brought in")


def sync(
    context: typer.Context,
    remote: Annotated[str | None, typer.Argument(metavar="REMOTE", help="A remote; trunk's own if left out.")] = None,
    take_rewind: Annotated[
        bool, typer.Option("--take-rewind", help="Let go here what the remote let go; keep your own commits on top.")
    ] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Bring back to the remote what it let go.")] = False,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Fetch, merge trunk by meaning, push: this clone and the remote end the same, and nothing is forced.

    Where the remote was rewound, or a branch that waits was deleted there, sync stops before it merges or pushes, names
    what is gone there, and takes one of the two options. The exit code is 1 then, and where the remote does not take
    all of it, or somebody has to choose between variants.
    """
    if take_rewind and restore:
        raise typer.BadParameter("--take-rewind lets go what --restore brings back: choose one")
    answer: Answer | None = "take" if take_rewind else "restore" if restore else None
    done = workspace_of(context).branches.sync(remote, answer, allow_secrets=allow_secrets)
    if as_json:
        put_json(done.to_json())
    else:
        _tell(done)
    for path in done.contested:
        say(f"contested, both variants kept: {path}")
    for note in done.notes:
        say(f"note: {note}")
    if done.notes or done.contested:
        raise typer.Exit(1)


def _tell(done: "Synced") -> None:
    print(f"{done.remote}: {plural(done.received, 'commit')} received, {plural(done.sent, 'commit')} sent")
    for session in done.landed:
        print(f"  landed: {session}")
    for ref in done.let_go:
        print(f"  let go, as there: {ref}")
    for ref in done.brought_back:
        print(f"  brought back there: {ref}")
    for branch in done.pushed:
        print(f"  for review there: {branch}")


def clone(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="What git clone takes.")],
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where; by the URL's name if left out.", show_default=False)
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar="URI", help="Take only this directory; may be given again.", show_default=False
        ),
    ] = None,
) -> None:
    """Clone a workspace and make it ready: merge driver, a space of your own.

    With --scope the files of the named directories, and those right above them, are fetched and searched; everything is
    listed, and what lies elsewhere is fetched when it is read. git sparse-checkout add DIRECTORY takes more.
    """
    from viking_git.session.background import index_soon
    from viking_git.workspace import Workspace

    start = context.obj.directory or Path()
    target = start / (directory or _named_by(url))
    workspace, made = Workspace.clone(url, target, scopes=scope or (), notice=say)
    print(f"workspace in {workspace.store.workdir or target}, memories land on {made.policy.trunk}")
    if made.scopes:
        print(f"it holds {', '.join(f'viking://{path}/' for path in made.scopes)}; the rest is fetched on need")
    if made.own_space:
        print(f"your own space is viking://user/{made.own_space}/ (git config viking.user)")
    if index_soon(workspace.store):
        print("the search index is being built in the background; until then, find searches by words")
    for note in made.notes:
        say(f"note: {note}")


def merge_driver(
    base: Annotated[Path, typer.Argument(metavar="%O", help="The file both sides started from.")],
    ours: Annotated[Path, typer.Argument(metavar="%A", help="Ours; the result is written to it.")],
    theirs: Annotated[Path, typer.Argument(metavar="%B", help="Theirs.")],
    _marker: Annotated[str, typer.Argument(metavar="%L", help="The size of markers; none is ever written.")],
    path: Annotated[str, typer.Argument(metavar="%P", help="The path in the repository.")],
) -> None:
    """Merge one file for git, as ``merge`` does; git calls it where .gitattributes say merge=viking."""
    from viking_git.model.filemerge import drive

    try:
        data = drive(path, base.read_bytes(), ours.read_bytes(), theirs.read_bytes())
    except OSError as error:
        raise InvalidContent(f"cannot read {error.filename}: {error.strerror}") from None
    if data is None:
        say(f"{path}: cannot be merged; {_way_out(path)}")
        raise typer.Exit(1)
    ours.write_bytes(data)


def _way_out(path: str) -> str:
    from viking_git.model.layout import archive_of

    if archive_of(path):
        # File by file no archive can get another number.
        return "two archives have this number: git merge --abort, then viking-git sync, or viking-git merge BRANCH"
    return "choose a side with git checkout --ours or --theirs"


def _show(merged: "Merged", what: str) -> None:
    if merged.commit is None and not merged.changed:
        print(f"{merged.branch}: nothing new")
        return
    where = f" in {merged.commit[:8]}" if merged.commit else ""
    print(f"{merged.branch}: {plural(len(merged.changed), 'file')} {what}{where}")
    for path in merged.contested:
        print(f"  contested, both variants kept: {path}")
    for path in merged.kept_both:
        print(f"  both versions kept, under two names: {path}")


def _named_by(url: str) -> str:
    """The directory that git clone would choose."""
    name = url.rstrip("/").removesuffix("/.git").replace(":", "/").rpartition("/")[2].removesuffix(".git")
    return name or "workspace"
