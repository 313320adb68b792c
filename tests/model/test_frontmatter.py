"""Front matter: nothing that a person typed changes by being read and written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.errors import InvalidContent
from viking_git.model.frontmatter import join_front_matter, split_front_matter


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1", 1), ("-20", -20), ("1.5", 1.5), ("true", True), ("false", False), ("null", None), ("", None),
        ("1.10", "1.10"), ("010", "010"), ("0x1f", "0x1f"), ("1_000", "1_000"), ("1.0e+3", "1.0e+3"), (".inf", ".inf"),
        ("yes", "yes"), ("Off", "Off"), ("12:30", "12:30"), ("2024-01-15", "2024-01-15"), ("9" * 5000, "9" * 5000),
        ("2024-01-15T10:00:00Z", "2024-01-15T10:00:00Z"), ("word", "word"), ("'1'", "1"), ("[a, 1.10]", ["a", "1.10"]),
    ],
)  # fmt: skip
def test_values_come_back_as_they_were_typed(typed: str, value: Any) -> None:
    fields, body = split_front_matter(f"---\nkey: {typed}\n---\nbody\n")
    assert fields == {"key": value}
    assert type(fields["key"]) is type(value)
    again = join_front_matter(fields, body)
    assert split_front_matter(again) == (fields, body)
    assert join_front_matter(*split_front_matter(again)) == again


SCALARS = st.text(max_size=30) | st.integers(-(10**15), 10**15) | st.booleans() | st.none()
FIELDS = st.dictionaries(st.text(min_size=1, max_size=10), SCALARS | st.lists(SCALARS, max_size=3), max_size=4)


@given(FIELDS, st.text("ab\n-#: ", max_size=40))
def test_any_fields_and_body_come_back(fields: dict[str, Any], body: str) -> None:
    assert split_front_matter(join_front_matter(fields, body) if fields else f"---\n{{}}\n---\n{body}") == (
        fields,
        body,
    )


def test_a_rule_in_the_body_is_no_front_matter() -> None:
    assert split_front_matter("---\na: b\n---\n\ntext\n\n---\n\nmore\n") == ({"a": "b"}, "\ntext\n\n---\n\nmore\n")
    assert split_front_matter("---\na: |\n  x\n  ---\n  y\n---\nbody") == ({"a": "x\n---\ny\n"}, "body")


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert split_front_matter("\ufeff---\r\na: b\r\n---\r\nbody\r\n") == ({"a": "b"}, "body\n")
    assert split_front_matter("---\na: b\n---") == ({"a": "b"}, "")


def test_a_value_in_two_places_is_written_twice() -> None:
    shared = ["x"]
    assert "&" not in join_front_matter({"a": shared, "b": shared}, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begins with YAML front matter"),
        ("# Title\n", "begins with YAML front matter"),
        ("---\na: b\n", "begins with YAML front matter"),
        ("---\na: b\n---more\n", "begins with YAML front matter"),
        ("---\n---\nbody", "mapping of field to value"),
        ("---\n- a\n---\n", "mapping of field to value"),
        ("---\n1: a\n---\n", "mapping of field to value"),
        ("---\na: [\n---\n", "bad YAML"),
        ("---\na: \0\n---\n", "bad YAML"),
        ("---\na: !!python/object/apply:os.system [x]\n---\n", "bad YAML"),
        ("---\na: 1\na: 2\n---\n", "the field 'a' stands twice"),
        ("---\nb: {a: 1, a: 2}\n---\n", "the field 'a' stands twice"),
        ("---\na: &x [1]\nb: *x\n---\n", "anchors and aliases"),
        ("---\na: " + "[" * 5000 + "\n---\n", "nested too deeply|bad YAML"),
        ("---\na: " + "[" * 400 + "]" * 400 + "\n---\n", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidContent, match=says):
        split_front_matter(text)


def test_an_ampersand_is_no_anchor() -> None:
    assert split_front_matter("---\na: salt & pepper *\n---\n")[0] == {"a": "salt & pepper *"}
