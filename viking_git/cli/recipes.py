"""``ci github|gitlab|plain``, and the recipes that ``init --ci`` writes."""

import json
import re
from enum import StrEnum
from typing import Annotated

import typer

from viking_git import assets
from viking_git.cli.output import workspace_of
from viking_git.errors import InvalidContent


class Runner(StrEnum):
    """Where checks run."""

    GITHUB = "github"
    GITLAB = "gitlab"
    PLAIN = "plain"


class Site(StrEnum):
    """A hosting site whose recipe has a place in the repository."""

    GITHUB = "github"
    GITLAB = "gitlab"


PLACES = {Site.GITHUB: ".github/workflows/viking-git.yml", Site.GITLAB: ".gitlab/viking-git.yml"}
"""Where a recipe lies: GitHub runs it from there, GitLab includes it."""

Source = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="WHERE",
        help="viking-git's action (github: OWNER/NAME@COMMIT) or repository (a URL); known where pip had it from git.",
        show_default=False,
    ),
]

_RECIPES = {
    Runner.GITHUB: "ci/github.yml.j2", Runner.GITLAB: "ci/gitlab.yml.j2", Runner.PLAIN: "ci/plain.sh.j2",
}  # fmt: skip
_ACTION = re.compile(r"[\w.-]+/[\w.-]+(?:/[\w./-]+)?@[\w./-]+(?: # [\w. -]+)?")
_REPOSITORY = re.compile(r"[\w:/.@~+-]+")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git ci github --from example/viking-git@v1 > .github/workflows/viking-git.yml")(
        ci
    )


def ci(
    context: typer.Context,
    runner: Annotated[Runner, typer.Argument(metavar="SITE", help="Where checks run.")],
    source: Source = None,
) -> None:
    """Print a recipe that judges every pull request; docs/ci.md says what is in it."""
    print(recipe(runner, workspace_of(context).policy.trunk, source), end="")


def recipe(runner: Runner, trunk: str, source: str | None) -> str:
    """The recipe for ``runner``, which has viking-git from ``source``, or from where this one was installed.

    Raises:
        InvalidContent: nothing says where that is, or it cannot be named in a script.
    """
    source = source or installed_from(runner)
    form, example = (
        (_ACTION, "OWNER/NAME@COMMIT") if runner is Runner.GITHUB else (_REPOSITORY, "https://HOST/OWNER/NAME")
    )
    if source is None:
        raise InvalidContent("where the runner gets viking-git is not known", hint=f"--from {example}")
    if not form.fullmatch(source):
        raise InvalidContent(f"nothing to get viking-git from: {source!r}", hint=f"--from {example}")
    return assets.render(_RECIPES[runner], trunk=trunk, action=source, repository=source)


def installed_from(runner: Runner) -> str | None:
    """Where pip had this viking-git from, by PEP 610: the repository, for GitHub name and commit; None if unsaid."""
    from importlib import metadata

    try:
        told = json.loads(metadata.distribution("viking-git").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return None
    url, commit = str(told.get("url", "")), told.get("vcs_info", {}).get("commit_id")
    if not commit:
        return None
    if runner is not Runner.GITHUB:
        return url
    name = re.fullmatch(r"(?:https://|ssh://git@)github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", url)
    return f"{name[1]}@{commit}" if name else None
