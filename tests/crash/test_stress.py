"""Everything at once: writers that are killed, a person at the same branches, upkeep, two clones and their hub.

Six processes write messages, documents and commits into two clones and sync them; one after the other is killed. In the
first clone a person commits with ``-a``, stashes, changes branches, rebases, merges and adds work trees, and git's
upkeep runs in all three repositories. It is part of ``make torture``, for ten minutes or ``VIKING_SECONDS``: a git that
is stopped between its look at the branch and its lock is seen by no write, so on a busy machine a run may find the loss
that docs/architecture.md names.
"""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.helpers import check, git
from viking_git.errors import VikingError
from viking_git.model.messages import Message
from viking_git.workspace import Workspace

SECONDS = float(os.environ.get("VIKING_SECONDS", "600"))
SEED = int(os.environ.get("VIKING_SEED", "6"))
WRITERS = 6
FORK = multiprocessing.get_context("fork")
# A prune without a grace period takes what a person's git has made and not named yet: so does it beside any git.
UPKEEP = ("gc -q", "repack -adq", "pack-refs --all", "prune --expire=2.minutes.ago")
PEOPLES = {"notes.txt", "side.txt"}


class Writer:
    """One process: it says in the file ``acks`` what it was told was done, a line each."""

    def __init__(self, top: Path, name: str, acks: Path, seed: int) -> None:
        self._top = top
        self._name = name
        self._acks = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._chance = random.Random(seed)
        self._number = 0

    def run(self) -> None:
        """Write until killed."""
        acts: tuple[Callable[[Workspace], None], ...] = (self._say, self._say, self._commit, self._document, self._sync)
        while True:
            try:
                self._chance.choice(acts)(Workspace.open(self._top))
            except VikingError as error:
                self._ack(f"refused {error.message}")
                time.sleep(0.1)
            except Exception as error:
                self._ack(f"bug {type(error).__name__}: {error}")

    def _ack(self, text: str) -> None:
        os.write(self._acks, f"{text.splitlines()[0]}\n".encode())

    def _say(self, workspace: Workspace) -> None:
        self._number += 1
        word = f"{self._name}x{self._number}"
        text = f"My friend P{word} lives in Oslo."
        said = Message(f"msg_{word}", "user", ({"type": "text", "text": text},), "2026-11-02T09:00:00Z")
        workspace.add_messages(workspace.new_session(f"s{self._name}"), [said])
        self._ack(f"msg {said.id}")

    def _commit(self, workspace: Workspace) -> None:
        session = workspace.new_session(f"s{self._name}")
        workspace.commit(session)
        self._ack("commit")

    def _document(self, workspace: Workspace) -> None:
        self._number += 1
        path = f"resources/stress/{self._name}/{self._number}.md"
        workspace.files.write(path, f"# {path}\n\nWords of {self._name}.\n".encode())
        self._ack(f"doc {path}")

    def _sync(self, workspace: Workspace) -> None:
        workspace.branches.sync()
        self._ack("sync")


