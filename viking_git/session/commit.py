"""``commit``: archive, extract, merge. Each step finishes what an interrupted one left before it goes on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from viking_git.config import Policy
from viking_git.errors import InvalidContent, NotFound, Refused
from viking_git.memory.redact import allowed
from viking_git.memory.rules.requests import requests_of
from viking_git.model.messages import heard, timestamp
from viking_git.session.archive import Archived, archive
from viking_git.session.counting import used_uris
from viking_git.session.extract import Extraction, Outcome, extract
from viking_git.session.identity import Known
from viking_git.session.images import image_files
from viking_git.session.land import finish, land
from viking_git.session.naming import note_renamed
from viking_git.session.state import (
    SessionId,
    archive_meta,
    live_log,
    pending,
    read_transcript,
    transcripts,
)
from viking_git.session.usage import archived_usage, record_key, unarchived
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Forget:
    """A request to forget something: the id of the message, what it names, and the memories on trunk that say so."""

    message: str
    text: str
    uris: tuple[str, ...]


@dataclass(slots=True)
class CommitResult:
    """What one session's commit did.

    Attributes:
        status: ``committed``; ``accepted`` where the archive is safe and the rest was not waited for; ``skipped`` where
            there was nothing to do.
        archive: the newest archive, e.g. ``archive_001``.
        branch: the branch that waits for a review, None after a merge.
        merge: the merge commit on trunk.
        used: how many memories, skills and documents had their uses counted.
        outcomes: one entry a decision.
        contested: paths that both sides changed, both variants kept.
        withheld: messages of which nothing is kept, because somebody asked for that.
        asked_late: whether somebody asked so of a message that an earlier archive holds.
        forget: what somebody asked to forget.
    """

    session: SessionId
    status: str = "skipped"
    archive: str | None = None
    branch: str | None = None
    merge: str | None = None
    messages: int = 0
    used: int = 0
    redactions: Counter[str] = field(default_factory=Counter)
    outcomes: list[Outcome] = field(default_factory=list)
    contested: tuple[str, ...] = ()
    archived: bool = False
    withheld: int = 0
    asked_late: bool = False
    forget: list[Forget] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result object of design section 4."""
        written = [outcome for outcome in self.outcomes if outcome.mark in "+~"]
        return {
            "status": self.status,
            "session_id": self.session.id,
            "archive": self.archive,
            "task_id": f"{self.session}/{self.archive}" if self.archive else None,
            "branch": self.branch,
            "merge": self.merge,
            "archived": self.archived,
            "messages": self.messages,
            "memories_extracted": len(written),
            "memories_by_category": dict(sorted(Counter(o.category for o in written).items())),
            "actions": [
                {"action": _ACTIONS[o.mark], "uri": o.uri or None, "abstract": o.abstract, "messages": list(o.messages)}
                for o in self.outcomes
            ],
            "active_count_updated": self.used,
            "redactions": dict(sorted(self.redactions.items())),
            "contested": list(self.contested),
            "withheld": self.withheld,
            "asked_late": self.asked_late,
            "forget": [{"message": f.message, "text": f.text, "uris": list(f.uris)} for f in self.forget],
        }


_ACTIONS = {"+": "create", "~": "merge", "-": "delete", "=": "skip"}

Prepare = Callable[[], Extraction]
"""Makes the extraction's tools and brings the index up to date with trunk: only asked for when there is work."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far a commit is to go.

    Attributes:
        archive: put new messages away first; without, only what an earlier commit left is finished.
        review: stop before the merge.
        wait: extract and merge now; without, return once the archive is safe, and leave the rest to the background.
    """

    archive: bool = True
    review: bool = False
    wait: bool = True


