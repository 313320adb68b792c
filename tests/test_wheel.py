"""The built wheel, installed in an environment of its own and used away from the checkout."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers import assert_sound, talk, write_transcript

ROOT = Path(__file__).parent.parent


def test_the_main_job_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = subprocess.run([str(wheel), *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [str(wheel.with_name("python")), "-c", "import viking_git; print(viking_git.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(ROOT) not in where
    write_transcript(tmp_path / "chat.jsonl", talk())
    run("init", "w")
    run("-C", "w", "session", "import", "chat.jsonl")
    assert "archived as archive_001" in run("-C", "w", "commit")
    assert "TypeScript" in run("-C", "w", "find", "TypeScript")
    assert run("-C", "w", "refresh") == "all layers are true\n"
    assert_sound(tmp_path / "w")


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man")
def test_git_finds_the_manual_page_of_the_wheel(wheel: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{wheel.parent}:/usr/bin:/bin", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"}
    environment.pop("MANPATH", None)
    done = subprocess.run(["git", "viking", "--help"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"What AI agents know" in done.stdout
    assert (wheel.parent.parent / "share/man/man1/viking-git.1").is_file()
