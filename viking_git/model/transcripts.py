"""Foreign transcripts as messages: our own ``messages.jsonl``, OpenAI-style chats, Claude Code's session files.

Reading a file that has grown yields the messages of before, with the same ids and words, and the new ones: so an
import adds only what is new. ``transcript_formats`` says how for each format.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal, NoReturn

from viking_git.errors import InvalidContent
from viking_git.model.messages import Message
from viking_git.model.text import clean_json
from viking_git.model.transcript_formats import READERS, Format, Place, Reading, formats_of

LINE_LIMIT = 64 * 2**20
"""Bytes of one line; a longer one is taken for something else than a transcript."""

_LOOKED_AT = 50
"""Objects that decide the format."""
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
    """

    format: Format
    messages: list[Message]
    session_id: str | None
    skipped: dict[str, int]
    torn_tail: bool


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
        InvalidContent: empty, half a line of JSON, not UTF-8, of no or of two formats, a message that is none; with
            file and line.
    """
    source = _Source(data, name, growing)
    objects = source.objects()
    first = list(islice(objects, _LOOKED_AT))
    if not first:
        raise InvalidContent(f"{name}: an empty transcript")
    found = _detect(first, name) if format == "auto" else format
    reading = Reading(now)
    READERS[found](reading, chain(first, objects))
    session_id = reading.session_id or source.session_id
    return Parsed(found, reading.messages, session_id, dict(reading.skipped), source.torn)


def _detect(first: list[Place], name: str) -> Format:
    found = sorted({format for _, value in first for format in formats_of(value)})
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidContent(f"{name}: could be {' or '.join(found)}", hint=_HINT)
    raise InvalidContent(f"{name}: a transcript of no known format", hint=_HINT)


class _Source:
    """The objects of a file: one a line, or the list in one JSON document; and where each stands."""

    def __init__(self, data: bytes, name: str, growing: bool) -> None:
        self.torn = False
        self.session_id: str | None = None
        self._data = data.removeprefix(b"\xef\xbb\xbf")
        self._name = name
        self._growing = growing

    def objects(self) -> Iterator[Place]:
        for where, value in self._document() if self._is_document() else self._lines():
            if isinstance(value, dict) and isinstance(value.get("messages"), list) and "role" not in value:
                given = value.get("session_id") or value.get("conversation_id")
                self.session_id = given if isinstance(given, str) else self.session_id
                yield from self._list(where, value["messages"])
            elif isinstance(value, list):
                yield from self._list(where, value)
            elif isinstance(value, dict):
                yield where, value
            else:
                raise InvalidContent(f"{where}: not a JSON object", hint=_HINT)

    def _is_document(self) -> bool:
        # A JSONL file has a first line that is JSON by itself; a pretty-printed document has not.
        first, newline, rest = self._data.lstrip().partition(b"\n")
        if first[:1] not in {b"{", b"["} or not rest.strip():
            return False
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            return bool(newline)
        return False

    def _document(self) -> Iterator[tuple[str, Any]]:
        yield self._name, self._load(self._data, 1)

    def _lines(self) -> Iterator[tuple[str, Any]]:
        start, number, size = 0, 0, len(self._data)
        while start < size:
            end = self._data.find(b"\n", start)
            torn = end < 0 and self._growing
            end = size if end < 0 else end
            line, start, number = self._data[start:end], end + 1, number + 1
            if not line.strip():
                continue
            if len(line) > LINE_LIMIT:
                raise InvalidContent(f"{self._name}, line {number} is longer than {LINE_LIMIT >> 20} MiB")
            try:
                value = self._load(line, number)
            except InvalidContent:
                if not torn:
                    raise
                self.torn = True
                return
            yield f"{self._name}, line {number}", value

    def _list(self, where: str, values: list[Any]) -> Iterator[Place]:
        for number, value in enumerate(values, start=1):
            if not isinstance(value, dict):
                raise InvalidContent(f"{where}, message {number}: not a JSON object", hint=_HINT)
            yield f"{where}, message {number}", value

    def _load(self, raw: bytes, line: int) -> Any:
        try:
            return clean_json(json.loads(raw.decode(), parse_constant=_no_constant))
        except UnicodeDecodeError:
            problem = "is not UTF-8"
        except json.JSONDecodeError as error:
            line += error.lineno - 1
            problem = f"is not JSON: {error.msg}, column {error.colno}"
        except ValueError as error:
            problem = f"is not JSON: {error}"
        except RecursionError:
            problem = "is nested too deeply"
        raise InvalidContent(f"{self._name}, line {line} {problem}")


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")
