"""What daily work costs with 1,000, 10,000 and 100,000 memories, and in one directory of 30,000.

    python benchmarks/scale.py [--sizes 1000 10000 100000] [--wide 30000] [--runs 5] [--json] [--keep DIR]

Memories lie in 50 spaces, as evenly as can be; from 100,000 on one directory holds 2,000. All figures are medians of
wall time in milliseconds, in one process in which the sizes take turns, so that a machine's moods are shared; fsync
included (of what we write; git's own commit as git is configured).
*Session commit* is four messages to memories on trunk, the model left out (the hashing embedder stands in for it).
*Merge* is its last part: the branch, ready, into trunk. *Index refresh* follows one written memory. ``ls`` lists a
directory of twenty in every size, ``read`` one memory. The workspace is a bare repository first. Then trunk is checked
out beside it, and *… with a work tree* is the same again, with the files that change and git's staging index, which has
a line for every file and is read and written whole by everybody who stages anything. Beside them in the same run:
``git commit`` of the files that a session commit wrote, from a work tree, and libgit2's ``merge_commits`` of the same
two commits. The ratio is that of the largest size to the smallest; the exit code is 1 if one of ours in the bare
repository is above 3. The wide directory is printed beside git's own ``mktree`` of it and has no bound.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pygit2
from surroundings import environment, say

from viking_git.model.memory import Memory
from viking_git.model.messages import Message
from viking_git.session.land import land
from viking_git.session.state import SessionId
from viking_git.workspace import Workspace

SPACES = 50
LISTED = 20
WIDEST = 2_000
LIMIT = 3
OURS = ("session commit", "merge", "ls", "read", "status", "index refresh")
CHECKED_OUT = ("session commit with a work tree", "merge with a work tree")
THEIRS = ("git commit", "merge_commits")
DAILY = (
    "I prefer {0} over {1} for all my projects.",
    "We decided to use {0} for the {1} service.",
    "My colleague {2} lives in Lisbon and owns the {0} adapters.",
    "Thank you, that is all for today.",
)


def memory(category: str, number: int) -> Memory:
    """The memory of a number."""
    field = {"preferences": "topic", "entities": "kind"}[category]
    return Memory(
        category, f"thing-{number:06d}", f"Thing {number}", f"The user knows fact {number} of many.",
        detail=f"Fact {number} was told on a day.\n\nIt was told twice.", fields={field: f"kind {number % 7}"},
    )  # fmt: skip


def shape(count: int, wide: int) -> Iterator[tuple[str, Memory]]:
    """Spaces and memories: ``LISTED`` preferences in the user's own space, the rest as entities over all spaces."""
    for number in range(LISTED):
        yield "default", memory("preferences", number)
    widest = wide or (WIDEST if count >= SPACES * WIDEST else 0)
    for number in range(widest):
        yield "default", memory("entities", number)
    for number in range(LISTED + widest, count):
        space = number % SPACES
        yield f"space{space:02d}" if space else "default", memory("entities", number)


def fill(top: Path, memories: Iterator[tuple[str, Memory]]) -> None:
    """Commit memories by git's own fast-import."""
    with subprocess.Popen(["git", "-C", str(top), "fast-import", "--quiet"], stdin=subprocess.PIPE) as importing:
        assert importing.stdin
        write = importing.stdin.write
        write(b"commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 4\nfill")
        write(b"from refs/heads/main^0\n")
        for space, one in memories:
            layers = one.layers()
            files = {
                "content.md": one.render(),
                ".abstract.md": f"{layers.abstract}\n",
                ".overview.md": f"{layers.overview}\n",
            }
            for name, text in files.items():
                data = text.encode()
                head = f"M 100644 inline user/{space}/memories/{one.path}/{name}\ndata {len(data)}\n"
                write(head.encode() + data + b"\n")
    if importing.returncode:
        raise SystemExit("git fast-import failed")


