import json
import random

import pytest

from viking_git.retrieval.units import directory_units, embedded_text, file_units, is_indexed, is_transcript

from .conftest import memory_files, transcript

ARCHIVE = "session/default/s1/history/archive_001"


@pytest.mark.parametrize(
    ("path", "indexed"),
    [
        ("resources/docs/guide.md", True),
        ("resources/docs/.meta.json", False),
        ("resources/docs/.github/workflow.yml", False),
        ("resources/data/usage.jsonl", True),
        ("user/a/memories/preferences/x/content.md", True),
        (f"{ARCHIVE}/messages.jsonl", True),
        (f"{ARCHIVE}/decisions/01.json", False),
        (f"{ARCHIVE}/usage.jsonl", False),
        (f"{ARCHIVE}/memory_diff.json", False),
        (f"{ARCHIVE}/extraction.json", False),
        ("session/default/s1/tools/t1/tool.json", False),
    ],
)
def test_which_files_are_searched(path: str, indexed: bool) -> None:
    assert is_indexed(path) is indexed


def test_a_transcript_lies_in_a_session() -> None:
    assert is_transcript(f"{ARCHIVE}/messages.jsonl")
    assert not is_transcript("resources/chat/messages.jsonl")


def test_a_message_knows_speaker_day_and_neighbours() -> None:
    data = transcript(
        ("Ann", "2026-01-01T23:30:00-05:00", "Hi."), ("Ben", "2026-03-04", "Hello!"), ("Ann", "2026-03-05", "Bye.")
    )
    units, left_out = file_units(f"{ARCHIVE}/messages.jsonl", data)
    assert left_out == ""
    one = units[1]
    assert (one.fragment, one.text, one.previous, one.following) == ("msg_2", "Hello!", "Hi.", "Bye.")
    assert (one.who, one.created_at, one.names) == ("Ben (4 March 2026)", "2026-03-04T00:00:00Z", "2026-03-04")
    assert (one.level, one.kind, one.type, one.owner, one.line_start) == (2, "chat", "session", "default", 2)
    assert one.group == f"{ARCHIVE}/messages.jsonl#msg_2"
    assert units[0].who == "Ann (2 January 2026)", "days are counted in UTC"
    assert embedded_text(one.who, one.text, one.previous) == "Ben (4 March 2026): Hello!\nHi."


def test_tool_calls_captions_and_contexts_are_words_of_a_message() -> None:
    parts = [
        {
            "type": "tool",
            "tool_name": "Bash",
            "tool_input": {"command": "pytest -q"},
            "tool_output": "1 failed" + "x" * 5000,
        },
        {"type": "image", "url": "a.png", "caption": "a cat on a sofa"},
        {"type": "context", "uri": "viking://resources/x", "abstract": "How to install."},
        {"type": "unheard-of", "text": "not ours to read"},
    ]
    message = {"id": "msg_1", "role": "assistant", "parts": parts, "created_at": "2026-01-01T00:00:00Z"}
    (unit,), _ = file_units(f"{ARCHIVE}/messages.jsonl", json.dumps(message).encode())
    assert 'Bash: {"command": "pytest -q"}\n1 failed' in unit.text
    assert "a cat on a sofa" in unit.text
    assert "How to install." in unit.text
    assert "not ours" not in unit.text
    assert len(unit.text) < 1000
    assert unit.who == "assistant (1 January 2026)"


def test_lines_that_are_no_messages_are_left_out_and_counted() -> None:
    good = transcript(("Ann", "2026-01-01", "Hi."))
    units, left_out = file_units(f"{ARCHIVE}/messages.jsonl", b'{"id": 3}\n[]\nnull\n{half\n\n' + good)
    assert [unit.text for unit in units] == ["Hi."]
    assert units[0].line_start == 6
    assert left_out == "4 lines that are no messages"


def test_a_memory_is_one_group_and_its_front_matter_is_not_text() -> None:
    files = memory_files(
        "user/a/memories", "preferences", "Coding", "User prefers TypeScript.", "Not Java.", topic="coding"
    )
    path = "user/a/memories/preferences/coding"
    units = list(file_units(f"{path}/content.md", files[f"{path}/content.md"].encode())[0])
    units += directory_units(
        path, {".abstract.md": files[f"{path}/.abstract.md"].encode(), ".overview.md": b"# Coding\n"}
    )
    assert {unit.group for unit in units} == {path}
    assert [unit.level for unit in units] == [2, 0, 1]
    assert all((unit.type, unit.category, unit.owner) == ("memory", "preferences", "a") for unit in units)
    assert not any("created_at" in unit.text for unit in units)
    assert len({unit.id for unit in units}) == 3


def test_a_container_is_no_memory() -> None:
    (unit,) = directory_units(
        "user/a/memories/preferences", {".abstract.md": b"Preferences.\n", ".overview.md": b" \n"}
    )
    assert unit.group == "user/a/memories/preferences/"


def test_kinds_of_text() -> None:
    kinds = {
        name: next(iter(file_units(f"resources/{name}", b"some words")[0])).kind
        for name in ("a.md", "b.py", "LICENSE", "c.json")
    }
    assert kinds == {"a.md": "prose", "b.py": "code", "LICENSE": "prose", "c.json": "code"}


def test_a_large_file_is_read_to_its_end() -> None:
    lines = b"".join(b"line %06d of many\n" % number for number in range(150_000))
    units, problem = file_units("resources/a.txt", lines + b"the end")
    last = list(units)[-1]
    assert (problem, last.line_end, last.text.endswith("the end")) == ("", 150_001, True)


def test_a_line_of_megabytes_hides_nothing() -> None:
    data = b"first\n" + b"word " * 700_000 + b"quokka\nlast\n"
    units = list(file_units("resources/a.txt", data)[0])
    assert [unit.fragment for unit in (units[0], units[1], units[-1])] == ["L1", "L2", "L3"]
    assert sum("quokka" in unit.text for unit in units) == 1
    assert units[-1].text == "last"
    assert len({unit.id for unit in units}) == len(units)


@pytest.mark.parametrize("data", [b"a caf\xe9 by the sea\n", b"\x80\x81\x82" + b"plain words " * 40, b"cut \xe2\x82"])
def test_a_bad_byte_takes_no_other_word_out(data: bytes) -> None:
    units, problem = file_units("resources/a.md", data)
    (unit,) = units
    assert any(word in unit.text for word in ("sea", "plain", "cut"))
    assert problem.endswith("no UTF-8, read as U+FFFD")


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\0\0", bytes(range(1, 256)), "Привет, мир".encode("cp1251"), random.Random(3).randbytes(90)],
)
def test_what_is_no_text_stays_out(data: bytes) -> None:
    assert file_units("resources/a.md", data) == ([], "not text")


def test_binary_is_left_out() -> None:
    assert file_units("resources/a.bin", b"\0\1") == ([], "not text")


def test_parts_of_one_line_have_ids_of_their_own() -> None:
    units = list(file_units("resources/a.txt", b"word " * 1000)[0])
    assert {unit.fragment for unit in units} == {"L1"}
    assert len({unit.id for unit in units}) == len(units) > 1
