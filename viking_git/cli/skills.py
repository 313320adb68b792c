"""``skill …``: what an agent can do, per the Agent Skills specification."""

from pathlib import Path
from typing import Annotated

import typer

from viking_git.cli.contents import Commands
from viking_git.cli.documents import AllowSecrets, say_withheld
from viking_git.cli.output import AsJson, bold, dim, plural, printable, put_json, say, workspace_of

Name = Annotated[str, typer.Argument(metavar="NAME", help="A skill's name or URI.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = Commands()
    group.command("add", epilog="Example: viking-git skill add code-search/")(add)
    group.command("list", epilog="Example: viking-git skill list --json")(list_skills)
    group.command("show", epilog="Example: viking-git skill show code-search")(show)
    group.command("validate", epilog="Example: viking-git skill validate code-search/")(validate)
    group.command("rm", epilog="Example: viking-git skill rm code-search")(remove)
    app.add_typer(group, name="skill", help="Skills of the agent: bring in, look at, check, remove.",
                  epilog="Example: viking-git skill list")  # fmt: skip


def add(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="DIR|FILE…", help="Folders with a SKILL.md, or such files.", show_default=False),
    ],
    allow_secrets: AllowSecrets = False,
    as_json: AsJson = False,
) -> None:
    """Bring skills in, whole: SKILL.md, scripts, references, executable bits. Added again, a folder is mirrored."""
    workspace = workspace_of(context)
    done = []
    for path in paths:
        uri, report = workspace.skills.add(path, allow_secrets=allow_secrets)
        done.append((uri, report))
        for name, reason in report.skipped:
            say(f"skipped {name}: {reason}")
        if as_json:
            continue
        if report.added or report.changed or report.removed:
            print(f"{report.counts}  {uri}")
        else:
            print(f"nothing to add: {uri} is there already")
    if as_json:
        put_json(
            [
                {"uri": uri, "added": list(r.added), "changed": list(r.changed), "removed": list(r.removed),
                 "stale": list(r.stale), "skipped": [{"path": path, "reason": reason} for path, reason in r.skipped],
                 "withheld": [{"path": path, "reason": reason} for path, reason in r.withheld]}
                for uri, r in done
            ]
        )  # fmt: skip
    say_withheld([left_out for _, report in done for left_out in report.withheld])


def list_skills(context: typer.Context, as_json: AsJson = False) -> None:
    """List skills with what each is for."""
    found = workspace_of(context).skills.list()
    if as_json:
        put_json([kept.to_json() for kept in found])
        return
    for kept in found:
        broken = "  (not valid: viking-git skill validate)" if kept.skill.problems else ""
        print(f"{bold(kept.uri.rpartition('/')[2])}  {dim(printable(kept.abstract))}{broken}")


def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a skill: its fields, its files (* may be executed), and its instructions."""
    kept = workspace_of(context).skills.show(name)
    if as_json:
        put_json(kept.to_json())
        return
    print(f"{bold(kept.uri)}  {dim('used ' + plural(kept.active_count, 'time'))}")
    for key, value in kept.skill.fields.items():
        print(f"{key}: {printable(str(value))}")
    for path, executable in kept.files:
        print(f"  {printable(path)}{'*' if executable else ''}")
    print(f"\n{kept.skill.body.strip()}")


def validate(
    context: typer.Context,
    targets: Annotated[list[str], typer.Argument(metavar="DIR|FILE|NAME…", help="What to check.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Check skills against the Agent Skills specification, on disk or in the workspace; exit 1 if one is not valid."""
    skills = workspace_of(context).skills
    found = [(target, skills.validate(target)) for target in targets]
    if as_json:
        put_json([{"target": t, "valid": not s.problems, "problems": list(s.problems), "notes": list(s.notes)}
                  for t, s in found])  # fmt: skip
    for target, skill in found if not as_json else ():
        for problem in skill.problems:
            print(f"{target}: {printable(problem)}")
        for note in skill.notes:
            say(f"note: {target}: {printable(note)}")
        if not skill.problems:
            print(f"{target}: valid")
    if any(skill.problems for _, skill in found):
        raise typer.Exit(1)


def remove(context: typer.Context, name: Name) -> None:
    """Remove a skill, by a commit; git's history keeps it."""
    print(f"removed {workspace_of(context).skills.remove(name)}")
