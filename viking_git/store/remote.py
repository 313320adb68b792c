"""Other programs: ``git`` for what libgit2 cannot do (staging indexes of any kind, filters), and ourselves in the
background.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from viking_git.config import child_environment
from viking_git.errors import DirtyWorkTree, NotFound, RemoteFailed, UnsupportedRepository
from viking_git.private import open_private

_OURSELVES = "import sys; sys.path.insert(0, {!r}); from viking_git.__main__ import run; run()"
"""The program that runs now, wherever it was started from; ``-m`` could find another."""

_RACES = ("failed to update ref", "cannot lock ref", "incorrect old value provided", "stale info", "fetch first")

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The id of git's empty tree."""


def read_tree(top: Path, before: str | None, after: str | None) -> None:
    """Move work tree and staging index from tree to tree with ``git read-tree -m -u``.

    Raises:
        DirtyWorkTree: git says that edits are in the way, and has changed nothing.
    """
    # It compares times: entries that libgit2 wrote have none, and in a copied work tree every file is newer.
    _run(["-C", str(top), "update-index", "-q", "--refresh"])
    done = _run(["-C", str(top), "read-tree", "-m", "-u", before or EMPTY_TREE, after or EMPTY_TREE])
    if done.returncode:
        raise DirtyWorkTree(
            f"git cannot update the work tree: {done.stderr.strip()}", hint="commit or stash your edits, then try again"
        )


def leave_out(top: Path, index: Path, entries: Mapping[str, tuple[str, int]]) -> None:
    """Put ``entries``, path → object id and mode, into a staging index as files that the work tree does not hold.

    libgit2 can neither note that nor take an entry whose object is still with a remote.

    Raises:
        UnsupportedRepository: git cannot either.
    """
    if entries:
        lines = "".join(f"{mode:o} {oid} 0\t{path}\0" for path, (oid, mode) in entries.items())
        git_program(top, ["update-index", "-z", "--index-info"], lines, GIT_INDEX_FILE=str(index))
        names = "".join(f"{path}\0" for path in entries)
        git_program(top, ["update-index", "-z", "--skip-worktree", "--stdin"], names, GIT_INDEX_FILE=str(index))


