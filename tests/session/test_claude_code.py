"""Finding Claude Code's transcripts of one directory."""

import json
from pathlib import Path

import pytest

from viking_git.cli.main import main
from viking_git.session.claude_code import Found, find_transcripts
from viking_git.workspace import Workspace


def entry(number: int, text: str, role: str = "user", session: str = "0b5e", **more: object) -> str:
    value = {"type": role, "uuid": f"u-{session}-{number}", "sessionId": session, "timestamp":
             f"2026-11-02T09:{number:02d}:00Z", "message": {"role": role, "content": text}, **more}  # fmt: skip
    return json.dumps(value) + "\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "my.project_x"
    path.mkdir()
    return path


@pytest.fixture
def place(isolated_home: Path, project: Path) -> Path:
    """Where Claude Code keeps the transcripts of ``project``, one of them with messages."""
    name = "".join(c if c.isalnum() else "-" for c in str(project))
    place = isolated_home / ".claude/projects" / name
    place.mkdir(parents=True)
    (place / "0b5e.jsonl").write_text(entry(1, "I prefer tabs over spaces.") + entry(2, "Noted.", "assistant"))
    return place


def found(workspace: Workspace, project: Path) -> list[Found]:
    root = workspace.environment.claude / "projects"
    return find_transcripts(workspace.store, workspace.snapshot(), root, project, workspace.spaces.user)


def test_transcripts_of_the_directory_are_found(workspace: Workspace, place: Path, project: Path) -> None:
    (place / "1c.jsonl").write_text(entry(3, "later", session="1c"))
    (place / "agent-7.jsonl").write_text(entry(1, "inside", isSidechain=True))
    (place / "empty.jsonl").write_text("")
    other = place.with_name("-elsewhere")
    other.mkdir()
    (other / "x.jsonl").write_text(entry(1, "not ours"))
    assert [(each.name, each.new, each.first) for each in found(workspace, project)] == [
        ("0b5e", 2, "I prefer tabs over spaces."), ("1c", 1, "later"),
    ]  # fmt: skip


def test_dots_and_slashes_alone_may_be_dashes(workspace: Workspace, place: Path, project: Path) -> None:
    place.rename(place.with_name(str(project).replace("/", "-").replace(".", "-")))
    assert [each.name for each in found(workspace, project)] == ["0b5e"]


def test_a_line_that_is_being_written_waits(workspace: Workspace, place: Path, project: Path) -> None:
    with (place / "0b5e.jsonl").open("a") as file:
        file.write(entry(3, "half")[:40])
    assert [each.new for each in found(workspace, project)] == [2]


def test_what_cannot_be_read_is_named(workspace: Workspace, place: Path, project: Path) -> None:
    (place / "bad.jsonl").write_text("{nonsense\n{}\n")
    (place / "dir.jsonl").mkdir()
    problems = {each.name: each.problem for each in found(workspace, project) if each.problem}
    assert problems.keys() == {"bad", "dir"}


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(list(words))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_import_shows_asks_and_takes(
    workspace: Workspace, top: Path, place: Path, project: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = ["-C", str(top), "session", "import", "--from", "claude-code"]
    monkeypatch.chdir(project)
    code, out, err = run(capsys, *words)
    assert (code, out) == (1, "")
    assert "0b5e" in err
    assert "--yes takes them" in err
    assert workspace.sessions() == []
    code, out, _ = run(capsys, *words, "--yes")
    assert (code, out) == (0, "0b5e: 2 new messages\n")
    assert workspace.session_info(workspace.session_id("0b5e")).live == 2
    assert run(capsys, *words)[:2] == (0, "")
    with (place / "0b5e.jsonl").open("a") as file:
        file.write(entry(3, "one more"))
    (place / "bad.jsonl").write_text("{nonsense\n{}\n")
    code, out, err = run(capsys, *words, "--yes", "--json")
    assert code == 1
    assert json.loads(out)["imported"] == [
        {"session_id": "0b5e", "file": str(place / "0b5e.jsonl"), "added": 1, "damaged": []}
    ]
    assert json.loads(out)["unreadable"][0]["file"] == str(place / "bad.jsonl")


def test_import_from_nowhere(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "-C", str(top), "session", "import", "--from", "claude-code")
    assert code == 2
    assert "no Claude Code transcripts of" in err
    for words in (["x.jsonl", "--from", "claude-code"], [], ["x.jsonl", "--yes"]):
        assert run(capsys, "-C", str(top), "session", "import", *words)[0] == 2


def test_another_place_by_the_environment(
    workspace: Workspace, top: Path, place: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place.parent.parent.rename(tmp_path / "elsewhere")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "elsewhere"))
    words = ["-C", str(top), "session", "import", "--from", "claude-code", "--project", str(project), "-y"]
    assert run(capsys, *words)[:2] == (0, "0b5e: 2 new messages\n")
