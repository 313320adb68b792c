"""Foreign transcripts: what is read, what is counted as left out, and that growing changes nothing read before."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.errors import InvalidContent
from viking_git.model.identity import content
from viking_git.model.jsonlines import LINE_LIMIT
from viking_git.model.messages import message_from_json
from viking_git.model.transcripts import Parsed, parse_transcript

NOW = "2026-11-20T09:30:00Z"


def parse(data: bytes | str | list[Any] | dict[str, Any], **options: Any) -> Parsed:
    if isinstance(data, list | dict):
        data = json.dumps(data)
    raw = data.encode() if isinstance(data, str) else data
    return parse_transcript(raw, **{"name": "chat.jsonl", "now": NOW, **options})


def jsonl(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


OURS = {
    "id": "msg_1", "role": "user", "parts": [{"type": "text", "text": "hi"}], "created_at": "2024-01-15T10:00:00Z",
    "speaker": "Ann", "mood": {"glad": True},
}  # fmt: skip


def claude(uuid: str, role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {
        "parentUuid": None, "isSidechain": False, "userType": "external", "cwd": "/home/ann/app", "version": "2.0.1",
        "sessionId": "5f0c7f3e", "gitBranch": "main", "type": role, "message": {"role": role, "content": content},
        "uuid": uuid, "timestamp": f"2025-06-01T10:00:{len(uuid):02}.250Z", **more,
    }  # fmt: skip


TURN = [
    {"type": "summary", "summary": "Fixing the build", "leafUuid": "x"},
    {"type": "file-history-snapshot", "messageId": "m", "snapshot": {}},
    claude("u1", "user", "Please use pnpm, not npm.<system-reminder>Be careful.</system-reminder>"),
    claude("a1", "assistant", [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}]),
    claude("a2", "assistant", [{"type": "text", "text": "I will look."}]),
    claude("a3", "assistant", [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}]),
    claude("u2", "user", [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "package.json"}],
           toolUseResult={"stdout": "package.json"}),
    claude("a4", "assistant", [{"type": "text", "text": "Done."}]),
]  # fmt: skip


class TestMessages:
    def test_our_own_lines_come_back_as_they_are(self) -> None:
        parsed = parse(jsonl(OURS, {**OURS, "id": "msg_2"}))
        assert parsed.format == "messages"
        assert [m.id for m in parsed.messages] == ["msg_1", "msg_2"]
        assert parsed.messages[0] == message_from_json(OURS)
        assert parsed.messages[0].extra == {"speaker": "Ann", "mood": {"glad": True}}
        assert json.loads(parsed.messages[0].to_line()) == OURS

    def test_the_same_line_twice_is_one_message(self) -> None:
        parsed = parse(jsonl(OURS, OURS))
        assert len(parsed.messages) == 1
        assert parsed.skipped == {"duplicate": 1}

    def test_two_messages_of_one_id_are_two(self) -> None:
        parsed = parse(jsonl(OURS, {**OURS, "role": "assistant"}, OURS))
        assert [(m.id, m.role) for m in parsed.messages] == [("msg_1", "user"), ("msg_1", "assistant")]
        assert parsed.skipped == {"duplicate": 1}

    def test_an_id_that_every_message_has_is_refused(self) -> None:
        rows = [{**OURS, "parts": [{"type": "text", "text": str(n)}]} for n in range(101)]
        with pytest.raises(InvalidContent, match="line 101: more than 100 messages have the id 'msg_1'"):
            parse(jsonl(*rows))
        assert len(parse(jsonl(*rows[:100])).messages) == 100

    def test_a_field_that_is_missing_names_the_line(self) -> None:
        parsed = parse(jsonl(OURS, {"id": "b", "role": "user", "parts": []}))
        assert [m.id for m in parsed.messages] == ["msg_1"]
        assert parsed.damaged == {"chat.jsonl, line 2": "no field 'created_at'"}


class TestOpenAI:
    CHAT = (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is in the folder?", "created_at": 1717236000},
        {"role": "assistant", "content": None,
         "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": '{"dir": "."}'}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a.py"},
        {"role": "assistant", "content": [{"type": "text", "text": "One file: a.py"}], "timestamp": 1717236060500},
    )  # fmt: skip

    @pytest.mark.parametrize(
        "wrap", [list, lambda chat: {"messages": list(chat), "session_id": "s7"}, lambda c: jsonl(*c)]
    )
    def test_a_list_an_object_and_lines_read_the_same(self, wrap: Any) -> None:
        parsed = parse(wrap(self.CHAT))
        assert parsed.format == "openai"
        assert [(m.role, m.text, m.created_at) for m in parsed.messages] == [
            ("system", "Be brief.", NOW),
            ("user", "What is in the folder?", "2024-06-01T10:00:00Z"),
            ("tool", "", "2024-06-01T10:00:00Z"),
            ("assistant", "One file: a.py", "2024-06-01T10:01:00.500Z"),
        ]
        assert parsed.messages[2].parts == (
            {"type": "tool", "tool_id": "call_1", "tool_name": "ls", "tool_input": {"dir": "."}, "tool_output": "a.py",
             "tool_status": "completed"},
        )  # fmt: skip
        assert [m.id for m in parsed.messages] == [m.id for m in parse(list(self.CHAT)).messages]
        assert parsed.session_id == (None if not isinstance(wrap(self.CHAT), dict) else "s7")

    def test_a_pretty_printed_document_is_read(self) -> None:
        assert parse(json.dumps({"messages": self.CHAT}, indent=2)).messages == parse(list(self.CHAT)).messages
        assert parse("\ufeff\n" + json.dumps(self.CHAT, indent=1)).messages == parse(list(self.CHAT)).messages

    def test_ids_hold_while_the_file_grows(self) -> None:
        full = parse(list(self.CHAT)).messages
        for count in range(1, len(self.CHAT) + 1):
            earlier = parse(list(self.CHAT[:count])).messages
            assert earlier == full[: len(earlier)]

    def test_words_said_twice_are_two_messages(self) -> None:
        parsed = parse([{"role": "user", "content": "yes"}, {"role": "user", "content": "yes"}])
        assert len({m.id for m in parsed.messages}) == 2

    def test_the_time_of_reading_is_not_in_the_id(self) -> None:
        chat = [{"role": "user", "content": "yes"}]
        assert parse(chat).messages[0].id == parse(chat, now="2027-01-01T00:00:00Z").messages[0].id

    def test_chats_between_people_keep_their_names_and_unknown_fields(self) -> None:
        parsed = parse(
            [{"speaker": "Ann", "text": "Hello Bob", "place": "phone"}, {"name": "Bob", "content": "Hi", "id": 7}]
        )
        assert [(m.role, m.speaker, m.text) for m in parsed.messages] == [
            ("user", "Ann", "Hello Bob"),
            ("user", "Bob", "Hi"),
        ]
        assert parsed.messages[0].extra == {"speaker": "Ann", "place": "phone"}
        assert parsed.messages[1].extra == {"name": "Bob", "source_id": 7}

    def test_images_by_address_stay_and_their_bytes_go(self) -> None:
        content = [
            {"type": "input_text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
            {"type": "input_audio", "input_audio": {"data": "AAAA"}},
        ]
        parsed = parse([{"role": "user", "content": content}])
        assert [p.get("url") for p in parsed.messages[0].parts] == [None, "https://example.com/a.png", ""]
        assert parsed.skipped == {"image data": 1, "input_audio": 1}
        assert b"AAAA" not in parsed.messages[0].to_line()

    def test_the_older_function_call_is_a_tool_call(self) -> None:
        chat = [
            {"role": "assistant", "content": "Looking", "function_call": {"name": "ls", "arguments": "not json"}},
            {"role": "function", "name": "ls", "content": "a.py"},
        ]
        (part,) = parse(chat).messages[1].tool_parts
        assert (part["tool_name"], part["tool_input"], part["tool_output"]) == ("ls", "not json", "a.py")

    def test_anthropic_blocks_are_understood(self) -> None:
        chat = [
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "x"}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True}],
            },
        ]
        (message,) = parse(chat).messages
        assert (message.role, message.parts[0]["tool_status"]) == ("user", "error")

    @pytest.mark.parametrize(
        ("bad", "says"),
        [
            ({"role": "user", "content": 5}, "message 2: content is text or a list"),
            ({"role": "user", "content": [5]}, "message 2: a content block"),
            ({"role": "user", "content": [{"type": "text"}]}, "message 2: a text block has a text"),
            ({"role": "wizard", "content": "x"}, "message 2: unknown role 'wizard'"),
            ({"role": "assistant", "tool_calls": "x"}, "message 2: tool_calls"),
            ({"role": "assistant", "tool_calls": [{"function": 3}]}, "message 2: a tool call"),
            ("text", "message 2: not a JSON object"),
        ],
    )
    def test_what_does_not_fit_names_the_message(self, bad: Any, says: str) -> None:
        parsed = parse([{"role": "user", "content": "hi"}, bad, {"role": "user", "content": "on"}])
        assert [m.text for m in parsed.messages] == ["hi", "on"]
        (found,) = (f"{place}: {reason}" for place, reason in parsed.damaged.items())
        assert says in found

    @pytest.mark.parametrize("time", ["yesterday", int("9" * 400), float("1e300"), True])
    def test_a_time_that_is_none_is_that_of_the_message_before(self, time: object) -> None:
        first = {"role": "user", "content": "hi", "created_at": "2024-01-15T10:00:00Z"}
        parsed = parse([first, {"role": "user", "content": "x", "created_at": time}])
        assert [m.created_at for m in parsed.messages] == ["2024-01-15T10:00:00Z"] * 2
        assert parsed.skipped == {"unreadable time": 1}


class TestClaudeCode:
    def test_a_turn_is_read_and_the_rest_counted(self) -> None:
        parsed = parse(jsonl(*TURN))
        assert (parsed.format, parsed.session_id) == ("claude-code", "5f0c7f3e")
        assert [(m.id, m.role, m.text) for m in parsed.messages] == [
            ("msg_u1", "user", "Please use pnpm, not npm."),
            ("msg_a2", "assistant", "I will look."),
            ("msg_u2", "tool", ""),
            ("msg_a4", "assistant", "Done."),
        ]
        assert parsed.messages[0].created_at == "2025-06-01T10:00:02.250Z"
        assert parsed.messages[2].parts == (
            {"type": "tool", "tool_id": "toolu_1", "tool_name": "Bash", "tool_input": {"command": "ls"},
             "tool_output": "package.json", "tool_status": "completed"},
        )  # fmt: skip
        assert parsed.skipped == {"summary": 1, "file-history-snapshot": 1, "system reminder": 1, "thinking": 1}

    def test_messages_hold_while_the_file_grows(self) -> None:
        full = parse(jsonl(*TURN)).messages
        for count in range(3, len(TURN) + 1):
            earlier = parse(jsonl(*TURN[:count])).messages
            assert earlier == full[: len(earlier)]

    def test_a_call_without_its_result_is_counted(self) -> None:
        assert parse(jsonl(*TURN[:6])).skipped["tool call without a result"] == 1

    def test_a_result_without_its_call_is_kept(self) -> None:
        (message,) = parse(jsonl(TURN[6])).messages
        assert (message.parts[0]["tool_name"], message.parts[0]["tool_output"]) == ("unknown", "package.json")

    def test_failed_tools_and_outputs_in_blocks(self) -> None:
        output = [
            {"type": "text", "text": "boom<system-reminder>x</system-reminder>"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        ]
        content = [
            {"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": output},
            {"type": "text", "text": "Stop, use yarn."},
        ]
        (message,) = parse(jsonl(claude("u", "user", content))).messages
        assert (message.role, message.text) == ("user", "Stop, use yarn.")
        assert (message.parts[0]["tool_output"], message.parts[0]["tool_status"]) == ("boom\n[image]", "error")

    def test_a_resumed_session_repeats_lines(self) -> None:
        parsed = parse(jsonl(*TURN, *TURN))
        assert parsed.messages == parse(jsonl(*TURN)).messages
        assert parsed.skipped["duplicate"] == 4
        assert "tool call without a result" not in parsed.skipped

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (claude("u", "user", "hi", isSidechain=True), "sidechain"),
            (claude("u", "user", "Caveat: …", isMeta=True), "meta"),
            (claude("u", "user", "This session is being continued…", isCompactSummary=True), "summary"),
            (claude("u", "assistant", "Prompt is too long", isApiErrorMessage=True), "API error"),
            (claude("u", "user", "<command-name>/clear</command-name>\n<command-args></command-args>"), "command"),
            (claude("u", "user", "<local-command-stdout>ok</local-command-stdout>"), "command"),
            (
                claude("u", "user", [{"type": "text", "text": "[Request interrupted by user for tool use]"}]),
                "interruption",
            ),
            (claude("u", "user", ""), "empty"),
            (claude("u", "assistant", [{"type": "server_tool_use", "id": "x"}]), "server_tool_use"),
            ({"type": "system", "content": "Conversation compacted", "uuid": "s"}, "system"),
            ({"type": "something-new"}, "something-new"),
        ],
    )
    def test_what_nobody_said_is_counted(self, row: dict[str, Any], reason: str) -> None:
        parsed = parse(jsonl(TURN[2], row))
        assert [m.id for m in parsed.messages] == ["msg_u1"]
        assert reason in parsed.skipped

    def test_a_tag_that_is_only_mentioned_stays(self) -> None:
        text = "What does <system-reminder> mean, and <b>this</b>? " * 3
        assert parse(jsonl(claude("u", "user", text))).messages[0].text == text

    @pytest.mark.parametrize("missing", ["message", "uuid"])
    def test_an_entry_without_its_fields_names_the_line(self, missing: str) -> None:
        row = claude("u", "user", "hi")
        del row[missing]
        (found,) = parse(jsonl(TURN[2], row)).damaged.items()
        assert found == ("chat.jsonl, line 2", "an entry of type 'user' has a message and a uuid")


class TestRewound:
    """Claude Code's tree of replies: what was left when the person went back to an earlier prompt."""

    @staticmethod
    def rows(*edges: tuple[str, str | None, str, Any]) -> list[dict[str, Any]]:
        return [claude(uuid, role, said, parentUuid=parent) for uuid, parent, role, said in edges]

    def marked(self, *edges: tuple[str, str | None, str, Any]) -> list[str]:
        return [m.id for m in parse(jsonl(*self.rows(*edges))).messages if m.extra.get("rewound")]

    FORK = (
        ("u1", None, "user", "Hello."), ("a1", "u1", "assistant", "Yes?"),
        ("u2", "a1", "user", "I prefer tabs."), ("a2", "u2", "assistant", "Noted: tabs."),
        ("u3", "a1", "user", "I prefer spaces."), ("a3", "u3", "assistant", "Noted: spaces."),
    )  # fmt: skip

    def test_only_the_path_to_the_last_leaf_counts(self) -> None:
        assert self.marked(*self.FORK) == ["msg_u2", "msg_a2"]

    def test_the_last_leaf_may_be_on_the_older_branch(self) -> None:
        assert self.marked(*self.FORK, ("u4", "a2", "user", "Tabs after all.")) == ["msg_u3", "msg_a3"]

    def test_a_line_of_another_type_is_a_link_of_the_chain(self) -> None:
        rows = self.rows(("u1", None, "user", "Hello."), ("a1", "s1", "assistant", "Yes?"))
        link = {"type": "system", "uuid": "s1", "parentUuid": "u1", "isSidechain": False}
        assert not any(m.extra for m in parse(jsonl(rows[0], link, rows[1])).messages)

    def test_results_of_tools_that_ran_at_once_are_no_branch(self) -> None:
        def call(name: str) -> list[dict[str, Any]]:
            return [{"type": "tool_use", "id": name, "name": "Bash", "input": {}}]

        def result(name: str) -> list[dict[str, Any]]:
            return [{"type": "tool_result", "tool_use_id": name, "content": "x"}]

        assert not self.marked(
            ("u1", None, "user", "Look."), ("a1", "u1", "assistant", call("t1")), ("a2", "a1", "assistant", call("t2")),
            ("r1", "a1", "user", result("t1")), ("r2", "a2", "user", result("t2")), ("a3", "r1", "assistant", "Done."),
        )  # fmt: skip

    def test_what_was_said_before_a_compaction_was_not_left(self) -> None:
        assert not self.marked(("u1", None, "user", "Hello."), ("a1", "u1", "assistant", "Yes?"),
                               ("u2", None, "user", "Go on."))  # fmt: skip

    def test_the_mark_is_no_part_of_identity(self) -> None:
        before, after = (parse(jsonl(*self.rows(*self.FORK[:n]))).messages for n in (4, 6))
        assert [content(m) for m in before] == [content(m) for m in after[:4]]


