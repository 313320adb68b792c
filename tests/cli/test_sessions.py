"""The session and task commands as a person types them."""

import json
from pathlib import Path

import pytest

from tests.helpers import git, talk, write_transcript
from viking_git.cli.main import main
from viking_git.session import background

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


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


def test_a_day_with_a_session(run, top: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "x.png").write_bytes(PNG)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/mail.md").write_text("# Mail\n\nHow to send mail.\n")
    run("add", str(tmp_path / "docs"))
    run("session", "add-message", "chat", "user", "I prefer tabs over spaces in Makefiles.")
    run("session", "add-message", "chat", "user", "--image", str(tmp_path / "x.png"))
    out, _ = run("session", "used", "chat", "--context", "resources/docs/mail.md", "--json")
    assert json.loads(out)["contexts"] == ["viking://resources/docs/mail.md"]
    run("session", "used", "chat", "--skill", "resources/docs", "--input", "a", "--output", "b", "--failure")
    assert "2 messages to commit, 2 records of use to commit" in run("session", "list")[0]
    out, err = run("session", "context", "chat", "--budget", "8")
    assert out == "user: [image]\n"
    assert "left out: 0 archives, 1 message (4 of 8 tokens used)" in err
    out, _ = run("commit", "chat")
    assert "1 use counted" in out
    assert json.loads(run("task", "list", "--all", "--json")[0])[0]["status"] == "completed"
    assert run("task", "list")[0] == ""
    assert "completed" in run("task", "show", "chat/archive_001")[0]
    assert "archive_001" in run("session", "context", "chat")[0]


def test_usage_alone_waits_and_is_committed(run, top: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "a.md").write_text("# A\n")
    run("add", str(tmp_path / "a.md"))
    run("session", "used", "chat", "--context", "resources/a")
    assert "chat: 1 record of use to commit" in run("status")[0]
    out, _ = run("commit", "--all", "--json")
    assert json.loads(out)["sessions"][0]["active_count_updated"] == 1
    assert run("status")[0].endswith("nothing waits\n")


@pytest.mark.parametrize(
    "words",
    [
        ["session", "used", "new"],
        ["session", "used", "new", "--context", "resources/nothing"],
        ["session", "used", "new", "--context", "viking://resources/", "--success"],
        ["session", "used", "new", "--input", "x"],
        ["session", "add-message", "new", "user", "x", "--image", "/no/such.png"],
        ["session", "context", "new"],
        ["session", "delete", "new", "--yes"],
        ["session", "context", "new", "--budget", "0"],
        ["commit", "new", "--all"],
        ["commit", "--resume", "--no-wait"],
        ["task", "show", "new/archive_001"],
        ["task", "show", "archive_001"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_starts_no_session(run, top: Path, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    _, err = run(*words, code=2)
    assert "error" in err.lower()
    assert run("session", "list")[0] == ""


def test_delete_asks(run, top: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_transcript(tmp_path / "chat.jsonl", talk())
    run("session", "import", str(tmp_path / "chat.jsonl"))
    _, err = run("session", "delete", "chat", code=1)
    assert "chat has 4 messages in no commit" in err
    run("commit", "chat", "--review")
    _, err = run("session", "delete", "chat", "--yes")
    assert "git branch viking/default/chat" in err
    run("session", "import", str(tmp_path / "chat.jsonl"))
    run("commit", "chat")
    _, err = run("session", "delete", "chat")
    assert "kept on main: 1 archive" in err
    out, err = run("session", "delete", "chat", "--archives", "--json")
    assert json.loads(out) == {"session_id": "chat", "messages": 0, "branch": None, "archives": 1}
    assert run("session", "list")[0] == ""


def test_a_due_session_is_committed_by_itself(run, top: Path) -> None:  # type: ignore[no-untyped-def]
    policy = top / "viking.yaml"
    policy.write_text(policy.read_text() + "  auto_commit_messages: 2\n")
    git(top, "commit", "-qam", "edit: policy")
    assert "due" not in run("session", "add-message", "chat", "user", "I prefer tabs over spaces.")[1]
    _, err = run("session", "add-message", "chat", "user", "I prefer dark roast coffee.")
    assert "chat was due: 2 messages committed as archive_001" in err
    (top / "user/.overview.md").write_text("mine\n")
    for text in ("I live in Lisbon.", "I use Emacs."):
        _, err = run("session", "add-message", "chat", "user", text)
    assert "note: chat is due for a commit, and waits: uncommitted edits" in err


def test_no_wait_prints_the_task(run, top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(background, "run_detached", lambda words, log: None)
    write_transcript(tmp_path / "chat.jsonl", talk())
    run("session", "import", str(tmp_path / "chat.jsonl"))
    assert "accepted: viking-git task show default/chat/archive_001" in run("commit", "chat", "--no-wait")[0]
    assert run("task", "list")[0] == "default/chat/archive_001  accepted\n"
    assert "go on:  viking-git commit --resume default/chat" in run("task", "show", "chat/archive_001")[0]
    out = run("commit", "--resume")[0]
    assert out.startswith("chat: carried on with archive_001\n")
    assert "merged as" in out
    assert "nothing to commit" in run("commit", "--all")[0]
