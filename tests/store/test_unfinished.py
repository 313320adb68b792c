"""What git is in the middle of; git itself is asked to end it in the way that is named."""

import shlex
import subprocess
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from viking_git.errors import Busy
from viking_git.store.unfinished import unfinished
from viking_git.workspace import Workspace


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Two branches that conflict in one line."""
    Workspace.init(tmp_path / "w")
    top = tmp_path / "w"
    (top / "note.txt").write_text("one\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: one")
    git(top, "switch", "-qc", "side")
    for text in ("side", "further"):
        (top / "note.txt").write_text(f"{text}\n")
        git(top, "commit", "-qam", f"edit: {text}")
    git(top, "switch", "-q", "main")
    (top / "note.txt").write_text("main\n")
    git(top, "commit", "-qam", "edit: main")
    return top


@pytest.mark.parametrize(
    ("begin", "verb"),
    [
        ("merge side", "merge"), ("revert --no-edit HEAD~1", "revert"), ("cherry-pick side", "cherry-pick"),
        ("cherry-pick side~1 side", "cherry-pick"), ("rebase side", "rebase"), ("rebase --apply side", "rebase"),
    ],
)  # fmt: skip
def test_what_is_begun_is_named_with_its_end(top: Path, begin: str, verb: str) -> None:
    subprocess.run(["git", "-C", str(top), *begin.split()], check=False, capture_output=True)
    begun = unfinished(pygit2.Repository(str(top)))
    assert begun is not None
    assert (begun.verb, begun.way) == (verb, f"git {verb} --continue or git {verb} --abort")
    with pytest.raises(Busy, match=f"a git {verb} is unfinished"):
        Workspace.open(top).files.write("viking://resources/a.md", b"# A\n")
    git(top, *shlex.split(begun.ways[-1])[1:])
    assert unfinished(pygit2.Repository(str(top))) is None


def test_a_bisect(top: Path) -> None:
    git(top, "bisect", "start")
    begun = unfinished(pygit2.Repository(str(top)))
    assert begun is not None
    assert begun.way == "git bisect reset"
