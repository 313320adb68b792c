"""``add`` at the command line: another project's folder, and a folder that has lost most of what it had."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from viking_git.cli.main import main


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for who in "ab":
        (tmp_path / who / "docs").mkdir(parents=True)
        for number in range(3):
            (tmp_path / who / f"docs/{who}{number}.md").write_text(f"# {who}{number}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "w"]) == 0
    assert main(["-C", "w", "add", "a/docs"]) == 0
    return tmp_path


def test_another_project_s_folder(ws: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", "w", "add", "b/docs"]) == 1
    said = capsys.readouterr().err
    assert f"error: the documents at viking://resources/docs/ are those of {ws}/a/docs" in said
    assert "--to viking://resources/NAME" in said
    assert main(["-C", "w", "add", "b/docs", "--replace"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "+3 ~0 -3  viking://resources/docs/"


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_a_terminal_is_asked(ws: Path, answer: str, code: int) -> None:
    for number in range(2):
        (ws / f"a/docs/a{number}.md").unlink()
    # No terminal: the answer is no, whatever comes in.
    words = [sys.executable, "-m", "viking_git", "-C", "w", "add", "a/docs"]
    done = subprocess.run(words, input="y\n", capture_output=True, text=True, check=False)
    assert (done.returncode, "--yes deletes them" in done.stderr) == (1, True)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    done = subprocess.run(words, stdin=theirs, capture_output=True, text=True, check=False)
    os.close(theirs)
    os.close(ours)
    assert (done.returncode, "2 of the 3 documents" in done.stderr) == (code, True)
    assert (ws / "w/resources/docs/a0.md").exists() == (code == 1)