def commit(store: Store, policy: Policy, session: SessionId, prepare: Prepare, wanted: Wanted) -> CommitResult:
    """Commit one session: everything in its live log, and whatever an earlier run left unfinished.

    Raises:
        Refused: trunk cannot take the merge now; the archive and its decisions wait on the session's branch.
    """
    live = live_log(store, session)
    trunk_ref = f"refs/heads/{policy.trunk}"
    with live.lock(notice=store.notice):
        trunk_tip = store.tip(trunk_ref)
        if trunk_tip is None:
            raise NotFound(f"the trunk branch {policy.trunk!r} does not exist")
        finish(store, session, trunk_ref)
        result = CommitResult(session)
        trunk = store.snapshot(trunk_tip)
        archived = _archive_new(store, policy, session, trunk_tip, wanted) if wanted.archive else None
        if archived is not None:
            result.messages, result.redactions, result.archived = archived.messages, archived.redactions, True
            result.withheld, result.asked_late = archived.withheld, archived.asked_late
        waiting = pending(store, session, trunk)
        if waiting is not None and waiting.archives:
            result.archive = f"archive_{waiting.archives[-1]:03d}"
            if not wanted.wait:
                result.status = "accepted"
                return result
            result.status = "committed"
            used = used_uris(store.snapshot(waiting.tip), session, waiting.archives)
            _extract_all(store, session, waiting.unextracted, prepare, trunk_tip, result)
            if waiting.review or wanted.review:
                result.branch = session.branch.removeprefix("refs/heads/")
            else:
                result.merge, result.contested = land(store, session, trunk_ref, _summary(result.outcomes))
                result.used = len(used)
        clean_up(store, policy, session)
        store.step("done")
    return result


def _archive_new(store: Store, policy: Policy, session: SessionId, trunk_tip: str, wanted: Wanted) -> Archived | None:
    views = [store.snapshot(trunk_tip), store.snapshot(store.tip(session.branch))]
    batch = unarchived(store, session, views, space=True)
    if not batch:
        return None
    note_renamed(store, batch.renamed)
    agent = store.config("viking.agent") or policy.spaces.agent
    review = wanted.review or policy.sessions.review
    allow = allowed(policy.checks.allow_secrets)
    return archive(store, policy.sessions, session, trunk_tip, batch, agent=agent, review=review, allow=allow)


def clean_up(store: Store, policy: Policy, session: SessionId) -> None:
    """Drop from the live log, which the caller holds locked, what archives hold."""
    live = live_log(store, session)
    views = [store.snapshot(store.tip(f"refs/heads/{policy.trunk}")), store.snapshot(store.tip(session.branch))]
    known = Known(store, session, views, live.read(), space=True)
    live.drop(known.is_archived, policy.sessions.keep_recent)
    if live.read_usage():
        archived = archived_usage(views, session)
        live.drop_usage(lambda record: record_key(record) in archived)
    live.drop_files(image_files(live.read()))


def _extract_all(
    store: Store, session: SessionId, numbers: tuple[int, ...], prepare: Prepare, trunk_tip: str, result: CommitResult
) -> None:
    if not numbers:
        return
    tools = prepare()
    for number in numbers:
        branch = store.snapshot(store.tip(session.branch))
        try:
            messages = read_transcript(branch, transcripts(store), session, number)
        except NotFound as error:
            raise Refused(error.message, hint=error.hint) from None
        archived = _archived_at(store, branch, session, number)
        dated = [heard(message, archived) for message in messages]
        result.forget += (
            Forget(message, text, tuple(tools.similar.about(text, f"user/{tools.user}/memories")))
            for message, text in requests_of(messages).forget
        )
        result.outcomes += extract(store, tools, session, number, dated, store.snapshot(trunk_tip))


def _archived_at(store: Store, branch: Snapshot, session: SessionId, number: int) -> datetime:
    """When an archive was made. By the clock of this run, one that goes on after a kill could find other candidates."""
    try:
        return datetime.fromisoformat(timestamp(archive_meta(branch, session, number).get("created_at")))
    except InvalidContent:
        return store.clock()


def _summary(outcomes: list[Outcome]) -> str:
    kept = sum(1 for outcome in outcomes if outcome.mark in "+~")
    return "1 memory" if kept == 1 else f"{kept or 'no'} memories"
