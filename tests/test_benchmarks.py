"""Every benchmark still runs: small, and for the shape of what it prints, never for a time."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
APART = {
    "coldstart.py": "compiles the real model",
    "light_install.py": "downloads packages",
    "locomo_convert.py": "converts; locomo.py imports it",
    "surroundings.py": "no script",
}
CONVERSATION = {
    "id": "talk-1",
    "sessions": [
        {
            "id": "session_1",
            "date": "1:56 pm on 8 May, 2026",
            "turns": [
                {"id": "D1:1", "speaker": "Ada", "text": "I planted tomatoes behind the shed yesterday."},
                {"id": "D1:2", "speaker": "Ben", "text": "We sold the old boat to a neighbour in March."},
            ],
        }
    ],
    "questions": [{"text": "Who bought the old boat?", "answer": "a neighbour", "category": "1", "evidence": ["D1:2"]}],
}


def printed(script: str, *arguments: object) -> Any:
    """The object that a benchmark prints with ``--json``."""
    command = [sys.executable, BENCHMARKS / script, *map(str, arguments), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    # verbs.py answers 1 where a ratio is above its bound, which says nothing on a tiny workspace.
    assert done.returncode in {0, 1}, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def test_conversations(tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text(json.dumps({"conversations": [CONVERSATION]}))
    found = printed("locomo.py", tmp_path / "talk.json")
    assert found["questions"] == 1
    assert found["systems"]["viking-git (best child)"]["MRR"] == 100.0
    assert set(found["evidence_within"].values()) == {100.0}


def test_documents(tmp_path: Path) -> None:
    found = printed("docs_search.py", BENCHMARKS.parent / "docs", "--count", 6)
    assert found["files"] > 5
    assert found["kinds"]["identifier"]["systems"]["viking-git"]["at 1"] == 100.0


def test_secrets(tmp_path: Path) -> None:
    rows = [
        {"kind": "prose", "door": "chat", "text": "my password is Kr0kodil!77", "secret": "Kr0kodil!77"},
        {"kind": "clean", "door": "document", "text": "the password is in the vault", "secret": None},
    ]
    (tmp_path / "set.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.md").write_text("password: Kr0kodil!77\n")
    arguments = ("--trees", tmp_path / "tree", "--megabytes", 0.01, "--messages", 20)
    found = printed("redaction.py", tmp_path / "set.jsonl", *arguments)
    assert found["labelled"]["set.jsonl"]["prose"] == {"caught": 1, "missed": 0, "false": 0, "right": 0}
    assert found["labelled"]["set.jsonl"]["clean, held back by add"]["right"] == 1
    assert found["trees"][str(tmp_path / "tree")]["held back"] == 1
    assert {"work", "ratio"} <= found["times"][0].keys()


def test_code() -> None:
    found = printed("code_search.py", BENCHMARKS.parent / "viking_git", "--files", 30, "--count", 20)
    assert found["questions"] == 20
    assert found["systems"]["viking-git"]["in 10"] > 50


def test_search_scale() -> None:
    found = printed("search_scale.py", "--sizes", 300, "--no-throughput")
    assert found["sizes"][0]["units"] >= 300
    assert found["sizes"][0]["recall_at_100"] == 100.0


def test_hooks() -> None:
    assert printed("hooks.py", "--memories", 40, "--changed", 4, "--runs", 1)["ratio"] > 1


def test_bounds() -> None:
    found = printed("bounds.py", "--decisions", 3)["bounds"]
    assert [one["larger"] == 4 * one["size"] for one in found] == [True] * 5
    assert all(one["seconds"] > 0 and one["ratio"] > 0 for one in found)


def test_scale() -> None:
    found = printed("scale.py", "--sizes", 60, 120, "--wide", 80, "--runs", 1)
    assert found["ratios"]["session commit"] > 0
    assert found["ratios"]["merge with a work tree"] > 0
    assert found["wide"]["merge"] > 0
    assert found["wide"]["git mktree"] > 0


def test_second_machine() -> None:
    found = printed("second_machine.py", "--memories", 60)
    assert found["seconds"]["warm vectors: first find"] > 0
    assert found["seconds"]["while it is built: complete"] > found["seconds"]["while it is built: first find"]


def test_verbs() -> None:
    assert len(printed("verbs.py", "--memories", 40, "--runs", 1)["rows"]) > 10


def test_merges() -> None:
    found = printed("merges.py", "--pairs", 2, "--messages", 3)
    assert found["git merge"]["pairs"] == found["viking-git"]["pairs"] == 2
    for way in ("after update", "viking-git"):
        assert found[way]["conflicts"] == found[way]["markers"] == found[way]["broken_rules"] == 0


def test_packs() -> None:
    rows = printed("ovpack.py", "--files", 30, "--runs", 1)["rows"]
    assert rows["git archive --format=zip"]["ratio"] == 1.0


@pytest.mark.parametrize("script", sorted(path.name for path in BENCHMARKS.glob("*.py") if path.name not in APART))
def test_none_is_left_out(script: str) -> None:
    assert f'"{script}"' in Path(__file__).read_text()
