"""``--at``: the trees of trunk and of the transcripts as they were at a revision or on a date."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from viking_git.errors import InvalidContent, NotFound
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.model.spoken import FORMS, spoken
from viking_git.retrieval.changes import Trees
from viking_git.store.repo import CommitInfo, Store

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit of trunk, or of another branch, and what is searched there."""

    commit: str
    time: datetime
    trees: Trees


def moment_at(store: Store, trunk_ref: str, at: str) -> Moment:
    """The moment that ``at`` names: a date (all of that day, or up to that time), a revision, or a time in words.

    The transcripts are those committed by the time of the commit.

    Raises:
        NotFound: no such revision nor time, or trunk has no commit that old.
        InvalidContent: a date that does not exist.
    """
    commit = _on_date(store, trunk_ref, at) if _DATE.fullmatch(at) else _named(store, trunk_ref, at)
    info = store.info(commit)
    said = _newest(store, TRANSCRIPTS_REF, info.time)
    trees = Trees(store.snapshot(commit), store.snapshot(said.oid if said else None), store.cone)
    return Moment(commit, info.time, trees)


def _named(store: Store, trunk_ref: str, at: str) -> str:
    try:
        return store.resolve(at)
    except NotFound as error:
        time = spoken(at, store.clock())
        if time is None:
            raise NotFound(error.message, hint=f"a time is a date, or in words: {FORMS}") from None
        return _on_date(store, trunk_ref, time)


def bound(store: Store, text: str | None) -> str | None:
    """A bound of a search, ``--since`` or ``--until``: a time in words as ISO 8601, anything else as it is.

    Its days are those of UTC, as those of dates are in a search.
    """
    return text and (spoken(text, store.clock().astimezone(UTC)) or text)


def _on_date(store: Store, trunk_ref: str, text: str) -> str:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidContent(f"not a date: {text!r}", hint="2026-11-02, or 2026-11-02T18:00") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=store.clock().tzinfo)
    if len(text) == len("2026-11-02"):
        when += timedelta(days=1, microseconds=-1)
    found = _newest(store, trunk_ref, when)
    if found is None:
        raise NotFound(f"trunk has no commit as old as {text}", hint="viking-git log shows its dates")
    return found.oid


def _newest(store: Store, ref: str, when: datetime) -> CommitInfo | None:
    return next((info for info in store.first_parents(store.tip(ref)) if info.time <= when), None)
