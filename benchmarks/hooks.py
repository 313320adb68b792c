"""What the pre-commit hook costs: ``git commit`` of ten edited memories among ten thousand, beside ``--no-verify``.

    python benchmarks/hooks.py [--memories 10000] [--changed 10] [--runs 5] [--json]

The edits leave layers stale, so each hooked commit judges, mends and stages them. Prints medians and their ratio,
measured in one run on one repository, and the processor's time, which other work on the machine disturbs less.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from viking_git.model.memory import Memory
from viking_git.workspace import Workspace

CATEGORIES = (("preferences", "topic"), ("entities", "kind"), ("profile", ""), ("events", "date"))

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memories", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        top = Path(directory) / "workspace"
        Workspace.init(top)
        paths = fill(top, options.memories)
        program = Path(directory) / "viking-git"
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m viking_git "$@"\n')
        program.chmod(0o755)
        git(top, "config", "viking.background", "false")
        subprocess.run([program, "-C", str(top), "hooks", "install"], check=True, stdout=subprocess.DEVNULL)
        git(top, "config", "viking.program", str(program))
        hooked: list[tuple[float, float]] = []
        plain: list[tuple[float, float]] = []
        for run in range(options.runs + 1):
            for times, words in ((plain, ["--no-verify"]), (hooked, [])):
                for path in paths[run :: len(paths) // options.changed][: options.changed]:
                    with (top / path).open("a") as file:
                        file.write(f"\nFact {run} {len(words)}.\n")
                started, before = time.perf_counter(), processor()
                git(top, "commit", "-qam", "edit: facts", *words)
                times.append((time.perf_counter() - started, processor() - before))
    # The first round warms the file cache.
    with_hook, hook_cpu = map(statistics.median, zip(*hooked[1:], strict=True))
    without, plain_cpu = map(statistics.median, zip(*plain[1:], strict=True))
    slowest = max(took for took, _ in hooked[1:])
    if options.json:
        shown = {
            "with_hook": with_hook, "no_verify": without, "slowest": slowest, "ratio": with_hook / without,
            "with_hook_processor": hook_cpu, "no_verify_processor": plain_cpu,
        }  # fmt: skip
        print(json.dumps({**vars(options), **{name: round(value, 4) for name, value in shown.items()}}, indent=2))
        return
    print(f"memories {options.memories:,}, changed {options.changed}, runs {options.runs}")
    print(f"git commit --no-verify  {without * 1000:7.0f} ms  (processor {plain_cpu * 1000:.0f} ms)")
    print(
        f"git commit              {with_hook * 1000:7.0f} ms  (processor {hook_cpu * 1000:.0f} ms, slowest "
        f"{slowest * 1000:.0f} ms)"
    )
    print(f"ratio                   {with_hook / without:7.1f}")


def processor() -> float:
    """Seconds of processor time that finished child processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fill(top: Path, count: int) -> list[str]:
    """Commit ``count`` memories, by git's own fast-import; the paths of their content.md."""
    stream = ["commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 4\nfill"]
    stream.append("from refs/heads/main^0")
    paths = []
    for number in range(count):
        category, field = CATEGORIES[number % len(CATEGORIES)]
        year = 2000 + number // len(CATEGORIES) % 20
        name = f"{year}-01-02_event_{number}" if category == "events" else f"{category}_{number}"
        memory = Memory(
            category=category, name=name, title=f"Memory {number}", abstract=f"The user knows fact {number} of many.",
            detail=f"Fact {number} was told on a day.\n\nIt was told twice.",
            fields={field: f"{year}-01-02"} if field else {},
        )  # fmt: skip
        directory = f"user/default/memories/{memory.path}"
        layers = memory.layers()
        files = {
            "content.md": memory.render(),
            ".abstract.md": f"{layers.abstract}\n",
            ".overview.md": f"{layers.overview}\n",
        }
        for file, text in files.items():
            stream.append(f"M 100644 inline {directory}/{file}\ndata {len(text.encode())}\n{text}")
        if category != "events":
            paths.append(f"{directory}/content.md")
    git(top, "fast-import", "--quiet", text="\n".join([*stream, ""]))
    git(top, "reset", "-q", "--hard")
    git(top, "gc", "-q")
    return paths


def git(top: Path, *words: str, text: str = "") -> None:
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    command = ["git", *identity, "-C", str(top), *words]
    done = subprocess.run(command, input=text, text=True, check=False, capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    main()
