"""``session publish`` and ``session privatise`` on the command line: what programs get, and what is refused how."""

import json
from pathlib import Path

import pytest

from tests.helpers import git, talk
from viking_git.cli.main import main
from viking_git.workspace import Workspace


def test_json_and_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = tmp_path / "w"
    workspace, _ = Workspace.init(top)
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    for number in range(2, 9):
        workspace.add_messages(session, talk([("user", f"I prefer tabs of width {number}.")], start=5 + number))
        workspace.commit(session)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["-C", str(top), "session", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    before = git(top, "for-each-ref")
    for words, code, hint in (
        (["publish"], 2, "name sessions, or --all"),
        (["privatise", "chat", "--all"], 2, "name sessions, or --all"),
        (["publish", "chatt"], 2, "did you mean chat"),
        (["publish", "chat", "nobody_at_all"], 2, "viking-git session list"),
    ):
        found = run(*words)
        assert found[0] == code, found
        assert hint in found[2]
    assert git(top, "for-each-ref") == before
    published = json.loads(run("publish", "chat", "--json")[1])
    assert (len(published["archives"]), published["messages"], published["history"]) == (8, 11, None)
    assert published["commit"] == git(top, "rev-parse", "main").strip()
    code, out, err = run("privatise", f"viking://{session.path}/")
    assert code == 0
    assert "8 transcripts (11 messages) now private" in out
    assert "and 3 more (--json names all)" in out
    assert "git filter-repo --invert-paths" in err
    again = json.loads(run("privatise", "chat", "--json")[1])
    assert (again["commit"], again["archives"], len(again["history"]["paths"])) == (None, [], 8)
    assert run("publish", "--all", "-n")[1] == "sessions.transcripts=tracked  viking.yaml\n"
