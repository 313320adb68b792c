"""What could not be read, was not looked at or still waits is said: on stderr, in JSON, by name."""

import json
from pathlib import Path

import pytest

from tests.helpers import archived, git, talk, write_transcript
from viking_git.cli.main import main


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "w"
    assert main(["init", str(top)]) == 0
    monkeypatch.chdir(top)
    return top


@pytest.fixture
def run(top: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def run(*words: str, code: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        assert main(list(words)) == code, capsys.readouterr()
        printed = capsys.readouterr()
        return printed.out, printed.err

    return run


@pytest.fixture
def memory(top: Path, run) -> Path:  # type: ignore[no-untyped-def]
    run("session", "add-message", "chat", "user", "I prefer tabs over spaces in Makefiles.")
    run("commit", "chat")
    return next((top / "user/default/memories/preferences").glob("*/content.md"))


def test_a_damaged_transcript_is_imported_and_said(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = write_transcript(tmp_path / "chat.jsonl", talk())
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[1][:30] + b"\n" + lines[2][:30] + lines[2] + lines[3])
    out, err = run("session", "import", str(file))
    assert out == "chat: 3 new messages (messages); 2 damaged places\n"
    assert f"damaged: {file}, line 2: not JSON" in err
    assert f"damaged: {file}, line 3: not JSON" in err
    found = json.loads(run("session", "import", str(file), "--json")[0])
    assert (found["added"], found["messages"]) == (0, 3)
    assert [one["place"] for one in found["damaged"]] == [f"{file}, line 2", f"{file}, line 3"]


def test_a_file_without_a_message_is_an_error(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "log.jsonl").write_text('{"type": "response_item", "payload": {}}\n' * 3)
    err = run("session", "import", str(tmp_path / "log.jsonl"), code=2)[1]
    assert "a transcript of no known format" in err
    assert "the formats are messages, openai, claude-code" in err


def test_a_damaged_line_in_a_live_log_stops_nothing(run, top: Path) -> None:  # type: ignore[no-untyped-def]
    run("session", "add-message", "chat", "user", "I prefer tabs over spaces.", "--id", "msg_1")
    log = top / ".git/viking/live/default/chat/messages.jsonl"
    log.write_bytes(log.read_bytes() + b'{"id": "msg_x", "ro\n')
    run("session", "add-message", "chat", "user", "We decided to use Redis for the cache.", "--id", "msg_2")
    for words in (["session", "list"], ["session", "show", "chat"], ["status"]):
        err = run(*words)[1]
        assert err.count(f"{log}, line 2: not JSON") == 1, words
    out, _ = run("commit", "chat")
    assert "2 messages archived" in out
    assert archived(top) == ["msg_1", "msg_2"]
    assert log.read_bytes() == b'{"id": "msg_x", "ro\n'
    assert f"{log}, line 1" in run("doctor", code=1)[0]
    log.write_bytes(b"")
    assert "damaged" not in run("session", "show", "chat")[1]


def test_a_bad_byte_is_said_and_hides_nothing(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_bytes(b"# Notes\n\nThe zebracorn \xff lives here.\n")
    (docs / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    says = "1 byte is no UTF-8, read as U+FFFD"
    added = json.loads(run("add", str(docs), "--json")[0])
    assert added["bad_bytes"] == [{"path": "resources/docs/a.md", "reason": says}]
    assert added["not_searchable"] == ["resources/docs/pic.png"]
    found = json.loads(run("find", "zebracorn", "--json")[0])
    assert found["resources"][0]["uri"] == "viking://resources/docs/a.md"
    assert found["left_out"] == [{"uri": "viking://resources/docs/a.md", "reason": says}]
    assert "left_out" not in json.loads(run("find", "zebracorn", "--uri", "viking://user/", "--json")[0])
    out, err = run("grep", "zebracorn")
    assert "a.md" in out
    assert err == f"viking://resources/docs/a.md: {says}\n"
    assert f"    resources/docs/a.md: {says}\n" in run("index", "status")[0]
    held = json.loads(run("index", "status", "--json")[0])["index"]
    assert held["left_out"] == {"resources/docs/a.md": says, "resources/docs/pic.png": "not text"}
    assert run("abstract", "viking://resources/docs")[0] == "2 files: Notes, pic.png.\n"


def test_a_secret_beside_a_bad_byte_is_found(run, top: Path) -> None:  # type: ignore[no-untyped-def]
    (top / "resources/x").mkdir(parents=True)
    (top / "resources/x/a.txt").write_bytes(b"caf\xe9\nkey AKIAIOSFODNN7EXAMPLQ\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: by hand")
    assert "VG701" in run("check", "--all", "viking://resources/x/", code=1)[0]


@pytest.mark.parametrize("committed", [True, False])
def test_refresh_does_not_call_true_what_it_could_not_read(run, top: Path, memory: Path, committed: bool) -> None:  # type: ignore[no-untyped-def]
    memory.write_text(memory.read_text().replace("category:", "category: ["))
    if committed:
        git(top, "commit", "-qam", "edit: broken")
    out, err = run("refresh", code=1)
    assert out in {"all other layers are true\n", ""}
    assert f"left as it is, {memory.relative_to(top)}: bad YAML" in err
    found = json.loads(run("refresh", "--json", code=1)[0])
    assert [one["path"] for one in found["unreadable"]] == [str(memory.relative_to(top))]


def test_refresh_of_one_place_speaks_of_that_place(run, memory: Path) -> None:  # type: ignore[no-untyped-def]
    assert run("refresh", "viking://user/")[0] == "all layers in viking://user are true\n"
    assert run("refresh")[0] == "all layers are true\n"


def test_status_names_what_waits_for_a_person(run, top: Path, memory: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out, err = run("status")
    assert out.endswith("nothing waits\n")
    assert "not looked at: the rules for what is committed; viking-git check asks them" in err
    (tmp_path / "a.md").write_text("# A\n")
    run("write", "viking://resources/x/a.md", str(tmp_path / "a.md"), "--branch", "topic")
    git(top, "branch", "landed-code")
    git(top, "switch", "-qc", "code")
    (top / "main.py").write_text("print()\n")
    git(top, "add", "main.py")
    git(top, "commit", "-qm", "code")
    git(top, "switch", "-q", "main")
    memory.write_text(memory.read_text().replace("status: active", "status: contested"))
    git(top, "commit", "-qam", "edit: two variants")
    run("refresh")
    out, _ = run("status")
    uri = f"viking://{memory.parent.relative_to(top)}/"
    assert f"  {uri} is contested: two variants stand  viking-git edit {uri}content.md\n" in out
    assert "  the branch topic has what main lacks  viking-git merge topic\n" in out
    assert "nothing waits" not in out
    found = json.loads(run("status", "--json")[0])
    assert (found["contested"], found["branches"]) == ([uri], ["topic"])
    assert found["not_looked_at"] == ["the rules for what is committed"]


def test_nothing_found_is_not_said_of_what_was_not_searched(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "a.md").write_bytes(b"caf\xe9")
    run("add", str(tmp_path / "a.md"))
    assert "nothing found in what was searched" in run("find", "zebracorn", "--threshold", "1", "--type", "skill")[1]
