"""Packs of 10,000 files: export beside ``git archive --format=zip``, import beside unzip, git add and git commit.

    python benchmarks/ovpack.py [--files 10000] [--runs 3] [--json]

Each command runs in a process of its own; what is shown is the median wall time of the runs and the greatest peak
memory. Both sides start from the same repository and write to the same disk. Import is measured for a pack that brings
its layers (written by viking-git) and for one that brings none, for which they are made.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

VIKING = [sys.executable, "-m", "viking_git"]
WORDS = [f"word{number}" for number in range(2_000)]


Measure = tuple[float, float]
"""Seconds, peak MB."""


def measured(command: list[str], cwd: Path) -> Measure:
    """Seconds and peak MB of one process."""
    start = time.perf_counter()
    pid = os.posix_spawnp(
        "sh",
        ["sh", "-c", 'cd "$1" && shift && exec "$@" >/dev/null 2>&1', "sh", str(cwd), *command],
        os.environ,
    )
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    return seconds, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_documents(top: Path, files: int) -> None:
    chance = random.Random(7)
    for number in range(files):
        directory = top / f"area{number % 25:02d}" / f"part{number // 25 % 20:02d}"
        directory.mkdir(parents=True, exist_ok=True)
        words = chance.choices(WORDS, k=chance.randint(40, 600))
        (directory / f"page{number:05d}.md").write_text(f"# Page {number}\n\n{' '.join(words)}.\n")


def workspace(top: Path) -> Path:
    run(*VIKING, "init", str(top), cwd=top.parent)
    return top


def repeat(runs: int, prepare: Callable[[], Path], command: list[str]) -> Measure:
    times, peaks = [], []
    for _ in range(runs):
        seconds, peak = measured(command, prepare())
        times.append(seconds)
        peaks.append(peak)
    return statistics.median(times), max(peaks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows, packed = bench(Path(scratch), options.files, options.runs)
    if options.json:
        shown = {
            name: {"seconds": round(seconds, 3), "ratio": round(seconds / reference, 2), "peak_mb": round(peak)}
            for name, (seconds, peak), (reference, _) in rows
        }
        print(json.dumps({"files": options.files, "packed_mb": round(packed, 1), "rows": shown}, indent=2))
        return
    print(f"{options.files:,} files, {packed:.1f} MB packed, {options.runs} runs, {os.cpu_count()} cores\n")
    print(f"{'':40} {'seconds':>8} {'ratio':>6} {'peak MB':>8}")
    for name, (seconds, peak), (reference, _) in rows:
        print(f"{name:40} {seconds:8.2f} {seconds / reference:6.2f} {peak:8.0f}")


def bench(base: Path, files: int, runs: int) -> tuple[list[tuple[str, Measure, Measure]], float]:
    """Rows of name, measure and what it is set beside; MB of the pack."""
    make_documents(base / "docs", files)
    source = workspace(base / "source")
    run(*VIKING, "add", str(base / "docs"), "--to", "viking://resources/docs", cwd=source)
    run("git", "gc", "--quiet", cwd=source)
    pack, bare = base / "docs.ovpack", base / "bare.ovpack"

    export = repeat(runs, lambda: source, [*VIKING, "export", "viking://resources/docs/", str(pack)])
    tree = "HEAD:resources/docs"
    archive = repeat(runs, lambda: source, ["git", "archive", "--format=zip", "-o", str(base / "git.zip"), tree])
    run("git", "archive", "--format=zip", "--prefix=docs/", "-o", str(bare), "HEAD:resources/docs", cwd=source)
    without_layers(bare)

    def fresh() -> Path:
        shutil.rmtree(base / "target", ignore_errors=True)
        return workspace(base / "target")

    importing = [*VIKING, "import", "--no-vectorize"]
    own = repeat(runs, fresh, [*importing, str(pack), "viking://resources/"])
    foreign = repeat(runs, fresh, [*importing, str(bare), "viking://resources/"])
    unzip = f"unzip -q {base / 'git.zip'} -d resources/docs && git add resources/docs && git commit -q -m import"
    plain = repeat(runs, fresh, ["sh", "-c", unzip])

    rows = [
        ("viking-git export", export, archive), ("git archive --format=zip", archive, archive),
        ("viking-git import, layers in the pack", own, plain), ("viking-git import, layers made", foreign, plain),
        ("unzip, git add, git commit", plain, plain),
    ]  # fmt: skip
    return rows, pack.stat().st_size / 2**20


def without_layers(pack: Path) -> None:
    """Take the layer files out of a pack."""
    run("zip", "-q", "-d", str(pack), "*/.abstract.md", "*/.overview.md", "*/.meta.json", cwd=pack.parent)


if __name__ == "__main__":
    main()
