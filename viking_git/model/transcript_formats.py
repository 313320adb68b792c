"""The formats of transcripts: how to tell each by its keys, and how to read its objects as messages.

To add one: a reader in ``READERS``, its keys in ``formats_of``, and rows in the parametrised tests.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

from viking_git.errors import InvalidContent
from viking_git.model.blocks import BlockReader, Part
from viking_git.model.identity import REWOUND, content
from viking_git.model.messages import Message, message_from_json, timestamp
from viking_git.model.meta import digest
from viking_git.model.replies import ReplyTree

Format = Literal["messages", "openai", "claude-code"]

Place = tuple[str, dict[str, Any]]
"""Where an object stands, for errors, and the object."""

_ROLES = {
    "user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "model": "assistant",
    "bot": "assistant", "system": "system", "developer": "system", "tool": "tool", "function": "tool",
}  # fmt: skip
_TIME_KEYS = ("created_at", "timestamp", "created")
_OPENAI_KEYS = {"id", "role", "parts", "content", "text", "tool_calls", "function_call", "tool_call_id", *_TIME_KEYS}
_ONE_ID = 100
"""Messages of one file that may have the same id: more than there are conversations in it."""
_DIGITS = 20
"""Digits of a time in seconds or milliseconds beyond which it is none."""


_SAID = ("content", "text", "tool_calls", "function_call")


class _Taken(InvalidContent):
    """More messages have one id than a file can have conversations: it names none of them."""


class Reading:
    """What has been read so far: messages, the session's id, what was left out, and what could not be read."""

    def __init__(self, now: str, damaged: dict[str, str]) -> None:
        self.messages: list[Message] = []
        self._seen: set[tuple[str, bytes]] = set()
        self._times: Counter[str] = Counter()
        self.session_id: str | None = None
        self.skipped: Counter[str] = Counter()
        self.damaged = damaged
        self._latest = timestamp(now)

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Read one object; one that is no message is left out, and the reason is kept with its place."""
        try:
            yield
        except _Taken as error:
            raise InvalidContent(f"{where}: {error.message}", hint=error.hint) from None
        except InvalidContent as error:
            self.damaged[where] = error.message.removeprefix(f"{where}: ")

    def add(self, message: Message) -> bool:
        """Take one message; whether it is new. The same one twice counts as skipped.

        Another message of the same id is another message: two conversations may be in one file.

        Raises:
            InvalidContent: an id that so many messages have that it names none of them.
        """
        key = message.id, content(message)
        if key in self._seen:
            self.skipped["duplicate"] += 1
            return False
        self._seen.add(key)
        self._times[message.id] += 1
        if self._times[message.id] > _ONE_ID:
            # Each gets a new id by trying one suffix after the other.
            raise _Taken(
                f"more than {_ONE_ID} messages have the id {message.id!r}", hint="each message has an id of its own"
            )
        self.messages.append(message)
        return True

    def name(self, session_id: object) -> None:
        """Take the conversation's id; the first one that the file gives stands."""
        if self.session_id is None and isinstance(session_id, str):
            self.session_id = session_id

    def time(self, value: Mapping[str, Any]) -> str:
        """The time an object gives (ISO 8601, or seconds or milliseconds since 1970), else that of the one before.

        A time that is none counts as skipped: what was said then is worth more than the second.
        """
        given = next((value[key] for key in _TIME_KEYS if value.get(key) is not None), None)
        if isinstance(given, str) and given.isdecimal() and 10 <= len(given) <= _DIGITS:
            given = int(given)
        try:
            if isinstance(given, int | float) and abs(given) > 1e11:
                given = given / 1000
            if given is not None:
                moment = timestamp(given)
                # Text has the offset of the speaker's clock, which a message keeps.
                self._latest = given if isinstance(given, str) else moment
        except (InvalidContent, OverflowError):
            self.skipped["unreadable time"] += 1
        return self._latest


def formats_of(value: Mapping[str, Any]) -> set[Format]:
    """The formats of which an object is a message that can be read: one, or none, or two where nobody can tell."""
    found: set[Format] = set()
    if isinstance(value.get("parts"), list) and {"id", "role"} <= value.keys():
        found.add("messages")
    if _is_openai(value):
        found.add("openai")
    if _is_claude_code(value) and "openai" not in found:
        found.add("claude-code")
    return found


def _is_openai(value: Mapping[str, Any]) -> bool:
    role, said = value.get("role"), value.get("content", value.get("text"))
    if isinstance(role, str):
        return role.casefold() in _ROLES and not value.keys().isdisjoint(_SAID)
    return isinstance(value.get("speaker") or value.get("name"), str) and isinstance(said, str | list)


def _is_claude_code(value: Mapping[str, Any]) -> bool:
    said = value.get("type") in {"user", "assistant"}
    return said and isinstance(value.get("message"), dict) and isinstance(value.get("uuid"), str)


