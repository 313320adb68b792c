"""Work at N and at 4N, for what a stranger's files or a large conversation may make long: the ratio is to be 5 or less.

    python benchmarks/bounds.py [--decisions 250] [--json]

Seconds are of the CPU, the best of three for what takes less than one. Exit 1 where a ratio is above 5.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from surroundings import environment, say

from viking_git.config import load_policy
from viking_git.errors import InvalidContent, Refused
from viking_git.model.ignore import parse_pattern
from viking_git.model.messages import Message
from viking_git.store.extent import refuse_large
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot
from viking_git.workspace import Workspace

MOST = 5.0
SYLLABLES = ["ba", "co", "du", "fe", "gi", "ho", "ka", "lu", "me", "ni", "po", "ra", "su", "te", "vi", "zo"]


@dataclass(frozen=True, slots=True)
class Bound:
    """One kind of work: its size, the seconds it took, and the same at four times the size."""

    name: str
    size: int
    seconds: float
    larger: int
    larger_seconds: float

    @property
    def ratio(self) -> float:
        return self.larger_seconds / max(self.seconds, 1e-9)


def best(work: Callable[[], object]) -> float:
    """CPU seconds of one call: of as many as fill a tenth of a second, the best of three times."""
    times = 1
    while True:
        rounds = []
        for _ in range(3):
            start = time.process_time()
            for _ in range(times):
                work()
            rounds.append(time.process_time() - start)
            if rounds[0] > 1:
                break
        if min(rounds) > 0.1:
            return min(rounds) / times
        times *= 4


def measured(name: str, size: int, work: Callable[[int], Callable[[], object]]) -> Bound:
    """Both sizes; ``work`` prepares for one and gives what is timed."""
    say(f"{name} …")
    return Bound(name, size, best(work(size)), 4 * size, best(work(4 * size)))


def stars(size: int) -> Callable[[], object]:
    """A name of so many letters beside 25 stars that fit it everywhere, and an end that fits nowhere."""
    pattern = parse_pattern("*a" * 25 + "b")
    assert pattern is not None
    return lambda: pattern.matches("a" * size)


def folders(size: int) -> Callable[[], object]:
    """So many directories in directories beside eight double stars."""
    pattern = parse_pattern("**/a/" * 8 + "b")
    assert pattern is not None
    return lambda: pattern.matches("/".join("a" * size))


def merge_keys(size: int) -> Callable[[], object]:
    """A policy of so many levels, each nine times the one before."""
    lines = "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, size))
    data = f"a0: &a0 {{k: v}}\n{lines}".encode()

    def refused() -> None:
        try:
            load_policy(data)
        except InvalidContent:
            return
        raise AssertionError("read")

    return refused


def tree_bomb(top: Path) -> Callable[[int], Callable[[], object]]:
    """Trees of so many levels, each ten times the one before."""
    writers: list[ObjectWriter] = []
    store = Workspace.init(top / "trees", environment=environment(top / "cache"))[0].store

    def prepared(levels: int) -> Callable[[], object]:
        writer = ObjectWriter(store.git)
        # What it made is gone with it.
        writers.append(writer)
        inside, mode = writer.blob(b"x"), 0o100644
        for _ in range(levels):
            inside, mode = str(writer.tree([(f"x{n}", inside, mode) for n in range(10)])), 0o040000
        view = Snapshot(writer.git, inside)

        def refused() -> None:
            try:
                refuse_large(None, view, "it")
            except Refused:
                return
            raise AssertionError("let through")

        return refused

    return prepared


def decisions(top: Path, count: int) -> float:
    """CPU seconds of the commit of a conversation with so many decisions about things that have little in common."""
    chance = random.Random(count)

    def word() -> str:
        return "".join(chance.choice(SYLLABLES) for _ in range(4))

    def said(number: int) -> str:
        return f"We decided to use {word().title()}{number} {word()} because {word()} is {word()}."

    messages = [
        Message(
            f"m{n}", "user", ({"type": "text", "text": said(n)},),
            f"2026-11-02T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z",
        )
        for n in range(count)
    ]  # fmt: skip
    where = environment(top / f"cache-{count}")
    workspace, _ = Workspace.init(top / f"w{count}", environment=where)
    session = workspace.new_session("s")
    workspace.add_messages(session, messages)
    start = time.process_time()
    result = workspace.commit(session)
    seconds = time.process_time() - start
    workspace.close()
    assert len(result.outcomes) == count
    return seconds


def main() -> int:
    """Measure, print, and say by the exit code whether all bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--decisions", type=int, default=250, help="of the smaller commit")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bounds-") as directory:
        top = Path(directory)
        found = [
            measured("characters of a name, beside *a*a*a…b", 1_000, stars),
            measured("directories, beside **/a/**/a/…", 250, folders),
            measured("levels of merge keys in viking.yaml", 8, merge_keys),
            measured("levels of a tree bomb, ten wide", 7, tree_bomb(top)),
        ]
        say("decisions of a commit …")
        few = chosen.decisions
        found.append(Bound("decisions of a commit", few, decisions(top, few), 4 * few, decisions(top, 4 * few)))
    if chosen.json:
        print(json.dumps({"bounds": [{**asdict(one), "ratio": one.ratio} for one in found], "most": MOST}, indent=2))
    else:
        print(f"{'':40} {'N':>7} {'s':>10} {'4N':>7} {'s':>10} {'ratio':>6}")
        for one in found:
            sizes = f"{one.size:>7,} {one.seconds:>10.5f} {one.larger:>7,} {one.larger_seconds:>10.5f}"
            print(f"{one.name:40} {sizes} {one.ratio:>6.1f}")
    return 1 if any(one.ratio > MOST for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
