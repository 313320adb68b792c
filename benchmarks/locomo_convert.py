"""Convert conversations of the LoCoMo data set into transcripts for ``viking-git session import``.

    python benchmarks/locomo_convert.py locomo.json.gz OUT [--conversation N]

Each dialogue session becomes ``OUT/<conversation>/session_NN.jsonl``, one message a turn with its speaker and the
session's date; the questions go to ``OUT/<conversation>/questions.jsonl`` with their answers and ids of the messages
that hold the evidence. The data set (Maharana et al. 2024, https://github.com/snap-research/locomo) is CC BY-NC 4.0 and
not part of this project.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


def load(path: Path) -> list[dict[str, Any]]:
    """The conversations in the file, gzipped or not."""
    data = path.read_bytes()
    loaded: list[dict[str, Any]] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)["conversations"]
    return loaded


def message_id(turn: str) -> str:
    """``D1:3`` as a message id."""
    return "msg_" + turn.replace(":", "_")


def messages(session: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The turns of one dialogue session, a minute apart from its date on."""
    start = datetime.strptime(session["date"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    for minute, turn in enumerate(session["turns"]):
        yield {
            "id": message_id(turn["id"]),
            "role": "user",
            "speaker": turn["speaker"],
            "parts": [{"type": "text", "text": turn["text"]}],
            "created_at": (start + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def write_lines(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def questions(conversation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The questions with their evidence as message ids."""
    for question in conversation["questions"]:
        yield {**question, "evidence": [message_id(turn) for turn in question["evidence"]]}


def main() -> None:
    """Write the chosen conversations."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--conversation", type=int, help="only this one, from 0")
    chosen = parser.parse_args()
    for number, conversation in enumerate(load(chosen.file)):
        if chosen.conversation not in {None, number}:
            continue
        place = chosen.out / conversation["id"]
        place.mkdir(parents=True, exist_ok=True)
        for session in conversation["sessions"]:
            index = int(session["id"].rpartition("_")[2])
            write_lines(place / f"session_{index:02d}.jsonl", messages(session))
        write_lines(place / "questions.jsonl", questions(conversation))
        print(f"{place}: {len(conversation['sessions'])} sessions")


if __name__ == "__main__":
    main()
