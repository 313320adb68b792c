"""One session on two machines: however commits, reviews and syncs follow each other, it can be merged, and nothing is
lost or renumbered.

All orders of up to ``$VIKING_SYNCS`` steps are tried, two if it is not set, and those that once went wrong.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers import check, git, talk
from viking_git.workspace import Workspace

MACHINES = ("one", "other")
LENGTH = int(os.environ.get("VIKING_SYNCS", "2"))
BRANCH = "viking/default/s"


class Step(NamedTuple):
    """A machine, and what it does: ``review`` and ``trunk`` commit a message, ``sync`` syncs, ``merge`` accepts."""

    machine: str
    what: str


def steps(text: str) -> tuple[Step, ...]:
    return tuple(Step(*word.split(":")) for word in text.split())


def orders(length: int) -> Iterator[tuple[Step, ...]]:
    """Every order of steps that differs from the others: work of two machines beside each other has one order."""
    every = [Step(machine, what) for machine in MACHINES for what in ("review", "trunk", "sync")]
    for order in product(every, repeat=length):
        if order[0].machine == MACHINES[0] and not any(_is_other_order(*pair) for pair in pairwise(order)):
            yield order


def _is_other_order(first: Step, second: Step) -> bool:
    both_sync = first.what == second.what == "sync"
    return first == second if both_sync else first.machine > second.machine


class World:
    """Two clones and a remote in one directory, which can be copied."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.said = ["msg_1"]
        self.shared: dict[str, list[str]] = {}

    def copy(self, to: Path) -> "World":
        shutil.copytree(self.home, to, symlinks=True)
        world = World(to)
        world.said, world.shared = list(self.said), dict(self.shared)
        return world

    def open(self, machine: str) -> Workspace:
        return Workspace.open(self.home / machine)

    def do(self, step: Step) -> None:
        with self.open(step.machine) as workspace:
            if step.what == "sync":
                workspace.branches.sync()
            elif step.what == "merge":
                workspace.branches.merge(BRANCH)
            else:
                self.say(workspace, review=step.what == "review")
        self.look()

    def say(self, workspace: Workspace, *, review: bool) -> None:
        number = len(self.said) + 1
        self.said.append(f"msg_{number}")
        session = workspace.new_session("s")
        workspace.add_messages(session, talk([("user", f"Thank you, for the time number {number}.")], start=number))
        workspace.commit(session, review=review)

    def look(self) -> None:
        """What the remote's trunk holds keeps its number."""
        now = archives(self.home / "remote.git", "main")
        assert {name: now.get(name) for name in self.shared} == self.shared
        self.shared = now

    def end(self) -> None:
        """Both sync, the review is accepted by whichever machine, and all is there once."""
        for machine in (*MACHINES, MACHINES[0]):
            self.do(Step(machine, "sync"))
        for machine in reversed(MACHINES):
            if git(self.home / machine, "branch", "--list", BRANCH):
                self.do(Step(machine, "merge"))
            self.do(Step(machine, "sync"))
        self.do(Step(MACHINES[1], "sync"))
        for machine in MACHINES:
            held = archives(self.home / machine, "main")
            assert sorted(message for found in held.values() for message in found) == sorted(self.said)
            assert sorted(held) == [f"archive_{number:03d}" for number in range(1, len(held) + 1)]
            with self.open(machine) as workspace:
                assert check(workspace, whole=True).findings == ()
            assert git(self.home / machine, "branch", "--list", "viking/*") == ""
        assert git(self.home / "one", "rev-parse", "main") == git(self.home / "other", "rev-parse", "main")


def archives(top: Path, rev: str) -> dict[str, list[str]]:
    """The archives of the session: name → the ids of their messages."""
    history = "session/default/s/history"
    names = git(top, "ls-tree", "-r", "--name-only", rev, history).splitlines()
    metas = {name.split("/")[4]: name for name in names if name.endswith("/.meta.json")}
    return {
        archive: [message["id"] for message in json.loads(git(top, "show", f"{rev}:{name}"))["messages"]]
        for archive, name in metas.items()
    }


@pytest.fixture
def world(tmp_path: Path) -> World:
    home = tmp_path / "world"
    home.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", str(home / "remote.git")], check=True)
    start, _ = Workspace.init(home / "one")
    git(home / "one", "remote", "add", "origin", "../remote.git")
    start.add_messages(start.new_session("s"), talk([("user", "Hello there.")]))
    start.commit(start.session_id("s"))
    start.branches.sync()
    Workspace.clone(str(home / "remote.git"), home / "other")
    git(home / "other", "remote", "set-url", "origin", "../remote.git")
    return World(home)


@pytest.mark.parametrize(
    "order",
    [
        # The branches met, and gave again a number that trunk had given.
        "other:review other:sync one:trunk one:review one:sync other:sync",
        "one:review one:sync other:trunk other:review other:sync one:sync one:review other:review other:sync",
    ],
)
def test_orders_that_went_wrong(world: World, order: str) -> None:
    for step in steps(order):
        world.do(step)
    world.end()


def test_all_orders(world: World, tmp_path: Path) -> None:
    made: dict[tuple[Step, ...], World] = {(): world}
    for order in orders(LENGTH):
        for count in range(1, LENGTH + 1):
            if order[:count] not in made:
                made[order[:count]] = made[order[: count - 1]].copy(tmp_path / f"{len(made)}")
                made[order[:count]].do(order[count - 1])
        try:
            made[order].end()
        except Exception as error:
            raise AssertionError(" ".join(f"{step.machine}:{step.what}" for step in order)) from error
        shutil.rmtree(made.pop(order).home)
