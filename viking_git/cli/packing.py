"""``export``, ``import``, ``pack list|verify|diff``, ``backup``, ``restore``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from viking_git.cli.completion import complete_uri
from viking_git.cli.contents import Commands
from viking_git.cli.documents import AllowSecrets, Uri, say_withheld
from viking_git.cli.output import AsJson, plural, printable, put_json, say, workspace_of
from viking_git.errors import BadPack, NotAWorkspace

if TYPE_CHECKING:
    from viking_git.config import PackPolicy
    from viking_git.session.export import ExportOptions, ExportReport
    from viking_git.session.importing import ImportOptions, ImportReport

SHOWN = 20
"""Lines of one kind that are printed; --json has all."""


class Format(StrEnum):
    """A version of the format."""

    V3 = "v3"
    V2 = "v2"
    V1 = "v1"


class OnConflict(StrEnum):
    """What to do where something is already."""

    FAIL = "fail"
    OVERWRITE = "overwrite"
    SKIP = "skip"


PackFile = Annotated[Path, typer.Argument(metavar="FILE", help="A pack, usually called NAME.ovpack.")]
FormatOption = Annotated[
    Format, typer.Option("--format", help="v3 is what OpenViking takes now; v2 and v1 are for older ones.")
]
Rev = Annotated[str | None, typer.Option(help="The commit, branch or tag to pack; trunk if left out.")]
IncludeVectors = Annotated[bool, typer.Option("--include-vectors", help="Put the vectors of search in.")]
WithTranscripts = Annotated[bool, typer.Option("--with-transcripts", help="Put private transcripts in.")]
AsUser = Annotated[
    bool,
    typer.Option("--as-user", help="Map an agent's things and sessions into the user scope, as OpenViking has them."),
]
Force = Annotated[bool, typer.Option("--force", help="The same as --on-conflict overwrite.")]
Conflict = Annotated[
    OnConflict | None, typer.Option(help="Where something is already: refuse (the default), replace it, or leave it.")
]
NoVectorize = Annotated[bool, typer.Option("--no-vectorize", help="Leave the search index to the next search.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and say what would be done; write nothing.")]
Branch = Annotated[str | None, typer.Option(metavar="NAME", help="Commit to a new branch, to review and merge.")]
AsIs = Annotated[bool, typer.Option("--as-is", help="Move and rewrite nothing; missing layers are made all the same.")]
KeepSkills = Annotated[bool, typer.Option("--keep-skills", help="Leave a user's skills in the user's space.")]

packs = Commands(help="Look into packs.", epilog="Example: viking-git pack verify my-project.ovpack")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git export viking://resources/my-project/ my-project.ovpack")(export)
    app.command("import", epilog="Example: viking-git import my-project.ovpack viking://resources/imported/")(import_)
    app.command(epilog="Example: viking-git backup backup.ovpack --with-history")(backup)
    app.command(epilog="Example: viking-git restore backup.ovpack ~/rebuilt --with-history")(restore)
    packs.command("list", epilog="Example: viking-git pack list my-project.ovpack")(list_)
    packs.command("verify", epilog="Example: viking-git pack verify my-project.ovpack")(verify)
    packs.command("diff", epilog="Example: viking-git pack diff my-project.ovpack viking://resources/my-project/")(diff)
    app.add_typer(packs, name="pack")


def export(
    context: typer.Context,
    uri: Uri,
    file: PackFile,
    version: FormatOption = Format.V3,
    rev: Rev = None,
    include_vectors: IncludeVectors = False,
    with_transcripts: WithTranscripts = False,
    as_user: AsUser = False,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Write a directory of any revision to a pack."""
    workspace = workspace_of(context)
    options = _export_options(version, rev, with_transcripts, workspace.spaces.user if as_user else None, allow_secrets)
    report = workspace.packs.export(workspace.uri(uri), file, options, include_vectors=include_vectors)
    _show_export(report, as_json)
    say_withheld(report.withheld)


