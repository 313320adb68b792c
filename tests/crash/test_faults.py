"""Kills, full disks and broken ones at random calls: nothing acknowledged is lost or doubled, and the next run goes on.

``VIKING_TORTURE`` sets how many cases are run (default 12, ``make torture``: 240) and ``VIKING_SEED`` which.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.scenarios import SCENARIOS
from tests.helpers import archived, assert_sound, copied, decisions, git
from viking_git.workspace import Workspace

CASES = int(os.environ.get("VIKING_TORTURE", "12"))
SEED = int(os.environ.get("VIKING_SEED", "6"))
HOWS = ("kill", "kill", "full", "broken")

pytestmark = pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and cc")


@dataclass
class Ended:
    """How a case ended: its exit code (-9 killed), what it had acknowledged, how many calls it made."""

    status: int
    acks: list[str]
    calls: int


class Torturer:
    def __init__(self, home: Path) -> None:
        self.home = home
        shim = home / "shim.so"
        source = Path(__file__).with_name("shim.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"], check=True)
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker", str(shim)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, "LD_PRELOAD": str(shim)}, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        self._templates: dict[str, Path] = {}

    def close(self) -> None:
        assert self._worker.stdin is not None
        self._worker.stdin.close()
        assert self._worker.wait(20) == 0
        assert self._worker.stdout is not None
        self._worker.stdout.close()

    def fresh(self, scenario: str, name: str) -> Path:
        """A copy of what the scenario prepares."""
        if scenario not in self._templates:
            self._templates[scenario] = self.home / f"template-{scenario}"
            SCENARIOS[scenario].prepare(self._templates[scenario])
        return copied(self._templates[scenario], self.home / name)

    def run(self, scenario: str, root: Path, how: str, at: int) -> Ended:
        acks = self.home / f"{root.name}.acks"
        case = {"scenario": scenario, "root": str(root), "acks": str(acks), "how": how, "at": at}
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(json.dumps(case) + "\n")
        self._worker.stdin.flush()
        status = json.loads(self._worker.stdout.readline())["status"]
        lines = acks.read_text().splitlines()
        calls = next((int(line.split()[1]) for line in lines if line.startswith("CALLS ")), 0)
        return Ended(status, [line for line in lines if not line.startswith("CALLS ")], calls)


@pytest.fixture
def torturer(tmp_path: Path) -> Iterator[Torturer]:
    made = Torturer(tmp_path)
    yield made
    made.close()


def assert_nothing_lost(root: Path, ended: Ended) -> None:
    """Carry on as a person would, then look for everything that was acknowledged."""
    top = root / "w"
    if (top / ".git" / "HEAD").exists():
        assert git(top, "fsck", "--strict", "--no-dangling") == ""
    workspace, _ = Workspace.init(top)
    sessions = [info.session for info in workspace.sessions()]
    everything = Counter(m.id for session in sessions for m in workspace.messages(session))
    for ack in ended.acks:
        kind, _, value = ack.partition(" ")
        assert kind != "BUG", json.loads(value)
        if kind == "msg":
            assert everything[value] == 1, ack
        elif kind == "commit" and value != "None":
            git(top, "merge-base", "--is-ancestor", value, "main")
    for session in workspace.unfinished():
        workspace.commit(session)
    for branch in git(top, "branch", "--list", "--format=%(refname:short)", "viking/*").split():
        git(top, "merge", "-q", "--no-ff", "-m", "session: reviewed", branch)
    workspace.refresh()
    if (root / "hub.git").exists():
        workspace.branches.sync()
        assert git(root / "hub.git", "rev-parse", "main") == git(top, "rev-parse", "main")
        assert git(root / "hub.git", "fsck", "--strict", "--no-dangling") == ""
    sessions = [info.session for info in workspace.sessions()]
    for session in sessions:
        in_archives = archived(top, str(session))
        assert len(in_archives) == len(set(in_archives))
        if (top / ".git/viking/live" / str(session)).exists():
            assert set(in_archives) == {m.id for m in workspace.messages(session)}
        marks = [str(d["candidate"]["fingerprint"]) for d in decisions(top, str(session))]  # type: ignore[index]
        assert len(marks) == len(set(marks))
    assert everything <= Counter(m for session in sessions for m in archived(top, str(session)))
    assert workspace.unfinished() == []
    assert git(top, "branch", "--list", "viking/*") == ""
    assert_sound(top)


def test_what_is_acknowledged_survives(torturer: Torturer) -> None:
    source = random.Random(SEED)
    totals = {}
    for scenario in SCENARIOS:
        root = torturer.fresh(scenario, f"whole-{scenario}")
        ended = torturer.run(scenario, root, "count", 0)
        assert ended.status == 0, ended.acks
        assert_nothing_lost(root, ended)
        totals[scenario] = ended.calls
        shutil.rmtree(root, ignore_errors=True)
    ends: Counter[str] = Counter()
    for number in range(CASES):
        scenario = list(SCENARIOS)[number % len(SCENARIOS)]
        how, at = source.choice(HOWS), source.randint(1, totals[scenario])
        root = torturer.fresh(scenario, f"{number}")
        ended = torturer.run(scenario, root, how, at)
        where = f"case {number}: {scenario}, {how} at call {at} of {totals[scenario]}, exit {ended.status}"
        sys.stdout.write(f"{where}\n")
        assert ended.status != 3, (where, ended.acks)
        try:
            assert_nothing_lost(root, ended)
        except BaseException as error:
            error.add_note(f"{where}, left in {root}")
            raise
        ends[f"{how}: {ended.status}"] += 1
        shutil.rmtree(root, ignore_errors=True)
    sys.stdout.write(f"{dict(ends)} of {totals}\n")
    assert ends["kill: -9"] > 0
