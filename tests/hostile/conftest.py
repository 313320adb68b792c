"""One workspace with its remote, made once a module and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import Option

from tests.hostile.trees import template


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, False)
    yield tmp_path_factory.mktemp("template")
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)


@pytest.fixture
def base(made: Path) -> Path:
    """The template; it is made inside of a test, whose home has the git identity."""
    return made if (made / "w").exists() else template(made)


@pytest.fixture
def root(base: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(base, tmp_path / "run", symlinks=True))
