"""A workspace with hooks, and git as a person runs it: with this checkout's viking-git on PATH."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.helpers import copied, talk
from viking_git.workspace import Workspace

ROOT = Path(__file__).parent.parent.parent
CODING = "user/default/memories/preferences/coding"
OVERVIEW = f"{CODING}/.overview.md"


@dataclass(frozen=True)
class Hooked:
    """A workspace's top, and the environment that its git runs in."""

    top: Path
    environment: Mapping[str, str]

    def run(self, *words: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """One command; nothing is asserted."""
        env = {**self.environment, **more}
        return subprocess.run(words, cwd=cwd or self.top, env=env, capture_output=True, text=True, check=False)

    def git(self, *words: str, cwd: Path | None = None, **more: str) -> str:
        """What git prints, on both outputs; an assertion where it fails."""
        done = self.run("git", *words, cwd=cwd, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def edit(
        self, path: str = f"{CODING}/content.md", text: str = "\nNo semicolons.\n", top: Path | None = None
    ) -> None:
        """Append to a file."""
        with ((top or self.top) / path).open("a") as file:
            file.write(text)

    def committed(self, path: str, rev: str = "HEAD") -> str:
        """A file of a commit."""
        return self.git("show", f"{rev}:{path}")


def program(directory: Path) -> Path:
    """A ``viking-git`` that runs this checkout, in a directory for PATH."""
    directory.mkdir(parents=True, exist_ok=True)
    script = directory / "viking-git"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m viking_git "$@"\n')
    script.chmod(0o755)
    return directory


def environment(bin_directory: Path | None) -> dict[str, str]:
    """This process's environment, with ``viking-git`` on PATH, or without."""
    kept = [p for p in os.environ["PATH"].split(":") if not (Path(p) / "viking-git").exists()]
    return {**os.environ, "PATH": ":".join([str(bin_directory), *kept] if bin_directory else kept)}


def workspace(top: Path, bin_directory: Path) -> Hooked:
    """A workspace with a document folder and memories, no hooks yet."""
    copied(_built(), top)
    return Hooked(top, environment(bin_directory))


@cache
def _built() -> Path:
    """The workspace that all of them are copies of."""
    directory = Path(tempfile.mkdtemp(prefix="hooked-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    made, _ = Workspace.init(directory / "w")
    (directory / "docs").mkdir()
    (directory / "docs/a.md").write_text("# A\n\nThe letter A.\n")
    made.add([directory / "docs"], "viking://resources/docs")
    session = made.new_session("chat")
    made.add_messages(session, talk())
    made.commit(session)
    return directory / "w"
