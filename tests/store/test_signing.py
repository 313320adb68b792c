"""Commits are signed where git is configured to sign, and made all the same where the key fails."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk
from viking_git.workspace import Workspace

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A workspace in which git signs with an SSH key that it also trusts; one part of its path needs quotes."""
    Workspace.init(tmp_path / 'a: "b"')
    top = tmp_path / 'a: "b"'
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    email = git(top, "config", "user.email").strip()
    (tmp_path / "trusted").write_text(f"{email} {key.with_suffix('.pub').read_text()}")
    for name, value in (
        ("gpg.format", "ssh"), ("user.signingkey", str(key)), ("commit.gpgsign", "true"),
        ("gpg.ssh.allowedSignersFile", str(tmp_path / "trusted")),
    ):  # fmt: skip
        git(top, "config", name, value)
    return top


def commit(top: Path, said: list[str]) -> None:
    workspace = Workspace.open(top, notice=said.append)
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)


def test_every_commit_is_signed_by_the_key_of_git(top: Path) -> None:
    said: list[str] = []
    commit(top, said)
    marks = git(top, "log", "--topo-order", "--format=%G? %an <%ae>", "HEAD").splitlines()
    assert len(marks) > 5
    assert set(marks[:-1]) == {f"G {marks[-1][2:]}"}, "all but the first, which init made before there was a key"
    assert git(top, "log", "-1", "--format=%G?", "refs/viking/transcripts") == "G\n"
    assert said == []
    assert_sound(top)


@pytest.mark.parametrize("broken", ["no key", "no program"])
def test_a_key_that_fails_blocks_nothing_and_is_said_once(top: Path, tmp_path: Path, broken: str) -> None:
    if broken == "no key":
        (tmp_path / "key").unlink()
    else:
        git(top, "config", "gpg.ssh.program", str(tmp_path / "nowhere"))
    said: list[str] = []
    commit(top, said)
    assert [line for line in said if "not signed" in line] == said
    assert len(said) == 1
    assert set(git(top, "log", "--format=%G?").split()) == {"N"}
    assert_sound(top)
