"""``index`` and ``stats`` from the shell."""

import json
from pathlib import Path

import pytest

from tests.helpers import git, talk, write_transcript
from viking_git.cli.main import main


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "w"
    assert main(["init", str(top)]) == 0
    monkeypatch.chdir(top)
    (tmp_path / "notes.md").write_text("# Notes\n\nA needle.\n")
    assert main(["add", str(tmp_path / "notes.md")]) == 0
    assert main(["session", "import", str(write_transcript(tmp_path / "chat.jsonl", talk()))]) == 0
    return top


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    return capsys.readouterr().out


def state(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(printed(capsys, "index", "status", "--json"))
    return found


def test_the_life_of_an_index(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    assert "no index yet" in printed(capsys, "index", "status")
    built = json.loads(printed(capsys, "index", "build", "--json"))
    assert built["embedded"] > 0
    assert "0 texts embedded" in printed(capsys, "index", "build")
    out = printed(capsys, "index", "status")
    assert "up to date" in out
    assert "hashing" in out
    printed(capsys, "commit")
    git(top, "rm", "-qr", "resources")
    git(top, "commit", "-qm", "edit: no notes")
    assert "behind" in printed(capsys, "index", "status")
    printed(capsys, "find", "TypeScript")
    printed(capsys, "find", "needle", "--at", "HEAD~1")
    before = state(capsys)
    assert before["index"]["dead"] > 0  # type: ignore[index]
    (past,) = before["others"]  # type: ignore[misc]
    assert past["past"]
    assert "->" in printed(capsys, "index", "compact")
    after = state(capsys)
    assert (after["index"]["dead"], after["others"]) == (0, [])  # type: ignore[index]
    assert "freed" in printed(capsys, "index", "clear", "--vectors")
    gone = state(capsys)
    assert (gone["index"], gone["bytes"], gone["vector_cache_bytes"]) == (None, 0, 0)
    assert printed(capsys, "find", "TypeScript")


def test_an_embedder_that_is_not_there_changes_nothing(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    assert main(["index", "build", "--embedder", "nothing"]) == 2
    assert "no embedder is called" in capsys.readouterr().err
    assert "embedder" not in git(top, "config", "--list", "--local")


def test_another_embedder_is_one_command(
    capsys: pytest.CaptureFixture[str], top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIKING_EMBEDDER")
    assert "texts embedded" in printed(capsys, "index", "build", "--embedder", "hashing")
    assert git(top, "config", "viking.embedder").strip() == "hashing"
    assert state(capsys)["embedder"] == "hashing"


def test_numbers_about_memories_and_queries(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    printed(capsys, "commit")
    out = printed(capsys, "stats")
    assert "preferences of default" in out
    assert "not logged" in out
    assert not (top / ".git/viking/queries.jsonl").exists()
    git(top, "config", "viking.querylog", "true")
    for query in ("needle", "TypeScript", "nothing at all"):
        printed(capsys, "find", query)
    found = json.loads(printed(capsys, "stats", "--json"))
    assert found["queries"]["queries"] == 3
    assert 0 < found["queries"]["p50"] <= found["queries"]["p95"]
    assert "words" in found["queries"]["stages"]
    assert sum(row["count"] for row in found["memories"]) == sum(found["growth"].values()) > 0
    assert found["growth"].keys() == {"2026-11"}
    assert (found["messages"], found["documents"]) == (4, 1)
    assert found["cache"]["texts"] > 0
    log = top / ".git/viking/queries.jsonl"
    log.write_bytes(log.read_bytes() + b'{"torn')
    assert "queries: 3" in printed(capsys, "stats")
    assert git(top, "status", "--porcelain") == ""
