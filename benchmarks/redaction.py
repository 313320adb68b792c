"""How often the search for secrets is right, and how its time grows.

    python benchmarks/redaction.py [LABELLED.jsonl ...] [--trees DIR ...] [--megabytes 0.5] [--misses] [--json]

LABELLED has an object a line: ``kind`` and ``door``, ``text``, and ``secret``, the part that must not survive (null
where there is none). What survives the redaction of conversations is missed; text without a secret that is changed is
a false alarm. Of texts of the door ``document``, what the guard at ``add`` lets in is counted beside that. ``--trees``
counts the files of directories that the guard would hold back, for trees of documents that hold no secret.

Times are of one run, at a size and at four times the size: a text that is one line of hostile repetition, and a
conversation with as many secrets as messages. The exit code is 1 where a ratio is above 5.
"""

import argparse
import gzip
import json
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from viking_git.memory.guard import Guard
from viking_git.memory.redact import find_secrets, redact_messages, redact_text
from viking_git.model.messages import Message

BOUND = 5.0
UNITS = ("pwd:", "pwd: ", "api_key:", "the password is ", "token=", "a1b2c3d4", "words of prose ")
_GZIP = b"\x1f\x8b"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="*", type=Path)
    parser.add_argument("--trees", nargs="*", type=Path, default=[])
    parser.add_argument("--megabytes", type=float, default=0.5)
    parser.add_argument("--messages", type=int, default=2500)
    parser.add_argument("--misses", action="store_true", help="print what is missed and what is no secret")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found: dict[str, Any] = {
        "labelled": {path.name: labelled(path, show=asked.misses) for path in asked.labelled},
        "trees": {str(path): tree(path, show=asked.misses) for path in asked.trees},
        "times": times(int(asked.megabytes * 1e6), asked.messages),
    }
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        show_tables(found)
    return int(any(row["ratio"] > BOUND for row in found["times"]))


def labelled(path: Path, *, show: bool) -> dict[str, dict[str, int]]:
    """Kind and door → how many were caught, missed, false and rightly left."""
    table: dict[str, Counter[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            clean = redact_text(row["text"])[0]
            outcome = judged(row["secret"], row["text"], clean)
            names = [(f"{row['kind']}, {row['door']}", outcome), (row["kind"], outcome)]
            if row["door"] == "document":
                held = bool(Guard().reason("resources/x/notes.md", row["text"].encode()))
                at_door = ("caught" if held else "missed") if row["secret"] else ("false" if held else "right")
                names.append((f"{row['kind']}, held back by add", at_door))
            for name, said in names:
                table.setdefault(name, Counter(caught=0, missed=0, false=0, right=0))[said] += 1
            if show and outcome in {"missed", "false"}:
                print(f"{outcome}: {clean!r} ({row['secret']})", file=sys.stderr)
    return {name: dict(table[name]) for name in sorted(table)}


def judged(secret: str | None, text: str, clean: str) -> str:
    """What redaction did with a text."""
    if secret is None:
        return "right" if clean == text else "false"
    return "missed" if secret in clean else "caught"


def tree(top: Path, *, show: bool) -> dict[str, float]:
    """How many files of ``top`` the guard holds back, of those that are text."""
    files = held = size = 0
    started = time.process_time()
    for path, data in texts(top):
        files, size = files + 1, size + len(data)
        if reason := Guard().reason(path.name, data):
            held += 1
            if show:
                print(f"{path}: {reason}", file=sys.stderr)
    seconds = time.process_time() - started
    return {
        "files": files, "held back": held, "per 1,000": round(1000 * held / max(files, 1), 2),
        "MB": round(size / 1e6, 1), "seconds": round(seconds, 2),
    }  # fmt: skip


def texts(top: Path) -> Iterator[tuple[Path, bytes]]:
    """The files of ``top`` that are text, unpacked where they are packed."""
    for path in sorted(top.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        data = gzip.decompress(data) if data.startswith(_GZIP) else data
        if b"\0" not in data:
            yield path, data


def times(size: int, messages: int) -> list[dict[str, Any]]:
    """Seconds of CPU at a size and at four times the size."""
    rows = [grown(f"one line of {unit!r}", "bytes", size, partial(scan, unit)) for unit in UNITS]
    rows.append(grown("as many secrets as messages", "messages", messages, lambda n: redact_messages(talk(n))))
    return rows


def scan(unit: str, size: int) -> None:
    """Look for secrets in one line of ``size`` characters."""
    list(find_secrets(unit * (size // len(unit))))


def grown(name: str, unit: str, size: int, work: Callable[[int], object]) -> dict[str, Any]:
    """The row of one kind of work."""
    work(size // 10)
    one, four = (seconds(work, n) for n in (size, 4 * size))
    return {"work": name, unit: size, "seconds": one, "seconds at 4 times": four, "ratio": round(four / one, 2)}


def seconds(work: Callable[[int], object], size: int) -> float:
    """The least of three runs, since other programs disturb each."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work(size)
        best = min(best, time.process_time() - started)
    return round(best, 4)


def talk(count: int) -> list[Message]:
    """A conversation in which each message names a password of its own and one said before."""
    dice = random.Random(7)
    said: list[str] = []
    for _ in range(count):
        said.append("".join(dice.choices(string.ascii_letters + string.digits, k=16)) + "7#")
    return [
        Message(f"msg_{n}", "user", ({"type": "text", "text": f"my password is {word}, it was {said[n // 2]}"},),
                "2026-03-04T10:00:00Z")
        for n, word in enumerate(said)
    ]  # fmt: skip


def show_tables(found: dict[str, Any]) -> None:
    """The tables as text."""
    for name, table in found["labelled"].items():
        print(f"{name:<32} {'caught':>8} {'missed':>8} {'false':>8} {'right':>8}")
        for kind, counts in table.items():
            print(f"  {kind:<30} " + " ".join(f"{counts[key]:>8}" for key in ("caught", "missed", "false", "right")))
    for name, row in found["trees"].items():
        print(
            f"{name}: {row['held back']} of {row['files']} files held back ({row['per 1,000']} of 1,000), "
            f"{row['MB']} MB in {row['seconds']} s"
        )
    for row in found["times"]:
        print(
            f"{row['work']:<32} {row['seconds']:>8} s, 4 times as much {row['seconds at 4 times']:>8} s, "
            f"ratio {row['ratio']}"
        )


if __name__ == "__main__":
    sys.exit(main())
