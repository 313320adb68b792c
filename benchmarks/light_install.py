"""What installing for CI costs: the pinned light set beside the full set, each in a fresh environment.

    python benchmarks/light_install.py [--full] [--json]

Prints megabytes and seconds of ``pip install``, and checks that each judges a workspace. The full set takes minutes and
over a gigabyte. Downloads come from wherever pip takes them, its cache included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIGHT = [["--no-deps", "--requirement", str(ROOT / "requirements/light.txt")], ["--no-deps", str(ROOT)]]
FULL = [
    ["--constraint", str(ROOT / "constraints.txt"), "torch"],
    ["--constraint", str(ROOT / "constraints.txt"), str(ROOT)],
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    sets = {"light": LIGHT, "full": FULL} if options.full else {"light": LIGHT}
    rows = {name: installed(installs) for name, installs in sets.items()}
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'set':<6} {'MB':>6} {'seconds':>8}")
    for name, row in rows.items():
        print(f"{name:<6} {row['megabytes']:6.0f} {row['seconds']:8.1f}")


def installed(installs: list[list[str]]) -> dict[str, float]:
    """Megabytes and seconds of one set in an environment of its own."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        python = str(Path(directory) / "bin/python")
        before, started = size(Path(directory)), time.perf_counter()
        for words in installs:
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        judge(Path(directory))
        return {"megabytes": round((size(Path(directory)) - before) / 1e6, 1), "seconds": round(seconds, 1)}


def size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file() and not path.is_symlink())


def judge(environment: Path) -> None:
    program = environment / "bin/viking-git"
    top = environment / "workspace"
    for words in (["init", str(top)], ["-C", str(top), "check", "--all"]):
        subprocess.run([program, *words], cwd=environment, check=True, capture_output=True)


if __name__ == "__main__":
    main()
