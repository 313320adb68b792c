"""Times of the reading verbs on 10,000 memories, beside the plain git command that does the same.

    python benchmarks/verbs.py [--memories 10000] [--runs 15] [--keep DIR] [--json]

All figures are processor time, the least of all runs: other load on the machine counts little. *Start-up* is a whole
process that opens the workspace and reads next to nothing (``ls viking://queue/``): Python, imports, policy. A verb's
own time is what it takes beyond that, measured in a process that has started up. The ratio is this to the whole git
process; the exit code is 1 if one is above 10. The cousins read the same tree: ``glob`` is set beside the listing that
it has to make.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import Option

from viking_git.cli.main import main as viking_git
from viking_git.model.categories import CATEGORIES
from viking_git.model.changes import Changes
from viking_git.model.memory import Memory
from viking_git.session.refresh import advance_and_refresh
from viking_git.store.objects import ObjectWriter
from viking_git.workspace import Workspace

LIMIT = 10
ROOT = Path(__file__).parent.parent
MEMORIES = "user/default/memories"
ONE = f"{MEMORIES}/preferences/topic_00007"
WORDS = ["parser", "index", "merge", "release", "cache", "token", "schema", "queue", "layer", "branch", "vector",
         "deploy", "review"]  # fmt: skip


def build(top: Path, count: int) -> None:
    """A workspace with ``count`` memories in five categories, packed."""
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, False)
    workspace, _ = Workspace.init(top)
    changes = Changes()
    for number in range(count):
        memory = make(number)
        owner = f"{memory.kind.owner}/default/memories"
        changes.write(f"{owner}/{memory.path}/content.md", memory.render())

    def commit(writer: ObjectWriter, tip: str | None) -> str:
        tree = writer.apply(workspace.store.snapshot(tip).tree, changes)
        return workspace.store.commit(writer, tree, [tip] if tip else [], "edit: many memories\n")

    advance_and_refresh(workspace.store, workspace.trunk, commit, "many")
    workspace.refresh()
    workspace.files.link(ONE, f"{MEMORIES}/entities/name_00001", reason="beside it")
    workspace.files.write(f"{ONE}/content.md", b"\nOne fact more.\n", append=True)
    subprocess.run(["git", "-C", str(top), "gc", "-q"], check=True)


def make(number: int) -> Memory:
    kind = list(CATEGORIES.values())[1:6][number % 5]
    day = f"20{20 + number % 5}-{1 + number // 5 % 12:02d}-{1 + number // 60 % 28:02d}"
    stem = {"preferences": "topic", "entities": "name", "cases": "case", "patterns": "way"}.get(kind.name, "")
    name = f"{day}_thing_{number:05d}" if kind.dated else f"{stem}_{number // 5:05d}"
    said = " ".join(WORDS[(number * step) % len(WORDS)] for step in (1, 3, 5, 7))
    return Memory(
        category=kind.name, name=name, title=f"{said} {number}", abstract=f"About {said}, number {number}.",
        detail="\n\n".join(f"Fact {n} of {number}: the {said} was looked at on {day}." for n in range(4)),
        fields=dict.fromkeys(kind.required, said) | ({"date": day} if kind.dated else {}),
    )  # fmt: skip


def pairs() -> list[tuple[list[str], list[str]]]:
    """Each verb and its cousin."""
    preferences = f"viking://{MEMORIES}/preferences"
    shown = ["cat-file", "blob"]
    return [
        (["ls", f"{preferences}/"], ["ls-tree", "--name-only", "main", f"{MEMORIES}/preferences/"]),
        (["ls", "-al", f"viking://{ONE}/"], ["ls-tree", "-l", "main", f"{ONE}/"]),
        (["tree", f"{preferences}/"], ["ls-tree", "-r", "-t", "--name-only", "main", f"{MEMORIES}/preferences/"]),
        (["tree", "viking://user/"], ["ls-tree", "-r", "-t", "--name-only", "main", "user/"]),
        (["read", f"viking://{ONE}/content.md"], [*shown, f"main:{ONE}/content.md"]),
        (["abstract", f"viking://{ONE}/"], [*shown, f"main:{ONE}/.abstract.md"]),
        (["overview", preferences], [*shown, f"main:{MEMORIES}/preferences/.overview.md"]),
        (["relations", f"viking://{ONE}/"], [*shown, f"main:{ONE}/.relations.json"]),
        (["stat", f"viking://{ONE}/content.md"], ["log", "-1", "main", "--", f"{ONE}/content.md"]),
        (["log", f"viking://{ONE}/"], ["log", "--oneline", "--first-parent", "main", "--", ONE]),
        (["glob", f"{preferences}/*/content.md"], ["ls-tree", "-r", "--name-only", "main", f"{MEMORIES}/preferences/"]),
        (["glob", "viking://**/content.md"], ["ls-tree", "-r", "--name-only", "main"]),
        (["grep", "deploy review", "viking://user/"],
         ["grep", "-nE", "deploy review", "main", "--", "user/**/content.md"]),
        (["grep", "no such words", "viking://"], ["grep", "-nE", "no such words", "main"]),
    ]  # fmt: skip


def timed(words: list[str], runs: int, codes: set[int]) -> float:
    """The least processor seconds of a command, its children included: other load on the machine counts little."""
    times = []
    for _ in range(runs + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode not in codes:
            raise SystemExit(f"{words}: {done.stderr.decode()}")
    return min(times[1:])


def inside(words: list[str], runs: int) -> float:
    """The least processor seconds of a command of ours in this process."""
    times = []
    for _ in range(runs + 1):
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            start = time.process_time()
            viking_git(words)
            times.append(time.process_time() - start)
    return min(times[1:])


def measure(top: Path, runs: int) -> tuple[float, list[dict[str, Any]]]:
    """Start-up, and a row for each verb, in seconds."""
    nothing = ["-C", str(top), "ls", "viking://queue/"]
    start = timed([sys.executable, "-m", "viking_git", *nothing], runs, {0})
    opening = inside(nothing, runs)
    rows: list[dict[str, Any]] = []
    for verb, cousin in pairs():
        own = max(inside(["-C", str(top), *verb], runs) - opening, 0)
        theirs = timed(["git", "-C", str(top), *cousin], runs, {0, 1})
        row = {
            "verb": " ".join(verb),
            "git": " ".join(cousin),
            "seconds": round(own, 4),
            "git_seconds": round(theirs, 4),
        }
        rows.append({**row, "ratio": round(own / max(theirs, 0.001), 1)})
    return start, rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memories", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--keep", type=Path, help="build the workspace here, or use the one that is here")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ.pop("PYTHONUNBUFFERED", None)
    with tempfile.TemporaryDirectory() as directory:
        top = options.keep or Path(directory) / "w"
        if not (top / ".git").exists():
            build(top, options.memories)
        start, rows = measure(top, options.runs)
    worst = max(row["ratio"] for row in rows)
    if options.json:
        print(json.dumps({"memories": options.memories, "start_up": round(start, 4), "rows": rows}, indent=2))
    else:
        print(f"{options.memories:,} memories; start-up {start * 1000:.0f} ms, before every verb's own time\n")
        print(f"{'verb':<62}{'ms':>7}{'git ms':>8}{'ratio':>7}")
        for row in rows:
            times = f"{row['seconds'] * 1000:>7.0f}{row['git_seconds'] * 1000:>8.1f}{row['ratio']:>7}"
            print(f"{row['verb'].replace(MEMORIES, '…'):<62}{times}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
