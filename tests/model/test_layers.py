"""Layers: budgets, sentences, clipping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.errors import InvalidContent
from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT, Layers, check_abstract, clip, sentences


def test_layers_within_their_budgets() -> None:
    layers = Layers("x" * ABSTRACT_LIMIT, "y" * OVERVIEW_LIMIT)
    assert len(layers.abstract) == 256
    assert len(layers.overview) == 4000


@pytest.mark.parametrize(
    ("abstract", "overview", "says"),
    [
        ("", "y", "abstract may not be empty"),
        (" \n", "y", "abstract may not be empty"),
        ("x" * 257, "y", "257 characters, 256 at most"),
        ("x\n\ny", "y", "one paragraph"),
        ("x", "", "overview may not be empty"),
        ("x", "y" * 4001, "4001 characters, 4000 at most"),
    ],
)
def test_layers_that_cannot_be(abstract: str, overview: str, says: str) -> None:
    with pytest.raises(InvalidContent, match=says):
        Layers(abstract, overview)


def test_an_abstract_may_span_lines() -> None:
    assert check_abstract("one\ntwo") == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("One. Two!  Three?\nFour", ["One.", "Two!", "Three?", "Four"]),
        ("日本。中国。", ["日本。", "中国。"]),
        ("彼は「はい。」と言った。次", ["彼は「はい。」と言った。", "次"]),
        ('He said "yes." She left.', ['He said "yes."', "She left."]),
        ("See (this one.) Then go.", ["See (this one.)", "Then go."]),
        ("v1.2 is out. Use 3.5", ["v1.2 is out.", "Use 3.5"]),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


@given(st.text(max_size=200))
def test_sentences_lose_no_character(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_clip_keeps_whole_sentences_else_words() -> None:
    assert clip("One two. Three four.", 100) == "One two. Three four."
    assert clip("One two. Three four.", 12) == "One two."
    assert clip("One two three four", 12) == "One two…"
    assert clip("Onetwothreefour", 8) == "Onetwot…"
    assert clip("a\n b\t c", 10) == "a b c"


@given(st.text(max_size=300), st.integers(2, 100))
def test_clip_fits_on_one_line(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert len(clipped) <= limit
    assert len(clipped.splitlines()) <= 1
    assert clip(clipped, limit) == clipped
