"""From nothing to the first answer on a second machine: clone a workspace of 10,000 memories and ask it something.

    python benchmarks/second_machine.py [--memories 10000] [--json]

Whole processes, wall time in seconds. *Cold* has an empty cache: the model is compiled, every text is embedded, the
index is built. *Warm vectors* is a second clone on a machine that has met the texts before: the index is new, nothing
is embedded. Both search at once, with ``viking.background`` off. *While it is built* is what clone does by itself: the
index is built by another process, and the first answer is one by words; *complete* is when that process is done.
``git clone`` of the same repository is timed in the same run, and each ratio is to it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pygit2
import scale
from surroundings import environment, say

from viking_git.workspace import Workspace

QUERY = "what is fact 77 about"
PATIENCE = 1_800
"""Seconds that a background build may take."""
VIKING = [sys.executable, "-m", "viking_git"]


def seconds(command: list[str], cwd: Path, variables: dict[str, str]) -> float:
    """Wall time of one process that succeeds."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return time.perf_counter() - start


def published(place: Path, memories: int) -> Path:
    """A bare repository with a workspace of that many memories in it."""
    hub = place / "hub.git"
    pygit2.init_repository(str(hub), bare=True, initial_head="main")
    Workspace.init(hub, environment=environment(place / "first-cache"))[0].close()
    scale.fill(hub, scale.shape(memories, 0))
    with Workspace.open(hub, environment=environment(place / "first-cache")) as workspace:
        workspace.refresh()
    scale.git(hub, "gc", "-q")
    return hub


def home_of(place: Path, *, background: bool) -> dict[str, str]:
    """Variables of a person who wants work in the background, or does not."""
    home = place / f"home-{background}"
    home.mkdir()
    config = home / ".gitconfig"
    config.write_text(f"[viking]\n\tbackground = {str(background).lower()}\n")
    return {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "GIT_CONFIG_GLOBAL": str(config)}


def measure(place: Path, memories: int) -> dict[str, float]:
    """Seconds of each step."""
    start = time.perf_counter()
    hub = published(place, memories)
    say(f"{memories:,} memories written in {time.perf_counter() - start:.0f} s")
    person = {f"GIT_{who}_{what}": "bench@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    root = str(Path(__file__).resolve().parent.parent)
    variables = {
        **os.environ,
        **person,
        "VIKING_CACHE": str(place / "cache"),
        "PYTHONPATH": root,
        "HF_HUB_OFFLINE": "1",
    }
    url = hub.as_uri()
    rows = {"git clone": seconds(["git", "clone", "-q", url, "plain"], place, variables)}
    waiting = variables | home_of(place, background=False)
    for name, machine in (("cold", "second"), ("warm vectors", "third")):
        rows[f"{name}: viking-git clone"] = seconds([*VIKING, "clone", url, machine], place, waiting)
        rows[f"{name}: first find"] = seconds([*VIKING, "find", QUERY], place / machine, waiting)
        rows[f"{name}: next find"] = seconds([*VIKING, "find", QUERY], place / machine, waiting)
    alone = {**variables, **home_of(place, background=True), "VIKING_CACHE": str(place / "another-cache")}
    start = time.perf_counter()
    rows["while it is built: viking-git clone"] = seconds([*VIKING, "clone", url, "fourth"], place, alone)
    rows["while it is built: first find"] = seconds([*VIKING, "find", QUERY], place / "fourth", alone)
    while not (place / "fourth/.git/viking/hooks.log").exists():
        if time.perf_counter() - start > PATIENCE:
            raise SystemExit("the index that clone builds did not come to an end")
        time.sleep(0.1)
    rows["while it is built: complete"] = time.perf_counter() - start
    return {name: round(taken, 2) for name, taken in rows.items()}


def main() -> None:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--memories", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows = measure(Path(scratch), chosen.memories)
    if chosen.json:
        print(json.dumps({"memories": chosen.memories, "seconds": rows}, indent=2))
        return
    print(f"{chosen.memories:,} memories{'seconds':>30}{'ratio':>8}")
    for name, taken in rows.items():
        print(f"{name:38}{taken:8.1f}{taken / rows['git clone']:8.1f}")


if __name__ == "__main__":
    main()
