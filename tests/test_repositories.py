"""Every verb in linked work trees, bare repositories, on a detached HEAD, in submodules and in read-only clones."""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import all_paths, git, talk
from viking_git.cli.main import main
from viking_git.errors import Busy, NotAWorkspace, NotFound, UnsupportedRepository
from viking_git.workspace import Workspace

MEMORY = b"---\ntopic: editors\n---\n# Editors\n\nLikes vim.\n"

Place = Callable[[Path], Path]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    Workspace.init(tmp_path / "w")
    return tmp_path / "w"


def plain(top: Path) -> Path:
    return top


def linked_on_trunk(top: Path) -> Path:
    git(top, "switch", "-qc", "elsewhere")
    git(top, "worktree", "add", "-q", str(top.parent / "linked"), "main")
    return top.parent / "linked"


def linked_beside_trunk(top: Path) -> Path:
    git(top, "worktree", "add", "-q", "-b", "feature", str(top.parent / "linked"))
    return top.parent / "linked"


def linked_deep_inside(top: Path) -> Path:
    return linked_beside_trunk(top) / "resources"


def bare(top: Path) -> Path:
    git(top, "clone", "-q", "--bare", str(top), str(top.parent / "bare.git"))
    return top.parent / "bare.git"


def work_tree_of_bare(top: Path) -> Path:
    git(bare(top), "worktree", "add", "-q", str(top.parent / "checkout"), "main")
    return top.parent / "checkout"


def detached(top: Path) -> Path:
    git(top, "switch", "-q", "--detach")
    return top


def submodule(top: Path) -> Path:
    outer = top.parent / "outer"
    git(top.parent, "init", "-q", str(outer))
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(top), "knowledge")
    git(outer, "commit", "-qm", "with knowledge")
    return outer / "knowledge"


def updated_submodule(top: Path) -> Path:
    outer = submodule(top).parent
    git(top.parent, "-c", "protocol.file.allow=always", "clone", "-q", "--recurse-submodules", str(outer), "again")
    return top.parent / "again/knowledge"


def separate_git_directory(top: Path) -> Path:
    git(top, "init", "-q", "--separate-git-dir", str(top.parent / "elsewhere.git"))
    return top


def work_tree_elsewhere(top: Path) -> Path:
    away = top.parent / "away"
    away.mkdir()
    git(top, "config", "core.worktree", str(away))
    (away / ".git").write_text(f"gitdir: {top / '.git'}\n")
    git(away, "reset", "-q", "--hard")
    return away


def split_index(top: Path) -> Path:
    git(top, "config", "core.splitIndex", "true")
    git(top, "update-index", "--split-index")
    return top


def sparse_by_patterns(top: Path) -> Path:
    git(top, "sparse-checkout", "set", "--no-cone", "/*", "!/agent/*/")
    return top


@pytest.mark.parametrize(
    "place",
    [
        separate_git_directory, work_tree_elsewhere, split_index, sparse_by_patterns,
        plain, linked_on_trunk, linked_beside_trunk, linked_deep_inside, bare, work_tree_of_bare, detached, submodule,
        updated_submodule,
    ],
)  # fmt: skip
def test_every_verb_works(top: Path, place: Place, tmp_path: Path) -> None:
    where = place(top)
    workspace = Workspace.open(where)
    files = workspace.files
    files.write("resources/docs/a.md", b"# A\n\nText about parrots.\n")
    files.write("user/memories/preferences/editors/content.md", MEMORY)
    files.mkdir("resources/new")
    files.cp("resources/docs/a.md", "resources/new/b.md")
    files.mv("resources/docs", "resources/papers")
    files.link("resources/new", "resources/papers", reason="same")
    files.rm("resources/new/b.md")
    files.write("resources/c.md", b"c", branch="edit/c")
    (tmp_path / "d.md").write_text("# D\n\nAdded.\n")
    workspace.add([tmp_path / "d.md"])
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    assert workspace.commit(session).merge
    assert workspace.refresh().changed == ()
    assert [entry.name for entry in workspace.ls("resources")] == ["d", "new", "papers"]
    assert list(workspace.tree("user"))
    assert workspace.abstract("user/memories/preferences/editors") == "Likes vim.\n"
    assert workspace.overview("resources")
    assert [line.uri for line in files.grep("parrots")] == ["viking://resources/papers/a.md"]
    assert files.glob("resources/*/") == [f"viking://resources/{name}/" for name in ("d", "new", "papers")]
    assert files.stat("resources/papers").layers == "current"
    assert len(list(workspace.log())) > 10
    assert workspace.find("parrots").hits[0].uri.startswith("viking://resources/papers/")
    assert git(where, "fsck", "--strict", "--no-dangling") == ""
    if workspace.store.workdir is not None:
        assert git(where, "status", "--porcelain") == ""
        git(where, "switch", "-q", "--ignore-other-worktrees", "main")
        assert git(where, "status", "--porcelain") == ""
        assert (workspace.store.workdir / "resources/papers/a.md").exists()


def test_a_trunk_may_have_a_slash_in_its_name(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "team/main", "w")
    workspace, made = Workspace.init(tmp_path / "w")
    assert made.policy.trunk == "team/main"
    workspace.files.write("resources/a.md", b"a")
    workspace.add_messages(workspace.new_session("chat"), talk())
    assert workspace.commit(workspace.session_id("chat")).merge
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    git(tmp_path / "w", "remote", "add", "origin", "../hub.git")
    workspace.branches.sync()
    Workspace.clone(str(tmp_path / "hub.git"), tmp_path / "clone")
    assert (tmp_path / "clone/resources/a.md").read_bytes() == b"a"
    assert git(tmp_path / "clone", "status", "--porcelain") == git(tmp_path / "w", "status", "--porcelain") == ""


