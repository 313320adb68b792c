import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from viking_git.retrieval.hashing import HashingEmbedder
from viking_git.retrieval.vectors import CHUNK, VectorCache, text_key


@pytest.fixture
def cache(tmp_path: Path, notices: list[str]) -> VectorCache:
    return VectorCache(tmp_path, HashingEmbedder.id, HashingEmbedder.dim, notices.append)


def again(tmp_path: Path, notices: list[str]) -> VectorCache:
    return VectorCache(tmp_path, HashingEmbedder.id, HashingEmbedder.dim, notices.append)


def test_a_text_is_embedded_once(tmp_path: Path, cache: VectorCache, notices: list[str]) -> None:
    embedder = HashingEmbedder()
    first = cache.embed(["one", "two", "one"], embedder)
    assert (cache.computed, cache.hits) == (2, 1)
    np.testing.assert_array_equal(first, embedder.embed(["one", "two", "one"]))
    cache.close()
    second = again(tmp_path, notices)
    np.testing.assert_array_equal(second.embed(["two", "three"], embedder), embedder.embed(["two", "three"]))
    assert (second.computed, second.hits) == (1, 1)
    assert second.embed([], embedder).shape == (0, HashingEmbedder.dim)
    assert notices == []
    second.close()


def test_no_text_is_stored(tmp_path: Path, cache: VectorCache) -> None:
    cache.embed(["my password is hunter2-hunter2"], HashingEmbedder())
    assert not any(b"hunter2" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    cache.close()


def test_a_kill_costs_one_chunk(tmp_path: Path, cache: VectorCache, notices: list[str]) -> None:
    class Killed(HashingEmbedder):
        def embed(self, texts: Sequence[str]):
            if "last" in texts:
                raise KeyboardInterrupt
            return super().embed(texts)

    texts = [f"text {n}" for n in range(2 * CHUNK)]
    with pytest.raises(KeyboardInterrupt):
        cache.embed([*texts, "last"], Killed())
    second = again(tmp_path, notices)
    second.embed(texts, HashingEmbedder())
    assert second.computed == 0
    second.close()
    cache.close()


@pytest.mark.parametrize("damage", [b"not a database at all, but text\n" * 200, None])
def test_a_damaged_file_is_begun_anew(
    tmp_path: Path, cache: VectorCache, notices: list[str], damage: bytes | None
) -> None:
    cache.embed([f"text {n}" for n in range(300)], HashingEmbedder())
    cache.close()
    file = tmp_path / f"{HashingEmbedder.id}.sqlite"
    raw = file.read_bytes()
    file.write_bytes(damage or raw[:4096] + os.urandom(len(raw) - 4096))
    second = again(tmp_path, notices)
    assert second.embed(["text 1"], HashingEmbedder()).any()
    assert "damaged" in notices[0]
    assert second.get_many([text_key("text 1")])
    second.close()


def test_where_nothing_can_be_written_it_works_in_memory(tmp_path: Path, notices: list[str]) -> None:
    (tmp_path / "file").write_text("")
    cache = VectorCache(tmp_path / "file", "x", HashingEmbedder.dim, notices.append)
    cache.embed(["one"], HashingEmbedder())
    cache.embed(["one"], HashingEmbedder())
    assert cache.computed == 1
    assert "cannot be kept" in notices[0]
    cache.close()


def test_vectors_of_another_length_are_not_used(tmp_path: Path, cache: VectorCache, notices: list[str]) -> None:
    cache.put_many({text_key("one"): np.ones(3, dtype=np.float32)})
    assert cache.get_many([text_key("one")]) == {}
    np.testing.assert_array_equal(cache.embed(["one"], HashingEmbedder()), HashingEmbedder().embed(["one"]))
    cache.close()


def test_two_writers_at_once(tmp_path: Path, cache: VectorCache, notices: list[str]) -> None:
    other = again(tmp_path, notices)
    for n in range(20):
        cache.embed([f"a{n}", f"both{n}"], HashingEmbedder())
        other.embed([f"b{n}", f"both{n}"], HashingEmbedder())
    cache.close()
    other.close()
    db = sqlite3.connect(tmp_path / f"{HashingEmbedder.id}.sqlite")
    assert db.execute("SELECT count(*) FROM vectors").fetchone() == (60,)
    db.close()
    assert notices == []
