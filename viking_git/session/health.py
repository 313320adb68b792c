"""What ``doctor`` looks at before it says that all is well: the work tree, branches, archives, remotes and the disk."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from viking_git.config import Policy
from viking_git.errors import Busy, VikingError
from viking_git.model.changes import Changes
from viking_git.model.meta import dump_json
from viking_git.session.land import try_landing
from viking_git.session.refresh import advance_and_refresh
from viking_git.session.rewind import rewind, synced
from viking_git.session.state import SessionId, archives, pending, pending_sessions, sessions
from viking_git.store.heads import checkouts_of
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.unfinished import unfinished

Level = Literal["ok", "note", "finding", "mended"]

_ROOM = 64_000_000
"""Free bytes below which a disk counts as full: a commit, an index and git's own packing want some."""
_TRIED = 1_000_000
"""Bytes that are written to see whether the disk takes them: quotas and limits show in no count of free bytes."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, how it is, and for a finding what to do."""

    name: str
    level: Level
    text: str
    hint: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry as ``doctor --json`` prints it."""
        return {"check": self.name, "level": self.level, "text": self.text, "hint": self.hint}


@dataclass(frozen=True, slots=True)
class Hole:
    """An archive that is missing before later ones of its session.

    Attributes:
        session: whose archive it is.
        number: which one.
        last: the newest commit of trunk that had it, None where its history does not.
    """

    session: SessionId
    number: int
    last: str | None

    @property
    def path(self) -> str:
        """The directory that is missing."""
        return self.session.archive(self.number)

    @property
    def text(self) -> str:
        """How it is."""
        return f"{self.session} lacks archive_{self.number:03d}, which is before others"

    @property
    def way(self) -> str:
        """The ways out."""
        leave = "viking-git doctor --fix leaves it out and keeps its number"
        if self.last is None:
            return leave
        back = f"git checkout {self.last[:12]} -- {self.path} && git commit -m 'undo: {self.path}'"
        return f"{back} brings it back; {leave}"


def holes(store: Store, trunk: str) -> Iterator[Hole]:
    """The archives that trunk lacks before others; history is read only where one is lacking."""
    tip = store.tip(trunk)
    view = store.snapshot(tip)
    for session in sessions(store, view):
        numbers = archives(view, session)
        for number in sorted(set(range(1, max(numbers, default=0))) - set(numbers)):
            path = session.archive(number)
            held = (info.oid for info in store.first_parents(tip) if store.snapshot(info.oid).exists(path))
            yield Hole(session, number, next(held, None))


def work_tree(store: Store, policy: Policy) -> Iterator[Check]:
    """What is unfinished or edited here. What a move of trunk left behind is told, and mended, with the remedies."""
    begun = unfinished(store.git)
    if begun is not None:
        yield Check("worktree", "finding", f"a git {begun.verb} is unfinished here", begun.way)
        return
    try:
        elsewhere = [(git.workdir, unfinished(git)) for git in checkouts_of(store.git, f"refs/heads/{policy.trunk}")]
    except Busy as error:
        yield Check("worktree", "finding", error.message, error.hint)
        return
    for top, begun in elsewhere:
        if begun is not None:
            yield Check("worktree", "finding", f"a git {begun.verb} is unfinished in {top}", f"there, {begun.way}")
            return
    conflicts = sorted({side.path for sides in store.git.index.conflicts or () for side in sides if side})
    if conflicts:
        hint = f"edit it and git add it, or take what is committed: git checkout HEAD -- {conflicts[0]}"
        yield Check("worktree", "finding", f"{_some(conflicts)} has a conflict that git left", hint)
        return
    edits = store.edited_paths() if store.workdir is not None else []
    if edits:
        yield Check("worktree", "note", f"not committed: {_some(edits)}")
    elif store.workdir is not None:
        yield Check("worktree", "ok", "nothing is unfinished or edited")


def branches(store: Store, policy: Policy) -> Iterator[Check]:
    """The sessions' branches that trunk would refuse: their merge is tried, and nothing moves."""
    trunk = f"refs/heads/{policy.trunk}"
    view = store.snapshot(store.tip(trunk))
    for session in pending_sessions(store):
        try:
            waiting = pending(store, session, view)
            if waiting is not None and waiting.archives:
                try_landing(store, session, trunk)
        except VikingError as error:
            yield Check("branches", "finding", f"{session} cannot be merged: {error.message}", error.hint)


def remotes(store: Store, policy: Policy) -> Iterator[Check]:
    """The remotes whose trunk was rewound, as the last fetch saw them; ``sync`` asks what becomes of it."""
    trunk = f"refs/heads/{policy.trunk}"
    for remote in store.remotes():
        known, now = synced(store, remote, trunk), store.tip(f"refs/remotes/{remote}/{policy.trunk}")
        found = rewind(store, trunk, [known], now)
        if found is not None:
            yield Check("remotes", "finding", found.said(remote), f"viking-git sync {remote} names the ways out")


def disk(directory: Path) -> Check | None:
    """Whether the disk under ``directory``, which exists, takes what a commit writes; None where it does."""
    try:
        room = shutil.disk_usage(directory).free
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(bytes(_TRIED))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Check("disk", "finding", f"{directory} takes no writes: {error.strerror}", "make room, or free it")
    if room < _ROOM:
        return Check("disk", "finding", f"{room / 1e6:,.1f} MB are free where {directory} is", "make room")
    return None


def disks(store: Store, _: Policy) -> Iterator[Check]:
    """The disk that holds the repository, and the one of its work tree."""
    store.private_dir.mkdir(parents=True, exist_ok=True)
    found = [check for place in (store.private_dir, store.git_dir) if (check := disk(place))]
    yield from found[:1] or [Check("disk", "ok", f"{shutil.disk_usage(store.private_dir).free / 1e6:,.0f} MB are free")]


def leave_out(store: Store, trunk: str, hole: Hole) -> None:
    """Let a removed archive keep its number, by what a revert would leave of it: that it changed no memory.

    Raises:
        Refused: trunk's work tree cannot take it now; nothing was changed.
    """
    store.signatures()
    record = dump_json({"created": [], "merged": [], "deleted": []})

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        view = store.snapshot(tip)
        if tip is None or view.exists(hole.path):
            return tip
        tree = writer.apply(view.tree, Changes({f"{hole.path}/memory_diff.json": record}))
        return store.commit(writer, tree, [tip], f"edit: {hole.path} is left out\n")

    advance_and_refresh(store, trunk, build, "leave out")


def _some(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1:,} more"
