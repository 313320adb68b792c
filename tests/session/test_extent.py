"""Trees that stand for more files than can be looked at: a few objects, pushed by a colleague or a pull request."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import check, git
from viking_git.errors import Refused
from viking_git.model.changes import Changes
from viking_git.store.extent import MOST_LEVELS, MOST_PATHS, Extent, refuse_large
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot
from viking_git.workspace import Workspace

FILE, TREE = 0o100644, 0o040000


def bomb(writer: ObjectWriter, levels: int = 7, width: int = 10) -> str:
    """A tree of ``width`` to the power of ``levels`` files, in one object a level."""
    inside, mode = writer.blob(b"boom\n"), FILE
    for _ in range(levels):
        made = writer.tree([(f"x{number}", inside, mode) for number in range(width)])
        assert made is not None
        inside, mode = made, TREE
    return inside


def put(workspace: Workspace, branch: str, path: str, make: Callable[[ObjectWriter], str]) -> str:
    """Commit a tree at ``path`` to a branch, by the objects alone: no program of ours or git's walks it."""
    store = workspace.store

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        base = store.tree(tip or store.tip("refs/heads/main"))
        tree = writer.graft(base, {path: (make(writer), TREE)})
        assert tree is not None
        return store.commit(writer, tree, [tip or store.resolve("refs/heads/main")], "edit: boom\n")

    store.advance(f"refs/heads/{branch}", build, "boom")
    return store.resolve(branch)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.init(tmp_path / "w")[0]


def test_each_tree_object_is_looked_at_once(workspace: Workspace) -> None:
    writer = ObjectWriter(workspace.store.git)
    for levels in (7, 70):
        tree = bomb(writer, levels)
        assert Extent(Snapshot(writer.git, tree)).added(None, tree) == 10**levels


def test_only_what_differs_is_counted(workspace: Workspace) -> None:
    writer = ObjectWriter(workspace.store.git)
    old = bomb(writer, 4)
    new = writer.apply(old, Changes({"x0/x0/x0/x0": b"other", "x1/x1/x1/more": b"new"}))
    view = Snapshot(writer.git, new)
    assert Extent(view).added(old, new) == 2
    assert Extent(view).added(new, old) == 1
    assert Extent(view).added(None, new) == 10**4 + 1
    assert Extent(view).added(old, old) == 0
    # A file where a directory was, and the other way round.
    assert Extent(view).added(writer.apply(None, Changes({"x0": b""})), old) == 10**4
    assert Extent(view).added(old, writer.apply(None, Changes({"x0": b""}))) == 1


def test_what_is_too_deep_is_no_crash(workspace: Workspace) -> None:
    writer = ObjectWriter(workspace.store.git)
    for levels, is_fine in ((MOST_LEVELS, True), (MOST_LEVELS + 2, False), (5_000, False)):
        view = Snapshot(writer.git, bomb(writer, levels, width=1))
        if is_fine:
            refuse_large(None, view, "it")
        else:
            with pytest.raises(Refused, match=f"directories more than {MOST_LEVELS} deep"):
                refuse_large(None, view, "it")


def test_check_says_how_many(workspace: Workspace) -> None:
    put(workspace, "boom", "resources/x", bomb)
    put(workspace, "small", "resources/x", lambda writer: bomb(writer, 2))
    for how in ({}, {"whole": True}):
        with pytest.raises(Refused, match=f"boom has 10,000,0.. files.*{MOST_PATHS:,} at most"):
            check(workspace, rev="boom", base="main", **how)
    assert check(workspace, rev="small", base="main").findings


def test_trunk_itself(workspace: Workspace) -> None:
    tip = put(workspace, "boom", "resources/x", bomb)
    git(Path(workspace.store.workdir or ""), "update-ref", "refs/heads/main", tip)
    with pytest.raises(Refused, match=r"10,000,0.. files"):
        check(workspace, rev="main")


def test_sync_and_merge_take_none_in(tmp_path: Path, workspace: Workspace) -> None:
    git(tmp_path, "clone", "-q", "--bare", "w", "hub.git")
    git(tmp_path / "w", "remote", "add", "origin", str(tmp_path / "hub.git"))
    tip = put(workspace, "boom", "resources/x", bomb)
    git(tmp_path / "w", "push", "-q", "origin", f"{tip}:refs/heads/main")
    before = workspace.store.tip("refs/heads/main")
    with pytest.raises(Refused, match=r"origin/main has 10,000,000 files that are new or changed"):
        workspace.branches.sync()
    for look in (True, False):
        with pytest.raises(Refused, match="boom has 10,000,000 files"):
            workspace.branches.merge("boom", check=look)
    assert workspace.store.tip("refs/heads/main") == before
    # Everything else goes on.
    workspace.files.write("viking://resources/a/x.md", b"# X\n\nx\n")


def test_transcripts_of_another_machine(tmp_path: Path, workspace: Workspace) -> None:
    git(tmp_path, "clone", "-q", "--bare", "w", "hub.git")
    git(tmp_path / "w", "remote", "add", "origin", str(tmp_path / "hub.git"))
    git(tmp_path / "w", "config", "viking.transcripts", "origin")
    tip = put(workspace, "boom", "session/default/x/history/archive_001/files", bomb)
    git(tmp_path / "w", "push", "-q", "origin", f"{tip}:refs/viking/transcripts")
    with pytest.raises(Refused, match=r"transcripts over there has 10,000,0.. files"):
        workspace.branches.sync()
