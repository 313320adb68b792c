"""The checked-out trunk moves only where no edit of a person's stands; `git status` is the referee."""

import subprocess
import sys
from pathlib import Path

import pygit2
import pytest

from tests.helpers import copied
from viking_git.errors import Busy, DirtyWorkTree
from viking_git.model.changes import Changes
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store

MAIN = "refs/heads/main"


def git(top: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(top), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "work tree"
    pygit2.init_repository(str(top), initial_head="main")
    for name, text in {"a/x.md": "one\n", "a/y.md": "two\n", "b.md": "b\n"}.items():
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text(text)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "init: here")
    return top


def advance(top: Path, changes: Changes, **how: object) -> str | None:
    store = Store(top, **how)  # type: ignore[arg-type]

    def build(writer: ObjectWriter, tip: str | None) -> str:
        tree = writer.apply(store.tree(tip), changes)
        return store.commit(writer, tree, [tip] if tip else [], "edit: test")

    return store.advance(MAIN, build, "test")


def changes(**files: str | None) -> Changes:
    made = Changes()
    for path, text in {"a/x.md": "ONE\n", "a/y.md": None, "new/deep/z.md": "z\n", **files}.items():
        if text is None:
            made.delete(path)
        else:
            made.write(path, text)
    return made


def test_clean_work_tree_follows(top: Path) -> None:
    advance(top, changes())
    assert git(top, "status", "--porcelain") == ""
    assert (top / "a/x.md").read_text() == "ONE\n"
    assert not (top / "a/y.md").exists()
    assert (top / "new/deep/z.md").read_text() == "z\n"
    assert git(top, "fsck", "--strict", "--no-dangling") == ""
    assert not (top / ".git/index.lock").exists()


def test_a_file_may_take_the_place_of_a_directory_and_back(top: Path) -> None:
    swap = Changes()
    swap.delete("a")
    swap.write("a", "a file now\n")
    advance(top, swap)
    assert (top / "a").read_text() == "a file now\n"
    assert git(top, "status", "--porcelain") == ""
    back = Changes()
    back.delete("a")
    back.write("a/deep/x.md", "a directory again\n")
    advance(top, back)
    assert (top / "a/deep/x.md").read_text() == "a directory again\n"
    assert git(top, "status", "--porcelain") == ""
    (top / "a/deep/mine").write_text("untracked\n")
    with pytest.raises(DirtyWorkTree):
        advance(top, swap)
    assert (top / "a/deep/mine").read_text() == "untracked\n"


