"""Merging fields, JSON and JSONL: by field, by item, by id."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from viking_git.model.jsonmerge import merge_fields, merge_json, merge_lines


class TestFields:
    def test_by_field(self) -> None:
        base = {"topic": "x", "kind": "person", "gone": 1}
        assert merge_fields(base, {**base, "topic": "y"}, {"topic": "x", "kind": "place"}) == (
            {"topic": "y", "kind": "place"},
            {},
        )

    def test_what_is_lost_is_returned(self) -> None:
        assert merge_fields({"a": 1}, {"a": 2}, {"a": 3}) == ({"a": 2}, {"a": 3})

    def test_an_edit_survives_a_delete(self) -> None:
        assert merge_fields({"a": 1}, {"a": 2}, {}) == ({"a": 2}, {})
        assert merge_fields({"a": {"b": 1}}, {}, {"a": {"b": 2}}) == ({"a": {"b": 2}}, {})

    def test_lists_merge_by_item_and_objects_by_field(self) -> None:
        base: Mapping[str, Any] = {"tags": ["a", "b"], "by": {"x": 1, "y": 1}}
        ours = {"tags": ["a", "b", "c"], "by": {"x": 2, "y": 1}}
        theirs = {"tags": ["b", "d"], "by": {"x": 1, "y": 3}}
        assert merge_fields(base, ours, theirs) == ({"tags": ["b", "c", "d"], "by": {"x": 2, "y": 3}}, {})


class TestJSON:
    def test_sources_are_a_union_and_times_the_widest(self) -> None:
        def source(n: int) -> dict[str, Any]:
            return {"session": f"s{n}", "archive": "archive_001", "decision": "01", "messages": [f"msg_{n}"]}

        base = {
            "created_at": "2024-03-01",
            "updated_at": "2024-03-01",
            "sources": [source(3)],
            "stats": {"active_count": 1},
        }
        ours = {
            **base,
            "updated_at": "2024-03-05",
            "sources": [source(1), source(3)],
            "stats": {"active_count": 2},
            "k": 1,
        }
        theirs = {**base, "created_at": "2024-02-01", "updated_at": "2024-03-04", "sources": [source(2), source(3)],
                  "stats": {"active_count": 4}}  # fmt: skip
        merged = merge_json(base, ours, theirs)
        assert merged == merge_json(base, theirs, ours)
        assert merged == {
            "created_at": "2024-02-01", "updated_at": "2024-03-05", "sources": [source(1), source(2), source(3)],
            "stats": {"active_count": 4}, "k": 1,
        }  # fmt: skip

    def test_relations_by_uri(self) -> None:
        def table(**reasons: str) -> dict[str, Any]:
            return {"relations": [{"uri": f"viking://resources/{u}", "reason": r} for u, r in sorted(reasons.items())]}

        merged = merge_json(table(a="1", b="1", c="1"), table(a="2", b="1", d="1"), table(a="1", c="3", e="1"))
        assert merged == table(a="2", c="3", d="1", e="1")
        for one, other in (("1", "2"), ("2", "1")):
            assert merge_json(None, table(a=one), table(a=other)) == table(a="1"), "neither side is preferred"

    def test_the_stamp_of_a_summary_is_taken_whole(self) -> None:
        ours = {"generated_by": "extractive", "summarizes": {"hash": "1", "abstract": "1"}}
        theirs = {"generated_by": "human", "summarizes": {"hash": "2"}}
        assert merge_json({}, ours, theirs, prefer_theirs=False) == ours
        assert merge_json({}, ours, theirs, prefer_theirs=True) == theirs

    def test_no_merge_publishes_what_one_side_keeps_to_itself(self) -> None:
        private, tracked = {"transcripts": "private"}, {"transcripts": "tracked"}
        for ours, theirs in ((private, tracked), (tracked, private)):
            for prefer_theirs in (False, True):
                assert merge_json({}, ours, theirs, prefer_theirs=prefer_theirs) == private
        assert merge_json(private, tracked, private) == tracked

    def test_equal_items_in_one_list_stay_two(self) -> None:
        assert merge_json({"x": [1]}, {"x": [1, 1]}, {"x": [1, 2]}) == {"x": [1, 1, 2]}

    @given(
        *[st.dictionaries(st.sampled_from("abc"), st.integers() | st.lists(st.integers(0, 3)) | st.text(max_size=2))]
        * 2
    )
    def test_one_side_unchanged_gives_the_other(self, base: dict[str, Any], side: dict[str, Any]) -> None:
        assert merge_json(base, side, base) == merge_json(base, base, side) == side
        assert merge_json(base, side, side) == merge_json(None, side, side) == side


class TestLines:
    @staticmethod
    def line(n: int, text: str = "hi") -> bytes:
        return json.dumps({"created_at": f"2024-01-{n:02}", "id": f"msg_{n}", "text": text}).encode() + b"\n"

    def test_what_both_appended_stands_by_time(self) -> None:
        base = self.line(1)
        ours, theirs = base + self.line(4) + self.line(2), base + self.line(3) + self.line(2)
        expected = base + self.line(3) + self.line(2) + self.line(4)
        assert merge_lines(base, ours, theirs) == merge_lines(base, theirs, ours) == expected

    def test_deleted_lines_stay_deleted(self) -> None:
        base = self.line(1) + self.line(2)
        assert merge_lines(base, self.line(2), base + self.line(3)) == self.line(2) + self.line(3)

    def test_two_versions_of_a_line_both_stay(self) -> None:
        merged = merge_lines(self.line(1), self.line(1, "a"), self.line(1, "b"))
        assert merged == self.line(1, "a") + self.line(1, "b")

    def test_lines_are_told_apart_by_id(self) -> None:
        base = self.line(1) + self.line(2)
        assert merge_lines(base, self.line(1, "redacted") + self.line(2), base + self.line(3)) == (
            self.line(1, "redacted") + self.line(2) + self.line(3)
        )
        edited = self.line(1, "redacted") + self.line(2)
        assert merge_lines(base, self.line(2), edited) == merge_lines(base, edited, self.line(2)) == edited
        assert merge_lines(b"", b'{"id": "b"}\n', b'{"id": "b"}\n{"id": "a"}\n') == b'{"id": "b"}\n{"id": "a"}\n'

    def test_equal_lines_of_one_side_stay_two(self) -> None:
        assert merge_lines(b"", b"x\nx\n", b"x\n") == b"x\nx\n"

    def test_bytes_that_are_no_text_and_a_torn_end_are_kept(self) -> None:
        assert merge_lines(None, b"\xff\n\n{half", b"x") == b"x\n\xff\n{half\n"
