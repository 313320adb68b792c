"""Many processes commit in two clones and sync them through one bare remote: both end alike, nothing lost or doubled.

``VIKING_TORTURE`` makes it 4 processes on each side with 50 sessions each.
"""

import json
import multiprocessing
import os
import subprocess
from collections import Counter
from pathlib import Path

from tests.helpers import archived, assert_sound, git
from viking_git.model.messages import Message
from viking_git.workspace import Workspace

WRITERS, SESSIONS = (4, 50) if "VIKING_TORTURE" in os.environ else (2, 2)
FORK = multiprocessing.get_context("fork")


def said(side: str, writer: int, number: int) -> list[Message]:
    """A fact that is everybody's (one memory that all of them write) and one of this session's own."""
    texts = (
        f"I prefer editor{number % 5} over tool{side}{writer}x{number}.",
        f"My friend P{side}{writer}x{number} lives in Oslo.",
    )
    return [
        Message(f"msg_{side}_{writer}_{number}_{at}", "user", ({"type": "text", "text": text},),
                f"2026-11-02T09:{number % 60:02d}:{at:02d}Z")
        for at, text in enumerate(texts)
    ]  # fmt: skip


def write(top: Path, side: str, writer: int) -> None:
    workspace = Workspace.open(top)
    for number in range(SESSIONS):
        session = workspace.new_session(f"s{side}{writer}_{number}")
        workspace.add_messages(session, said(side, writer, number))
        workspace.commit(session)
        workspace.branches.sync()


def test_two_clones_of_many_writers(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "hub.git")], check=True)
    first, _ = Workspace.init(tmp_path / "a")
    git(tmp_path / "a", "remote", "add", "origin", str(tmp_path / "hub.git"))
    first.branches.sync()
    Workspace.clone(str(tmp_path / "hub.git"), tmp_path / "b")
    sides = {"a": tmp_path / "a", "b": tmp_path / "b"}
    writers = [
        FORK.Process(target=write, args=(top, side, writer)) for side, top in sides.items() for writer in range(WRITERS)
    ]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    assert [process.exitcode for process in writers] == [0] * len(writers)

    for top in (sides["a"], sides["b"], sides["a"]):
        Workspace.open(top).branches.sync()
    tops = list(sides.values())
    assert git(tops[0], "rev-parse", "main") == git(tops[1], "rev-parse", "main")
    for top in tops:
        assert_sound(top)
    top = tops[0]
    wanted = [
        message for side in sides for w in range(WRITERS) for n in range(SESSIONS) for message in said(side, w, n)
    ]
    everything = Counter(m for info in Workspace.open(top).sessions() for m in archived(top, str(info.session)))
    assert everything == Counter(message.id for message in wanted)
    files = git(top, "ls-tree", "-r", "--name-only", "main").splitlines()
    memories = "".join(git(top, "show", f"main:{name}") for name in files if name.endswith("/content.md"))
    named = "".join(json.dumps(json.loads(git(top, "show", f"main:{name}"))) for name in files if "/decisions/" in name)
    for message in wanted:
        told = next(word for word in message.text.rstrip(".").split() if "x" in word)
        assert told in memories or message.id in named, message.text
    assert not any(mark in memories for mark in ("<<<<<<<", ">>>>>>>"))
