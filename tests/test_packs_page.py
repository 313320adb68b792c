"""docs/packs.md: its commands and its Python run, from top to bottom, in one workspace."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import assert_sound
from viking_git.config import PackPolicy, load_policy
from viking_git.model.messages import Message
from viking_git.workspace import Workspace

PAGE = (Path(__file__).parent.parent / "docs" / "packs.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TALK = (
    "I prefer TypeScript over JavaScript for all my projects.",
    "The build failed with 'ENOSPC: no space left on device'. Deleting the old caches fixed it.",
)


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a project, a user's and an agent's memory, and ``viking-git`` on the path."""
    workspace, _ = Workspace.init(tmp_path / "w")
    (tmp_path / "my-project").mkdir()
    (tmp_path / "my-project/guide.md").write_text("# Guide\n\nHow it works.\n")
    workspace.add([tmp_path / "my-project"])
    session = workspace.new_session("chat")
    parts = [({"type": "text", "text": text},) for text in TALK]
    workspace.add_messages(session, [Message(f"m{n}", "user", p, "2026-11-02T09:00:00Z") for n, p in enumerate(parts)])
    workspace.commit(session)
    case = tmp_path / "w/agent/default/memories/cases/full_disk/content.md"
    case.parent.mkdir(parents=True)
    case.write_text(
        "---\nname: full_disk\ncategory: cases\nproblem: full disk\n---\n# Full disk\n\nDelete the caches.\n"
    )
    subprocess.run(["git", "add", "-A"], cwd=tmp_path / "w", check=True)
    subprocess.run(["git", "commit", "-qm", "edit: a case"], cwd=tmp_path / "w", check=True)
    workspace.refresh()
    tool = tmp_path / "bin/viking-git"
    tool.parent.mkdir()
    root = Path(__file__).parent.parent
    tool.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -m viking_git "$@"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
def test_every_block_runs(top: Path) -> None:
    for language, text in BLOCKS:
        if language == "bash":
            done = subprocess.run(["sh", "-euc", text], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{text}\n{done.stderr}"
        elif language == "python":
            exec(compile(text, "docs/packs.md", "exec"), {})
    assert_sound(top)
    assert_sound(top.parent / "from-the-backup")
    assert_sound(top.parent / "with-its-history")
    assert (top / "resources/imported/my-project/guide.md").exists()


def test_the_limits_are_the_defaults() -> None:
    (text,) = [text for language, text in BLOCKS if language == "yaml"]
    assert load_policy(text.encode()).packs == PackPolicy()
