"""Moving refs beside git's upkeep, and past the locks of processes that were killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from viking_git.errors import Busy, RefMoved
from viking_git.store import refs as module
from viking_git.store.refs import Refs

REF = "refs/heads/viking/ada/chat"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "r")
    for text in ("one", "two"):
        git(tmp_path / "r", "commit", "-q", "--allow-empty", "-m", text)
    return tmp_path / "r"


@pytest.fixture
def refs(repo: Path) -> Refs:
    return Refs(pygit2.Repository(str(repo)), repo / ".git")


@pytest.fixture
def commits(repo: Path) -> list[str]:
    return git(repo, "log", "--format=%H").split()


def test_moves_compare(refs: Refs, commits: list[str], repo: Path) -> None:
    refs.move(REF, commits[1], None, "born")
    refs.move(REF, commits[0], commits[1], "moved")
    for old in (commits[1], None):
        with pytest.raises(RefMoved):
            refs.move(REF, commits[1], old, "late")
    assert refs.tip(REF) == commits[0]
    assert list(refs.below("refs/heads/viking/")) == [REF]
    assert "viking-git: moved" in git(repo, "reflog", REF)
    refs.delete(REF, commits[1])
    assert refs.tip(REF) == commits[0]
    refs.delete(REF, commits[0])
    refs.delete(REF, commits[0])
    assert refs.tip(REF) is None


def test_packed_refs_move_and_go(refs: Refs, commits: list[str], repo: Path) -> None:
    refs.move(REF, commits[1], None, "born")
    git(repo, "pack-refs", "--all")
    refs.move(REF, commits[0], commits[1], "moved")
    git(repo, "pack-refs", "--all")
    refs.delete(REF, commits[0])
    assert git(repo, "for-each-ref", REF) == ""


def test_a_lock_that_somebody_holds_is_waited_for(
    refs: Refs, commits: list[str], repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = repo / f".git/{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("")
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    with pytest.raises(Busy, match="cannot move"):
        refs.move(REF, commits[0], None, "born")
    assert lock.exists()
    with subprocess.Popen(["sh", "-c", f"sleep 0.3; rm {lock}"]):
        monkeypatch.setattr(module, "_PATIENCE", 5)
        refs.move(REF, commits[0], None, "born")
    assert refs.tip(REF) == commits[0]


# A process that stops while it holds the lock, as a kill inside libgit2 would leave it.
KILLED = """
import sys, time, pygit2
from pathlib import Path
from viking_git.store import refs as module
common, ref, new = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
refs = module.Refs(pygit2.Repository(str(common)), common)
with refs._intent.to_move(ref, new):
    lock = common / (ref + ".lock" if new else "packed-refs.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(new[:9])
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("deletes", [False, True])
def test_a_lock_of_the_dead_is_broken(refs: Refs, commits: list[str], repo: Path, deletes: bool) -> None:
    refs.move(REF, commits[1], None, "born")
    git(repo, "pack-refs", "--all")
    new = "" if deletes else commits[0]
    words = [sys.executable, "-c", KILLED, str(repo / ".git"), REF, new]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        os.kill(held.pid, signal.SIGKILL)
    if deletes:
        old = time.time() - 10
        os.utime(repo / ".git/packed-refs.lock", (old, old))
        refs.delete(REF, commits[1])
        assert refs.tip(REF) is None
    else:
        refs.move(REF, commits[0], commits[1], "carried on")
        assert refs.tip(REF) == commits[0]
    assert not list((repo / ".git").glob("**/*.lock"))


def test_a_lock_of_the_dead_on_the_config_is_broken(refs: Refs, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = KILLED.replace("packed-refs.lock", "config.lock")
    with subprocess.Popen([sys.executable, "-c", killed, str(repo / ".git"), "config", ""], stdout=-1) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"held\n"
        monkeypatch.setattr(module, "_PATIENCE", 0.2)
        with pytest.raises(Busy, match="cannot write git config"):
            refs.configure(lambda: pygit2.Repository(str(repo)).config.__setitem__("x.y", "z"))
        os.kill(held.pid, signal.SIGKILL)
    monkeypatch.setattr(module, "_PATIENCE", 5)
    refs.configure(lambda: pygit2.Repository(str(repo)).config.__setitem__("x.y", "z"))
    assert git(repo, "config", "x.y") == "z\n"
    assert not (repo / ".git/config.lock").exists()


def test_deleting_beside_pack_refs_turns_no_other_ref_back(refs: Refs, commits: list[str], repo: Path) -> None:
    """As many branches come and go as trunk moves, while git packs refs: trunk is where it was moved last."""
    stop = threading.Event()

    def pack() -> None:
        while not stop.is_set():
            subprocess.run(["git", "-C", str(repo), "pack-refs", "--all"], capture_output=True, check=False)

    def come_and_go() -> None:
        own = Refs(pygit2.Repository(str(repo)), repo / ".git")
        number = 0
        while not stop.is_set():
            number += 1
            own.move(f"refs/heads/viking/x/{number}", commits[0], None, "born")
            own.delete(f"refs/heads/viking/x/{number}", commits[0])

    others = [threading.Thread(target=work) for work in (pack, come_and_go)]
    for thread in others:
        thread.start()
    try:
        for number in range(300):
            old, new = commits[number % 2], commits[(number + 1) % 2]
            refs.move("refs/heads/main", new, old, "moved")
    finally:
        stop.set()
        for thread in others:
            thread.join()
    assert refs.tip("refs/heads/main") == commits[0]
