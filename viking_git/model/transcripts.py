"""Foreign transcripts as messages: our own ``messages.jsonl``, OpenAI-style chats, Claude Code's session files.

Reading a file that has grown yields the messages of before, with the same ids and words, and the new ones: so an
import adds only what is new. ``transcript_formats`` says how for each format. A damaged line costs itself and nothing
else: the objects in it that are whole are read, and the rest is counted with its place and the reason.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

from viking_git.errors import InvalidContent
from viking_git.model.jsonlines import Line, json_document, json_lines
from viking_git.model.messages import Message
from viking_git.model.transcript_formats import READERS, Format, Place, Reading, formats_of

_LOOKED_AT = 50
"""Objects that decide the format, once one of a known format is among them."""
_HINT = f"the formats are {', '.join(READERS)}; name one with --format"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a transcript holds.

    Attributes:
        format: the format it was read as.
        messages: in the file's order, each once; two that the file gives one id have it.
        session_id: the conversation's id where the file names one.
        skipped: what was left out, by kind.
        torn_tail: whether a half-written last line was left for the next time (only with ``growing``).
        damaged: place → the reason why something there could not be read, as it was written.
    """

    format: Format
    messages: list[Message]
    session_id: str | None
    skipped: dict[str, int]
    torn_tail: bool
    damaged: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Object:
    """An object of the file: its place, and whether it was found in a damaged line, where it may be part of another."""

    where: str
    value: dict[str, Any]
    recovered: bool


def parse_transcript(
    data: bytes, *, name: str, now: str, format: Format | Literal["auto"] = "auto", growing: bool = False
) -> Parsed:
    """Read a transcript.

    Args:
        data: the file.
        name: what to call it in errors.
        now: the time, ISO 8601, of messages for which the file gives none and no message before has one.
        format: how to read it; ``auto`` tells by the keys of its first objects.
        growing: whether somebody may be writing the file: half a JSON line at its end is then left for the next time.

    Raises:
        InvalidContent: empty, of no or of two formats, or without a message that can be read; a file that is
            ``growing`` may have none yet.
    """
    source = _Source(data, name, growing)
    objects = source.objects()
    first = list(_first(objects))
    if not first and not source.damaged:
        raise InvalidContent(f"{name}: an empty transcript")
    found = _detect(first, name, source.damaged) if format == "auto" else format
    reading = Reading(now, source.damaged)
    read = chain(first, objects)
    READERS[found](reading, ((o.where, o.value) for o in read if not o.recovered or found in formats_of(o.value)))
    if not reading.messages and (source.damaged or not growing):
        raise InvalidContent(f"{name}: no message that can be read as {found}{_because(source.damaged)}", hint=_HINT)
    session_id = reading.session_id or source.session_id
    return Parsed(found, reading.messages, session_id, dict(reading.skipped), source.torn, source.damaged)


def _first(objects: Iterator[_Object]) -> Iterator[_Object]:
    """The objects by which a format is told: a file may begin with many that are of none."""
    known = 0
    for each in objects:
        yield each
        known += 1 if known or (formats_of(each.value) and not each.recovered) else 0
        if known == _LOOKED_AT:
            return


def _detect(first: list[_Object], name: str, damaged: dict[str, str]) -> Format:
    whole = {format for each in first if not each.recovered for format in formats_of(each.value)}
    found = sorted(whole or {format for each in first for format in formats_of(each.value)})
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidContent(f"{name}: could be {' or '.join(found)}", hint=_HINT)
    raise InvalidContent(f"{name}: a transcript of no known format{_because(damaged)}", hint=_HINT)


def _because(damaged: dict[str, str]) -> str:
    return next((f" ({where}: {reason})" for where, reason in damaged.items()), "")


class _Source:
    """The objects of a file: one a line, or the list in one JSON document; and where each stands."""

    def __init__(self, data: bytes, name: str, growing: bool) -> None:
        self.torn = False
        self.session_id: str | None = None
        self.damaged: dict[str, str] = {}
        self._data = data.removeprefix(b"\xef\xbb\xbf")
        self._name = name
        self._growing = growing

    def objects(self) -> Iterator[_Object]:
        whole = self._is_document()
        for line in [json_document(self._data)] if whole else self._lines():
            where = self._name if whole else f"{self._name}, line {line.number}"
            if line.problem:
                self.damaged[where] = line.problem
            for value in line.values:
                if not line.is_whole and isinstance(value, dict):
                    # What it holds may be quoted in a message: only itself is taken.
                    yield _Object(where, value, recovered=True)
                else:
                    yield from (_Object(*place, recovered=False) for place in self._records(where, value))

    def _records(self, where: str, value: Any) -> Iterator[Place]:
        if isinstance(value, dict) and isinstance(value.get("messages"), list) and "role" not in value:
            given = value.get("session_id") or value.get("conversation_id")
            self.session_id = given if isinstance(given, str) else self.session_id
            yield from self._list(where, value["messages"])
        elif isinstance(value, list):
            yield from self._list(where, value)
        elif isinstance(value, dict):
            yield where, value
        else:
            self.damaged[where] = "not a JSON object"

    def _is_document(self) -> bool:
        # A JSONL file has lines that are JSON by themselves; a pretty-printed document has none but brackets.
        first, _, rest = self._data.lstrip().partition(b"\n")
        torn = self._growing and not rest
        if first[:1] not in {b"{", b"["} or torn or _is_value(first):
            return False
        return (
            first[:1] == b"[" or not rest.strip() or not any(map(_is_value, rest.split(b"\n", _LOOKED_AT)[:_LOOKED_AT]))
        )

    def _lines(self) -> Iterator[Line]:
        whole = not self._growing or self._data.endswith(b"\n")
        last = self._data.rfind(b"\n") + 1
        yield from json_lines(self._data if whole else self._data[:last])
        if not whole and self._data[last:].strip():
            number = self._data.count(b"\n") + 1
            line = next(json_lines(self._data[last:]))
            self.torn = bool(line.problem)
            if not line.problem:
                yield Line(number, line.values)

    def _list(self, where: str, values: list[Any]) -> Iterator[Place]:
        for number, value in enumerate(values, start=1):
            if isinstance(value, dict):
                yield f"{where}, message {number}", value
            else:
                self.damaged[f"{where}, message {number}"] = "not a JSON object"


def _is_value(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict | list)
    except (ValueError, RecursionError):
        return False
