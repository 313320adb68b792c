"""``ci github|gitlab|plain``."""

from enum import StrEnum
from typing import Annotated

import typer

from viking_git import assets
from viking_git.cli.output import workspace_of


class Runner(StrEnum):
    """Where checks run."""

    GITHUB = "github"
    GITLAB = "gitlab"
    PLAIN = "plain"


_RECIPES = {
    Runner.GITHUB: "ci/github.yml.j2", Runner.GITLAB: "ci/gitlab.yml.j2", Runner.PLAIN: "ci/plain.sh.j2",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: viking-git ci github --from example/viking-git@v1 > .github/workflows/viking-git.yml")(
        ci
    )


def ci(
    context: typer.Context,
    runner: Annotated[Runner, typer.Argument(help="Where checks run.")],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="WHERE",
            help="viking-git's action (github: OWNER/NAME@COMMIT) or repository (a URL).",
            show_default=False,
        ),
    ],
) -> None:
    """Print a recipe that judges every pull request; docs/ci.md says what is in it."""
    policy = workspace_of(context).policy
    print(assets.render(_RECIPES[runner], trunk=policy.trunk, action=source, repository=source), end="")
