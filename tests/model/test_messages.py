"""Messages: their JSON, what is kept, what is refused."""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from viking_git.errors import InvalidContent
from viking_git.model.messages import Message, heard, message_from_json, timestamp
from viking_git.model.meta import load_json

JSON: dict[str, Any] = {
    "id": "msg_1",
    "role": "assistant",
    "parts": [
        {"type": "text", "text": "Grüße"},
        {"type": "context", "uri": "viking://resources/x", "abstract": "X", "score": 0.5},
        {"type": "tool", "tool_name": "ls", "tool_input": {"dir": "."}, "tool_output": "a", "tool_status": "completed"},
        {"type": "image", "url": "https://example.com/a.png"},
        {"type": "hologram", "light": [1, 2]},
        {"type": "text", "text": "  "},
        {"type": "text", "text": "Bye"},
    ],
    "created_at": "2026-11-20T09:30:00Z",
    "speaker": "Ann",
    "reply_to": {"id": "msg_0"},
}


def test_json_comes_back_with_all_that_is_unknown() -> None:
    message = message_from_json(JSON)
    assert message.to_json() == JSON
    assert load_json(message.to_line(), "line") == JSON
    assert message.to_line() == message_from_json(load_json(message.to_line(), "line")).to_line()
    assert message.to_line().endswith(b"\n")
    assert message.to_line().count(b"\n") == 1
    assert "Grüße".encode() in message.to_line()


def test_text_tools_and_speaker() -> None:
    message = message_from_json(JSON)
    assert message.text == "Grüße\n\nBye"
    assert [p["tool_name"] for p in message.tool_parts] == ["ls"]
    assert message.speaker == "Ann"
    assert message_from_json({**JSON, "speaker": " ", "name": 5}).speaker == "assistant"
    assert message_from_json({**JSON, "speaker": None, "name": "Bob"}).speaker == "Bob"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": ""}, "bad message id"),
        ({"id": "a b"}, "bad message id"),
        ({"id": "../x"}, "bad message id"),
        ({"id": "x" * 129}, "bad message id"),
        ({"id": 5}, "id and role are text"),
        ({"role": None}, "id and role are text"),
        ({"role": "wizard"}, "unknown role 'wizard'"),
        ({"parts": "text"}, "parts is a list of objects"),
        ({"parts": ["text"]}, "parts is a list of objects"),
        ({"parts": [{"text": "x"}]}, "a part has a type"),
        ({"parts": [{"type": "text"}]}, "needs the text field 'text'"),
        ({"parts": [{"type": "context", "uri": 5}]}, "needs the text field 'uri'"),
        ({"parts": [{"type": "tool"}]}, "needs the text field 'tool_name'"),
        ({"parts": [{"type": "image"}]}, "needs the text field 'url'"),
        ({"created_at": "noon"}, "not a time: 'noon'"),
        ({"created_at": None}, "not a time"),
    ],
)
def test_what_does_not_fit_names_the_place(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidContent, match=says) as refused:
        message_from_json({**JSON, **change}, "chat.jsonl, line 7")
    assert refused.value.message.startswith("chat.jsonl, line 7: ")


@pytest.mark.parametrize("field", ["id", "role", "parts", "created_at"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(InvalidContent, match=f"no field '{field}'"):
        message_from_json({key: value for key, value in JSON.items() if key != field})


def test_a_time_is_told_in_one_way_however_it_was_given() -> None:
    part = ({"type": "text", "text": "Hi"},)
    assert Message("msg_1", "user", part, "2026-11-20 10:30:00+01:00").created_at == "2026-11-20T09:30:00Z"
    with pytest.raises(InvalidContent, match="not a time"):
        Message("msg_1", "user", part, "yesterday")


def test_half_a_character_is_refused_before_it_is_written() -> None:
    message = Message("msg_1", "user", ({"type": "text", "text": "\ud83d"},), "2026-11-20T09:30:00Z")
    with pytest.raises(InvalidContent, match="half a character"):
        message.to_line()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00Z"),
        ("2026-11-20T09:30:00+02:00", "2026-11-20T07:30:00Z"),
        ("2026-11-20 09:30", "2026-11-20T09:30:00Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("2026-11-20T09:30:00.250999Z", "2026-11-20T09:30:00.250Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1.5, "1970-01-01T00:00:01.500Z"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00Z"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2025-12-31T23:00:00Z"),
    ],
)
def test_timestamps(value: object, text: str) -> None:
    assert timestamp(value) == text
    assert timestamp(text) == text


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        None,
        True,
        [],
        1e20,
        float("nan"),
        "2026-13-01",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:00:00-05:00",
    ],
)
def test_what_is_no_time(value: object) -> None:
    with pytest.raises(InvalidContent, match="not a time"):
        timestamp(value)


def said(created_at: str, **extra: str) -> Message:
    return Message("msg_1", "user", ({"type": "text", "text": "Hello"},), created_at, extra)


@pytest.mark.parametrize(
    ("created_at", "utc", "day"),
    [
        ("2026-03-03T23:30:00-08:00", "2026-03-04T07:30:00Z", "2026-03-03"),
        ("2026-03-04T00:30:00+05:30", "2026-03-03T19:00:00Z", "2026-03-04"),
        ("2026-03-03T23:30:00Z", "2026-03-03T23:30:00Z", "2026-03-03"),
        ("0001-01-01T00:30:00Z", "0001-01-01T00:30:00Z", "0001-01-01"),
    ],
)
def test_a_message_keeps_the_day_of_its_speaker(created_at: str, utc: str, day: str) -> None:
    message = said(created_at)
    again = message_from_json(load_json(message.to_line(), "line"))
    assert message.created_at == again.created_at == utc
    assert str(message.day) == str(again.day) == day


@pytest.mark.parametrize("offset", ["-0800", "later", "", "+99:00", "-08:00\n"])
def test_an_offset_that_is_none_is_ignored(offset: str) -> None:
    assert str(said("2026-03-03T23:30:00Z", utc_offset=offset).day) == "2026-03-03"


def test_the_earliest_day_has_no_day_before_it() -> None:
    assert str(said("0001-01-01T00:30:00Z", utc_offset="-08:00").day) == "0001-01-01"


def test_utc_alone_is_read_by_this_machines_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 10, tzinfo=UTC)
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    assert str(heard(said("2026-03-04T07:30:00Z"), now).day) == "2026-03-03"
    assert str(heard(said("2026-03-04T07:30:00+05:30"), now).day) == "2026-03-04"
    assert heard(said("2026-03-04T07:30:00Z"), now).created_at == "2026-03-04T07:30:00Z"


def test_a_time_in_the_future_counts_as_now() -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert heard(said("2031-03-04T07:30:00Z"), now).created_at == "2026-03-10T12:00:00Z"
