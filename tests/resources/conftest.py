"""A real repository to build trees in."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pygit2
import pytest

from viking_git.model.changes import Changes
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot

Grow = Callable[..., Snapshot]


@pytest.fixture(scope="session")
def _git(tmp_path_factory: pytest.TempPathFactory) -> pygit2.Repository:
    return pygit2.init_repository(str(tmp_path_factory.mktemp("repo") / "r.git"), bare=True)


@pytest.fixture
def grow(_git: pygit2.Repository, tmp_path: Path) -> Grow:
    """Make a snapshot: of files alone, or of ``changes`` on a snapshot that is there."""
    writer = ObjectWriter(_git)

    def build(changes: Changes | Mapping[str, str | bytes] | None = None, base: Snapshot | None = None) -> Snapshot:
        if not isinstance(changes, Changes):
            files = {path: data.encode() if isinstance(data, str) else data for path, data in (changes or {}).items()}
            changes = Changes(files)
        return Snapshot(_git, writer.apply(base.tree if base else None, changes))

    return build
