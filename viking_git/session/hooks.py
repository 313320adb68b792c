"""What hooks do: judge a commit, guard a push, bring the index up to date."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from viking_git.errors import Busy, Refused
from viking_git.memory.guard import Guard
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.private import write_private
from viking_git.store.heads import came_by
from viking_git.store.kept import is_said, is_use, tells_said
from viking_git.store.lag import lag_of
from viking_git.store.locks import file_lock
from viking_git.store.remote import git_program
from viking_git.store.repo import Store

NOTHING = "0" * 40
"""The id that git gives a ref that is not there."""
LOG_LIMIT = 100_000
"""Bytes of the log of background work; its older half goes when it is longer."""

_GITLINK = " 160000 "
_TRUE = {"true", "yes", "on", "1"}
_HISTORY = ":(glob)session/*/*/history/*/"
_SAID = (":(glob)session/**/messages.jsonl", ":(glob)user/*/sessions/**/messages.jsonl",
         f"{_HISTORY}files/**", f"{_HISTORY}usage.jsonl")  # fmt: skip
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def refuse_late(store: Store, trunk_ref: str) -> None:
    """Refuse a commit in a work tree that git put on trunk beside a write: it would take back what was written.

    Raises:
        Refused: this is one; the hint brings it up to date.
    """
    tip = store.tip(trunk_ref)
    if tip is None or f"refs/heads/{store.head_branch()}" != trunk_ref or came_by(store.git_dir) is None:
        return
    lag = lag_of(store.git, trunk_ref, tip, staged=True)
    if lag is not None and lag.came_late:
        raise Refused(
            f"a git checkout that ran beside a write left this work tree at {lag.since[:10]}: "
            f"a commit would take back {len(lag.paths)} files",
            hint="viking-git doctor --fix brings it up to date; edits elsewhere stay",
        )


def refuse_transcripts(store: Store, remote: str, lines: Iterable[str]) -> None:
    """Refuse a push that would publish conversations, unless git config says that this remote may have them.

    Args:
        store: the repository.
        remote: the remote's name, as git gives it to ``pre-push``.
        lines: what git says on its input: local ref, local id, remote ref, remote id.

    Raises:
        Refused: a commit that the remote does not have holds a transcript, an image of one, or what a skill was given;
            or the ref of private ones is pushed.
    """
    if _may_publish(store, remote):
        return
    pushed = _pushed(lines)
    if any(TRANSCRIPTS_REF in (local, there) for local, _, there, _ in pushed):
        if store.config("viking.transcripts") != remote:
            raise Refused(
                f"{TRANSCRIPTS_REF} holds private conversations",
                hint=f"git config viking.transcripts {remote} lets sync exchange them with this one remote; "
                f"{_hint(remote)}",
            )
        pushed = [parts for parts in pushed if TRANSCRIPTS_REF not in parts]
    if not pushed:
        return
    # Of a merge only what differs from all its parents: what the remote's own side brings in is there already.
    words = ["log", "--format=", "--raw", "--no-abbrev", "--no-renames", "-c", "--root", "-z"]
    words += [*_news(store, remote, pushed), "--", *_SAID]
    # Each a field that begins with a colon (modes, ids, of which the last is the new one, status), and the path.
    fields = git_program(store.workdir or store.common_dir, words).split("\0")
    files = {(path, raw.split()[-2]) for raw, path in pairwise(fields) if raw.lstrip("\n").startswith(":")}
    files = {(path, oid) for path, oid in files if oid != NOTHING}
    view = store.snapshot(None)
    found = sorted({path for path, oid in files if is_said(path) or (is_use(path) and tells_said(view.read_oid(oid)))})
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise Refused(f"this push publishes conversations: {found[0]}{more}", hint=_hint(remote))


def refuse_secrets(store: Store, remote: str, lines: Iterable[str], guard: Guard) -> None:
    """Refuse a push of files with secrets in them; only what the remote does not have yet is read.

    Each commit is looked at: what a later one takes out again is pushed too. Private transcripts are redacted already.

    Args:
        store: the repository.
        remote: the remote's name, as git gives it to ``pre-push``.
        lines: what git says on its input: local ref, local id, remote ref, remote id.
        guard: what is let through.

    Raises:
        Refused: a file that the remote does not have holds a secret; the message names it, its rule and its line.
    """
    pushed = [parts for parts in _pushed(lines) if TRANSCRIPTS_REF not in parts]
    if guard.is_open or not pushed:
        return
    words = ["-c", "core.quotePath=true", "log", "--format=@%H", "--raw", "--no-abbrev", "--no-renames", "-c", "--root"]
    words += ["--reverse", "--topo-order", *_news(store, remote, pushed)]
    read = store.snapshot(None).read_oid
    found = [
        f"{path} of commit {commit[:8]} {reason}"
        for commit, path, oid, old in _new_files(git_program(store.workdir or store.common_dir, words))
        if (reason := guard.reason(path, read(oid), read(old) if old else None))
    ]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise Refused(f"this push publishes secrets: {found[0]}{more}", hint=PUSH_HINT)


PUSH_HINT = (
    "take it out of the commits that are not pushed yet (git rebase -i), and revoke it; if it is none, name it in "
    "viking.yaml under checks.allow_secrets; viking-git sync --allow-secrets and git push --no-verify let it through"
)


def _new_files(log: str) -> Iterator[tuple[str, str, str, str]]:
    """``(commit, path, blob, blob before)`` of each file that a log of raw differences brings in, each blob once.

    What only moved is no news: its blob was there before.
    """
    there: set[str] = set()
    for commit, rows in _by_commit(log):
        changes = [_raw(row) for row in rows if _GITLINK not in row.partition("\t")[0]]
        there.update(old for olds, _, _ in changes for old in olds)
        for olds, new, path in changes:
            if new not in there and new != NOTHING:
                there.add(new)
                yield commit, path, new, next((old for old in olds if old != NOTHING), "")


def _by_commit(log: str) -> Iterator[tuple[str, list[str]]]:
    commit, rows = "", list[str]()
    for line in log.split("\n"):
        if line.startswith("@"):
            yield commit, rows
            commit, rows = line[1:], []
        elif line.startswith(":"):
            rows.append(line)
    yield commit, rows


def _raw(row: str) -> tuple[list[str], str, str]:
    """The blobs before, the blob after and the path in a row of ``git log --raw``, of a merge too."""
    said, _, path = row.partition("\t")
    parents = len(said) - len(said.lstrip(":"))
    oids = said.split(" ")[parents + 1 : 2 * parents + 2]
    if path.startswith('"'):
        path = path[1:-1].encode().decode("unicode_escape").encode("latin-1").decode("utf-8", "replace")
    return oids[:-1], oids[-1], path


def _pushed(lines: Iterable[str]) -> list[list[str]]:
    return [parts for line in lines if len(parts := line.split()) == 4 and parts[1] != NOTHING]


def _news(store: Store, remote: str, pushed: list[list[str]]) -> list[str]:
    """The words by which ``git log`` shows the commits that are pushed and not there yet."""
    known = [old for _, _, _, old in pushed if old != NOTHING and old in store.git]
    return [*(new for _, new, _, _ in pushed), "--not", f"--remotes={remote}", *known]


def _may_publish(store: Store, remote: str) -> bool:
    keys = [f"remote.{remote}.vikingPublish"]
    if _PLAIN_NAME.fullmatch(remote):
        keys.append(f"viking.publish.{remote}")
    return any((store.config(key) or "").lower() in _TRUE for key in keys)


def _hint(remote: str) -> str:
    key = f"viking.publish.{remote}" if _PLAIN_NAME.fullmatch(remote) else f"remote.{remote}.vikingPublish"
    return (
        f"if everybody who can read {remote} may read them: git config {key} true; "
        "viking-git session privatise --all keeps new ones here"
    )


def in_background(store: Store, name: str, work: Callable[[], object]) -> None:
    """Do ``work`` unless another hook's is under way; never fail, and write what happened into a log."""
    log = store.private_dir / "hooks.log"
    try:
        with file_lock(store.private_dir / "hooks.lock", patience=0.0):
            started = time.monotonic()
            try:
                work()
                said = f"done in {time.monotonic() - started:.1f} s"
            except Exception as error:
                said = f"failed: {type(error).__name__}: {error}"
            _write(log, f"{store.clock():%Y-%m-%d %H:%M:%S} {name}: {said}\n")
    except (Busy, OSError):
        # Somebody is at it, and looks at the newest tree; or there is no place to write.
        return


def _write(log: Path, line: str) -> None:
    old = log.read_bytes() if log.exists() else b""
    if len(old) > LOG_LIMIT:
        old = old[-LOG_LIMIT // 2 :].partition(b"\n")[2]
    write_private(log, old + line.encode("utf-8", "backslashreplace"))
