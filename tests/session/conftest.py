"""A fresh workspace for each test, or two clones of one."""

import subprocess
from pathlib import Path

import pytest

from tests.helpers import git
from viking_git.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace, _ = Workspace.init(tmp_path / "w")
    return workspace


@pytest.fixture
def top(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    workspace, _ = Workspace.init(tmp_path / "start")
    git(tmp_path / "start", "remote", "add", "origin", str(tmp_path / "remote.git"))
    assert workspace.branches.sync().sent == 1
    return tmp_path / "remote.git"


@pytest.fixture
def laptops(remote: Path, tmp_path: Path) -> tuple[Workspace, Workspace]:
    one, _ = Workspace.clone(str(remote), tmp_path / "one")
    other, _ = Workspace.clone(str(remote), tmp_path / "other")
    return one, other