class Person:
    """Types git in a work tree, and gives up on what git refuses."""

    def __init__(self, top: Path, seed: int) -> None:
        self._top = top
        self._chance = random.Random(seed)
        self._lines = 0
        self.kept: list[str] = []
        self.torn = 0

    def git(self, *words: str) -> bool:
        """Whether git did it."""
        person = {"GIT_AUTHOR_NAME": "Person", "GIT_EDITOR": "true"}
        done = subprocess.run(
            ["git", "-C", str(self._top), *words], capture_output=True, check=False, env={**os.environ, **person}
        )
        return done.returncode == 0

    def act(self) -> None:
        """One thing that people do, a moment after the other: each command is typed."""
        # With 0.1 to 0.3 seconds a commit -a took back 2 of 304 acknowledged documents: a script that types without
        # a pause is faster than what brings its work tree along.
        time.sleep(0.3 + self._chance.random() / 2)
        self._chance.choice((self._commit, self._commit, self._stash, self._switch, self._branch, self._work_tree))()

    def end(self) -> None:
        """Be back on main, with nothing begun."""
        for words in ("rebase --abort", "merge --abort", "worktree prune"):
            self.git(*words.split())
        self._drop()

    def _edit(self, name: str) -> str:
        self._lines += 1
        line = f"line {self._lines}\n"
        with (self._top / name).open("a") as file:
            file.write(line)
        return line

    def _commit(self) -> None:
        line = self._edit("notes.txt")
        if self.git("commit", "-qam", "edit: a note"):
            self.kept.append(line)
        else:
            self._drop()

    def _stash(self) -> None:
        line = self._edit("notes.txt")
        done = self.git("stash", "-q") and self._popped()
        if done and not self._is_torn() and self.git("commit", "-qam", "edit: stashed"):
            self.kept.append(line)
        else:
            self._drop()

    def _is_torn(self) -> bool:
        """Whether git stash read the staging index before a write and HEAD after it, so that its pop lists our files.

        That is git's own doing, beside any other commit too: the person sees the list, and takes it back.
        """
        said = git(self._top, "status", "--porcelain", "--untracked-files=no")
        if {line[3:] for line in said.splitlines()} <= PEOPLES:
            return False
        self.torn += 1
        while not self.git("reset", "-q", "--hard"):
            time.sleep(0.05)
        return True

    def _popped(self) -> bool:
        return any(self.git("stash", "pop", "-q") or time.sleep(0.1) for _ in range(50))

    def _switch(self) -> None:
        if self.git("checkout", "-q", "other"):
            time.sleep(self._chance.random() / 5)
        self._back()

    def _back(self) -> None:
        while not self.git("checkout", "-q", "main"):
            self.git("rebase", "--abort")
            self._drop()
            time.sleep(0.05)

    def _drop(self) -> None:
        """Give up an edit; another git may hold the lock at first."""
        for name in PEOPLES:
            self.git("checkout", "-q", "--", name)

    def _branch(self) -> None:
        if self.git("checkout", "-q", "side"):
            line = self._edit("side.txt")
            is_done = self.git("commit", "-qam", "edit: beside") and self.git("rebase", "-q", "main")
            self._back()
            if is_done and self.git("merge", "-q", "--no-ff", "-m", "merge: side", "side"):
                self.kept.append(line)
            self.git("merge", "--abort")
        else:
            self._back()

    def _work_tree(self) -> None:
        away = self._top.parent / "away"
        if self.git("worktree", "add", "-q", "-f", str(away), "main"):
            time.sleep(self._chance.random() / 5)
        self.git("worktree", "remove", "--force", str(away))


def keep_up(tops: list[Path]) -> None:
    for number in range(10**9):
        for top in tops:
            words = UPKEEP[number % len(UPKEEP)].split()
            subprocess.run(["git", "-C", str(top), *words], capture_output=True, check=False)
        time.sleep(0.2)


