"""What git's merge driver is given, merged by what it is."""

import pytest

from viking_git.model.filemerge import drive
from viking_git.model.memory import Memory

MEMORY = "user/ada/memories/entities/anna/content.md"


def content(*facts: str) -> bytes:
    memory = Memory(
        "entities", "anna", "Anna", "Anna is a designer.", detail="\n\n".join(facts), fields={"kind": "person"}
    )
    return memory.render().encode()


class TestDriver:
    def test_a_memory(self) -> None:
        base = content("Anna likes tea.")
        merged = drive(
            MEMORY, base, content("Anna likes tea.", "Anna has a dog."), content("Anna likes tea.", "Anna sings.")
        )
        assert merged is not None
        assert {b"Anna has a dog.", b"Anna sings."} <= set(merged.split(b"\n"))

    def test_without_a_common_file(self) -> None:
        merged = drive(MEMORY, b"", content("Anna has a dog."), content("Anna sings."))
        assert merged is not None
        assert {b"Anna has a dog.", b"Anna sings."} <= set(merged.split(b"\n"))

    @pytest.mark.parametrize("name", [".abstract.md", ".overview.md"])
    def test_layers_stand_until_they_are_made_again(self, name: str) -> None:
        assert drive(f"user/{name}", b"0\n", b"1\n", b"2\n") == b"1\n"
        lines = b"a\n", b"b\n", b"c\n", b"d\n", b"e\n"
        one, other = b"".join((b"1\n", *lines[1:])), b"".join((*lines[:4], b"2\n"))
        assert drive(f"user/{name}", b"".join(lines), one, other) == b"1\nb\nc\nd\n2\n"

    def test_two_archives_of_one_number_are_not_made_one(self) -> None:
        place = "session/ada/plan/history/archive_002"
        one, other = b'{"messages": [{"id": "a"}], "summarizes": "1"}\n', b'{"messages": [], "summarizes": "2"}\n'
        assert drive(f"{place}/.meta.json", b"", one, other) is None
        assert drive(f"{place}/messages.jsonl", b"", b'{"id": "a"}\n', b'{"id": "b"}\n') is None
        same = drive(f"{place}/.meta.json", b"", one, one.replace(b"summ", b'k": 1, "summ', 1))
        assert same is not None
        assert b'"k"' in same

    def test_what_cannot_be_merged(self) -> None:
        assert drive("resources/logo.png", b"\0", b"\0a", b"\0b") is None
