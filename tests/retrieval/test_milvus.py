"""The Milvus backend on the embedded file: the same answers as the exact search, and no trouble without it."""

import sys
from pathlib import Path

import pytest

from viking_git.retrieval import milvus
from viking_git.retrieval.find import find
from viking_git.retrieval.index import SearchIndex
from viking_git.store.snapshot import Snapshot

from .conftest import Tree

FILES = {f"resources/f{n}.txt": f"word{n} and word{n + 1} in a line" for n in range(120)}


def answers(tmp_path: Path, trees: list[Snapshot], none: Snapshot, notices: list[str], backend: str, home: str) -> list:
    with SearchIndex.open(tmp_path / home, "hashing", tmp_path / "cache", notices.append, backend=backend) as index:
        found = []
        for trunk in trees:
            index.refresh(trunk, none)
            found.append([(hit.address, round(hit.score, 5)) for hit in find(index, "word8 word9 word40").hits])
    return found


@pytest.fixture
def trees(tree: Tree) -> list[Snapshot]:
    one = tree(FILES)
    return [one, tree({"resources/f8.txt": None, "resources/new.txt": "word8 word9 are here now"}, one), one]


@pytest.mark.filterwarnings("ignore")
def test_it_answers_as_the_exact_search_does(
    tree: Tree, trees: list[Snapshot], tmp_path: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pymilvus")
    pytest.importorskip("milvus_lite")
    asked: list[int] = []
    plain = milvus.MilvusNearest._asked

    def counted(self: milvus.MilvusNearest, *words: object) -> object:
        found = plain(self, *words)  # type: ignore[arg-type]
        asked.append(0 if found is None else len(found))
        return found

    monkeypatch.setattr(milvus.MilvusNearest, "_asked", counted)
    exact = answers(tmp_path, trees, tree(), notices, "flat", "flat")
    address = f"milvus@{tmp_path / 'shared.db'}#team"
    assert answers(tmp_path, trees, tree(), notices, address, "one") == exact
    assert answers(tmp_path, trees[::-1], tree(), notices, address, "another machine") == exact[::-1]
    assert len(asked) == 6
    assert all(asked), "the answers are Milvus's own"
    assert notices == []


def test_without_the_library_the_exact_search_answers(
    tree: Tree, trees: list[Snapshot], tmp_path: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    exact = answers(tmp_path, trees, tree(), notices, "flat", "flat")
    assert answers(tmp_path, trees, tree(), notices, "milvus@", "one") == exact
    assert "pip install 'viking-git[milvus]'" in notices[0]
    assert len(notices) <= 2, "it is said once for each file of vectors"


@pytest.mark.filterwarnings("ignore")
def test_an_address_where_nobody_is(tree: Tree, trees: list[Snapshot], tmp_path: Path, notices: list[str]) -> None:
    pytest.importorskip("pymilvus")
    (tmp_path / "file").write_text("")
    exact = answers(tmp_path, trees[:1], tree(), notices, "flat", "flat")
    assert answers(tmp_path, trees[:1], tree(), notices, f"milvus@{tmp_path}/file/m.db", "one") == exact
    assert "cannot be used; vectors are searched here" in notices[0]
