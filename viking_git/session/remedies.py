"""``doctor --fix``: what a machine can mend by itself, each thing told apart from what somebody is at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from viking_git.config import Policy
from viking_git.errors import Busy, InvalidContent, VikingError
from viking_git.session.blocks import ATTRIBUTES, IGNORED, lacking, outdated, renew
from viking_git.session.commit import clean_up
from viking_git.session.health import holes, leave_out
from viking_git.session.identity import Known
from viking_git.session.indexes import status
from viking_git.session.searching import Searching
from viking_git.session.state import SessionId, live_log, live_sessions, pending, pending_sessions
from viking_git.store import hooks
from viking_git.store.driver import has_driver, register_driver
from viking_git.store.repo import Store
from viking_git.store.upkeep import (
    bring_along,
    lagging,
    loose_objects,
    maintain,
    remove_locks,
    stale_locks,
    take_back,
    was_cut_off,
)

_BLOCK_CHECKS = {ATTRIBUTES: "attributes", IGNORED: "transcripts"}
LOOSE_LIMIT = 6700
"""Loose objects from which on git itself would pack them (``gc.auto``)."""


@dataclass(frozen=True, slots=True)
class Ailment:
    """Something that is wrong and can be mended.

    Attributes:
        name: what check it belongs to.
        text: how it is.
        mend: mends it.
        level: how bad it is.
        is_told: whether a check of the doctor's tells it anyway.
        hint: the ways out.
    """

    name: str
    text: str
    mend: Callable[[], object]
    level: Literal["note", "finding"] = "finding"
    is_told: bool = False
    hint: str = "viking-git doctor --fix"


@dataclass(frozen=True, slots=True)
class Patient:
    """A workspace with what mending needs of it: its searches, and how an unfinished session is finished."""

    store: Store
    policy: Policy
    searching: Callable[[], Searching]
    finish: Callable[[SessionId], object]

    @property
    def trunk(self) -> str:
        """The full name of trunk."""
        return f"refs/heads/{self.policy.trunk}"


def ailments(patient: Patient) -> Iterator[Ailment]:
    """What can be mended, found one after the other, so that each stands on what was mended before."""
    looks = (_locks, _landing, _work_trees, _holes, _driver, _blocks, _hooks, _branches, _live_logs, _index, _objects)
    for look in looks:
        yield from look(patient)


def _locks(patient: Patient) -> Iterator[Ailment]:
    found = stale_locks(patient.store)
    if found:
        names = ", ".join(str(lock) for lock in found)
        yield Ailment("locks", f"left by a git that runs no more: {names}", lambda: remove_locks(found))


def _landing(patient: Patient) -> Iterator[Ailment]:
    if was_cut_off(patient.store, patient.trunk):
        text = "a write to the work tree was cut off before trunk moved"
        yield Ailment("worktree", text, lambda: take_back(patient.store, patient.trunk))


def _work_trees(patient: Patient) -> Iterator[Ailment]:
    try:
        found = lagging(patient.store, patient.trunk)
    except Busy:
        # A rebase of trunk; its own end says where the work tree is to be.
        return
    for lag in found:
        paths = f"{lag.paths[0]} and {len(lag.paths) - 1} more" if len(lag.paths) > 1 else lag.paths[0]
        text = f"the work tree {lag.git.workdir} is as {patient.policy.trunk} was at {lag.since[:10]}: {paths}"
        yield Ailment("worktree", text, partial(bring_along, patient.store, patient.trunk, lag))


def _holes(patient: Patient) -> Iterator[Ailment]:
    for hole in holes(patient.store, patient.trunk):
        mend = partial(leave_out, patient.store, patient.trunk, hole)
        yield Ailment("archives", hole.text, mend, hint=hole.way)


def _driver(patient: Patient) -> Iterator[Ailment]:
    if not has_driver(patient.store):
        text = "git config names no merge driver, so plain git merges memories as text"
        yield Ailment("driver", text, lambda: register_driver(patient.store))


def _blocks(patient: Patient) -> Iterator[Ailment]:
    trunk = patient.store.snapshot(patient.store.tip(patient.trunk))
    for path in outdated(trunk, private=patient.policy.sessions.transcripts == "private"):
        lines = len(lacking(trunk, path))
        text = f"{path} lacks {'a line' if lines == 1 else f'{lines} lines'} of viking-git's block"
        mend = partial(renew, patient.store, patient.trunk, path)
        yield Ailment(_BLOCK_CHECKS[path], text, mend, is_told=path == IGNORED)


def _hooks(patient: Patient) -> Iterator[Ailment]:
    try:
        states = hooks.status(patient.store)
    except VikingError:
        # The hooks are elsewhere, and somebody else's.
        return
    wrong = [state.name for state in states if state.state in {"missing", "outdated"}]
    if wrong and len(wrong) < len(states):
        text = f"some are installed, but {', '.join(wrong)} missing or of another version"
        yield Ailment("hooks", text, lambda: hooks.install(patient.store, None))


def _branches(patient: Patient) -> Iterator[Ailment]:
    store = patient.store
    trunk = store.snapshot(store.tip(patient.trunk))
    for session in list(pending_sessions(store)):
        waiting = pending(store, session, trunk)
        if waiting is not None and (not waiting.archives or not waiting.review or waiting.unextracted):
            text = f"{session} is unfinished on its branch" if waiting.archives else f"{session} has landed"
            yield Ailment("sessions", text, partial(patient.finish, session), is_told=True)


def _live_logs(patient: Patient) -> Iterator[Ailment]:
    store = patient.store
    trunk = store.snapshot(store.tip(patient.trunk))
    for session in sorted(live_sessions(store)):
        if store.tip(session.branch) is not None:
            # The commit that is unfinished cleans up.
            continue
        try:
            messages = live_log(store, session).read()
            known = Known(store, session, [trunk], messages)
            kept = sum(1 for message in messages if known.is_archived(message))
        except InvalidContent:
            # The sessions' own check names the line.
            continue
        if kept > patient.policy.sessions.keep_recent:
            text = f"{session} still has {kept} messages in its live log that are archived"
            yield Ailment("live logs", text, partial(_clean, patient, session))


def _clean(patient: Patient, session: SessionId) -> None:
    with live_log(patient.store, session).lock():
        clean_up(patient.store, patient.policy, session)


def _index(patient: Patient) -> Iterator[Ailment]:
    searching = patient.searching()
    found = status(searching)
    if found.held is None and found.home.exists():
        yield Ailment("index", "the search index cannot be read", searching.trunk)
    elif found.held is not None and not found.held.is_true:
        text = "the search index stands for another tree; the next search brings it up to date"
        yield Ailment("index", text, searching.trunk, "note")


def _objects(patient: Patient) -> Iterator[Ailment]:
    count = loose_objects(patient.store)
    if count > LOOSE_LIMIT:
        yield Ailment("objects", f"about {count:,} loose objects", lambda: maintain(patient.store))
