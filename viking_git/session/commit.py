"""``commit``: archive, extract, merge. Each step finishes what an interrupted one left before it goes on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from viking_git.config import Policy
from viking_git.errors import NotFound, Refused
from viking_git.session.archive import Archived, archive
from viking_git.session.extract import Extraction, Outcome, extract
from viking_git.session.land import finish, land
from viking_git.session.state import (
    SessionId,
    archived_ids,
    live_log,
    pending,
    read_transcript,
    transcripts,
)
from viking_git.store.repo import Store


@dataclass(slots=True)
class CommitResult:
    """What one session's commit did.

    Attributes:
        status: ``committed``, or ``skipped`` where there was nothing to do.
        archive: the newest archive, e.g. ``archive_001``.
        branch: the branch that waits for a review, None after a merge.
        merge: the merge commit on trunk.
        outcomes: one entry a decision.
        contested: paths that both sides changed, both variants kept.
    """

    session: SessionId
    status: str = "skipped"
    archive: str | None = None
    branch: str | None = None
    merge: str | None = None
    messages: int = 0
    redactions: Counter[str] = field(default_factory=Counter)
    outcomes: list[Outcome] = field(default_factory=list)
    contested: tuple[str, ...] = ()

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
            "archived": self.messages > 0,
            "messages": self.messages,
            "memories_extracted": len(written),
            "memories_by_category": dict(sorted(Counter(o.category for o in written).items())),
            "actions": [
                {"action": _ACTIONS[o.mark], "uri": o.uri or None, "abstract": o.abstract, "messages": list(o.messages)}
                for o in self.outcomes
            ],
            "active_count_updated": 0,
            "redactions": dict(sorted(self.redactions.items())),
            "contested": list(self.contested),
        }


_ACTIONS = {"+": "create", "~": "merge", "-": "delete", "=": "skip"}

Prepare = Callable[[], Extraction]
"""Makes the extraction's tools and brings the index up to date with trunk: only asked for when there is work."""


def commit(store: Store, policy: Policy, session: SessionId, prepare: Prepare, *, review: bool = False) -> CommitResult:
    """Commit one session: everything in its live log, and whatever an earlier run left unfinished.

    Raises:
        Refused: trunk cannot take the merge now; the archive and its decisions wait on the session's branch.
    """
    live = live_log(store, session)
    trunk_ref = f"refs/heads/{policy.trunk}"
    with live.lock():
        trunk_tip = store.tip(trunk_ref)
        if trunk_tip is None:
            raise NotFound(f"the trunk branch {policy.trunk!r} does not exist")
        finish(store, session, trunk_ref)
        result = CommitResult(session)
        trunk = store.snapshot(trunk_tip)
        archived = _archive_new(store, policy, session, trunk_tip, review=review or policy.sessions.review)
        if archived is not None:
            result.messages, result.redactions = archived.messages, archived.redactions
        waiting = pending(store, session, trunk)
        if waiting is not None and waiting.archives:
            result.status = "committed"
            result.archive = f"archive_{waiting.archives[-1]:03d}"
            _extract_all(store, session, waiting.unextracted, prepare, trunk_tip, result)
            if waiting.review or review:
                result.branch = session.branch.removeprefix("refs/heads/")
            else:
                result.merge, result.contested = land(store, session, trunk_ref, _summary(result.outcomes))
        ids = archived_ids([store.snapshot(store.tip(trunk_ref)), store.snapshot(store.tip(session.branch))], session)
        live.drop(ids, policy.sessions.keep_recent)
        store.step("done")
    return result


def _archive_new(store: Store, policy: Policy, session: SessionId, trunk_tip: str, *, review: bool) -> Archived | None:
    live = live_log(store, session)
    views = [store.snapshot(trunk_tip), store.snapshot(store.tip(session.branch))]
    known = archived_ids(views, session)
    new = [message for message in live.read() if message.id not in known]
    if not new:
        return None
    return archive(store, policy.sessions, session, trunk_tip, new, review=review)


def _extract_all(
    store: Store, session: SessionId, numbers: tuple[int, ...], prepare: Prepare, trunk_tip: str, result: CommitResult
) -> None:
    if not numbers:
        return
    tools = prepare()
    for number in numbers:
        views = [store.snapshot(store.tip(session.branch)), transcripts(store)]
        try:
            messages = read_transcript(views, session, number)
        except NotFound as error:
            raise Refused(error.message, hint=error.hint) from None
        result.outcomes += extract(store, tools, session, number, messages, store.snapshot(trunk_tip))


def _summary(outcomes: list[Outcome]) -> str:
    kept = sum(1 for outcome in outcomes if outcome.mark in "+~")
    return "1 memory" if kept == 1 else f"{kept or 'no'} memories"
