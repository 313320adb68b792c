"""Git's variables that point at another repository, as inside its hooks, change nothing that is read or written."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.helpers import all_paths, assert_sound, git, talk
from viking_git.cli.main import main
from viking_git.config import LOCAL_TO_A_REPOSITORY, child_environment
from viking_git.session.checking import check_staged
from viking_git.workspace import Workspace


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A linked work tree of another repository."""
    git(tmp_path, "init", "-q", "other")
    (tmp_path / "other/a.txt").write_text("theirs\n")
    git(tmp_path / "other", "add", "a.txt")
    git(tmp_path / "other", "commit", "-qm", "theirs")
    git(tmp_path / "other", "worktree", "add", "-q", "--detach", "../linked")
    return tmp_path / "linked"


def theirs(other: Path) -> dict[str, str]:
    """What points at that repository, and what else changes how git reads one."""
    own = git(other, "rev-parse", "--absolute-git-dir").strip()
    common = str(other.parent / "other/.git")
    return {
        "GIT_DIR": own,
        "GIT_INDEX_FILE": f"{own}/index",
        "GIT_WORK_TREE": str(other),
        "GIT_COMMON_DIR": common,
        "GIT_OBJECT_DIRECTORY": f"{common}/objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": f"{common}/objects",
        "GIT_QUARANTINE_PATH": f"{common}/objects",
        "GIT_PREFIX": "sub/",
        "GIT_CONFIG": f"{common}/config",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Theirs",
        "GIT_SHALLOW_FILE": f"{common}/shallow",
        "GIT_GRAFT_FILE": f"{common}/HEAD",
        "GIT_NAMESPACE": "theirs",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_ICASE_PATHSPECS": "1",
        "GIT_DEFAULT_HASH": "sha256",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_REFLOG_ACTION": "pull",
    }


VARIABLES = (
    "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_PREFIX", "GIT_CONFIG_COUNT", "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE", "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_DEFAULT_HASH",
    "GIT_EXTERNAL_DIFF", "GIT_REFLOG_ACTION",
)  # fmt: skip


@pytest.fixture
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tree that is made with nothing set."""
    return work(tmp_path_factory.mktemp("plain"), {})


def files(*tops: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in all_paths(*tops) if path.is_file()}


def work(root: Path, environment: Mapping[str, str]) -> str:
    """Init, documents, a conversation, a check and a sync, under ``environment``; the tree of trunk."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        # One folder for all: the tree says which folder documents came from.
        docs = root.parent / "docs"
        docs.mkdir(exist_ok=True)
        (docs / "one.md").write_text("# One\n\nSome words.\n")
        Workspace.init(root / "w")
        # Each workspace makes a key of its own for the digests of messages.
        (root / "w/.git/viking").mkdir(exist_ok=True)
        (root / "w/.git/viking/digest.key").write_bytes(bytes(32))
        workspace = Workspace.open(root / "w", clock=lambda: datetime(2026, 11, 2, 10, tzinfo=UTC))
        workspace.add([docs], "viking://resources/docs")
        workspace.add_messages(workspace.new_session("chat"), talk())
        workspace.commit(workspace.session_id("chat"))
        (root / "w/staged.md").write_text("staged\n")
    git(root / "w", "add", "staged.md")
    git(root, "init", "-q", "--bare", "hub.git")
    git(root / "w", "remote", "add", "origin", "../hub.git")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        assert check_staged(workspace.store, workspace.policy).fails() is False
        assert main(["-C", str(root / "w"), "sync"]) == 0
    git(root / "w", "rm", "-q", "-f", "staged.md")
    assert_sound(root / "w")
    assert git(root / "hub.git", "rev-parse", "main") == git(root / "w", "rev-parse", "main")
    return git(root / "w", "rev-parse", "main^{tree}")


def test_all_that_git_calls_local_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    named = subprocess.run(["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True)
    assert set(named.stdout.split()) <= LOCAL_TO_A_REPOSITORY
    for name in LOCAL_TO_A_REPOSITORY:
        monkeypatch.setenv(name, "x")
    assert not LOCAL_TO_A_REPOSITORY & child_environment().keys()
    assert child_environment(GIT_INDEX_FILE="mine")["GIT_INDEX_FILE"] == "mine"


@settings(max_examples=40 if "VIKING_TORTURE" in os.environ else 3)
@given(left_out=st.sets(st.sampled_from(VARIABLES), max_size=12))
@example(left_out=set())
def test_any_environment_of_git_makes_the_same_tree(
    left_out: set[str], other: Path, plain: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = files(other, other.parent / "other")
    pointing = {name: value for name, value in theirs(other).items() if name not in left_out}
    assert work(tmp_path_factory.mktemp("any"), pointing) == plain
    assert files(other, other.parent / "other") == before


def test_inside_a_hook_of_another_repository(tmp_path: Path, other: Path) -> None:
    """The whole program, called by a pre-commit hook that git runs in a linked work tree."""
    Workspace.init(tmp_path / "w")
    hook = tmp_path / "other/.git/hooks/pre-commit"
    program = Path(sys.executable).parent / "viking-git"
    said = f"echo learnt | {program} -C {tmp_path / 'w'} write viking://resources/x.md"
    hook.write_text(f"#!/bin/sh\n{said} && {program} -C {tmp_path / 'w'} check --staged\n")
    hook.chmod(0o755)
    (other / "b.txt").write_text("b\n")
    git(other, "add", "b.txt")
    git(other, "commit", "-qm", "b")
    assert git(other, "ls-tree", "--name-only", "HEAD") == "a.txt\nb.txt\n"
    assert git(tmp_path / "w", "show", "main:resources/x.md") == "learnt\n"
    assert_sound(tmp_path / "w")
