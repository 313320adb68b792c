"""Other programs: ``git`` for what libgit2 cannot do (staging indexes of any kind, filters), and ourselves in the
background.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from viking_git.config import child_environment
from viking_git.errors import DirtyWorkTree, NotFound, UnsupportedRepository

_OURSELVES = "import sys; sys.path.insert(0, {!r}); from viking_git.cli.main import run; run()"
"""The program that runs now, wherever it was started from; ``-m`` could find another."""

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The id of git's empty tree."""


def read_tree(top: Path, before: str | None, after: str | None) -> None:
    """Move work tree and staging index from tree to tree with ``git read-tree -m -u``.

    Raises:
        DirtyWorkTree: git says that edits are in the way, and has changed nothing.
    """
    command = ["git", "-C", str(top), "read-tree", "-m", "-u", before or EMPTY_TREE, after or EMPTY_TREE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words and ids
    if done.returncode:
        raise DirtyWorkTree(
            f"git cannot update the work tree: {done.stderr.strip()}", hint="commit or stash your edits, then try again"
        )


def join_packs(common: Path) -> bool:
    """Join small packs until each is twice the size of the next; whether git could. Nothing is dropped by it."""
    command = ["git", f"--git-dir={common}", "repack", "-d", "-q", "--geometric=2"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed words


def git_version() -> str | None:
    """The version of the ``git`` program, None where there is none."""
    try:
        done = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False)  # noqa: S607 - as found
    except OSError:
        return None
    return done.stdout.strip().removeprefix("git version ") if done.returncode == 0 else None


def run_detached(words: Sequence[str], log: Path) -> None:
    """Run ``viking-git`` with ``words`` in a process that outlives this one; what it says goes to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", _OURSELVES.format(str(Path(__file__).parents[2])), *words]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program, words from this module's callers
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    # Somebody has to take note of its end: in a program that runs for long it would stay a zombie.
    threading.Thread(target=process.wait, daemon=True).start()


def create_bundle(common_dir: Path, file: Path, refs: Sequence[str]) -> None:
    """Write ``refs`` with their whole history to the ``git bundle`` ``file``.

    Raises:
        NotFound: git cannot write it.
    """
    _git(common_dir, "bundle", "create", "--quiet", str(file.absolute()), *refs)


def fetch_bundle(common_dir: Path, file: Path) -> None:
    """Bring branches, tags and transcripts of a ``git bundle`` into a repository that has none of them.

    Raises:
        NotFound: no bundle, or a damaged one.
    """
    path = str(file.absolute())
    _git(common_dir, "bundle", "verify", "--quiet", path)
    specs = [f"refs/{kind}/*:refs/{kind}/*" for kind in ("heads", "tags", "viking")]
    _git(common_dir, "-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--update-head-ok", path, *specs)


def _git(common_dir: Path, *words: str) -> str:
    command = ["git", "--git-dir", str(common_dir), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words and paths
    if done.returncode:
        raise NotFound(f"git says: {done.stderr.strip()}")
    return done.stdout


def git_program(top: Path, words: Sequence[str], text: str = "", **variables: str) -> str:
    """What ``git`` prints, run in ``top`` with ``text`` as its input and further environment variables.

    Raises:
        UnsupportedRepository: git is not there, or fails; the message is its own.
    """
    command = ["git", "-C", str(top), *words]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words and ids
            command, input=text, capture_output=True, encoding="utf-8", check=False, env=child_environment(**variables)
        )
    except FileNotFoundError:
        raise UnsupportedRepository("the git program is not on PATH", hint="install git") from None
    if done.returncode:
        raise UnsupportedRepository(f"git {words[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout
