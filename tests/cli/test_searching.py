"""``find`` and ``search`` from the shell: filters, other commits, many queries, reasons."""

import io
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import git, talk, write_transcript
from viking_git.cli.main import main
from viking_git.errors import InvalidContent, NotFound
from viking_git.session.moment import moment_at
from viking_git.store.repo import Store
from viking_git.workspace import Workspace

NOTES = {
    "deploy.md": "# Deploy\n\nPress the blue button.\n",
    "undo.md": "# Undo\n\nRevert the commit, then press the red button.\n",
}


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top, notes = tmp_path / "w", tmp_path / "notes"
    notes.mkdir()
    for name, text in NOTES.items():
        (notes / name).write_text(text)
    assert main(["init", str(top)]) == 0
    monkeypatch.chdir(top)
    assert main(["add", str(notes)]) == 0
    assert main(["session", "import", str(write_transcript(tmp_path / "chat.jsonl", talk()))]) == 0
    assert main(["commit"]) == 0
    return top


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    return capsys.readouterr().out


def found(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    results = json.loads(printed(capsys, "find", *words, "--json"))
    return [hit["uri"] for name in ("memories", "resources", "skills") for hit in results[name]]


def test_filters_narrow(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    assert all("/preferences/" in uri for uri in found(capsys, "TypeScript", "--category", "preferences"))
    assert found(capsys, "TypeScript", "--category", "preferences")
    assert all(uri.startswith("viking://resources/") for uri in found(capsys, "button", "--type", "resource"))
    assert len(found(capsys, "button", "--type", "resource", "--level", "2")) == 2
    two = found(capsys, "button TypeScript", "--uri", "resources/notes/undo.md", "--uri", "viking://user/")
    assert {uri.split("/")[2] for uri in two} == {"resources", "user"}
    assert found(capsys, "TypeScript", "--owner", "nobody") == []
    assert found(capsys, "Alice", "--since", "2026-11-03", "--type", "session", "--level", "2") == []
    assert found(capsys, "Alice", "--until", "2026-11", "--type", "session", "--level", "2")
    assert found(capsys, "button", "--threshold", "1.0", "-n", "1") != found(capsys, "button")


def test_times_in_words(top: Path) -> None:
    def asked(days: int, **bounds: Any) -> bool:
        when = datetime(2026, 11, 2, 12, tzinfo=UTC) + timedelta(days=days)  # the talk was that morning, a Monday
        with closing(Workspace.open(top, clock=lambda: when)) as workspace:
            return bool(workspace.find("Alice", type="session", level=2, **bounds).hits)

    assert asked(1, since="yesterday")
    assert not asked(2, since="yesterday")
    assert asked(14, since="2 weeks ago", until="2.weeks.ago")
    assert not asked(0, since="2 hours ago")
    assert asked(0, since="3 hours ago")
    assert asked(2, until="last monday")
    assert not asked(-1, until="last monday")
    with pytest.raises(InvalidContent, match="not a time: 'lastweek'") as raised:
        asked(0, since="lastweek")
    assert "last week" in (raised.value.hint or "")


def test_at_a_time_in_words(top: Path) -> None:
    head = git(top, "rev-parse", "HEAD").strip()
    trunk = "refs/heads/main"
    ahead = Store(top, clock=lambda: datetime.now(UTC) + timedelta(days=2))
    assert moment_at(ahead, trunk, "yesterday").commit == head
    with pytest.raises(NotFound, match="no commit as old"):
        moment_at(Store(top), trunk, "last week")
    git(top, "branch", "yesterday", "HEAD~1")
    assert moment_at(ahead, trunk, "yesterday").commit != head
    with pytest.raises(NotFound, match="no such revision: 'lastweek'") as raised:
        moment_at(ahead, trunk, "lastweek")
    assert "last week" in (raised.value.hint or "")


def test_a_saved_test_keeps_the_day(top: Path) -> None:
    assert main(["find", "button", "--save-test", "--until", "today", "--expect", "resources/notes/undo.md"]) == 0
    assert "today" not in (top / "viking-tests.yaml").read_text()
    assert f"until: '{datetime.now(UTC).date()}'" in (top / "viking-tests.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["find"], "ask one query"),
        (["find", "x", "--queries", "-"], "ask one query"),
        (["find", "--queries", "nothing.txt"], "cannot read the queries"),
        (["find", "x", "--type", "memories"], "unknown type"),
        (["find", "x", "--at", "nothing"], "no such revision"),
        (["find", "x", "--at", "1999-01-01"], "no commit as old"),
        (["find", "x", "--at", "2026-99-01"], "not a date"),
        (["find", "x", "--uri", "resources/none"], "nothing at"),
        (["find", "x", "--trace", "/nowhere/trace.json"], "cannot write"),
        (["search", "x"], "asked in a session"),
        (["search", "x", "--session", "nobody"], "no session"),
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], top: Path, words: list[str], message: str) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_exit_code_says_whether_there_is_an_answer(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    printed(capsys, "find", "button", "--exit-code")
    printed(capsys, "find", "button", "--owner", "nobody", "--exit-code", code=1)
    printed(capsys, "find", "button", "--owner", "nobody")


def test_another_commit_is_searched_as_it_was(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    before = git(top, "rev-parse", "HEAD").strip()
    git(top, "rm", "-qr", "resources/notes/undo.md")
    git(top, "commit", "-qm", "edit: no undo")
    git(top, "branch", "side", before)
    now = found(capsys, "red button")
    assert "viking://resources/notes/undo.md" not in now
    for at in (before, before[:8], "side", "HEAD~1"):
        assert found(capsys, "red button", "--at", at, "--type", "resource")[0] == "viking://resources/notes/undo.md"
    assert found(capsys, "red button") == now
    uri = ["--uri", "resources/notes/undo.md"]
    assert found(capsys, "red button", "--at", before, *uri)
    printed(capsys, "find", "red button", *uri, code=2)


def test_a_date_is_the_state_at_its_end(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    assert "viking://resources/notes/undo.md" in found(capsys, "red button", "--at", "2999-01-01")


def test_explain_and_trace(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    out = printed(capsys, "find", "red button", "-n", "1", "--type", "resource", "--explain", "--trace", str(trace))
    assert "terms:     red, button" in out
    assert "score  = vector + words + exact + place" in out
    assert "the limit was reached" in out
    assert "filtered: type" in out
    written = json.loads(trace.read_text())
    (hit,) = written["explain"]["hits"]
    assert hit["score"] == pytest.approx(sum(hit["parts"].values()), abs=2e-4)
    assert written["explain"]["seconds"].keys() == {"words", "embed", "vectors", "fusion", "read"}
    assert "explain" not in json.loads(printed(capsys, "find", "x", "--json", "--trace", str(trace)))


def test_many_queries_in_one_process(
    capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queries").write_text("red button\n\nTypeScript\n")
    lines = [json.loads(line) for line in printed(capsys, "find", "--queries", str(tmp_path / "queries")).splitlines()]
    assert [line["query"] for line in lines] == ["red button", "TypeScript"]
    alone = json.loads(printed(capsys, "find", "TypeScript", "--json"))
    assert {key: lines[1][key] for key in alone} == alone
    monkeypatch.setattr("sys.stdin", io.StringIO("blue button\n"))
    (line,) = printed(capsys, "find", "--queries", "-", "--limit", "1").splitlines()
    assert json.loads(line)["total"] == 1


def test_links_of_a_hit_are_shown_with_their_reason(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    table = {
        "relations": [
            {"uri": "viking://user/default/memories/preferences/", "reason": "who reads it", "created_at": ""},
            {"uri": "viking://resources/gone/", "reason": "", "created_at": ""},
            {"uri": "../../etc", "reason": "", "created_at": ""},
        ]
    }
    (top / "resources/notes/.relations.json").write_text(json.dumps(table))
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: link")
    shown = json.loads(printed(capsys, "find", "red button", "-n", "1", "--related", "--json"))
    (one,) = shown["related"]
    assert (one["uri"], one["reason"]) == ("viking://user/default/memories/preferences/", "who reads it")
    assert one["source"] == "viking://resources/notes/"
    assert "who reads it" in printed(capsys, "find", "red button", "-n", "1", "--related")
    (top / "resources/notes/.relations.json").write_text("no table")
    git(top, "commit", "-qam", "edit: break it")
    assert "related" not in json.loads(printed(capsys, "find", "red button", "-n", "1", "--related", "--json"))


def test_search_takes_the_session_into_account(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    for text in ("Let us talk about the red button.", "Revert after the red button."):
        printed(capsys, "session", "add-message", "buttons", "user", text)
    out = json.loads(printed(capsys, "search", "how do I undo it", "--session", "buttons", "--explain", "--json"))
    queries = out["explain"]["queries"]
    assert 2 <= len(queries) <= 5
    assert {"query", "context_type", "intent", "priority"} <= queries[0].keys()
    assert any("red" in query["query"] and "button" in query["query"] for query in queries)
    assert "viking://resources/notes/undo.md" in {hit["uri"] for hit in out["resources"]}
    text = printed(capsys, "search", "how do I undo it", "--session", "buttons", "--explain")
    assert "priority 1" in text
    only = json.loads(printed(capsys, "search", "undo it", "--session", "buttons", "--type", "memory", "--json"))
    assert only["resources"] == []


def test_search_in_an_archived_session_goes_by_its_last_archive(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    out = json.loads(printed(capsys, "search", "why", "--session", "chat", "--explain", "--json"))
    assert any("typescript" in query["query"] for query in out["explain"]["queries"])
    uris = [hit["uri"] for hit in out["memories"]]
    assert "viking://session/default/chat/history/archive_001/" not in uris


def test_a_commit_leaves_an_index_that_needs_no_more_embedding(top: Path) -> None:
    with Workspace.open(top) as workspace:
        assert workspace.find("TypeScript").total
        assert workspace.searching.trunk().computed == 0
        assert workspace.searching.trunk() is workspace.searching.trunk()


def test_context_for_a_prompt(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    text = printed(capsys, "context", "red button", "--budget", "200", "--uri", "resources/notes")
    assert text.startswith("### viking://resources/notes/undo.md#L")
    assert "> " in text
    assert "press the red button" in text
    found = json.loads(printed(capsys, "context", "red button", "--budget", "200", "--json"))
    assert found["tokens"] <= 200
    before = git(top, "rev-parse", "HEAD").strip()
    git(top, "rm", "-qr", "resources/notes")
    git(top, "commit", "-qm", "edit: no notes")
    assert "red button" in printed(capsys, "context", "red button", "--at", before)
    assert printed(capsys, "context", "red button", "--budget", "2", "--exit-code", code=1) == ""
