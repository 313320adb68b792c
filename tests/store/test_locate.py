"""Repositories that cannot be opened: the reason and the way out."""

import os
from pathlib import Path

import pytest

from tests.helpers import git
from viking_git.errors import UnsupportedRepository
from viking_git.store.locate import open_repository


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_repository_of_another_owner_names_safe_directory(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "r")
    for path in (tmp_path / "r", *(tmp_path / "r").rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(UnsupportedRepository) as raised:
        open_repository(tmp_path / "r")
    assert raised.value.hint is not None
    assert "safe.directory" in raised.value.hint
