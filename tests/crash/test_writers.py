"""Many processes write at once, and git's own upkeep runs beside them: everything is there once at the end.

``VIKING_TORTURE`` makes it 8 processes with 50 sessions each.
"""

import multiprocessing
import os
import subprocess
from collections import Counter
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, git
from viking_git.model.messages import Message
from viking_git.workspace import Workspace

LONG = "VIKING_TORTURE" in os.environ
WRITERS, SESSIONS = (8, 50) if LONG else (3, 4)
UPKEEP = ("gc -q", "repack -adq", "pack-refs --all", "prune --expire=now")
FORK = multiprocessing.get_context("fork")


def said(writer: int, number: int) -> list[Message]:
    texts = (f"I prefer tool{writer}x{number} over other{number}.", f"My friend Person{writer}x{number} lives in Oslo.")
    return [
        Message(f"msg_{writer}_{number}_{at}", "user", ({"type": "text", "text": text},),
                f"2026-11-02T09:{number % 60:02d}:{at:02d}Z")
        for at, text in enumerate(texts)
    ]  # fmt: skip


def write(top: Path, writer: int, name: str | None) -> None:
    workspace = Workspace.open(top)
    for number in range(SESSIONS):
        session = workspace.new_session(name or f"s{writer}_{number}")
        workspace.add_messages(session, said(writer, number))
        workspace.commit(session)


def edit(top: Path) -> None:
    """A person who commits by hand; where git finds its lock held, it is tried again."""
    for number in range(SESSIONS):
        (top / "notes.txt").write_text(f"{number}\n")
        while True:
            added = subprocess.run(["git", "-C", str(top), "add", "notes.txt"], capture_output=True, check=False)
            words = ["git", "-C", str(top), "commit", "-qm", f"edit: {number}", "notes.txt"]
            if not added.returncode and not subprocess.run(words, capture_output=True, check=False).returncode:
                break


def keep_up(top: Path, words: str, stop: Event) -> None:
    while not stop.is_set():
        subprocess.run(["git", "-C", str(top), *words.split()], capture_output=True, check=False)
        stop.wait(0.05)


# Beside a prune, git's own commits are not safe: so no person where one runs.
@pytest.mark.parametrize(
    ("name", "person"), [(None, False), ("chat", False), (None, True)], ids=["own sessions", "one session", "a person"]
)
def test_writers_beside_git_upkeep(tmp_path: Path, name: str | None, person: bool) -> None:
    top = tmp_path / "w"
    Workspace.init(top)
    stop = FORK.Event()
    upkeep = [FORK.Process(target=keep_up, args=(top, words, stop)) for words in UPKEEP[: 3 if person else 4]]
    writers = [FORK.Process(target=write, args=(top, writer, name)) for writer in range(WRITERS)]
    writers += [FORK.Process(target=edit, args=(top,))] if person else []
    for process in [*upkeep, *writers]:
        process.start()
    for process in writers:
        process.join()
    stop.set()
    for process in upkeep:
        process.join()
    assert [process.exitcode for process in writers] == [0] * len(writers)
    workspace = Workspace.open(top)
    for session in workspace.unfinished():
        workspace.commit(session)
    everything = Counter(m for info in workspace.sessions() for m in archived(top, str(info.session)))
    assert everything == Counter(m.id for w in range(WRITERS) for n in range(SESSIONS) for m in said(w, n))
    assert git(top, "branch", "--list", "viking/*") == ""
    assert git(top, "log", "--format=%s", "--", "notes.txt").count("\n") == (SESSIONS if person else 0)
    assert_sound(top)


def write_and_sync(top: Path, writer: int) -> None:
    workspace = Workspace.open(top)
    for number in range(SESSIONS):
        session = workspace.new_session(f"s{writer}_{number}")
        workspace.add_messages(session, said(writer, number))
        workspace.commit(session)
        workspace.branches.sync()


def test_two_clones_meet_while_many_write(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    start, _ = Workspace.init(tmp_path / "start")
    git(tmp_path / "start", "remote", "add", "origin", str(tmp_path / "hub.git"))
    start.branches.sync()
    tops = [tmp_path / "one", tmp_path / "other"]
    clones = [Workspace.clone(str(tmp_path / "hub.git"), top)[0] for top in tops]
    count = WRITERS if LONG else 2 * len(tops)
    writers = [FORK.Process(target=write_and_sync, args=(tops[number % 2], number)) for number in range(count)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    assert [process.exitcode for process in writers] == [0] * count
    for clone in (*clones, *clones):
        clone.branches.sync()
    trees = [git(top, "rev-parse", "main^{tree}") for top in (*tops, tmp_path / "hub.git")]
    assert len(set(trees)) == 1
    names = {f"default/s{w}_{n}" for w in range(count) for n in range(SESSIONS)}
    for top, clone in zip(tops, clones, strict=True):
        everything = Counter(m for name in names for m in archived(top, name))
        assert everything == Counter(m.id for w in range(count) for n in range(SESSIONS) for m in said(w, n))
        assert {str(info.session) for info in clone.sessions()} == names
        assert git(top, "branch", "--list", "viking/*") == ""
        marks = subprocess.run(["git", "-C", str(top), "grep", "-c", "^<<<<<<<"], capture_output=True, check=False)
        assert marks.returncode == 1
        assert_sound(top)
