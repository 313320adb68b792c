import time

import pytest

from tests.memory.making import message
from viking_git.memory.rules.prose import sentences_of, split_sentences


def said(text: str) -> list[str]:
    return [sentence.text for sentence in sentences_of(message(text), 0)]


@pytest.mark.parametrize(
    "pasted",
    [
        "```\nI prefer tabs.\n```",
        "~~~py\nI prefer tabs.\n\nI like it.\n~~~",
        "```\nI never close this fence and prefer tabs.",
        "> I prefer tabs.",
        "    I prefer tabs, indented.",
        "<system-reminder>\nI prefer tabs.\n</system-reminder>",
        "2026-03-04T09:21:04Z INFO I prefer tabs.",
        "[ERROR] I prefer tabs.",
        "Traceback (most recent call last): I prefer tabs.",
        "$ echo I prefer tabs.",
        "| I prefer | tabs |",
        "# I prefer tabs",
        "TypeError: I prefer tabs.",
        "const x = 'I prefer tabs';",
        "FAIL I prefer tabs.",
        "my password is [redacted: password] and I prefer tabs.",
        "x" * 5000 + " I prefer tabs.",
    ],
)
def test_what_nobody_said_is_left_out(pasted: str) -> None:
    assert said(f"Look at the output.\n\n{pasted}") == ["Look at the output."]


def test_lines_of_a_paragraph_join_and_items_stand_alone() -> None:
    text = "I moved to\nLisbon. It is  warm.\n\n- always use pnpm\n- [x] never use npm\n1. be **brief** please"
    assert said(text) == ["I moved to Lisbon.", "It is warm.", "always use pnpm", "never use npm", "be brief please"]


def test_abbreviations_end_no_sentence() -> None:
    assert list(split_sentences("I saw Dr. Meyer, e.g. today. Fine! Is it?")) == [
        "I saw Dr. Meyer, e.g. today.", "Fine!", "Is it?",
    ]  # fmt: skip


def test_questions_are_known() -> None:
    assert [s.is_question for s in sentences_of(message("Do I prefer tabs? I prefer tabs."), 0)] == [True, False]


def test_emoji_go_and_the_rest_is_verbatim() -> None:
    (sentence,) = sentences_of(message("I moved to Lisbon 😀 yesterday."), 0)
    assert sentence.text == "I moved to Lisbon yesterday."
    assert sentence.raw == "I moved to Lisbon 😀 yesterday."


@pytest.mark.parametrize("unit", ["<a-b>", "```\n", "- x y\n", "I ", ". ", "Dr. ", "(", "\n", "a, and ", "`x", "> "])
def test_time_stays_linear(unit: str) -> None:
    started = time.process_time()
    said(unit * (300_000 // len(unit)))
    assert time.process_time() - started < 5
