"""Step 1 of a commit: live messages become an archive, durable before anything may fail.

The transcript is redacted before its first object is written. Private ones go onto the one ref
``refs/viking/transcripts``; tracked ones lie in the archive like the rest.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from viking_git.config import SessionPolicy
from viking_git.memory.redact import redact_messages
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, MESSAGES, META, OVERVIEW
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.model.messages import Message, timestamp
from viking_git.model.meta import dump_json
from viking_git.resources.summarize import archive_layers
from viking_git.session.state import SessionId, archives, live_log, pending
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store


@dataclass(frozen=True, slots=True)
class Archived:
    """One archive, on its session's branch.

    Attributes:
        number: its number, from 1.
        messages: how many messages it holds.
        redactions: secrets replaced, by kind.
        tip: the branch's commit that holds it.
    """

    number: int
    messages: int
    redactions: Counter[str]
    tip: str


def archive(
    store: Store,
    policy: SessionPolicy,
    session: SessionId,
    trunk_tip: str,
    messages: Sequence[Message],
    *,
    review: bool,
) -> Archived:
    """Archive ``messages``, none of which any archive of the session holds yet.

    The archive stacks on the session's branch where that has not landed, else starts from ``trunk_tip``.
    """
    kept, redactions = redact_messages(messages)
    transcript = b"".join(message.to_line() for message in kept)

    old = store.tip(session.branch)
    trunk = store.snapshot(trunk_tip)
    waiting = pending(store, session, trunk)
    base = waiting.tip if waiting and waiting.archives else trunk_tip
    number = max([*archives(trunk, session), *archives(store.snapshot(base), session), 0]) + 1

    writer = store.writer()
    private = policy.transcripts == "private"
    path = f"{session.archive(number)}/{MESSAGES}"
    if private:
        _keep_private(store, session, number, path, transcript)
    changes = _archive_files(store, writer, session, number, kept, transcript, redactions, private, review)
    if not private:
        changes.write(path, transcript)
    tree = writer.apply(store.tree(base), changes)
    tip = store.commit(writer, tree, [base], _message(session, number, len(kept)))
    store.step("archive-written")
    writer.recheck()
    store.move_ref(session.branch, tip, old, f"archive_{number:03d} of {session}")
    store.step("archived")
    return Archived(number, len(kept), redactions, tip)


def _keep_private(store: Store, session: SessionId, number: int, path: str, transcript: bytes) -> None:
    why = f"session: transcript of {session.id}, archive_{number:03d}\n"

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        tree = writer.apply(store.tree(tip), Changes({path: transcript}))
        if tip is not None and tree == store.tree(tip):
            return tip
        return store.commit(writer, tree, [tip] if tip else [], why)

    store.advance(TRANSCRIPTS_REF, build, why.strip())
    store.step("transcript-kept")


def _archive_files(
    store: Store,
    writer: ObjectWriter,
    session: SessionId,
    number: int,
    messages: Sequence[Message],
    transcript: bytes,
    redactions: Counter[str],
    private: bool,
    review: bool,
) -> Changes:
    layers = archive_layers(messages, private=private)
    abstract, overview = f"{layers.abstract}\n".encode(), f"{layers.overview}\n".encode()
    blob = writer.blob(transcript)
    described = live_log(store, session).session()
    meta: dict[str, object] = {
        "session": session.id,
        "space": session.space,
        "created_at": timestamp(store.clock()),
        "messages": [{"id": m.id, "role": m.role, "created_at": m.created_at} for m in messages],
        "transcript": {
            "kept": "private" if private else "tracked",
            "bytes": len(transcript),
            "sha256": hashlib.sha256(transcript).hexdigest(),
        },
        "redactions": dict(redactions),
        "generated_by": "extractive",
        "summarizes": blob,
        "layers": {"abstract": writer.blob(abstract), "overview": writer.blob(overview)},
    }
    if described is not None and described.name != session.id:
        meta["name"] = described.name
    if review:
        meta["review"] = True
    place = session.archive(number)
    return Changes(
        {f"{place}/{ABSTRACT}": abstract, f"{place}/{OVERVIEW}": overview, f"{place}/{META}": dump_json(meta)}
    )


def _message(session: SessionId, number: int, count: int) -> str:
    messages = "1 message" if count == 1 else f"{count} messages"
    return (
        f"session: archive {session.id}, archive_{number:03d} ({messages})\n\n"
        f"Viking-Session: {session.uri}\nViking-Archive: archive_{number:03d}\n"
    )
