"""The lines of a live log, by what they hold: messages to be compared with others, and records of use."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec

from viking_git.errors import InvalidContent
from viking_git.model.identity import REWOUND, Holds, content
from viking_git.model.jsonlines import Line, json_line
from viking_git.model.messages import Message, message_from_json


class _Row(msgspec.Struct):
    id: str


_decode_row = msgspec.json.Decoder(_Row).decode


class Rows:
    """The lines of a log by the ids of their messages, to be compared with others and added to."""

    def __init__(self, rows: list[bytes], elsewhere: Holds) -> None:
        """Take the lines, which ``add`` and ``holds`` change, and what says whether another place has a message."""
        self._rows, self._elsewhere = rows, elsewhere
        # A damaged line is read's to report: refusing new messages over it would lose more.
        self._numbers: dict[str, list[int]] = {}
        for number, line in enumerate(rows):
            for found in _row_ids(line):
                self._numbers.setdefault(found, []).append(number)

    def add(self, message: Message) -> None:
        """Add the line of a message."""
        self._numbers.setdefault(message.id, []).append(len(self._rows))
        self._rows.append(_line_of(message))

    def holds(self, message: Message) -> bool | None:
        """Whether the message is in a line or elsewhere; a line of it is brought up to date."""
        numbers = self._numbers.get(message.id, [])
        for number in numbers:
            if (row := _same_row(message, self._rows[number])) is not None:
                self._rows[number] = row
                return True
        held = self._elsewhere(message)
        return False if numbers and held is None else held


def message_of(line: bytes) -> Message | None:
    """The message that is a whole line, None where the line is damaged."""
    found = json_line(line)
    return next(_messages(found), None) if found is not None and not found.problem else None


def usage_record(value: dict[str, Any]) -> dict[str, Any]:
    """``value``, if it is a record of use.

    Raises:
        InvalidContent: it has no id.
    """
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise InvalidContent("a usage record has an id")
    return value


def usage_record_of(line: bytes) -> dict[str, Any] | None:
    """The record of use that is a whole line, None where the line is damaged."""
    found = json_line(line)
    with suppress(InvalidContent):
        return usage_record(found.values[0]) if found is not None and not found.problem else None
    return None


def _row_ids(line: bytes) -> Iterator[str]:
    """The ids of all that is read from a line: a damaged one may hold whole records, or none."""
    try:
        yield _decode_row(line).id
    except (msgspec.DecodeError, ValueError, RecursionError):
        # msgspec is stricter about what escapes and numbers may be than json, which reading uses.
        found = json_line(line)
        values = found.values if found is not None else []
        yield from (v["id"] for v in values if isinstance(v, dict) and isinstance(v.get("id"), str))


def _messages(line: Line) -> Iterator[Message]:
    for value in line.values:
        with suppress(InvalidContent):
            yield message_from_json(value)


def _line_of(message: Message) -> bytes:
    return message.to_line().rstrip(b"\n")


def _same_row(message: Message, line: bytes) -> bytes | None:
    """The line of the log that holds the message, None where it holds another one.

    It is changed where the message is on a branch that was left since: such a one founds no memory.
    """
    # Most are the same to the byte, and parsing is what costs.
    if line == _line_of(message):
        return line
    read = json_line(line)
    same = (found for found in _messages(read) if content(found) == content(message)) if read is not None else iter(())
    found = next(same, None)
    if found is None:
        return None
    if found.extra.get(REWOUND) == message.extra.get(REWOUND) or message_of(line) is None:
        return line
    extra = {key: value for key, value in found.extra.items() if key != REWOUND}
    mark = {REWOUND: True} if message.extra.get(REWOUND) else {}
    return _line_of(replace(found, extra=extra | mark))
