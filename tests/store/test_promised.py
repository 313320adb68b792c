"""Blobs that a partial clone lacks: fetched on need, many at a time, from a real remote."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from viking_git.errors import RemoteFailed
from viking_git.store.promised import bring, go_no_further, is_here, is_partial, read_blob, settled
from viking_git.store.remote import join_packs
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A clone without any blob; what it was cloned from is ``source`` beside it."""
    git(tmp_path, "init", "-q", "source")
    (tmp_path / "source/a").mkdir()
    for number in range(6):
        (tmp_path / f"source/a/{number}.md").write_text(f"text {number}\n")
    git(tmp_path / "source", "add", "-A")
    git(tmp_path / "source", "commit", "-qm", "one")
    git(tmp_path / "source", "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--sparse", f"file://{tmp_path}/source", "clone")
    return tmp_path / "clone"


def missing(top: Path) -> int:
    lines = git(top, "rev-list", "--objects", "--all", "--missing=print").splitlines()
    return sum(line.startswith("?") for line in lines)


def fetches(top: Path) -> int:
    """How often something was fetched: each leaves a pack with a mark."""
    return len(list((top / ".git/objects/pack").glob("*.promisor"))) - 1


def tree_of(top: Path) -> Snapshot:
    store = Store(top)
    return store.snapshot(store.tip("HEAD"))


def test_reading_one_fetches_one(top: Path) -> None:
    tree = tree_of(top)
    assert missing(top) == 6
    assert tree.read("a/1.md") == b"text 1\n"
    assert tree.read("a/1.md") == b"text 1\n"
    assert (missing(top), fetches(top)) == (5, 1)
    entry = tree.entry("a/2.md")
    assert entry is not None
    assert not tree.is_here(entry.oid)
    assert tree.size_of(entry.oid) == 7
    assert tree.is_here(entry.oid)
    assert git(top, "fsck", "--strict") == ""


def test_many_are_one_fetch(top: Path) -> None:
    tree = tree_of(top)
    tree.read("a/1.md")
    tree.bring(tree.walk())
    assert (missing(top), fetches(top)) == (0, 2)
    tree.bring(tree.walk())
    assert fetches(top) == 2
    assert tree.read("a/5.md") == b"text 5\n"


def test_what_a_function_reads_is_found_out_and_fetched_at_once(top: Path) -> None:
    tree, tries = tree_of(top), []

    def make() -> bytes:
        tries.append(1)
        first = b"".join(tree.read(f"a/{number}.md") for number in range(3))
        go_no_further()
        return first + tree.read("a/5.md")

    assert settled(pygit2.Repository(str(top)), make) == b"text 0\ntext 1\ntext 2\ntext 5\n"
    assert (len(tries), missing(top), fetches(top)) == (3, 2, 2)


def test_what_is_wrong_after_all_is_raised(top: Path) -> None:
    tree = tree_of(top)

    def make() -> None:
        raise ValueError(tree.read("a/0.md").decode())

    with pytest.raises(ValueError, match="text 0"):
        settled(pygit2.Repository(str(top)), make)


def test_a_whole_clone_asks_nobody(tmp_path: Path, top: Path) -> None:
    repository = pygit2.Repository(str(tmp_path / "source"))
    assert not is_partial(repository)
    assert is_here(repository, "0" * 39 + "1")
    assert bring(repository, [("x", "0" * 39 + "1")]) == 0
    with pytest.raises(KeyError):
        read_blob(repository, "0" * 39 + "1")
    assert settled(repository, lambda: 7) == 7


def test_a_remote_that_is_away_is_said_and_nothing_changes(tmp_path: Path, top: Path) -> None:
    (tmp_path / "source").rename(tmp_path / "away")
    tree = tree_of(top)
    with pytest.raises(RemoteFailed, match=r"a/3\.md is not in this clone.* fetched from origin: ") as failed:
        tree.read("a/3.md")
    assert "sparse-checkout list" in str(failed.value.hint)
    with pytest.raises(RemoteFailed, match="and 5 more files are not"):
        tree.bring(tree.walk())
    with pytest.raises(RemoteFailed, match="and one more file are not"):
        settled(pygit2.Repository(str(top)), lambda: (tree.read("a/0.md"), tree.read("a/1.md")))
    assert missing(top) == 6
    (tmp_path / "away").rename(tmp_path / "source")
    assert tree.read("a/3.md") == b"text 3\n"


def test_a_blob_that_nobody_has_is_said(top: Path) -> None:
    with pytest.raises(RemoteFailed, match="cannot be fetched"):
        read_blob(pygit2.Repository(str(top)), "0" * 39 + "1", "lost.md")


def test_the_older_way_to_say_it_is_read(top: Path) -> None:
    git(top, "config", "extensions.partialClone", "origin")
    git(top, "config", "--unset", "remote.origin.promisor")
    assert tree_of(top).read("a/4.md") == b"text 4\n"


def test_packs_are_joined_without_what_is_missing(top: Path) -> None:
    tree = tree_of(top)
    for number in range(3):
        tree.read(f"a/{number}.md")
        (top / f"new{number}.md").write_text(f"{number}\n")
        git(top, "add", "--sparse", f"new{number}.md")
        git(top, "commit", "-qm", "more")
        git(top, "repack", "-q")
    assert join_packs(top / ".git", partial=True)
    assert len(list((top / ".git/objects/pack").glob("*.pack"))) == 2
    assert missing(top) == 3
    assert git(top, "fsck", "--strict") == ""
    assert tree_of(top).read("a/5.md") == b"text 5\n"


def test_a_linked_work_tree_fetches_too(top: Path) -> None:
    git(top, "worktree", "add", "-q", "--no-checkout", "../linked", "-b", "other")
    assert tree_of(top.parent / "linked").read("a/2.md") == b"text 2\n"
    assert missing(top) == 5


def test_a_killed_fetch_leaves_nothing_behind(top: Path, tmp_path: Path) -> None:
    # Git asks a program for the objects that never answers; the reader is killed meanwhile.
    hang = tmp_path / "hang"
    hang.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexec sleep 20\n")
    hang.chmod(0o755)
    git(top, "config", "remote.origin.uploadpack", str(hang))
    program = f"from tests.store.test_promised import *; tree_of(Path({str(top)!r})).read('a/0.md')"
    with subprocess.Popen([sys.executable, "-c", program], start_new_session=True) as reader:
        while not (tmp_path / "asked").exists():
            assert reader.poll() is None
            time.sleep(0.02)
        os.killpg(reader.pid, signal.SIGKILL)
    git(top, "config", "--unset", "remote.origin.uploadpack")
    assert missing(top) == 6
    assert tree_of(top).read("a/0.md") == b"text 0\n"
    assert git(top, "fsck", "--strict") == ""
