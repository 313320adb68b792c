"""The doctor finds what is wrong, names the way out, and changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import git, talk
from viking_git.cli.main import main
from viking_git.session.state import live_log
from viking_git.workspace import Workspace


def findings(workspace: Workspace) -> list[str]:
    return [check.name for check in workspace.doctor() if check.level == "finding"]


def test_all_is_well_in_a_fresh_workspace(workspace: Workspace, top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(workspace) == []
    capsys.readouterr()
    assert main(["-C", str(top), "doctor"]) == 0
    assert capsys.readouterr().out.endswith("all is well\n")
    assert git(top, "status", "--porcelain") == ""


def _no_identity(top: Path, home: Path) -> None:
    (home / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n")


def _no_trunk(top: Path, home: Path) -> None:
    git(top, "switch", "-qc", "other")
    git(top, "branch", "-qD", "main")


def _locked(top: Path, home: Path) -> None:
    (top / ".git/index.lock").write_text("")


def _shown(top: Path, home: Path) -> None:
    (top / ".gitignore").write_text("")
    git(top, "commit", "-qam", "edit: ignore nothing")


def _torn(top: Path, home: Path) -> None:
    live_log(Workspace.open(top).store, Workspace.open(top).new_session("chat")).append(talk())
    with (top / ".git/viking/live/default/chat/messages.jsonl").open("a") as file:
        file.write("{nonsense}\n")


def _unfinished(top: Path, home: Path) -> None:
    workspace = Workspace.open(top)
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    (top / "user/.overview.md").write_text("mine\n")
    assert main(["-C", str(top), "commit", "chat"]) == 1


@pytest.mark.parametrize(
    ("harm", "name"),
    [(_no_identity, "identity"), (_no_trunk, "trunk"), (_locked, "locks"), (_shown, "transcripts"), (_torn, "sessions"),
     (_unfinished, "sessions")],
)  # fmt: skip
def test_each_harm_is_found(
    workspace: Workspace, top: Path, isolated_home: Path, harm: Callable[[Path, Path], None], name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    harm(top, isolated_home)
    before = git(top, "for-each-ref"), git(top, "status", "--porcelain") if name != "locks" else ""
    capsys.readouterr()
    assert main(["-C", str(top), "doctor", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    (found,) = [check for check in said["checks"] if check["level"] == "finding"]
    assert found["check"] == name
    assert found["hint"]
    assert said["findings"] == 1
    assert before == (git(top, "for-each-ref"), git(top, "status", "--porcelain") if name != "locks" else "")


def test_what_waits_is_a_note(workspace: Workspace) -> None:
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    (note,) = [check for check in workspace.doctor() if check.name == "sessions"]
    assert (note.level, note.text) == ("note", "default/chat has 4 messages to commit")


def test_outside_of_a_workspace_the_machine_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    capsys.readouterr()
    assert main(["-C", str(tmp_path), "doctor"]) == 1
    out = capsys.readouterr().out
    assert "finding  git: there is no git program" in out
    assert "finding  workspace: not a viking-git workspace" in out
    assert "2 findings" in out
