"""A cache that can be read and not written: a true index answers as it is, one that is behind goes on in memory."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from viking_git.retrieval.index import SearchIndex

from .conftest import Tree

PROGRAM = """
import sys
from pathlib import Path
import pygit2
from viking_git.retrieval.find import find
from viking_git.retrieval.index import SearchIndex
from viking_git.store.snapshot import Snapshot
git, root = pygit2.Repository(sys.argv[1]), Path(sys.argv[2])
with SearchIndex.open(root / "index", "hashing", root / "cache", lambda text: print(text, file=sys.stderr)) as index:
    report = index.refresh(Snapshot(git, sys.argv[3]), Snapshot(git, None))
    print(report.added, report.computed, index.degraded, *(hit.address for hit in find(index, "needle").hits))
"""
FILES = {f"resources/f{n}.txt": f"line {n} of a haystack" for n in range(300)} | {"resources/n.txt": "a needle"}


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[None]:
    """Takes the right to write from the caches, and gives it back."""
    yield
    for path in [*(tmp_path / "index").rglob("*"), *(tmp_path / "cache").rglob("*"), tmp_path / "index"]:
        path.chmod(0o755)
    (tmp_path / "cache").chmod(0o755)


def seal(tmp_path: Path) -> None:
    for top in (tmp_path / "index", tmp_path / "cache"):
        for path in [*top.rglob("*"), top]:
            path.chmod(0o555 if path.is_dir() else 0o444)


def run(tmp_path: Path, tree: str | None) -> tuple[str, str]:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "repository.git"), str(tmp_path), str(tree)]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to take that away")
        command = ["setpriv", "--inh-caps=-dac_override", "--bounding-set=-dac_override", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def test_a_true_index_is_read_where_it_lies(tree: Tree, tmp_path: Path, index: SearchIndex, sealed: None) -> None:
    trunk = tree(FILES)
    index.refresh(trunk, tree())
    index.close()
    seal(tmp_path)
    said, errors = run(tmp_path, trunk.tree)
    assert said.startswith("0 0 None viking://resources/n.txt#L1")
    assert errors == ""


def test_one_that_is_behind_goes_on_in_memory(tree: Tree, tmp_path: Path, index: SearchIndex, sealed: None) -> None:
    trunk = tree(FILES)
    index.refresh(trunk, tree())
    index.close()
    newer = tree({"resources/f1.txt": "a needle in a new place, the needle"}, trunk)
    seal(tmp_path)
    said, errors = run(tmp_path, newer.tree)
    assert said.startswith("1 1 None ")
    assert {"viking://resources/n.txt#L1", "viking://resources/f1.txt#L1"} <= set(said.split())
    assert "cannot be kept" in errors
    assert "Traceback" not in errors