def _read_messages(reading: Reading, objects: Iterable[Place]) -> None:
    for where, value in objects:
        with reading.at(where):
            reading.add(message_from_json(value, where))


def _read_openai(reading: Reading, objects: Iterable[Place]) -> None:
    blocks = BlockReader(wrapped=False)
    so_far = ""
    for where, value in objects:
        with reading.at(where):
            role, content = _openai_role(value), value.get("content", value.get("text"))
            calls = [value.get(key) for key in ("tool_calls", "function_call", "tool_call_id", "name", "speaker")]
            so_far = digest([so_far, role, json.dumps([content, calls], sort_keys=True)])
            created, left_out = reading.time(value), blocks.left_out
            parts = _openai_parts(blocks, role, value, content)
            extra = {key: item for key, item in value.items() if key not in _OPENAI_KEYS}
            if isinstance(value.get("id"), str | int):
                extra["source_id"] = value["id"]
            if parts:
                reading.add(Message(f"msg_{so_far[:32]}", role, tuple(parts), created, extra))
            elif blocks.left_out == left_out:
                reading.skipped["empty"] += 1
    reading.skipped += blocks.finish()


def _openai_role(value: Mapping[str, Any]) -> str:
    role = value.get("role")
    if role is None and isinstance(value.get("speaker") or value.get("name"), str):
        return "user"
    if not isinstance(role, str) or role.casefold() not in _ROLES:
        raise InvalidContent(f"unknown role {role!r}", hint=f"one of {', '.join(_ROLES)}")
    return _ROLES[role.casefold()]


def _openai_parts(blocks: BlockReader, role: str, value: Mapping[str, Any], content: object) -> list[Part]:
    for call in _openai_calls(value):
        function = call.get("function", call)
        if not isinstance(function, dict):
            raise InvalidContent("a tool call has a function with name and arguments")
        blocks.call(str(call.get("id") or function.get("name", "")), function.get("name"), function.get("arguments"))
    is_result = isinstance(value.get("tool_call_id"), str) or value.get("role") == "function"
    if role == "tool" and is_result:
        name = value.get("name") if isinstance(value.get("name"), str) else ""
        return [blocks.result(str(value.get("tool_call_id") or name), content, name=str(name))]
    return blocks.parts(content)


def _openai_calls(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    calls = value.get("tool_calls") or [call for call in [value.get("function_call")] if call]
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise InvalidContent("tool_calls is a list of objects")
    return calls


def _read_claude_code(reading: Reading, objects: Iterable[Place]) -> None:
    # Each line is a message of its own, also where one turn spans several: the next line may not be written yet.
    blocks = BlockReader(wrapped=True)
    tree = ReplyTree()
    for where, value in objects:
        with reading.at(where):
            reason = _claude_skips(value)
            tree.take(value, is_turn=reason is None)
            reading.name(value.get("sessionId"))
            if reason:
                reading.skipped[reason] += 1
                continue
            message, uuid = _claude_turn(value)
            created, left_out, counted = reading.time(value), blocks.left_out, blocks.skipped.copy()
            parts = blocks.parts(message.get("content"))
            if parts:
                role = "tool" if all(part["type"] == "tool" for part in parts) else value["type"]
                if not reading.add(Message(f"msg_{uuid}", role, tuple(parts), created)):
                    # A resumed session's file begins with a copy of the lines of the one before.
                    blocks.skipped = counted
            elif blocks.left_out == left_out:
                reading.skipped["empty"] += 1
    left = tree.left(reading.messages)
    marked = (replace(m, extra={**m.extra, REWOUND: True}) if m.id in left else m for m in reading.messages)
    reading.messages = list(marked)
    reading.skipped += blocks.finish()


def _claude_turn(value: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    message, uuid = value.get("message"), value.get("uuid")
    if not isinstance(message, dict) or not isinstance(uuid, str):
        raise InvalidContent(f"an entry of type {value['type']!r} has a message and a uuid")
    return message, uuid


def _claude_skips(value: Mapping[str, Any]) -> str | None:
    kind = value.get("type")
    if not isinstance(kind, str):
        raise InvalidContent("not a Claude Code entry: it has no type")
    if kind not in {"user", "assistant"}:
        return kind
    for key, reason in (("isSidechain", "sidechain"), ("isMeta", "meta"), ("isCompactSummary", "summary"),
                        ("isApiErrorMessage", "API error")):  # fmt: skip
        if value.get(key) is True:
            return reason
    return None


READERS: dict[Format, Callable[[Reading, Iterable[Place]], None]] = {
    "messages": _read_messages,
    "openai": _read_openai,
    "claude-code": _read_claude_code,
}
"""A reader for each format, by the name that ``--format`` takes."""