def started(tops: list[Path], number: int, acks: Path, seed: int) -> BaseProcess:
    """A writer in a process of its own: two of three write into the first clone."""
    writer = Writer(tops[number % 3 // 2], f"w{number}r{seed}", acks, seed)
    process = FORK.Process(target=writer.run, daemon=True)
    process.start()
    return process


def run_all(tops: list[Path], hub: Path, acks: Path) -> tuple[Person, int]:
    """Let everything happen for ``SECONDS``; the person, and how many were killed."""
    chance = random.Random(SEED)
    person, kills = Person(tops[0], SEED), 0
    upkeep = FORK.Process(target=keep_up, args=([*tops, hub],), daemon=True)
    upkeep.start()
    writers = [started(tops, number, acks, number) for number in range(WRITERS)]
    end, next_kill = time.monotonic() + SECONDS, time.monotonic() + 2
    while time.monotonic() < end:
        person.act()
        if time.monotonic() > next_kill:
            victim = chance.randrange(WRITERS)
            os.kill(writers[victim].pid or 0, signal.SIGKILL)
            writers[victim].join()
            kills += 1
            writers[victim] = started(tops, victim, acks, WRITERS + kills)
            next_kill = time.monotonic() + chance.random() * 3
    for process in writers:
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    upkeep.kill()
    upkeep.join()
    return person, kills + WRITERS


def settle(tops: list[Path]) -> None:
    """What the next commands do: finish every session, and exchange all until both have it."""
    for _ in range(3):
        for top in tops:
            workspace = Workspace.open(top)
            for session in workspace.unfinished():
                workspace.commit(session)
            workspace.branches.sync()


def taken_back(top: Path) -> set[str]:
    """Files that a commit of the person's deleted: of a write that was killed before it could look at work trees."""
    said = git(top, "log", "--author=Person", "--no-merges", "--diff-filter=D", "--name-only", "--format=", "main")
    return set(said.split("\n")) - {""}


def everything_of(top: Path) -> tuple[Counter[str], str, set[str]]:
    """How often each message is in an archive on trunk, all memories in one text, and the paths of trunk."""
    paths = git(top, "ls-tree", "-r", "--name-only", "main").splitlines()
    texts = {
        path: git(top, "show", f"main:{path}")
        for path in paths
        if path.endswith("/content.md") or ("/history/" in path and path.endswith("/.meta.json"))
    }
    metas = [json.loads(text) for path, text in texts.items() if path.endswith(".json")]
    memories = "".join(text for path, text in texts.items() if path.endswith(".md"))
    return Counter(message["id"] for meta in metas for message in meta["messages"]), memories, set(paths)


@pytest.mark.skipif(not os.environ.keys() & {"VIKING_TORTURE", "VIKING_SECONDS"}, reason="part of make torture")
def test_nothing_is_lost_doubled_or_stuck(tmp_path: Path) -> None:
    hub, acks = tmp_path / "hub.git", tmp_path / "acks"
    git(tmp_path, "init", "-q", "--bare", str(hub))
    first, _ = Workspace.init(tmp_path / "a")
    top = tmp_path / "a"
    for name in sorted(PEOPLES):
        (top / name).write_text("first\n")
        git(top, "add", name)
    git(top, "commit", "-qm", "add: notes")
    git(top, "branch", "side")
    git(top, "branch", "other")
    git(top, "remote", "add", "origin", str(hub))
    first.branches.sync()
    Workspace.clone(str(hub), tmp_path / "b")
    tops = [top, tmp_path / "b"]

    person, kills = run_all(tops, hub, acks)
    person.end()
    settle(tops)

    lines = acks.read_text().splitlines()
    said = [line.removeprefix("msg ") for line in lines if line.startswith("msg ")]
    documents = {line.removeprefix("doc ") for line in lines if line.startswith("doc ")}
    archived, memories, paths = everything_of(top)
    lost = [oid for oid in said if not archived[oid]]
    doubled = [oid for oid, times in archived.items() if times > 1]
    unlearnt = [oid for oid in said if f"P{oid.removeprefix('msg_')} " not in memories]
    stuck = [*map(str, first.unfinished()), *git(top, "branch", "--list", "viking/*").split()]
    refused = Counter(line.partition(" ")[2][:60] for line in lines if line.startswith("refused "))
    sys.stdout.write(
        f"{SECONDS:.0f} s: {kills} kills; acknowledged: {len(said)} messages, {len(documents)} documents, "
        f"{len(person.kept)} lines of a person's, {lines.count('commit')} commits, {lines.count('sync')} syncs; "
        f"refused {refused.total()}, torn stashes {person.torn}; "
        f"taken back before it was acknowledged {len(taken_back(top))}; "
        f"lost {len(lost)}, without memory {len(unlearnt)}, doubled {len(doubled)}, stuck {len(stuck)}\n"
        f"{refused.most_common(8)}\n"
    )
    assert [line for line in lines if line.startswith("bug ")] == []
    assert (lost, doubled, unlearnt, stuck) == ([], [], [], [])
    assert documents <= paths
    assert not documents & taken_back(top)
    notes = [line for name in PEOPLES for line in (top / name).read_text().splitlines(keepends=True)]
    assert [line for line in person.kept if line not in notes] == []
    assert git(tops[0], "rev-parse", "main") == git(tops[1], "rev-parse", "main") == git(hub, "rev-parse", "main")
    for place in (*tops, hub):
        assert git(place, "fsck", "--strict", "--no-dangling") == ""
    for place in tops:
        assert git(place, "status", "--porcelain") == ""
        workspace = Workspace.open(place)
        found = check(workspace, whole=True)
        assert not found.fails(), found.findings
        assert workspace.find("friend").hits
