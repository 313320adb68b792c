"""Step 1 of a commit: live messages become an archive, durable before anything may fail.

The transcript is redacted before its first object is written. Private ones go onto the one ref
``refs/viking/transcripts``; tracked ones lie in the archive like the rest.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from viking_git.config import SessionPolicy
from viking_git.memory.redact import Allow, nothing_allowed, redact_messages, redact_record
from viking_git.memory.rules.requests import requests_of, without
from viking_git.model.changes import Changes
from viking_git.model.identity import content
from viking_git.model.layers import ABSTRACT, MESSAGES, META, OVERVIEW
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.model.messages import message_from_json, timestamp
from viking_git.model.meta import dump_json, dump_line, load_lines
from viking_git.resources.summarize import archive_layers
from viking_git.session.identity import DIGESTS, digest_key
from viking_git.session.images import image_files
from viking_git.session.kept import stamps
from viking_git.session.state import SessionId, archives, live_log, pending
from viking_git.session.tools import tool_changes, tool_stats
from viking_git.session.usage import Batch, Record, without_said
from viking_git.store.arranging import arranged
from viking_git.store.kept import mark_of
from viking_git.store.livelog import FILES, USAGE
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Archived:
    """One archive, on its session's branch.

    Attributes:
        number: its number, from 1.
        messages: how many messages it holds.
        redactions: secrets replaced, by kind.
        withheld: messages of which nothing is kept, because somebody asked for that.
        asked_late: whether somebody asked so of a message that an earlier archive holds.
        tip: the branch's commit that holds it.
    """

    number: int
    messages: int
    redactions: Counter[str]
    withheld: int
    asked_late: bool
    tip: str


def archive(
    store: Store,
    policy: SessionPolicy,
    session: SessionId,
    trunk_tip: str,
    batch: Batch,
    *,
    agent: str,
    review: bool,
    allow: Allow = nothing_allowed,
) -> Archived:
    """Archive what is new in a session.

    The archive stacks on the session's branch where that has not landed, else starts from ``trunk_tip``. It names the
    ``agent`` whose space holds what was learnt about tools. What ``allow`` knows for no secret is not redacted.
    """
    old = store.tip(session.branch)
    trunk = store.snapshot(trunk_tip)
    waiting = pending(store, session, trunk)
    base = waiting.tip if waiting and waiting.archives else trunk_tip
    number = max([*archives(trunk, session), *archives(store.snapshot(base), session), 0]) + 1

    kept = policy.kept_as(mark_of(trunk, session.path))
    writer = store.writer()
    made = _Archive(store, session, number, batch, allow, private=kept == "private")
    if made.private:
        made.keep_private(trunk)
    changes = made.tracked(writer, agent, review)
    changes.update(tool_changes(store.snapshot(base), session, number, made.messages))
    tree = writer.apply(store.tree(base), changes)
    tip = store.commit(writer, tree, [base], _message(session, number, len(made.messages)))
    store.step("archive-written")
    store.publish(writer, session.branch, tip, old, f"archive_{number:03d} of {session}")
    store.step("archived")
    asked = made.asked
    return Archived(number, len(made.messages), made.redactions, len(asked.withheld), bool(asked.before), tip)


class _Archive:
    """The files of one archive: redacted before the first object of them is written."""

    def __init__(
        self, store: Store, session: SessionId, number: int, batch: Batch, allow: Allow, *, private: bool
    ) -> None:
        self.store, self.session, self.number, self.private = store, session, number, private
        self.given = batch.messages
        self.asked = requests_of(batch.messages)
        self.messages, self.redactions = redact_messages(without(batch.messages, self.asked.withheld), allow)
        self.transcript = b"".join(message.to_line() for message in self.messages)
        self.usage = _keep_usage(batch.usage, allow, private=private)
        self.redactions.update(self.usage.redactions)
        live = live_log(store, session)
        self.described = live.session()
        self.files = {name: data for name in image_files(self.messages) if (data := live.file(name)) is not None}

    def keep_private(self, trunk: Snapshot) -> None:
        """Commit what was said to the ref of private transcripts.

        Another conversation's that stands there, of an archive on another machine, goes under a number that is free.
        """
        files = self._said()
        if self.usage.whole != self.usage.tracked:
            files[USAGE] = self.usage.whole
        place = self.session.archive(self.number)
        changes = Changes({f"{place}/{name}": data for name, data in files.items()})
        why = f"session: transcript of {self.session.id}, archive_{self.number:03d}\n"

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            kept = self.store.snapshot(tip)
            base = kept.tree
            if not self._goes_on(kept.get(f"{place}/{MESSAGES}") or b""):
                history, _, name = place.rpartition("/")
                base = arranged(writer, kept, history, stamps(trunk, self.session), vacate=name)
            tree = writer.apply(base, changes)
            if tip is not None and tree == kept.tree:
                return tip
            return self.store.commit(writer, tree, [tip] if tip else [], why)

        self.store.advance(TRANSCRIPTS_REF, build, why.strip())
        self.store.step("transcript-kept")

    def _goes_on(self, data: bytes) -> bool:
        """Whether this is what a commit that was killed kept, with perhaps more messages since.

        A secret that only a later message names was not replaced yet, so that words as they were given count too.
        """
        said = {(m.id, content(m)) for m in (*self.messages, *self.given)}
        there = (message_from_json(record, MESSAGES) for record in load_lines(data, MESSAGES))
        return all((message.id, content(message)) in said for message in there)

    def tracked(self, writer: ObjectWriter, agent: str, review: bool) -> Changes:
        """The files of the archive in the tree."""
        layers = archive_layers(self.messages, private=self.private)
        files = {} if self.private else self._said()
        files[ABSTRACT], files[OVERVIEW] = f"{layers.abstract}\n".encode(), f"{layers.overview}\n".encode()
        if self.usage.tracked:
            files[USAGE] = self.usage.tracked
        oids = {"abstract": writer.blob(files[ABSTRACT]), "overview": writer.blob(files[OVERVIEW])}
        meta = self._meta(agent) | {"layers": oids, "summarizes": writer.blob(self.transcript)}
        files[META] = dump_json(meta | {"review": True} if review else meta)
        place = self.session.archive(self.number)
        return Changes({f"{place}/{name}": data for name, data in files.items()})

    def _said(self) -> dict[str, bytes]:
        return {MESSAGES: self.transcript, **{f"{FILES}/{name}": data for name, data in self.files.items()}}

    def _meta(self, agent: str) -> dict[str, object]:
        meta: dict[str, object] = {
            "session": self.session.id,
            "space": self.session.space,
            "agent": agent,
            "created_at": timestamp(self.store.clock()),
            "messages": [{"id": m.id, "role": m.role, "created_at": m.created_at} for m in self.messages],
            DIGESTS: digest_key(self.store).digests(self.given),
            "transcript": {
                "kept": "private" if self.private else "tracked",
                "bytes": len(self.transcript),
                "sha256": hashlib.sha256(self.transcript).hexdigest(),
            },
            "redactions": dict(self.redactions),
            "generated_by": "extractive",
        }
        if self.files:
            meta["files"] = sorted(self.files)
        if stats := tool_stats(self.messages):
            meta["tools"] = stats
        if self.described is not None and self.described.name != self.session.id:
            meta["name"] = self.described.name
        return meta


@dataclass(frozen=True, slots=True)
class _Usage:
    """Usage records ready for an archive.

    Attributes:
        tracked: the lines of ``usage.jsonl`` in the tree.
        whole: the lines with what was said to skills and by them; equal to ``tracked`` where nothing was left out.
        redactions: secrets replaced, by kind.
    """

    tracked: bytes
    whole: bytes
    redactions: Counter[str] = field(default_factory=Counter)


def _keep_usage(records: Sequence[Record], allow: Allow, *, private: bool) -> _Usage:
    """What of ``records`` an archive keeps where: redacted, and in two parts where transcripts are private."""
    redactions: Counter[str] = Counter()
    whole: list[dict[str, Any]] = []
    for record in records:
        clean, counts = redact_record(record, allow)
        redactions.update(counts)
        whole.append(clean)
    tracked = [without_said(record) for record in whole] if private else whole
    return _Usage(b"".join(map(dump_line, tracked)), b"".join(map(dump_line, whole)), redactions)


def _message(session: SessionId, number: int, count: int) -> str:
    messages = "1 message" if count == 1 else f"{count} messages"
    return (
        f"session: archive {session.id}, archive_{number:03d} ({messages})\n\n"
        f"Viking-Session: {session.uri}\nViking-Archive: archive_{number:03d}\n"
    )