def test_a_work_tree_that_git_cannot_find_is_said(top: Path, tmp_path: Path) -> None:
    git(top, "config", "core.worktree", str(tmp_path))
    with pytest.raises(UnsupportedRepository, match="does not find the repository") as refused:
        Workspace.open(top)
    assert "gitdir: " in str(refused.value.hint)


def test_a_linked_work_tree_does_not_forget_the_one_whose_repository_is_elsewhere(top: Path) -> None:
    separate_git_directory(top)
    linked = linked_beside_trunk(top)
    with pytest.raises(Busy, match="does not say where"):
        Workspace.open(linked).files.write("resources/a.md", b"a")
    git(top, "config", "core.worktree", str(top))
    Workspace.open(linked).files.write("resources/a.md", b"a")
    assert git(top, "status", "--porcelain") == ""
    assert (top / "resources/a.md").read_bytes() == b"a"


def test_trunk_is_updated_in_the_work_tree_that_has_it(top: Path) -> None:
    linked = linked_beside_trunk(top)
    Workspace.open(linked).files.write("resources/a.md", b"a")
    assert (top / "resources/a.md").read_bytes() == b"a"
    assert not (linked / "resources/a.md").exists()
    Workspace.open(top).files.write("resources/b.md", b"b", branch="feature")
    assert (linked / "resources/b.md").read_bytes() == b"b"
    assert git(linked, "status", "--porcelain") == git(top, "status", "--porcelain") == ""


def test_a_detached_head_says_where_the_write_went(
    top: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(detached(top))
    assert main(["mkdir", "resources/new"]) == 0
    assert "HEAD is detached: the files here stay as they are; git switch main shows the change" in (
        capsys.readouterr().err
    )
    assert not (top / "resources/new").exists()


def test_a_clone_without_trunk_names_the_way_out(top: Path) -> None:
    git(top, "branch", "other")
    git(top.parent, "clone", "-q", "-b", "other", str(top), "clone")
    workspace = Workspace.open(top.parent / "clone")
    for act in (workspace.ls, lambda: workspace.files.write("resources/a.md", b"a"), workspace.refresh,
                lambda: workspace.find("x"), lambda: list(workspace.log()), workspace.sessions,
                lambda: workspace.add([top / "viking.yaml"])):  # fmt: skip
        with pytest.raises(NotFound) as raised:
            act()
        assert raised.value.hint == "git branch main origin/main"
    git(top.parent / "clone", "branch", "main", "origin/main")
    assert len(workspace.ls()) == 6


def test_a_bare_repository_without_commits_is_no_workspace(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    with pytest.raises(NotAWorkspace):
        Workspace.open(tmp_path / "empty.git")


def read_only(top: Path) -> None:
    for path in (top, *all_paths(top)):
        path.chmod(path.stat().st_mode & ~0o222)


def obey_modes() -> None:
    """Let root obey file modes like anybody: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


RUN = """
import io, json, sys
from contextlib import redirect_stderr
from viking_git.cli.main import main
for words in json.loads(sys.argv[2]):
    sys.stdin, said = io.TextIOWrapper(io.BytesIO(b"x")), io.StringIO()
    with redirect_stderr(said):
        code = main(["-C", sys.argv[1], *words])
    sys.__stderr__.write(json.dumps([words, code, said.getvalue()]) + "\\n")
"""


def run_obedient(top: Path, commands: list[list[str]]) -> list[tuple[list[str], int, str]]:
    """Run commands in a process that obeys file modes: the words, the exit code and what it said, of each."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(top), json.dumps(commands)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent, preexec_fn=obey_modes,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_read_only_clone_is_read_and_refuses_writes(top: Path) -> None:
    workspace = Workspace.open(top)
    workspace.files.write("resources/docs/a.md", b"# A\n\nText about parrots.\n")
    workspace.add_messages(workspace.new_session("chat"), talk())
    workspace.commit(workspace.session_id("chat"))
    read_only(top)
    try:
        reading = [["ls"], ["tree"], ["read", "resources/docs/a.md"], ["stat", "resources/docs"], ["status"],
                   ["grep", "parrots"], ["glob", "resources/*"], ["log"], ["session", "list"],
                   ["session", "show", "chat"], ["find", "parrots"], ["relations", "resources/docs"]]  # fmt: skip
        for words, code, said in run_obedient(top, reading):
            assert (code, said.count("error")) == (0, 0), (words, said)
        writing = [["write", "resources/b.md"], ["mkdir", "resources/new"], ["rm", "resources/docs/a.md"],
                   ["mv", "resources/docs", "resources/x"], ["refresh"], ["session", "new"],
                   ["session", "add-message", "chat", "user", "hi"], ["write", "resources/b.md", "--branch", "x"],
                   ["add", str(Path(__file__))], ["commit", "chat"]]  # fmt: skip
        for words, code, said in run_obedient(top, writing):
            assert code == 2, (words, said)
            assert "clone the repository to a place of your own" in said, (words, said)
    finally:
        for path in (top, *all_paths(top)):
            path.chmod(path.stat().st_mode | 0o200)
