"""Messages of a conversation and their JSON: ``{"id", "role", "parts", "created_at"}``.

Parts are ``text``, ``context``, ``tool`` and ``image``; fields and part types that we do not know are kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.meta import dump_line

ROLES = ("user", "assistant", "system", "tool")
_REQUIRED_PART_FIELDS = {"text": "text", "context": "uri", "tool": "tool_name", "image": "url"}
OFFSET = "utc_offset"
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d$")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        id: e.g. ``msg_`` and a UUID; what else makes a message another one, ``model.identity`` says.
        role: user, assistant, system or tool.
        parts: mappings with a ``type``; text parts have ``text``, context parts ``uri`` and ``abstract``, tool parts
            ``tool_name`` and often ``tool_input``, ``tool_output``, ``tool_status``, image parts ``url``.
        created_at: ISO 8601 in UTC with Z, in seconds or milliseconds, whatever ISO 8601 it was given in.
        extra: fields of the JSON object that this class does not know, e.g. ``speaker``, and ``utc_offset``: the offset
            of the speaker's clock, e.g. ``-08:00``, if the time was given with one.
    """

    id: str
    role: str
    parts: tuple[Mapping[str, Any], ...]
    created_at: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _MESSAGE_ID.fullmatch(self.id):
            raise InvalidContent(f"bad message id {self.id!r}", hint="letters, digits and _ . : -, 128 at most")
        if self.role not in ROLES:
            raise InvalidContent(f"unknown role {self.role!r}", hint=f"one of {', '.join(ROLES)}")
        for part in self.parts:
            _check_part(part)
        if offset := _offset(self.created_at):
            object.__setattr__(self, "extra", {**self.extra, OFFSET: offset})
        object.__setattr__(self, "created_at", timestamp(self.created_at))

    @property
    def text(self) -> str:
        """The text parts, one below the other; what was said, without tool calls and contexts."""
        return "\n\n".join(part["text"] for part in self.parts if part["type"] == "text" and part["text"].strip())

    @property
    def speaker(self) -> str:
        """Who said it: the name where the transcript gives one, else the role."""
        name = self.extra.get("speaker") or self.extra.get("name")
        return name if isinstance(name, str) and name.strip() else self.role

    @property
    def day(self) -> date:
        """The day on which it was said, by the speaker's clock; by UTC where the offset of that is not known."""
        return self.said_at.date()

    @property
    def said_at(self) -> datetime:
        """The time at which it was said, with the offset of the speaker's clock, UTC where that is not known."""
        said = datetime.fromisoformat(self.created_at)
        offset = self.extra.get(OFFSET)
        if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
            return said
        zone = timezone(timedelta(hours=int(offset[:3]), minutes=int(offset[0] + offset[4:])))
        try:
            return said.astimezone(zone)
        except OverflowError:
            # The first or the last day that a date can have.
            return said

    @property
    def tool_parts(self) -> tuple[Mapping[str, Any], ...]:
        """The tool calls and results in it."""
        return tuple(part for part in self.parts if part["type"] == "tool")

    def to_json(self) -> dict[str, Any]:
        """The JSON object, unknown fields included."""
        known = {
            "id": self.id,
            "role": self.role,
            "parts": [dict(p) for p in self.parts],
            "created_at": self.created_at,
        }
        return {**self.extra, **known}

    def to_line(self) -> bytes:
        """Its line in ``messages.jsonl``."""
        return dump_line(self.to_json())


def message_from_json(value: Mapping[str, Any], what: str = "message") -> Message:
    """A message from its JSON object.

    Raises:
        InvalidContent: a field that is missing or of the wrong type; ``what`` names the place.
    """
    if not isinstance(value, Mapping):
        raise InvalidContent(f"{what}: not a JSON object")
    try:
        message_id, role, parts = value["id"], value["role"], value["parts"]
        created = value["created_at"]
    except KeyError as error:
        raise InvalidContent(f"{what}: no field {error.args[0]!r}") from None
    if not isinstance(parts, list) or not all(isinstance(p, dict) for p in parts):
        raise InvalidContent(f"{what}: parts is a list of objects")
    if not isinstance(message_id, str) or not isinstance(role, str):
        raise InvalidContent(f"{what}: id and role are text")
    extra = {key: v for key, v in value.items() if key not in {"id", "role", "parts", "created_at"}}
    try:
        return Message(message_id, role, tuple(parts), created, extra)
    except InvalidContent as error:
        raise InvalidContent(f"{what}: {error.message}", hint=error.hint) from None


def _offset(value: object) -> str | None:
    """The offset that a time is given with. Programs write ``Z`` and ``+00:00`` in every zone, so these are none."""
    found = _OFFSET.search(value) if isinstance(value, str) else None
    return found[0] if found and found[0][1:] != "00:00" else None


def heard(message: Message, now: datetime) -> Message:
    """Return the message with a day that can date what it says.

    If only UTC is known, the speaker's clock is taken to be this machine's: the agent programs here write UTC.
    A time after ``now`` counts as now: a clock that was wrong must not date an event.
    """
    said = message.said_at
    if said > now:
        return replace(message, created_at=now.astimezone().isoformat())
    return replace(message, created_at=said.astimezone().isoformat()) if OFFSET not in message.extra else message


def timestamp(value: object) -> str:
    """``value`` (ISO 8601 text, a datetime, or seconds since 1970) as ISO 8601 UTC with Z.

    Text without a zone is taken as UTC. Fractions of a second are kept when there are any.
    """
    moment: datetime
    try:
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        else:
            moment = datetime.fromisoformat(str(value))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidContent(f"not a time: {value!r}", hint="use ISO 8601, e.g. 2026-11-20T09:30:00Z") from None
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def _check_part(part: Mapping[str, Any]) -> None:
    kind = part.get("type")
    if not isinstance(kind, str):
        raise InvalidContent("a part has a type: text, context, tool or image")
    required = _REQUIRED_PART_FIELDS.get(kind)
    if required and not isinstance(part.get(required), str):
        raise InvalidContent(f"a part of type {kind!r} needs the text field {required!r}")
