"""Whole trees with hostile names and records, and every command over each: nothing crashes, nothing untouched is stuck.

A few by a fixed seed; ``make torture`` runs two thousand (``VIKING_TREES``, from seed ``VIKING_SEED``).
"""

import os
import random
import shutil
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from tests.hostile.trees import Hostile, commit, load, save
from tests.hostile.walk import walk

TREES = int(os.environ.get("VIKING_TREES", "6"))
SEED = int(os.environ.get("VIKING_SEED", "20261130"))


def broken(base: Path, root: Path, seed: int) -> list[str]:
    """A copy of ``base`` in ``root``, with what ``seed`` says done to it; what that is."""
    shutil.copytree(base, root, symlinks=True)
    chance = random.Random(seed)
    here, hub = pygit2.Repository(str(root / "w")), pygit2.Repository(str(root / "hub.git"))
    pulled = chance.random() < 0.5
    hostile = Hostile(hub if pulled else here, chance)
    what = chance.random()
    if what < 0.8:
        tree = load(hostile.repo, str(hostile.repo.references["refs/heads/main"].peel().tree_id))
        hostile.mutate(tree, chance.randint(1, 4))
        commit(hostile.repo, "refs/heads/main", save(hostile.repo, tree))
    if not pulled:
        git(root / "w", "reset", "-q", "--hard")
    if what > 0.7:
        hostile.ref(b"refs/heads/")
    if what > 0.9:
        other = Hostile(here, chance, hostile.done)
        ref = chance.choice(["refs/heads/viking/default/bad", "refs/viking/transcripts"])
        source = ref if ref.endswith("transcripts") else "refs/heads/main"
        tree = load(here, str(here.references[source].peel().tree_id))
        other.mutate(tree, chance.randint(1, 3))
        commit(here, ref, save(here, tree))
        hostile.done.append(f"on {ref}")
    return [f"{'pulled' if pulled else 'local'}", *hostile.done]


def judged(base: Path, root: Path, seed: int) -> str:
    """What went wrong, "" for nothing."""
    done = broken(base, root, seed)
    wrong = walk(root).wrong
    shutil.rmtree(root)
    return "\n".join([f"seed {seed}: {done}", *wrong]) if wrong else ""


@pytest.mark.parametrize("seed", range(SEED, SEED + TREES))
def test_no_tree_stops_a_command(base: Path, tmp_path: Path, seed: int) -> None:
    if wrong := judged(base, tmp_path / "run", seed):
        pytest.fail(wrong, pytrace=False)


def test_untouched_workspace_passes_the_walk(root: Path) -> None:
    assert walk(root).wrong == []