class TestBadInput:
    @pytest.mark.parametrize("data", [b"", b"  \n\n", b"\xef\xbb\xbf", b"[]", b'{"messages": []}'])
    def test_an_empty_transcript(self, data: bytes) -> None:
        with pytest.raises(InvalidContent, match="empty transcript"):
            parse(data)

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (json.dumps(OURS)[:-9], "not JSON"),
            ('{\n "messages": [\n  {"role": "user",\n', "not JSON: .*line 4"),
            (jsonl(OURS).encode("utf-16"), "not UTF-8"),
            ('{"role": "user", "content": NaN}\n', "not JSON: NaN"),
            ('{"role": "user", "content": 1e999}\n', "not JSON: a number"),
            ('{"role": "user", "content": ' + "9" * 5000 + "}\n", "not JSON"),
            ("[" * 100_000, "nested too deeply"),
            ("hello there\nwhat a day\n", "not JSON"),
            ('{"timestamp": "2026-01-01", "type": "response_item", "payload": {"role": "user"}}\n' * 60, ""),
            ('{"name": "server", "text": null, "type": "log"}\n', ""),
            ('{"role": "critic", "content": "x"}\n', ""),
        ],
    )  # fmt: skip
    def test_a_file_without_a_message_is_an_error_that_names_the_formats(self, data: str | bytes, says: str) -> None:
        with pytest.raises(InvalidContent, match=f"^chat.jsonl: a transcript of no known format.*{says}") as error:
            parse(data)
        assert "messages, openai, claude-code" in str(error.value.hint)

    @pytest.mark.parametrize(
        ("damage", "says"),
        [
            (json.dumps(OURS)[:-9], "not JSON"),
            ("{half", "not JSON"),
            (b'{"id": "caf\xe9"}', "no field"),
            (b"\0\0\0\0", "not JSON"),
            (b'{"id": "a\0b"}', "not JSON"),
            ("[" * 100_000, "nested too deeply"),
            ('{"a": ' + "[" * 150 + "]" * 150 + "}", "nested too deeply"),
            ("5", "not a JSON object"),
            ("null", "not a JSON object"),
            (json.dumps({**OURS, "id": "msg_7", "created_at": "2026-99-01"}), "not a time: '2026-99-01'"),
            (b"x" * (LINE_LIMIT + 1), "longer than 64 MiB"),
        ],
        ids=map(str, range(11)),
    )
    def test_a_damaged_line_costs_itself_alone(self, damage: str | bytes, says: str) -> None:
        raw = damage.encode() if isinstance(damage, str) else damage
        parsed = parse(jsonl(OURS).encode() + b"\n" + raw + b"\n" + jsonl({**OURS, "id": "msg_2"}).encode())
        assert [m.id for m in parsed.messages] == ["msg_1", "msg_2"]
        ((place, reason),) = parsed.damaged.items()
        assert place == "chat.jsonl, line 3"
        assert reason.startswith(says)

    @pytest.mark.parametrize(
        "line",
        [
            lambda one, two: one[:20] + one + two[:5],
            lambda one, two: one[: one.index(b"hi") + 1] + one + b"\0" * 9,
            lambda one, two: b"\0" * 512 + one,
            lambda one, two: one.replace(b"hi", b"h\xff"),
            lambda one, two: one + two[:-1],
        ],
        ids=["spliced", "spliced in a text", "after NULs", "bad byte", "glued to a cut one"],
    )
    def test_the_whole_message_in_a_damaged_line_is_read(self, line: Any) -> None:
        one, two = (json.dumps({**OURS, "id": id}).encode() for id in ("msg_2", "msg_3"))
        parsed = parse(jsonl(OURS).encode() + line(one, two) + b"\n")
        assert [m.id for m in parsed.messages] == ["msg_1", "msg_2"]
        assert list(parsed.damaged) == ["chat.jsonl, line 2"]

    def test_two_messages_glued_together_are_two(self) -> None:
        parsed = parse(json.dumps(OURS) + jsonl({**OURS, "id": "msg_2"}))
        assert [m.id for m in parsed.messages] == ["msg_1", "msg_2"]

    def test_what_stands_in_a_damaged_message_is_none(self) -> None:
        inner = {"role": "user", "content": "not said here"}
        row = json.dumps({"role": "assistant", "content": "x", "request": {"messages": [inner], "last": inner}})
        parsed = parse(jsonl({"role": "user", "content": "hi"}) + row[:-1] + "\n" + row[5:] + "\n")
        assert [m.text for m in parsed.messages] == ["hi"]
        assert len(parsed.damaged) == 2

    @pytest.mark.parametrize("indent", [None, 1])
    def test_a_damaged_document_gives_its_whole_messages(self, indent: int | None) -> None:
        chat = [{"role": "user", "content": f"word {n}", "meta": {"tags": [n]}} for n in range(5)]
        text = json.dumps({"messages": chat}, indent=indent).replace('"word 2"', '"wor', 1)
        parsed = parse("\n" + text if indent else text)
        assert [m.text for m in parsed.messages] == [f"word {n}" for n in (0, 1, 3, 4)]

    def test_a_last_line_that_is_being_written_is_left_for_the_next_time(self) -> None:
        half = jsonl(OURS) + json.dumps({**OURS, "id": "msg_2"})[:-9]
        parsed = parse(half, growing=True)
        assert (len(parsed.messages), parsed.torn_tail, parsed.damaged) == (1, True, {})
        assert list(parse(half).damaged) == ["chat.jsonl, line 2"]

    def test_nested_garbage_is_given_up_in_time(self) -> None:
        # Read from each of its braces on, it would take minutes.
        for garbage in ('{"k":{' * 400_000, '{"k":[' * 400_000, '{"' * 1_000_000, '{"a": "' + '{"x":1}' * 300_000):
            parsed = parse(jsonl(OURS) + garbage + "\n")
            assert [m.id for m in parsed.messages] == ["msg_1"]

    def test_no_format_or_two_formats_list_them(self) -> None:
        with pytest.raises(InvalidContent, match="no known format") as none:
            parse('{"foo": 1}\n')
        assert none.value.hint is not None
        assert "messages, openai, claude-code" in none.value.hint
        with pytest.raises(InvalidContent, match="could be claude-code or openai"):
            parse(jsonl(TURN[2], {"role": "user", "content": "x"}))
        with pytest.raises(InvalidContent, match="could be messages or openai"):
            parse([{**OURS, "content": "hi"}])

    def test_a_named_format_is_held_to(self) -> None:
        assert parse([{**OURS, "content": "hi"}], format="messages").format == "messages"
        assert parse([{**OURS, "content": "hi"}], format="openai").messages[0].text == "hi"
        for wrong, says in (("openai", "unknown role"), ("messages", "no field 'id'")):
            with pytest.raises(InvalidContent, match=says):
                parse(jsonl(TURN[2]), format=wrong)
        with pytest.raises(InvalidContent, match=r"claude-code.*not a Claude Code entry"):
            parse(jsonl(OURS), format="claude-code")

    def test_half_characters_become_writable(self) -> None:
        (message,) = parse('[{"role": "user", "content": "cut \\ud83d here\\u0000", "\\udc00": 1}]').messages
        assert message.text == "cut \ufffd here\ufffd"
        message.to_line()