def import_(
    context: typer.Context,
    file: PackFile,
    uri: Annotated[
        str | None,
        typer.Argument(
            metavar="URI",
            help="The directory to import into, not the final root; where it came from if "
            "left out, or viking://resources/ if it does not say.",
            autocompletion=complete_uri,
        ),
    ] = None,
    force: Force = False,
    on_conflict: Conflict = None,
    no_vectorize: NoVectorize = False,
    dry_run: DryRun = False,
    branch: Branch = None,
    as_is: AsIs = False,
    keep_skills: KeepSkills = False,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Import a pack of any version, in one commit; nothing is written unless all of it is sound."""
    workspace = workspace_of(context)
    options = _import_options(force, on_conflict, dry_run, branch, as_is, keep_skills, allow_secrets)
    report = workspace.packs.import_(file, workspace.uri(uri) if uri else None, options, vectorize=not no_vectorize)
    _show_import(report, as_json, dry_run)
    say_withheld(report.withheld)


def backup(
    context: typer.Context,
    file: PackFile,
    rev: Rev = None,
    include_vectors: IncludeVectors = False,
    with_transcripts: WithTranscripts = False,
    as_user: AsUser = False,
    with_history: Annotated[
        bool, typer.Option("--with-history", help="Write FILE.bundle too: every branch and tag, for git.")
    ] = False,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Write all scopes to one pack, which only restore takes."""
    workspace = workspace_of(context)
    options = _export_options(
        Format.V3, rev, with_transcripts, workspace.spaces.user if as_user else None, allow_secrets
    )
    report = workspace.packs.backup(file, options, include_vectors=include_vectors, with_history=with_history)
    _show_export(report, as_json)
    say_withheld(report.withheld)


def restore(
    context: typer.Context,
    file: PackFile,
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIRECTORY", help="A new workspace; the one here if left out.", show_default=False),
    ] = None,
    with_history: Annotated[
        bool, typer.Option("--with-history", help="Rebuild DIRECTORY from FILE.bundle, with its whole history.")
    ] = False,
    force: Force = False,
    on_conflict: Conflict = None,
    no_vectorize: NoVectorize = False,
    dry_run: DryRun = False,
    branch: Branch = None,
    as_is: AsIs = False,
    keep_skills: KeepSkills = False,
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back: into this workspace, or as a new one."""
    from viking_git.session.rebuild import rebuild
    from viking_git.workspace import Workspace

    if with_history:
        if directory is None:
            raise typer.BadParameter("--with-history rebuilds a workspace: name its DIRECTORY")
        rebuild(file, directory)
        print(f"rebuilt {directory} with its history")
        return
    workspace = Workspace.init(directory, notice=say)[0] if directory else workspace_of(context)
    options = _import_options(force, on_conflict, dry_run, branch, as_is, keep_skills, allow_secrets)
    report = workspace.packs.restore(file, options, vectorize=not no_vectorize)
    _show_import(report, as_json, dry_run)
    say_withheld(report.withheld)


def list_(context: typer.Context, file: PackFile, as_json: AsJson = False) -> None:
    """List what a pack holds."""
    from viking_git.pack.read import open_pack

    with open_pack(file, _limits(context)) as pack:
        manifest = pack.manifest
        files = [(path, pack.size(path)) for path in pack.files]
        directories = pack.directories
    if as_json:
        put_json(
            {
                "version": manifest.version, "root": {"name": manifest.root.name, "uri": manifest.root.uri},
                "backup": manifest.is_backup, "content_sha256": manifest.content_sha256,
                "files": [{"path": path, "size": size} for path, size in files], "directories": directories,
                "vectors": manifest.index.dense.count if manifest.index.dense else 0,
            }
        )  # fmt: skip
        return
    say(f"version {manifest.version}, {plural(len(files), 'file')}, from {manifest.root.uri or 'nowhere that it says'}")
    for path in directories:
        print(f"{'':>12}  {printable(path)}/")
    for path, size in files:
        print(f"{size:>12,}  {printable(path)}")


def verify(context: typer.Context, file: PackFile, as_json: AsJson = False) -> None:
    """Unpack and check every byte of a pack; exit 1 where it is not sound."""
    from viking_git.pack.read import open_pack

    try:
        with open_pack(file, _limits(context)) as pack:
            count = sum(1 for _ in pack.check())
            manifest = pack.manifest
    except BadPack as error:
        if as_json:
            put_json({"sound": False, "member": error.member, "problem": error.message})
        else:
            print(f"not sound: {printable(error.message)}")
        raise typer.Exit(1) from None
    if as_json:
        put_json({"sound": True, "version": manifest.version, "files": count, "manifest_sha256": manifest.sha256})
    else:
        checksums = "" if manifest.version != 1 else "; v1 has no checksums but those of ZIP"
        print(f"sound: version {manifest.version}, {plural(count, 'file')}{checksums}")


def diff(
    context: typer.Context,
    file: PackFile,
    other: Annotated[
        str | None, typer.Argument(metavar="FILE|URI", help="Where the pack comes from, if left out.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where they differ.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which files a pack and another one, or the workspace, do not have alike."""
    workspace = workspace_of(context)
    right = None if other is None else Path(other) if Path(other).is_file() else workspace.uri(other)
    found = workspace.packs.differences(file, right)
    if as_json:
        put_json([{"status": difference.status, "path": difference.path} for difference in found])
    else:
        for difference in found:
            print(f"{difference.status}  {printable(difference.path)}")
        if not found:
            say("no difference")
    if found and exit_code:
        raise typer.Exit(1)


def _limits(context: typer.Context) -> "PackPolicy":
    """The workspace's limits; the defaults outside of any."""
    from viking_git.config import PackPolicy

    try:
        return workspace_of(context).packs.limits
    except NotAWorkspace:
        return PackPolicy()


def _export_options(
    version: Format, rev: str | None, with_transcripts: bool, as_user: str | None, allow_secrets: bool
) -> "ExportOptions":
    from viking_git.session.export import ExportOptions

    numbers: dict[Format, Literal[1, 2, 3]] = {Format.V3: 3, Format.V2: 2, Format.V1: 1}
    return ExportOptions(numbers[version], rev, with_transcripts, as_user, allow_secrets=allow_secrets)


def _import_options(
    force: bool,
    on_conflict: OnConflict | None,
    dry_run: bool,
    branch: str | None,
    as_is: bool,
    keep_skills: bool,
    allow_secrets: bool,
) -> "ImportOptions":
    from viking_git.session.importing import ImportOptions

    if force and on_conflict not in {None, OnConflict.OVERWRITE}:
        raise typer.BadParameter("--force is --on-conflict overwrite: choose one")
    chosen = OnConflict.OVERWRITE if force else on_conflict or OnConflict.FAIL
    return ImportOptions(
        on_conflict=chosen.value, as_is=as_is, skills="user" if keep_skills else "agent", branch=branch,
        dry_run=dry_run, allow_secrets=allow_secrets,
    )  # fmt: skip


def _show_export(report: "ExportReport", as_json: bool) -> None:
    manifest = report.manifest
    files = len(manifest.files)
    if as_json:
        put_json(
            {
                "file": str(report.file), "bytes": report.bytes, "version": manifest.version, "files": files,
                "content_sha256": manifest.content_sha256, "manifest_sha256": manifest.sha256,
                "left_out": [{"path": path, "reason": reason} for path, reason in report.left_out],
                "notes": list(report.notes),
                "withheld": [{"path": path, "reason": reason} for path, reason in report.withheld],
            }
        )  # fmt: skip
        return
    _say_some("left out ", [f"{path}: {reason}" for path, reason in report.left_out])
    _say_some("note: ", report.notes)
    print(f"{report.file}: {plural(files, 'file')}, {report.bytes:,} bytes")


def _show_import(report: "ImportReport", as_json: bool, dry_run: bool) -> None:
    if as_json:
        put_json(
            {
                "uri": report.uri, "commit": report.commit, "files": report.files, "dry_run": dry_run,
                "remade": report.remade, "private": report.private,
                "version": report.manifest.version, "manifest_sha256": report.manifest.sha256,
                "moved": [{"from": m.source, "to": m.path, "why": m.why} for m in report.moved],
                "added": list(report.added), "replaced": list(report.replaced), "skipped": list(report.skipped),
                "notes": list(report.notes),
                "withheld": [{"path": path, "reason": reason} for path, reason in report.withheld],
            }
        )  # fmt: skip
        return
    _say_some("moved ", [f"{m.source} -> {m.path}: {m.why}" for m in report.moved])
    _say_some("replaced " if not dry_run else "would replace ", [f"viking://{path}" for path in report.replaced])
    _say_some("left as it was: ", [f"viking://{path}" for path in report.skipped])
    _say_some("note: ", report.notes)
    done = "would import" if dry_run else "imported" if report.commit else "nothing changed by"
    print(
        f"{done} {plural(report.files, 'file')} at {report.uri}" + (f" ({report.commit[:8]})" if report.commit else "")
    )
    if report.remade:
        print(f"  of these, {plural(report.remade, 'layer')} made anew from other files")
    if report.private:
        print(f"  of these, {plural(report.private, 'transcript')} kept private, not in the tree")
    if report.added:
        print(f"  besides, {plural(len(report.added), 'file')} made: layers and sidecars")


def _say_some(label: str, lines: "list[str] | tuple[str, ...]") -> None:
    for line in lines[:SHOWN]:
        say(f"{label}{printable(line)}")
    if len(lines) > SHOWN:
        say(f"{label}{len(lines) - SHOWN:,} more (--json has all)")
