"""Nearest vectors: what is approximate finds what is exact, follows what comes, and survives damage."""

from pathlib import Path

import numpy as np
import pytest

from viking_git.retrieval import nearest
from viking_git.retrieval.find import find
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.nearest import Nearest, exact, kind_for
from viking_git.retrieval.rows import Matrix

from .conftest import Tree

DIM = 64


def vectors(count: int, seed: int = 1) -> Matrix:
    """Points around two hundred centres, as texts are; evenly spread ones would have no neighbours."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((200, DIM))
    points = centres[rng.integers(0, 200, count)] + 0.5 * rng.standard_normal((count, DIM))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return vectors(6_000)


def recall(found: Nearest, matrix: Matrix, queries: Matrix, among: np.ndarray | None = None) -> float:
    shares = []
    for query in queries:
        rows, scores = found.search(matrix, query, 20, among)
        subset = matrix if among is None else matrix[among]
        true = exact(subset, query, 20)[0]
        true = true if among is None else among[true]
        assert scores == pytest.approx(matrix[rows] @ query), "scores are exact"
        assert list(scores) == sorted(scores, reverse=True)
        shares.append(len(set(rows) & set(true)) / 20)
    return sum(shares) / len(shares)


def test_size_chooses() -> None:
    assert [kind_for("auto", rows) for rows in (0, 100_000, 100_001, 400_001)] == ["flat", "flat", "sq8", "hnsw"]
    assert kind_for("hnsw", 3) == "hnsw"


@pytest.mark.parametrize("kind", ["sq8", "hnsw"])
def test_it_finds_what_is_exactly_nearest(tmp_path: Path, matrix: Matrix, kind: str) -> None:
    said: list[str] = []
    found = Nearest(tmp_path / "000001.f32", kind, said.append)
    queries = vectors(30, seed=2)
    assert recall(found, matrix, queries) == 1, "exact while there is no index"
    found.extend(matrix)
    assert (tmp_path / f"000001.{kind}").is_file()
    assert recall(found, matrix, queries) > 0.95
    grown = np.concatenate([matrix, vectors(500, seed=3)])
    assert recall(found, grown, queries) > 0.95, "the tail is searched exactly"
    before = (tmp_path / f"000001.{kind}").stat().st_size
    found.extend(grown)
    assert (tmp_path / f"000001.{kind}").stat().st_size == before, "a short tail is left as it is"
    more = np.concatenate([grown, vectors(2_000, seed=4)])
    found.extend(more)
    assert (tmp_path / f"000001.{kind}").stat().st_size > before
    assert recall(found, more, queries) > 0.95
    assert len(said) == 1, "it is built once and then extended"


@pytest.mark.parametrize("kind", ["sq8", "hnsw"])
def test_a_filter_holds(tmp_path: Path, matrix: Matrix, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Nearest(tmp_path / "000001.f32", kind, lambda _: None)
    found.extend(matrix)
    among = np.arange(1, 6_000, 2, dtype=np.int64)
    assert recall(found, matrix, vectors(20, seed=2), among) == 1, "few rows are searched exactly"
    monkeypatch.setattr(nearest, "_EXACT_SUBSET", 100)
    assert recall(found, matrix, vectors(20, seed=2), among) > 0.9
    assert set(found.search(matrix, matrix[0], 50, among)[0]) <= set(among)


@pytest.mark.parametrize("damage", ["truncated", "noise", "empty", "other dimension", "too many"])
def test_a_damaged_index_is_not_used_and_built_anew(tmp_path: Path, matrix: Matrix, damage: str) -> None:
    said: list[str] = []
    Nearest(tmp_path / "000001.f32", "sq8", said.append).extend(matrix)
    path = tmp_path / "000001.sq8"
    raw = path.read_bytes()
    if damage == "other dimension":
        Nearest(tmp_path / "000001.f32", "sq8", said.append).extend(matrix[:, :32].copy())
        path.unlink()
        Nearest(tmp_path / "000001.f32", "sq8", said.append).extend(matrix[:, :32].copy())
    elif damage == "too many":
        path.unlink()
        Nearest(tmp_path / "000001.f32", "sq8", said.append).extend(np.concatenate([matrix, matrix]))
    else:
        path.write_bytes({"truncated": raw[: len(raw) // 2], "noise": b"\x07" * 999, "empty": b""}[damage])
    again = Nearest(tmp_path / "000001.f32", "sq8", said.append)
    assert recall(again, matrix, vectors(5, seed=2)) == 1
    again.extend(matrix)
    assert path.stat().st_size == len(raw)
    assert recall(again, matrix, vectors(20, seed=2)) > 0.95


def test_an_index_of_a_workspace_uses_it(
    tree: Tree, tmp_path: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"resources/f{n}.txt": f"word{n} and word{n + 1} in a line" for n in range(300)}
    trunk = tree(files)
    answers = []
    for backend in ("flat", "sq8", "hnsw"):
        with SearchIndex.open(
            tmp_path / backend, "hashing", tmp_path / "cache", notices.append, backend=backend
        ) as index:
            index.refresh(trunk, tree())
            index.refresh(tree({"resources/f7.txt": None}, trunk), tree())
            answers.append([(hit.address, round(hit.score, 5)) for hit in find(index, "word8 word9").hits])
            assert any(index.home.glob(f"*.{backend}")) == (backend != "flat")
    assert answers[0] == answers[1] == answers[2]
    assert "f7.txt" not in str(answers)
