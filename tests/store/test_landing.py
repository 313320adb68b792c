"""Work trees and their branch move together, or not at all, whatever kills the process between the two."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest
from pygit2.errors import NotFoundError

from tests.helpers import git
from viking_git.errors import NotWritable
from viking_git.model.changes import Changes
from viking_git.store import worktree
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Build, Store

MAIN = "refs/heads/main"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    pygit2.init_repository(str(tmp_path / "w"), initial_head="main")
    store = Store(tmp_path / "w")
    store.advance(MAIN, writing(store, {"a.md": "1\n", "d/b.md": "1\n"}), "first")
    return tmp_path / "w"


def writing(store: Store, files: dict[str, str], *deleted: str) -> Build:
    def build(writer: ObjectWriter, tip: str | None) -> str:
        changes = Changes()
        for path in deleted:
            changes.delete(path)
        for path, text in files.items():
            changes.write(path, text)
        return store.commit(writer, writer.apply(store.tree(tip), changes), [tip] if tip else [], "edit: x\n")

    return build


def killed(top: Path, files: dict[str, str], *deleted: str, placed: int) -> None:
    """Write in a process that dies after it has put ``placed`` files into place."""
    child = os.fork()
    if not child:
        real: Callable[..., None] = worktree.Checkout._place
        left = [placed]

        def place(self: worktree.Checkout, source: Path, path: str) -> None:
            real(self, source, path)
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        worktree.Checkout._place = place  # type: ignore[method-assign]
        store = Store(top)
        store.advance(MAIN, writing(store, files, *deleted), "killed")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_the_next_write_takes_back_what_a_killed_one_laid(top: Path) -> None:
    killed(top, {"a.md": "2\n", "new/n.md": "2\n", "z.md": "2\n"}, "d/b.md", placed=2)
    assert git(top, "status", "--porcelain")
    store = Store(top)
    store.advance(MAIN, writing(store, {"c.md": "3\n"}), "next")
    assert git(top, "status", "--porcelain") == ""
    assert (top / "a.md").read_text() == "1\n"
    assert (top / "d/b.md").read_text() == "1\n"
    assert not (top / "new").exists()
    assert git(top, "fsck", "--strict", "--no-dangling") == ""


def test_what_somebody_edited_since_stays(top: Path) -> None:
    killed(top, {"a.md": "2\n", "b.md": "2\n", "z.md": "2\n"}, placed=2)
    (top / "a.md").write_text("mine\n")
    store = Store(top)
    store.advance(MAIN, writing(store, {"c.md": "3\n"}), "next")
    assert (top / "a.md").read_text() == "mine\n"
    assert git(top, "status", "--porcelain") == " M a.md\n"


def test_the_same_write_again_carries_on(top: Path) -> None:
    killed(top, {"a.md": "2\n", "b.md": "2\n"}, placed=1)
    store = Store(top)
    store.advance(MAIN, writing(store, {"a.md": "2\n", "b.md": "2\n"}), "again")
    assert (top / "a.md").read_text() == "2\n"
    assert git(top, "status", "--porcelain") == ""


def test_a_disk_that_cannot_be_written_to_changes_nothing(top: Path) -> None:
    before = git(top, "rev-parse", "HEAD")
    (top / "d").chmod(0o555)
    store = Store(top)
    try:
        if os.access(top / "d", os.W_OK):
            pytest.skip("root may write everywhere")
        with pytest.raises(NotWritable):
            store.advance(MAIN, writing(store, {"a.md": "2\n", "d/c.md": "2\n"}), "read-only")
    finally:
        (top / "d").chmod(0o755)
    assert git(top, "rev-parse", "HEAD") == before
    assert git(top, "status", "--porcelain") == ""


def test_an_object_that_a_repack_hides_for_a_moment_is_looked_for_again(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, tries = Store(top), list[str]()
    real = pygit2.Repository.checkout_tree

    def hidden(self: pygit2.Repository, *given: object, **chosen: object) -> None:
        tries.append("once")
        if len(tries) < 3:
            raise NotFoundError("object not found")
        real(self, *given, **chosen)

    monkeypatch.setattr(pygit2.Repository, "checkout_tree", hidden)
    store.advance(MAIN, writing(store, {"a.txt": "new\n"}), "edit")
    assert len(tries) == 3
    assert (top / "a.txt").read_text() == "new\n"
    assert git(top, "status", "--porcelain") == ""


def test_a_write_to_another_branch_takes_back_what_a_killed_one_laid(top: Path) -> None:
    git(top, "worktree", "add", "-q", "-b", "side", str(top.parent / "side"))
    killed(top, {"a.md": "2\n", "d/b.md": "2\n"}, placed=1)
    assert git(top, "status", "--porcelain") != ""
    store = Store(top)
    store.advance("refs/heads/side", writing(store, {"c.md": "3\n"}), "side")
    assert [git(place, "status", "--porcelain") for place in (top, top.parent / "side")] == ["", ""]


def test_branches_whose_names_are_no_text_are_in_nobodys_way(top: Path) -> None:
    name = os.fsdecode(b"m\xfcll")
    git(top, "worktree", "add", "-q", "-b", name, str(top.parent / os.fsdecode(b"w\xfc")))
    store = Store(top)
    store.advance(MAIN, writing(store, {"a.md": "2\n"}), "main")
    assert git(top, "status", "--porcelain") == ""