def test_of_a_growing_file_half_a_line_waits() -> None:
    whole = jsonl(*TURN)
    cut = len(whole) - 20
    parsed = parse(whole[:cut], growing=True)
    assert parsed.torn_tail
    assert parsed.messages == parse(whole).messages[:-1]
    assert not parse(whole, growing=True).torn_tail
    assert list(parse("{half\n" + whole[:cut], growing=True).damaged) == ["chat.jsonl, line 1"]
    with pytest.raises(InvalidContent, match="not JSON"):
        parse("{half\n" * 3, growing=True)


@pytest.mark.parametrize("form", ["openai", "claude-code"])
@pytest.mark.parametrize("time", ["9" * 400, f'"{"9" * 400}"', f'"{"9" * 5_000}"', "1e300", "-" + "9" * 400])
def test_time_of_hundreds_of_digits_is_none(form: str, time: str) -> None:
    line = {
        "openai": '{"role": "user", "content": "Hello", "timestamp": %s}',
        "claude-code": '{"type": "user", "uuid": "u", "timestamp": %s, "message": {"role": "user", "content": "x"}}',
    }[form]
    parsed = parse_transcript((line % time).encode(), name="x", now="2026-11-02T09:00:00Z")
    assert parsed.skipped == {"unreadable time": 1}
    assert [message.created_at for message in parsed.messages] == ["2026-11-02T09:00:00Z"]


