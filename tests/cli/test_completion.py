"""URIs complete in bash, zsh and fish."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import talk
from viking_git.cli.main import main
from viking_git.workspace import Workspace

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    workspace, _ = Workspace.init(tmp_path / "w")
    for path in ("docs/auth.md", "docs/api/calls.md", "other/x.md"):
        workspace.files.write(f"resources/{path}", b"# X\n\nText.\n")
    workspace.add_messages(workspace.new_session("chat"), talk())
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


def completed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shell: str, line: str) -> list[str]:
    """What the shell is offered at the end of ``line``."""
    monkeypatch.setenv("_VIKING_GIT_COMPLETE", f"complete_{shell}")
    if shell == "bash":
        words = line.split(" ")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    else:
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([])
    return list(filter(None, capsys.readouterr().out.splitlines()))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", [f"viking://{scope}/" for scope in ("agent", "queue", "resources", "session", "temp", "user")]),
        ("vik", [f"viking://{scope}/" for scope in ("agent", "queue", "resources", "session", "temp", "user")]),
        ("viking://res", ["viking://resources/"]),
        ("res", ["resources/"]),
        ("viking://resources/", ["viking://resources/docs/", "viking://resources/other/"]),
        ("resources/d", ["resources/docs/api/", "resources/docs/auth.md"]),
        ("viking://resources/docs/au", ["viking://resources/docs/auth.md"]),
        ("resources/docs/.a", ["resources/docs/.abstract.md"]),
        ("viking://resources/*/a", ["viking://resources/docs/api/", "viking://resources/docs/auth.md"]),
        ("resources/**/c", ["viking://resources/docs/api/calls.md"]),
        ("viking://session/default/", ["viking://session/default/chat/messages.jsonl"]),
        ("//resources/o", ["//resources/other/x.md"]),
        ("viking://nowhere/", []),
        ("viking://resources/../", []),
    ],
)
def test_uris(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, top: Path, typed: str, offered: list[str]
) -> None:
    for shell in ("bash", "fish"):
        assert completed(capsys, monkeypatch, shell, f"viking-git ls {typed}") == offered


def test_zsh(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, top: Path) -> None:
    found = completed(capsys, monkeypatch, "zsh", "viking-git mv resources/docs/auth.md resources/o")
    assert found == ["_arguments '*: :((\"resources/other/x.md\"))'"]


def test_the_workspace_that_the_line_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, top: Path
) -> None:
    monkeypatch.chdir(top.parent)
    assert completed(capsys, monkeypatch, "bash", "viking-git cat resources/o") == []
    assert completed(capsys, monkeypatch, "bash", f"viking-git -C {top} cat resources/o") == ["resources/other/x.md"]


def test_in_a_real_bash(top: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin/viking-git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m viking_git "$@"\n')
    program.chmod(0o755)
    script = f"""
        PATH={program.parent}:$PATH
        eval "$(_VIKING_GIT_COMPLETE=source_bash viking-git)"
        COMP_WORDS=(viking-git rm viking : //resources/docs/); COMP_CWORD=4
        function=$(complete -p viking-git | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        $function viking-git
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["//resources/docs/api/", "//resources/docs/auth.md"]


GIT_COMPLETION = Path("/usr/share/bash-completion/completions/git")


@pytest.mark.skipif(not GIT_COMPLETION.exists(), reason="needs git's completion for bash")
def test_git_viking_completes_with_the_function_of_the_page(top: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "viking-git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m viking_git "$@"\n')
    program.chmod(0o755)
    block = re.search(r"```bash\n(_git_viking.+?)```", (ROOT / "docs/files.md").read_text(), re.DOTALL)
    assert block
    script = f"""
source {GIT_COMPLETION}
eval "$(viking-git --show-completion bash)"
{block[1]}
COMP_WORDS=(git viking read resources/docs/au) COMP_CWORD=3
COMP_LINE="${{COMP_WORDS[*]}}" COMP_POINT=${{#COMP_LINE}}
__git_wrap__git_main git
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "resources/docs/auth.md\n"