def test_edits_elsewhere_stay(top: Path) -> None:
    (top / "b.md").write_text("mine\n")
    (top / "untracked").write_text("mine\n")
    (top / "staged.md").write_text("mine\n")
    git(top, "add", "staged.md")
    advance(top, changes())
    assert git(top, "status", "--porcelain").splitlines() == [" M b.md", "A  staged.md", "?? untracked"]
    assert (top / "b.md").read_text() == "mine\n"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda top: (top / "a/x.md").write_text("edited\n"),
        lambda top: (top / "a/y.md").write_text("edited\n"),
        lambda top: (top / "a/x.md").unlink(),
        lambda top: ((top / "new").mkdir(), (top / "new/deep").write_text("a file in the way\n")),
        lambda top: ((top / "new/deep").mkdir(parents=True), (top / "new/deep/z.md").write_text("untracked\n")),
        lambda top: ((top / "new/deep/z.md").mkdir(parents=True), (top / "new/deep/z.md/f").write_text("dir\n")),
        lambda top: (
            (top / ".git/info").mkdir(exist_ok=True), (top / ".git/info/exclude").write_text("z.md\n"),
            (top / "new/deep").mkdir(parents=True), (top / "new/deep/z.md").write_text("ignored\n"),
        ),
        lambda top: (
            (top / "a/x.md").write_text("staged\n"), git(top, "add", "a/x.md"), (top / "a/x.md").write_text("one\n"),
        ),
        lambda top: ((top.parent / "elsewhere").mkdir(), (top / "new").symlink_to(top.parent / "elsewhere")),
        lambda top: git(top, "rm", "-q", "--cached", "a/x.md"),
    ],
    ids=["edited", "edited-but-deleted-there", "deleted-here", "file-for-directory", "untracked", "directory-for-file",
         "ignored", "staged-and-put-back", "symlinked-parent", "unstaged"],
)  # fmt: skip
def test_edits_in_the_way_refuse_and_stay(top: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    spoil(top)
    before = git(top, "rev-parse", "HEAD"), git(top, "status", "--porcelain", "--ignored"), git(top, "ls-files", "-s")
    with pytest.raises(DirtyWorkTree):
        advance(top, changes())
    after = git(top, "rev-parse", "HEAD"), git(top, "status", "--porcelain", "--ignored"), git(top, "ls-files", "-s")
    assert before == after
    assert not (top / ".git/index.lock").exists()
    assert not list(top.parent.glob("elsewhere/*"))


def test_a_held_lock_refuses(top: Path) -> None:
    (top / ".git/index.lock").write_bytes(b"")
    with pytest.raises(Busy):
        advance(top, changes())
    assert (top / ".git/index.lock").exists()
    assert (top / "a/x.md").read_text() == "one\n"


def test_a_merge_under_way_refuses(top: Path) -> None:
    git(top, "switch", "-qc", "side")
    (top / "b.md").write_text("side\n")
    git(top, "commit", "-qam", "side")
    git(top, "switch", "-q", "main")
    git(top, "merge", "--no-ff", "--no-commit", "side")
    with pytest.raises(Busy):
        advance(top, changes())


def test_a_rebase_of_the_branch_refuses(top: Path) -> None:
    (top / "b.md").write_text("one more\n")
    git(top, "commit", "-qam", "one more")
    todo = "sequence.editor=sed -i s/pick/edit/"
    subprocess.run(["git", "-C", str(top), "-c", todo, "rebase", "-i", "HEAD~1"], check=False, capture_output=True)
    with pytest.raises(Busy):
        advance(top, changes())


def test_linked_work_tree_with_the_branch_follows(top: Path) -> None:
    git(top, "switch", "-qc", "other")
    linked = top.parent / "linked"
    git(top, "worktree", "add", "-q", str(linked), "main")
    advance(top, changes())
    assert (linked / "a/x.md").read_text() == "ONE\n"
    assert git(linked, "status", "--porcelain") == ""
    assert (top / "a/x.md").read_text() == "one\n"
    assert git(top, "status", "--porcelain") == ""


def test_a_copy_leaves_the_work_trees_of_the_original_alone(top: Path, tmp_path: Path) -> None:
    git(top, "switch", "-q", "-c", "other")
    git(top, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    copied(top, tmp_path / "copy")
    advance(tmp_path / "copy", changes())
    assert git(tmp_path / "copy", "show", "main:a/x.md") == "ONE\n"
    assert git(tmp_path / "linked", "status", "--porcelain") == ""
    assert (tmp_path / "linked/a/x.md").read_text() == "one\n"


def test_from_a_linked_work_tree(top: Path) -> None:
    linked = top.parent / "linked"
    git(top, "worktree", "add", "-q", "-b", "other", str(linked))
    advance(linked, changes())
    assert (top / "a/x.md").read_text() == "ONE\n"
    assert git(top, "status", "--porcelain") == ""
    assert git(linked, "status", "--porcelain") == ""


@pytest.mark.parametrize("setting", ["core.splitIndex", "core.sparseCheckout"])
def test_indexes_that_libgit2_cannot_write(top: Path, setting: str) -> None:
    if setting == "core.splitIndex":
        git(top, "update-index", "--split-index")
        git(top, "config", setting, "true")
    else:
        git(top, "sparse-checkout", "set", "--no-cone", "/a/")
    advance(top, changes())
    assert git(top, "status", "--porcelain") == ""
    assert (top / "a/x.md").read_text() == "ONE\n"
    assert git(top, "ls-files", "new") == "new/deep/z.md\n"


def sparse(top: Path) -> None:
    """Let the work tree hold ``a`` and the files beside it; the repository has ``far`` too."""
    for name in ("far/x.md", "far/deep/y.md"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("far\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "init: far")
    git(top, "sparse-checkout", "set", "--cone", "a")


def far_too(**files: str | None) -> Changes:
    return changes(
        **{"far/x.md": "FAR\n", "far/deep/y.md": None, "far/new.md": "new\n", "new/deep/z.md": None}, **files
    )


def test_a_sparse_work_tree_stays_as_narrow_as_it_is(top: Path) -> None:
    sparse(top)
    advance(top, far_too())
    assert git(top, "status", "--porcelain") == ""
    assert git(top, "ls-files", "-t").split() == ["H", "a/x.md", "H", "b.md", "S", "far/new.md", "S", "far/x.md"]
    assert (top / "a/x.md").read_text() == "ONE\n"
    assert not (top / "far").exists()
    git(top, "sparse-checkout", "add", "far")
    assert (top / "far/x.md").read_text() == "FAR\n"
    assert git(top, "status", "--porcelain") == ""


def test_an_edit_outside_of_a_sparse_work_tree_is_in_the_way(top: Path) -> None:
    sparse(top)
    (top / "far").mkdir()
    (top / "far/x.md").write_text("mine\n")
    with pytest.raises(DirtyWorkTree, match=r"far/x\.md"):
        advance(top, far_too())
    assert (top / "far/x.md").read_text() == "mine\n"
    assert (top / "a/x.md").read_text() == "one\n"
    (top / "far/x.md").write_text("far\n")
    advance(top, far_too())
    assert (top / "far/x.md").read_text() == "FAR\n", "what lies there follows"
    assert git(top, "status", "--porcelain") == ""


def test_split_index_with_an_edit_in_the_way(top: Path) -> None:
    git(top, "update-index", "--split-index")
    git(top, "config", "core.splitIndex", "true")
    (top / "a/x.md").write_text("edited\n")
    with pytest.raises(DirtyWorkTree):
        advance(top, changes())
    assert (top / "a/x.md").read_text() == "edited\n"


@pytest.mark.parametrize("narrow", [False, True], ids=["whole", "sparse"])
@pytest.mark.parametrize("where", ["built", "locked", "before-checkout", "checked-out", "index-swapped", "ref-moved"])
def test_what_a_killed_process_left_is_taken_up(top: Path, where: str, narrow: bool) -> None:
    if narrow:
        sparse(top)
    made = "far_too()" if narrow else "changes()"
    program = f"""
import os, signal, sys
sys.path[:0] = [{str(Path(__file__).parent)!r}]
from test_worktree import advance, changes, far_too
from pathlib import Path
advance(Path(sys.argv[1]), {made}, step=lambda name: name == {where!r} and os.kill(os.getpid(), signal.SIGKILL))
"""
    done = subprocess.run([sys.executable, "-c", program, str(top)], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    advance(top, changes())
    assert git(top, "status", "--porcelain") == ""
    assert (top / "a/x.md").read_text() == "ONE\n"
    assert git(top, "fsck", "--strict", "--no-dangling") == ""


def test_a_lost_race_puts_the_work_tree_back(top: Path) -> None:
    def race(name: str) -> None:
        if name == "index-swapped" and not raced:
            raced.append(name)
            tree = git(top, "rev-parse", "HEAD^{tree}").strip()
            git(top, "update-ref", MAIN, git(top, "commit-tree", "-p", "HEAD", "-m", "faster", tree).strip())

    raced: list[str] = []
    advance(top, changes(), step=race)
    assert raced
    assert git(top, "log", "--format=%s").split("\n")[:3] == ["edit: test", "faster", "init: here"]
    assert git(top, "status", "--porcelain") == ""


def test_unborn_branch(tmp_path: Path) -> None:
    top = tmp_path / "fresh"
    pygit2.init_repository(str(top), initial_head="main")
    advance(top, changes())
    assert git(top, "status", "--porcelain") == ""
    assert git(top, "ls-files").split() == ["a/x.md", "new/deep/z.md"]


def test_bare(tmp_path: Path) -> None:
    top = tmp_path / "bare.git"
    pygit2.init_repository(str(top), bare=True, initial_head="main")
    advance(top, changes())
    assert git(top, "ls-tree", "-r", "--name-only", "main").split() == ["a/x.md", "new/deep/z.md"]