def test_one_bad_byte_costs_a_document_one_sign() -> None:
    data = json.dumps({"session_id": "s7", "messages": [{"role": "user", "content": "caf#"}]}).encode()
    parsed = parse(data.replace(b"#", b"\xe9"))
    assert [m.text for m in parsed.messages] == ["caf\ufffd"]
    assert (parsed.session_id, parsed.damaged) == ("s7", {"chat.jsonl": "not UTF-8"})


ROWS = [
    {**OURS, "id": f"msg_{n}", "parts": [{"type": "text", "text": f'word{n} {{"role": "user"}}'}]} for n in range(8)
]
CHAT = [{"role": "user", "content": f"word{n}", "meta": {"role": "user", "n": {}}} for n in range(8)]
CLAUDE = [claude(f"u{n}", "user", [{"type": "text", "text": f"word{n}"}], other={"a": [1]}) for n in range(8)]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes, set[int]]:
    """A file of which some lines are damaged, and the numbers of the words in the lines that are not."""
    rows = draw(st.sampled_from([ROWS, CHAT, CLAUDE]))
    lines = [json.dumps(row).encode() for row in rows]
    hit = draw(st.sets(st.integers(0, 7), max_size=7))
    for number in hit:
        line, other = lines[number], lines[draw(st.integers(0, 7))]
        at = draw(st.integers(0, len(line) - 1))
        end = draw(st.integers(at, min(at + 40, len(line))))
        lines[number] = draw(
            st.sampled_from([
                line[:at], line[at:], line[:at] + line[end:], line[:at] + line, line[:at] + other, line + line[:at],
                b"\0" * 30, line[:at] + b"\0" * 9 + line[at:], line[:at] + b"\xff" + line[end:], b"null", b"[]", b"}{",
                line[:at] + line[at:].upper(), draw(st.binary(max_size=60)).replace(b"\n", b""),
            ])
        )  # fmt: skip
    return b"\n".join(lines) + draw(st.sampled_from([b"", b"\n", b"\n" + lines[0][:40]])), set(range(8)) - hit


@given(damaged())
@settings(max_examples=600)
def test_no_message_of_an_undamaged_line_is_lost_and_none_doubled(case: tuple[bytes, set[int]]) -> None:
    data, whole = case
    messages = parse(data).messages
    texts = [m.text for m in messages]
    for number in whole:
        assert sum(f"word{number}" in text for text in texts) >= 1
    ids = [m.id for m in messages]
    assert len(ids) == len(set(ids))
