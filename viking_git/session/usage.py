"""What a session used: records of contexts and skills, kept with its archives.

A record is ``{"id", "created_at"}`` with ``contexts`` (URIs) or ``skill`` (``uri``, ``input``, ``output``,
``success``). What went into a skill and came out of it is conversation: a private archive tracks only that it ran, and
how it ended.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model import records
from viking_git.model.messages import Message, timestamp
from viking_git.model.meta import dump_line
from viking_git.session.identity import Known
from viking_git.session.state import SessionId, archives, live_log
from viking_git.store.kept import SAID
from viking_git.store.livelog import USAGE
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """What is new in a session: messages and usage records that no archive of it holds yet.

    Attributes:
        renamed: the id that a message was given, and its new one, where an archive has another message of that id.
    """

    messages: Sequence[Message]
    usage: Sequence[Record]
    renamed: Sequence[tuple[str, str]] = ()

    def __bool__(self) -> bool:
        return bool(self.messages or self.usage)


def usage_fields(
    contexts: Sequence[str], skill: Mapping[str, Any] | None, known: Callable[[str], str] = str
) -> dict[str, Any]:
    """What a usage record says beside its id and time; ``known`` makes whole URIs of what a person typed.

    Raises:
        InvalidContent: nothing was used, or a skill without a URI, or with a field that is none of its four.
    """
    fields: dict[str, Any] = {}
    if contexts:
        fields["contexts"] = list(dict.fromkeys(map(known, contexts)))
    if skill is not None:
        unknown = skill.keys() - {"uri", "success", *SAID}
        texts = all(isinstance(skill.get(key, ""), str) for key in ("uri", *SAID))
        if not skill.get("uri") or unknown or not texts or not isinstance(skill.get("success", True), bool):
            raise InvalidContent("a used skill has a uri, and may have the texts input and output, and success")
        fields["skill"] = {**skill, "uri": known(skill["uri"])}
    if not fields:
        raise InvalidContent("nothing was used", hint="name a --context or a --skill")
    return fields


def record_usage(store: Store, session: SessionId, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Append a record of what was used to the live log; the record, which is on disk."""
    record = {"id": f"use_{uuid.uuid4()}", "created_at": timestamp(store.clock()), **fields}
    live_log(store, session).append_usage(record)
    return record


def unarchived(store: Store, session: SessionId, views: Sequence[Snapshot], *, space: bool = False) -> Batch:
    """What the session's live log holds and no archive in ``views`` does, each message under an id of its own.

    Args:
        space: leave out what archives of the other sessions of the space hold too (see ``Known``).
    """
    live = live_log(store, session)
    new = Known(store, session, views, live.read(), space=space).fresh()
    used = live.read_usage()
    renamed = [(given.id, own.id) for given, own in new if given.id != own.id]
    counted = archived_usage(views, session) if used else set()
    return Batch([own for _, own in new], [record for record in used if record_key(record) not in counted], renamed)


def record_key(record: Record) -> bytes:
    """What tells a usage record from another one: all that an archive tracks of it, for an id may be given twice."""
    return dump_line(without_said(record))


def archived_usage(snapshots: Iterable[Snapshot], session: SessionId) -> set[bytes]:
    """The keys of all usage records that some archive of the session holds."""
    return {
        record_key(record)
        for snapshot in snapshots
        for number in archives(snapshot, session)
        for record in read_usage(snapshot, session.archive(number))
    }


def read_usage(snapshot: Snapshot, archive: str) -> list[records.Record]:
    """The usage records of the archive in the directory ``archive``, [] where it has none."""
    return [record for _, record in snapshot.lines(f"{archive}/{USAGE}")]


def without_said(record: Record) -> dict[str, Any]:
    """A record without what went into a skill and came out of it, as a private archive tracks it."""
    if not isinstance(record.get("skill"), Mapping):
        return dict(record)
    return {**record, "skill": {key: value for key, value in record["skill"].items() if key not in SAID}}
