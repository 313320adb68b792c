"""Where an anonymous chat goes on: a window, an edited beginning, and what merely sounds alike."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.model.overlap import overlap


@pytest.mark.parametrize(
    ("there", "said", "new"),
    [
        ("sabcd", "tabcdef", "tef"),  # another system prompt, and two messages more
        ("abcdefgh", "cdefghij", "ij"),  # a window of the last messages
        ("abcdefgh", "cdef", ""),  # an old window
        ("qyxqyzqy", "qyzqyqy", "qy"),  # the same question answered alike once more
        ("hbtw", "gatw", "gatw"),  # another conversation that parts with the same thanks
        ("abc", "y", "y"),
        ("", "abc", "abc"),
    ],
)
def test_what_is_new(there: str, said: str, new: str) -> None:
    found = overlap(there, said, {})
    assert "".join(text for at, text in enumerate(said) if at not in found) == new


def test_another_conversation_that_greets_and_parts_alike_is_new() -> None:
    assert overlap("hi12tw", "hi34tw", {0: 0, 1: 1}) == {}
    assert overlap("hi1abcd", "hi2abcd", {0: 0, 1: 1}) == {3: 3, 4: 4, 5: 5, 6: 6}


@given(st.text("abc", max_size=30), st.text("abc", max_size=30))
def test_matches_are_equal_and_in_order(there: str, said: str) -> None:
    found = overlap(there, said, {})
    assert all(said[at] == there[place] for at, place in found.items())
    assert list(found.values()) == sorted(set(found.values()))
    assert list(found) == sorted(found)


@given(st.text("abcdefgh", min_size=2, max_size=30), st.text("xyz", max_size=5))
def test_what_is_there_whole_is_never_new(said: str, more: str) -> None:
    assert set(overlap(said, said + more, {})) >= set(range(len(said)))


def test_a_text_said_ten_thousand_times_is_matched_in_time() -> None:
    def seconds(count: int) -> float:
        began = time.process_time()
        overlap("y" * count, "y" * count, {})
        return time.process_time() - began

    assert seconds(40_000) < 10 * max(seconds(10_000), 0.02)
