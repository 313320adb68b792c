"""What sessions there are, where each stands, and what was said in it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

from viking_git.config import SessionPolicy
from viking_git.errors import NotFound
from viking_git.model.identity import content
from viking_git.model.messages import Message
from viking_git.model.names import closest
from viking_git.model.text import estimate_tokens
from viking_git.session.state import (
    SessionId,
    archive_meta,
    archives,
    live_log,
    live_sessions,
    message_ids,
    missing_archives,
    pending,
    pending_sessions,
    read_transcript,
    sessions,
    transcripts,
    unclaimed,
)
from viking_git.session.usage import unarchived
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Where a session stands: what is not committed yet, archives on trunk, and a branch that waits, if any.

    Attributes:
        live: messages that no archive holds yet.
        usage: records of use that no archive holds yet.
        tokens: how many tokens the live messages have, about.
    """

    session: SessionId
    name: str
    live: int
    usage: int
    tokens: int
    archives: int
    archived: int
    branch: str | None
    review: bool

    def is_due(self, policy: SessionPolicy) -> bool:
        """Whether the session has reached a bound of the policy (``auto_commit_…``)."""
        return 0 < policy.auto_commit_messages <= self.live or 0 < policy.auto_commit_tokens <= self.tokens

    def to_json(self) -> dict[str, Any]:
        """The entry as ``session list --json`` prints it."""
        return {
            "session_id": self.session.id, "space": self.session.space, "name": self.name, "uri": self.session.uri,
            "live_messages": self.live, "live_usage": self.usage, "archives": self.archives,
            "archived_messages": self.archived, "branch": self.branch, "review": self.review,
        }  # fmt: skip


def all_sessions(store: Store, trunk: Snapshot) -> list[SessionInfo]:
    """Every session, by space and id."""
    return store.settled(lambda: [session_info(store, session, trunk) for session in sessions(store, trunk)])


def waiting_sessions(store: Store, trunk: Snapshot) -> list[SessionInfo]:
    """The sessions with messages to commit or a branch that trunk lacks. Cost follows these, not all there are."""
    names = live_sessions(store).union(pending_sessions(store))
    infos = [session_info(store, session, trunk) for session in sorted(names)]
    return [info for info in infos if info.live or info.usage or info.branch]


def session_info(store: Store, session: SessionId, trunk: Snapshot) -> SessionInfo:
    """Where one session stands.

    Raises:
        NotFound: there is no such session.
    """
    live = live_log(store, session)
    waiting = pending(store, session, trunk)
    views = [trunk, *([store.snapshot(waiting.tip)] if waiting else [])]
    numbers = {number for view in views for number in archives(view, session)}
    described = live.session()
    if not numbers and described is None and waiting is None:
        known = {found.id if found.space == session.space else str(found) for found in sessions(store, trunk)}
        meant = closest(session.id, known)
        raise NotFound(
            f"no session {session.id!r}", hint=f"did you mean {meant}" if meant else "viking-git session list"
        )
    missing = waiting.archives if waiting else ()
    held = [(trunk, n) for n in archives(trunk, session)] + [(views[-1], n) for n in missing]
    archived = sum(1 for view, n in held for _ in message_ids(archive_meta(view, session, n)))
    fresh = unarchived(store, session, views)
    branch = session.branch.removeprefix("refs/heads/") if waiting and waiting.archives else None
    return SessionInfo(
        session, described.name if described else session.id, len(fresh.messages), len(fresh.usage),
        sum(estimate_tokens(message.text) for message in fresh.messages), len(numbers), archived, branch,
        bool(waiting and waiting.review),
    )  # fmt: skip


def session_messages(store: Store, session: SessionId, trunk: Snapshot, notice: Callable[[str], None]) -> list[Message]:
    """All messages of a session that are on this machine, archived ones first; ``notice`` hears of others."""
    session_info(store, session, trunk)
    branch, kept = store.snapshot(store.tip(session.branch)), transcripts(store)
    numbered = [(number, trunk) for number in archives(trunk, session)]
    numbered += [(number, branch) for number in missing_archives(branch, session, trunk)]
    said: list[list[Message]] = []
    for number, view in sorted(numbered, key=itemgetter(0)):
        try:
            said.append(read_transcript(view, kept, session, number))
        except NotFound as error:
            notice(error.message)
    said += [*unclaimed(kept, session, [trunk, branch]), live_log(store, session).read()]
    found: dict[tuple[str, bytes], Message] = {}
    for message in chain.from_iterable(said):
        found.setdefault((message.id, content(message)), message)
    return list(found.values())


def unfinished(store: Store, trunk: Snapshot) -> list[SessionId]:
    """The sessions that ``commit`` without a name takes: new messages, or a branch that an earlier commit left."""
    infos = (session_info(store, session, trunk) for session in live_sessions(store))
    ready = {info.session for info in infos if info.live or info.usage}
    for session in pending_sessions(store):
        waiting = pending(store, session, trunk)
        if waiting is not None and (not waiting.archives or not waiting.review or waiting.unextracted):
            ready.add(session)
    return sorted(ready)
