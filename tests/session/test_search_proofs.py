"""What search promises about embedding nothing twice and answering alike everywhere, counted by the cache itself."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.helpers import git, talk
from viking_git.retrieval.hashing import HashingEmbedder
from viking_git.retrieval.vectors import VectorCache
from viking_git.workspace import Workspace

Found = list[tuple[str, float]]


def embedded(workspace: Workspace) -> int:
    """Texts that were ever embedded for the caches of this home."""
    directory = workspace.environment.cache / "vectors"
    with closing(VectorCache(directory, HashingEmbedder.id, HashingEmbedder.dim, print)) as cache:
        return cache.counts()["computed"]


def found(workspace: Workspace, query: str, at: str | None = None) -> Found:
    return [(hit.address, hit.score) for hit in workspace.find(query, limit=50, at=at).hits]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.init(tmp_path / "w", transcripts="tracked")[0]


def write(top: Path, files: dict[str, str], message: str) -> None:
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)
    git(top, "add", "-A")
    git(top, "commit", "-qm", message)


def opened(top: Path, ask: Callable[[Workspace], Found]) -> Found:
    with Workspace.open(top) as workspace:
        return ask(workspace)


def test_another_branch_and_back_embeds_nothing(workspace: Workspace) -> None:
    top = workspace.store.workdir
    assert top is not None
    write(top, {f"resources/a/{n}.md": f"# Page {n}\n\nAbout owl number {n}.\n" for n in range(20)}, "edit: owls")
    before = opened(top, lambda w: found(w, "owl number 7"))
    git(top, "switch", "-qc", "side")
    git(top, "rm", "-qr", "resources/a/7.md")
    write(top, {"resources/a/8.md": "# Page 8\n\nAbout a hawk.\n"}, "edit: a hawk")
    assert "hawk" in str(opened(top, lambda w: [(h.match.text, h.score) for h in w.find("hawk", at="side").hits]))
    seen = embedded(workspace)
    for _ in range(2):
        opened(top, lambda w: found(w, "owl number 7", "side"))
        git(top, "switch", "-q", "main")
        assert opened(top, lambda w: found(w, "owl number 7")) == before
        git(top, "switch", "-q", "side")
        assert opened(top, lambda w: found(w, "owl number 7")) == before, (
            "a search is on trunk, whatever is checked out"
        )
    assert embedded(workspace) - seen == 0


def test_a_renamed_folder_of_a_thousand_files_embeds_nothing(workspace: Workspace) -> None:
    top = workspace.store.workdir
    assert top is not None
    files = {f"resources/old/{n % 20}/{n}.md": f"# Page {n}\n\nAbout thing {n}.\n" for n in range(1_000)}
    write(top, files, "edit: a thousand")
    assert opened(top, lambda w: found(w, "thing 777"))[0][0] == "viking://resources/old/17/777.md#L1-L3"
    seen = embedded(workspace)
    assert seen >= 1_000
    git(top, "mv", "resources/old", "resources/new")
    git(top, "commit", "-qm", "edit: rename")
    assert opened(top, lambda w: found(w, "thing 777"))[0][0] == "viking://resources/new/17/777.md#L1-L3"
    assert embedded(workspace) - seen == 0


def test_a_look_at_fifty_commits_embeds_nothing_and_leaves_trunk_alone(workspace: Workspace) -> None:
    top = workspace.store.workdir
    assert top is not None
    commits = []
    with workspace:
        for number in range(50):
            write(top, {"resources/log/day.md": f"# Day\n\nNumber {number} of days.\n"}, f"edit: day {number}")
            commits.append(git(top, "rev-parse", "HEAD").strip())
            workspace.find("day")
        before = found(workspace, "number of days")
        seen, rows = embedded(workspace), workspace.searching.trunk().state
        for number, commit in enumerate(commits):
            (hit, *_) = workspace.find("number of days", at=commit, type="resource", level=2).hits
            assert f"Number {number} of days." in hit.match.text
        assert embedded(workspace) - seen == 0
        assert workspace.searching.trunk().state == rows
        assert found(workspace, "number of days") == before


def test_a_second_clone_answers_with_the_same_uris_order_and_scores(workspace: Workspace, tmp_path: Path) -> None:
    top = workspace.store.workdir
    assert top is not None
    with workspace:
        session = workspace.new_session("chat")
        workspace.add_messages(session, talk())
        workspace.commit(session)
        write(top, {f"resources/a/{n}.md": f"# Page {n}\n\nTypeScript page {n}.\n" for n in range(30)}, "edit: pages")
        # The first index has followed every change; the clone's is built at once.
        git(top, "rm", "-q", "resources/a/3.md")
        git(top, "commit", "-qm", "edit: one less")
        queries = ("TypeScript", "page 7", "who lives in Lisbon", '"billing service"')
        here = {query: found(workspace, query) for query in queries}
    assert all(here.values())
    subprocess.run(["git", "clone", "-q", str(top), str(tmp_path / "clone")], check=True)
    with Workspace.open(tmp_path / "clone") as clone:
        assert {query: found(clone, query) for query in queries} == here


def test_a_commit_does_not_wait_for_the_vectors_of_a_large_folder(workspace: Workspace) -> None:
    top = workspace.store.workdir
    said: list[str] = []
    assert top is not None
    pages = "\n\n".join(f"## Part {n}\n\nAbout owl number {n}. {'It hunts at night. ' * 40}" for n in range(700))
    write(top, {f"resources/a/{n}.md": f"# Page {n}\n\n{pages}\n" for n in range(3)}, "edit: owls")
    with Workspace.open(top, notice=said.append) as opened_here:
        session = opened_here.new_session("chat")
        opened_here.add_messages(session, talk())
        assert opened_here.commit(session).merge
        assert len([line for line in said if "wait for their vectors: the next find computes them" in line]) == 1
        state = opened_here.searching.beside().state
        assert state.vectors == 0 < state.rows
        assert opened_here.find("owl number 7", limit=1).degraded is None
        state = opened_here.searching.trunk().state
        assert state.vectors == state.rows
