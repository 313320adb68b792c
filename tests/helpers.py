"""What several test files need: git as the referee, and a workspace with a conversation."""

import gc
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from viking_git.model.messages import Message
from viking_git.session import checking
from viking_git.session.checking import Checked
from viking_git.session.proof import Asked
from viking_git.workspace import Workspace

TALK = (
    ("user", "I prefer TypeScript over JavaScript for all my projects."),
    ("assistant", "Noted. I will write TypeScript from now on."),
    ("user", "We decided to use PostgreSQL for the billing service."),
    ("user", "My sister Alice lives in Lisbon."),
)


def git(top: Path, *words: str) -> str:
    """What git prints; an assertion where it fails."""
    done = subprocess.run(["git", "-C", str(top), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def copied(top: Path, to: Path) -> Path:
    """A copy of a work tree and its repository, without what writers of this process hold in quarantine."""
    gc.collect()
    return Path(shutil.copytree(top, to, symlinks=True, ignore=shutil.ignore_patterns("incoming")))


def all_paths(*tops: Path) -> list[Path]:
    """Every path below ``tops``, repositories included.

    What a writer holds in quarantine goes when Python collects the writer, so that comes first: it would vanish from a
    walk otherwise.
    """
    gc.collect()
    return [path for top in tops for path in top.rglob("*")]


def assert_sound(top: Path) -> None:
    """Git finds nothing wrong, nothing differs from HEAD, and trunk's subjects have our form."""
    assert git(top, "fsck", "--strict", "--no-dangling") == ""
    assert git(top, "status", "--porcelain") == ""
    verbs = {line.split(": ")[0] for line in git(top, "log", "--first-parent", "--format=%s").splitlines()}
    assert verbs <= {"init", "add", "session", "edit", "refresh", "undo", "import", "merge"}


def talk(lines: Sequence[tuple[str, str]] = TALK, start: int = 1) -> list[Message]:
    """Messages with ids ``msg_1``… and times a minute apart."""
    return [
        Message(f"msg_{number}", role, ({"type": "text", "text": text},), f"2026-11-02T09:{number:02d}:00Z")
        for number, (role, text) in enumerate(lines, start=start)
    ]


def write_transcript(path: Path, messages: Sequence[Message]) -> Path:
    """Our own ``messages.jsonl``."""
    path.write_bytes(b"".join(message.to_line() for message in messages))
    return path


def archived(top: Path, session: str = "default/chat") -> list[str]:
    """The ids of all messages in a session's archives on trunk, doubled ones twice."""
    names = git(top, "ls-tree", "-r", "--name-only", "HEAD", f"session/{session}/history").splitlines()
    metas = [name for name in names if name.endswith("/.meta.json")]
    return [m["id"] for name in metas for m in json.loads(git(top, "show", f"HEAD:{name}"))["messages"]]


def decisions(top: Path, session: str = "default/chat") -> list[dict[str, object]]:
    """The decisions on trunk."""
    names = git(top, "ls-tree", "-r", "--name-only", "HEAD", f"session/{session}/history").splitlines()
    return [json.loads(git(top, "show", f"HEAD:{name}")) for name in names if "/decisions/" in name]


def check(workspace: Workspace, *uris: str, fix: bool = False, **asked: Any) -> Checked:
    """``viking-git check`` as a call."""
    below = tuple(workspace.uri(uri).full_path for uri in uris)
    return checking.check(workspace.store, workspace.policy, Asked(below=below, **asked), fix=fix)
