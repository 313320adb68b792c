"""One valid workspace for all tests of rules: they only read it."""

from functools import cache
from pathlib import Path

import pytest

from tests.checks.trees import Bench, build


@cache
def _built(top: Path) -> Bench:
    return Bench(build(top))


@pytest.fixture(scope="session")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("valid") / "workspace"


@pytest.fixture
def bench(top: Path) -> Bench:
    # Built in the first test that asks, so that it is built in that test's isolated home.
    return _built(top)