def git(top: Path, *words: str, text: str | None = None) -> str:
    """What git prints."""
    person = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    command = ["git", *person, "-C", str(top), *words]
    return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout


def messages(run: int) -> list[Message]:
    """The four messages of one session."""
    said = [line.format(f"Tool{run:03d}", f"Other{run:03d}", f"Person{run:03d}") for line in DAILY]
    return [
        Message(f"msg_{run}_{at}", "user", ({"type": "text", "text": text},), f"2026-11-02T09:{at:02d}:{run % 60:02d}Z")
        for at, text in enumerate(said)
    ]


def milliseconds(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


def committed(workspace: Workspace, run: int) -> float:
    """The time of a session commit."""
    session = workspace.new_session(f"chat-{run}")
    workspace.add_messages(session, messages(run))
    return milliseconds(lambda: workspace.commit(session))


def prepared(workspace: Workspace, run: int) -> SessionId:
    """A session whose branch is ready to be merged."""
    session = workspace.new_session(f"ready-{run}")
    workspace.add_messages(session, messages(1_000 + run))
    workspace.commit(session, review=True)
    return session


def landed(workspace: Workspace, ready: SessionId) -> float:
    """The time of that merge."""
    return milliseconds(lambda: land(workspace.store, ready, workspace.trunk, "bench"))


def measure(places: Mapping[int, tuple[Workspace, Path]], runs: int) -> dict[int, dict[str, float]]:
    """Medians of every action by size, in milliseconds; in each round all sizes take their turn."""
    times: dict[int, dict[str, list[float]]] = {size: defaultdict(list) for size in places}
    for run in range(runs + 1):
        for size, (workspace, top) in places.items():
            for name, taken in bare_round(workspace, top, run).items():
                times[size][name].append(taken)
    for _, top in places.values():
        git(top, "worktree", "add", "-q", str(top.with_name(f"{top.name}-tree")), "main")
    for run in range(runs + 1, 2 * (runs + 1)):
        for size, (workspace, _) in places.items():
            times[size][CHECKED_OUT[0]].append(committed(workspace, run))
            times[size][CHECKED_OUT[1]].append(landed(workspace, prepared(workspace, run)))
    # The first round reads from the disk what later ones have.
    return {size: {name: round(statistics.median(t[1:]), 2) for name, t in row.items()} for size, row in times.items()}


def bare_round(workspace: Workspace, top: Path, run: int) -> dict[str, float]:
    """One time of every action in a bare repository."""
    listed, store = "viking://user/default/memories/preferences/", workspace.store
    before = store.resolve(workspace.trunk)
    times = {"session commit": committed(workspace, run)}
    times["git commit"] = committed_by_git(top, before, store.resolve(workspace.trunk))

    ready = prepared(workspace, run)
    trunk, branch = store.resolve(workspace.trunk), store.resolve(ready.branch)
    times["merge_commits"] = milliseconds(lambda: merged_by_libgit2(store.git, trunk, branch))
    times["merge"] = landed(workspace, ready)
    workspace.update_index()

    times["ls"] = milliseconds(lambda: workspace.ls(listed))
    times["read"] = milliseconds(lambda: workspace.read(f"{listed}thing-000007/content.md"))
    times["status"] = milliseconds(workspace.waiting)
    workspace.files.write(f"{listed}thing-000007/content.md", f"\nFact {run} came later.\n".encode(), append=True)
    times["index refresh"] = milliseconds(workspace.update_index)
    return times


def committed_by_git(top: Path, before: str, after: str) -> float:
    """``git add`` and ``git commit`` of the files that differ between two commits, in a work tree of ``before``."""
    paths = git(top, "diff", "--name-only", "--no-renames", before, after).splitlines()
    tree = top.parent / f"{top.name}-by-git"
    if not tree.exists():
        git(top, "worktree", "add", "-q", "--detach", str(tree), before)
    git(tree, "reset", "-q", "--hard", before)
    for path in paths:
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(git(top, "show", f"{after}:{path}"))
    names = "\0".join(paths)

    def commit() -> None:
        git(tree, "add", "--pathspec-from-file=-", "--pathspec-file-nul", text=names)
        git(tree, "commit", "-q", "-m", "the same files")

    return milliseconds(commit)


def merged_by_libgit2(repository: pygit2.Repository, ours: str, theirs: str) -> None:
    """The merge and its tree, written."""
    repository.merge_commits(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs)).write_tree(repository)


