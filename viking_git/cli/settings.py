"""``config`` and ``doctor``: how this workspace is set, and whether this machine is fit for it."""

from typing import Annotated

import typer

from viking_git.cli.contents import Commands
from viking_git.cli.output import AsJson, Context, dim, plural, put_json, workspace_of
from viking_git.errors import VikingError

Key = Annotated[str, typer.Argument(metavar="KEY", help="A key as config list prints it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = Commands()
    group.command("list", epilog="Example: viking-git config list")(list_settings)
    group.command("get", epilog="Example: viking-git config get sessions.transcripts")(get)
    group.command("set", epilog="Example: viking-git config set sessions.review true")(set_value)
    app.add_typer(group, name="config", help="Settings: of the workspace (viking.yaml) and of this machine.",
                  epilog="Example: viking-git config list")  # fmt: skip
    app.command(epilog="Example: viking-git doctor --json")(doctor)


def list_settings(context: typer.Context, as_json: AsJson = False) -> None:
    """List every setting, its value, and where it comes from."""
    found = workspace_of(context).settings.list()
    if as_json:
        put_json([{"key": each.key, "value": each.value, "origin": each.origin} for each in found])
    for each in found if not as_json else ():
        print(f"{each.key}={each.text}  {dim(each.origin)}")


def get(context: typer.Context, key: Key, as_json: AsJson = False) -> None:
    """Print one setting; exit 1 if it is not set."""
    found = workspace_of(context).settings.get(key)
    if as_json:
        put_json({"key": found.key, "value": found.value, "origin": found.origin})
    elif found.value is not None:
        print(found.text)
    if found.value is None:
        raise typer.Exit(1)


def set_value(
    context: typer.Context, key: Key, value: Annotated[str, typer.Argument(metavar="VALUE", help="The new value.")]
) -> None:
    """Set one: keys of the workspace by a commit, which travels; viking.* in this repository's git config."""
    found = workspace_of(context).settings.set(key, value)
    print(f"{found.key}={found.text}  {dim(found.origin)}")


def doctor(
    context: typer.Context,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended, then look.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at what viking-git needs here: identity, trunk, locks, model, caches, versions, unfinished sessions.

    Without --fix nothing is changed. Exit 1 with a finding.
    """
    from viking_git.config import read_environment
    from viking_git.session.doctor import machine_checks, signer
    from viking_git.session.health import Check

    environment = read_environment()
    found = machine_checks(environment)
    given: Context = context.obj
    try:
        found += given.workspace().doctor(fix=fix)
    except VikingError as error:
        found += [signer(environment), Check("workspace", "finding", error.message, error.hint)]
    findings = sum(check.level == "finding" for check in found)
    if as_json:
        put_json({"checks": [check.to_json() for check in found], "findings": findings})
    else:
        for check in found:
            print(
                f"{check.level:<8} {check.name}: {check.text}"
                + (f"\n         {dim('hint: ' + check.hint)}" if check.hint else "")
            )
        print(plural(findings, "finding") if findings else "all is well")
    if findings:
        raise typer.Exit(1)
