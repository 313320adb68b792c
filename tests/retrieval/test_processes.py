"""Many processes at one index, and processes that are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from viking_git.retrieval.find import find
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.locks import file_lock

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
    for tree in sys.argv[3:]:
        index.refresh(Snapshot(git, tree), Snapshot(git, None))
        results = find(index, "needle in line 77", limit=3)
        print(tree, index.degraded or "complete", *(hit.address for hit in results.hits))
"""


def many_files(count: int) -> dict[str, str]:
    return {f"resources/f{n}.txt": f"line {n} of a haystack" + " with a needle" * (n == 77) for n in range(count)}


def start(tmp_path: Path, *trees: str | None) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "repository.git"), str(tmp_path), *map(str, trees)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_that_flip_between_two_trees_answer_for_their_own(tree: Tree, tmp_path: Path) -> None:
    one = tree(many_files(100))
    two = tree({"resources/f77.txt": None, "resources/moved.txt": "line 77, the needle"}, one)
    running = [start(tmp_path, *([one.tree, two.tree] * 3)) for _ in range(3)]
    expected = {one.tree: "viking://resources/f77.txt#L1", two.tree: "viking://resources/moved.txt#L1"}
    complete = 0
    for process in running:
        said, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert "damaged" not in errors
        for line in said.splitlines():
            name, state, rest = line.split(" ", 2)
            if state == "complete":
                complete += 1
                assert rest.split()[0] == expected[name]
    assert complete >= 6


@pytest.mark.parametrize("delay", [0.25, 0.4, 0.5, 0.6, 0.8])
def test_a_process_killed_at_any_time_leaves_an_index_that_is_carried_on(
    tree: Tree, tmp_path: Path, notices: list[str], delay: float
) -> None:
    lines = (f"line {n} {'of a haystack ' * 57}{'with a needle' if n == 77 else ''}" for n in range(2000))
    trunk = tree({"resources/large.txt": "\n\n".join(lines)})
    process = start(tmp_path, trunk.tree)
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with SearchIndex.open(tmp_path / "index", "hashing", tmp_path / "cache", notices.append) as index:
        index.refresh(trunk, tree())
        assert index.degraded is None
        assert index.state.units == index.state.vectors == 2000
        assert find(index, "needle in line 77").hits[0].match.text.startswith("line 77 ")
    assert notices == []


def found(index: SearchIndex, query: str) -> list[str]:
    return [hit.uri for hit in find(index, query).hits]


def test_what_came_while_another_process_writes_is_found_by_its_words(
    index: SearchIndex, tree: Tree, tmp_path: Path
) -> None:
    old = tree(many_files(30))
    index.refresh(old, tree())
    new = tree({"user/default/memories/events/x.md": "a zebracorn was seen", "resources/f3.txt": None}, old)
    with file_lock(index.home / "lock"):
        report = index.refresh(new, tree())
        assert found(index, "zebracorn")[0] == "viking://user/default/memories/events/x.md"
        assert (report.behind, index.degraded) == ("", None)
        assert "viking://resources/f3.txt" not in found(index, "line 3 of a haystack")
        newer = tree({"resources/y.md": "a quokka too"}, new)
        index.refresh(newer, tree())
        assert found(index, "quokka")[0] == "viking://resources/y.md"
    # Nothing of this was kept: the index on disk is brought up to date as soon as nobody else is at it.
    report = index.refresh(newer, tree())
    assert (report.added, report.removed) == (2, 1)
    assert index.state.trunk == newer.tree


def test_many_documents_that_another_process_indexes_are_counted_and_a_memory_among_them_is_found(
    index: SearchIndex, tree: Tree
) -> None:
    old = tree(many_files(3))
    index.refresh(old, tree())
    more = {f"resources/more/{n:04}.txt": f"walrus {n}" for n in range(1_200)}
    new = tree({**more, "user/default/memories/events/x.md": "a zebracorn was seen"}, old)
    with file_lock(index.home / "lock"):
        index.refresh(new, tree())
        assert index.degraded == "another process is refreshing the search index: 200 files are not searched yet"
        assert found(index, "zebracorn")[0] == "viking://user/default/memories/events/x.md"
        assert found(index, "walrus")
    index.refresh(new, tree())
    assert index.degraded is None
    assert found(index, "walrus 1199")