def built(place: Path, name: str, memories: Iterator[tuple[str, Memory]]) -> tuple[Workspace, Path]:
    """A workspace with these memories, refreshed, packed and indexed."""
    top = place / name
    start = time.perf_counter()
    pygit2.init_repository(str(top), bare=True, initial_head="main")
    first, _ = Workspace.init(top, environment=environment(place / "cache"))
    first.close()
    fill(top, memories)
    workspace = Workspace.open(top, environment=environment(place / "cache"), notice=say)
    workspace.refresh()
    filled = time.perf_counter() - start
    git(top, "gc", "-q")
    workspace.update_index()
    say(f"{name}: filled and refreshed in {filled:.0f} s, indexed after {time.perf_counter() - start:.0f} s")
    return workspace, top


def wide_directory(place: Path, count: int, runs: int) -> dict[str, float]:
    """A session commit beside a directory of ``count``, and git's own write of that one tree."""
    workspace, top = built(place, f"wide-{count}", shape(count + LISTED, count))
    with workspace:
        found = measure({count: (workspace, top)}, runs)[count]
    row = {name: found[name] for name in ("session commit", "merge", *CHECKED_OUT)}
    listing = git(top, "ls-tree", "main:user/default/memories/entities")
    taken = [milliseconds(lambda: git(top, "mktree", text=listing)) for _ in range(runs + 1)]
    return {**row, "git mktree": round(statistics.median(taken[1:]), 2)}


def main() -> int:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--wide", type=int, default=30_000, help="entries of the one wide directory, 0 for none")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each, after one that is not counted")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the workspaces in this new directory")
    chosen = parser.parse_args()
    os.environ["VIKING_EMBEDDER"] = "hashing"
    scratch = Path(tempfile.mkdtemp())
    place: Path = chosen.keep or scratch
    place.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as opened:
            places = {size: built(place, str(size), shape(size, 0)) for size in chosen.sizes}
            for workspace, _ in places.values():
                opened.enter_context(workspace)
            rows = measure(places, chosen.runs)
        say(json.dumps(rows))
        wide = wide_directory(place, chosen.wide, chosen.runs) if chosen.wide else {}
    finally:
        shutil.rmtree(scratch)
    return report(rows, wide, chosen.wide, as_json=chosen.json)


def report(rows: dict[int, dict[str, float]], wide: dict[str, float], entries: int, *, as_json: bool) -> int:
    """Print it; 1 where one of ours is above the bound."""
    sizes = sorted(rows)
    names = (*OURS, *CHECKED_OUT, *THEIRS)
    ratios = {name: round(rows[sizes[-1]][name] / rows[sizes[0]][name], 2) for name in names}
    if as_json:
        found: dict[str, Any] = {
            "milliseconds": rows,
            "ratios": ratios,
            "limit": LIMIT,
            "wide": wide,
            "entries": entries,
        }
        print(json.dumps(found, indent=2))
    else:
        print(f"{'milliseconds':32}" + "".join(f"{size:>12,}" for size in sizes) + f"{'ratio':>8}")
        for name in names:
            print(f"{name:32}" + "".join(f"{rows[size][name]:12.1f}" for size in sizes) + f"{ratios[name]:8.1f}")
        if wide:
            print(f"\none directory of {entries:,}: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in wide.items()))
    return int(any(ratios[name] > LIMIT for name in OURS))


if __name__ == "__main__":
    sys.exit(main())