def join_packs(common: Path, *, partial: bool = False) -> bool:
    """Join small packs until each is twice the size of the next; whether git could. Nothing is dropped by it.

    In a partial clone all are joined, into two: git keeps apart what a remote promised, and joins no part of them.
    """
    how = ["-a", "-d", "-k"] if partial else ["-d", "--geometric=2"]
    return _run([f"--git-dir={common}", "repack", "-q", *how]).returncode == 0


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one ref that was pushed.

    Attributes:
        ref: its name over there.
        outcome: ``done``, ``raced`` (somebody moved it first), or ``refused`` (the remote does not want it).
        reason: why not, in git's words.
    """

    ref: str
    outcome: Literal["done", "raced", "refused"]
    reason: str = ""


def fetch(top: Path, remote: str, refspecs: Sequence[str] = ()) -> None:
    """Fetch from ``remote``, its configured branches and ``refspecs``; branches deleted there are forgotten here.

    Raises:
        RemoteFailed: git could not.
    """
    done = _talk(["-C", str(top), "fetch", "--quiet", "--prune", remote, *refspecs])
    if done.returncode:
        raise _failed(f"fetch from {remote}", done.stderr)


def fetch_objects(git_dir: Path, remote: str, oids: Sequence[str]) -> str:
    """Fetch objects by id from a remote that promised them, as git does on its own; why not, "" where it could."""
    words = ["-c", "fetch.negotiationAlgorithm=noop", f"--git-dir={git_dir}", "fetch", "--quiet", "--no-tags"]
    words += ["--no-write-fetch-head", "--recurse-submodules=no", "--no-auto-maintenance", "--filter=blob:none"]
    done = _talk([*words, "--stdin", remote], "".join(f"{oid}\n" for oid in oids))
    return _failed("fetch", done.stderr).message.partition(": ")[2] if done.returncode else ""


def push(top: Path, remote: str, refspecs: Sequence[str], leases: Sequence[str] = ()) -> list[Pushed]:
    """Push ``refspecs``; those with a lease (``ref:expected``) may be rewritten if the remote's stands there.

    Raises:
        RemoteFailed: nothing could be sent.
    """
    words = ["-C", str(top), "push", "--porcelain", *(f"--force-with-lease={lease}" for lease in leases)]
    done = _talk([*words, remote, *refspecs])
    found = [_pushed(line) for line in done.stdout.splitlines() if "\t" in line]
    if done.returncode and all(pushed.outcome == "done" for pushed in found):
        raise _failed(f"push to {remote}", done.stderr)
    return found


def clone(url: str, directory: Path, options: Sequence[str] = ()) -> list[str]:
    """Clone ``url`` into ``directory``; git asks on the terminal for what it needs.

    Returns:
        What git warned of.

    Raises:
        RemoteFailed: git could not.
    """
    done = _talk(["clone", "--quiet", *options, "--", url, str(directory)])
    if done.returncode:
        raise _failed(f"clone {url}", done.stderr)
    return [line.removeprefix("warning: ") for line in done.stderr.splitlines() if line.startswith("warning: ")]


def switch(top: Path, branch: str) -> None:
    """Check out ``branch`` of the one remote of a fresh clone.

    Raises:
        RemoteFailed: git could not.
    """
    done = _talk(["-C", str(top), "switch", "--quiet", branch])
    if done.returncode:
        raise _failed(f"check out {branch}", done.stderr)


def narrow(top: Path, directories: Sequence[str]) -> None:
    """Let the work tree hold ``directories`` and the files above them, and no others (git-sparse-checkout, cone mode).

    Raises:
        RemoteFailed: git could not, or not fetch what they hold.
    """
    lines = "".join(f"{directory}\n" for directory in directories)
    # Git takes names with these characters for patterns, unless told not to, which older ones cannot be.
    checks = ["--skip-checks"] if set(lines) & set("*?[]\\") else []
    done = _talk(["-C", str(top), "sparse-checkout", "set", "--cone", *checks, "--stdin"], lines)
    if done.returncode:
        raise _failed(f"check out {', '.join(directories)}", done.stderr)


def _pushed(line: str) -> Pushed:
    flag, refs, summary, *_ = *line.split("\t"), "", ""
    ref = refs.rpartition(":")[2]
    if flag != "!":
        return Pushed(ref, "done")
    reason = summary.partition("(")[2].rstrip(")") or summary
    # A race that the remote itself sees ends as a refusal of its lock or of the old value.
    raced = summary.startswith("[rejected]") or any(sign in reason for sign in _RACES)
    return Pushed(ref, "raced" if raced else "refused", reason)


def _talk(words: Sequence[str], text: str = "") -> "subprocess.CompletedProcess[str]":
    """Let git talk to another repository, with ``text`` as its input, in the English that is read here.

    Settings that a person gives git in the environment stay: with them credentials and proxies come.
    """
    env = child_environment("GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", LC_ALL="C")
    return _run(words, text, env=env, errors="replace")


def _run(
    words: Sequence[str],
    text: str = "",
    *,
    env: Mapping[str, str] | None = None,
    errors: str = "surrogateescape",
    patience: float | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run git with ``words``, none of which is anybody's but ours but after two dashes.

    Raises:
        UnsupportedRepository: there is no git.
    """
    try:
        return subprocess.run(  # noqa: S603 - words of this module and of callers in this package
            ["git", *words], input=text, capture_output=True, encoding="utf-8", errors=errors, check=False,  # noqa: S607
            timeout=patience, env=child_environment() if env is None else env,
        )  # fmt: skip
    except FileNotFoundError:
        raise UnsupportedRepository("the git program is not on PATH", hint="install git") from None


def _failed(doing: str, said: str) -> RemoteFailed:
    lines = [line for line in said.strip().splitlines() if not line.startswith("hint:")]
    reason = next((line for line in lines if line.startswith(("fatal:", "error:", "remote:"))), "git failed")
    return RemoteFailed(
        f"cannot {doing}: {reason.partition(':')[2].strip() or reason}",
        hint="check the address, the network and your credentials with: git ls-remote",
    )


def git_version() -> str | None:
    """The version of the ``git`` program, None where there is none."""
    try:
        done = _run(["--version"])
    except (OSError, UnsupportedRepository):
        return None
    return done.stdout.strip().removeprefix("git version ") if done.returncode == 0 else None


def run_detached(words: Sequence[str], log: Path) -> None:
    """Run ``viking-git`` with ``words`` in a process that outlives this one; what it says goes to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", _OURSELVES.format(str(Path(__file__).parents[2])), *words]
    with os.fdopen(open_private(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program, words from this module's callers
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env=child_environment(),
        )  # fmt: skip
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
    done = _run(["--git-dir", str(common_dir), *words])
    if done.returncode:
        raise NotFound(f"git says: {done.stderr.strip()}")
    return done.stdout


def git_program(top: Path, words: Sequence[str], text: str = "", **variables: str) -> str:
    """What ``git`` prints, run in ``top`` with ``text`` as its input and further environment variables.

    Raises:
        UnsupportedRepository: git is not there, or fails; the message is its own.
    """
    return patient_git(top, words, text, variables, None)


def patient_git(
    top: Path, words: Sequence[str], text: str, variables: Mapping[str, str], patience: float | None
) -> str:
    """As ``git_program``, for what may wait for somebody.

    Raises:
        UnsupportedRepository: git is not there, fails (the message is its own), or takes longer than ``patience``
            seconds.
    """
    try:
        done = _run(["-C", str(top), *words], text, env=child_environment(**variables), patience=patience)
    except subprocess.TimeoutExpired:
        raise UnsupportedRepository(f"git {words[0]}: not done after {patience:.0f} seconds") from None
    if done.returncode:
        raise UnsupportedRepository(f"git {words[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout
