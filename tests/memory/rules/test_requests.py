"""Requests about memory: what they withhold, what they ask to forget, and what only looks like one."""

import pytest

from viking_git.memory.rules import RulesExtractor
from viking_git.memory.rules.requests import WITHHELD, requests_of, without
from viking_git.model.messages import Message


def talk(*lines: str) -> list[Message]:
    """Messages of a person, or of an agent where a line begins with ``>``."""
    return [
        Message(
            f"msg_{number}",
            "assistant" if line.startswith(">") else "user",
            ({"type": "text", "text": line.removeprefix(">")},),
            "2026-11-02T09:00:00Z",
        )
        for number, line in enumerate(lines)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Don't remember this: I am seeing a therapist.",
        "please don't remember that I was fired from Acme.",
        "My salary is 90k. Please don't keep that.",
        "I prefer Vim at home, but don't put that in memory.",
        "Do not save my home address to your memory, it is Elm Street 4.",
        "dont remember my birthday, it's on May 5th",
        "I take Ritalin. I don't want you to remember that.",
        "This is off the record: we will lay off the Berlin team.",
    ],
)
def test_a_message_that_asks_is_withheld_with_its_answer(line: str) -> None:
    messages = talk("I prefer pnpm over npm.", ">Noted.", line, ">Sure, I won't.", "I live in Lisbon.")
    assert requests_of(messages).withheld == {2, 3}


@pytest.mark.parametrize(
    "line",
    [
        "Please don't keep that.",
        "Don't remember this.",
        "please don't store that anywhere",
        "And never remember that, please.",
        "Forget what I just said.",
        "that is off the record",
        "don't keep it in memory please",
    ],
)
def test_a_message_that_only_asks_withholds_the_one_before(line: str) -> None:
    messages = talk("I use Emacs.", ">Noted.", "My salary is 90k.", ">That is 7.5k a month.", line, ">Ok.", "Go on.")
    assert requests_of(messages).withheld == {2, 3, 4, 5}


def test_a_request_about_an_archived_message_is_named() -> None:
    found = requests_of(talk("Please don't keep that.", ">Ok."))
    assert (found.withheld, found.before) == ({0, 1}, (0,))


@pytest.mark.parametrize(
    "line",
    [
        "I don't remember this function, who wrote it?",
        "Don't you remember that?",
        "Don't store tokens in localStorage.",
        "Never save passwords in plain text.",
        "Don't keep old versions of the schema around.",
        "Forget it, let's use Redis.",
        "forget that, do the other thing first",
        "Don't record the request bodies in the audit log.",
        "Remember that we deploy on Fridays.",
        "Don't add a field to the memory allocator.",
        "We don't remember state between requests.",
        "Don't forget to run the tests.",
        "`don't remember this` is the message of the dialog.",
    ],
)
def test_what_only_looks_like_a_request_withholds_nothing(line: str) -> None:
    found = requests_of(talk("I prefer pnpm over npm.", ">Noted.", line, ">Ok."))
    assert found.withheld == frozenset()
    assert found.forget == ()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("Forget that I live in Berlin.", "I live in Berlin"),
        ("please forget my phone number", "my phone number"),
        ("Ok, forget that we use Jenkins!", "we use Jenkins"),
        ("Forget about my sister Alice.", "my sister Alice"),
    ],
)
def test_a_request_to_forget_says_what_and_founds_no_memory(line: str, what: str) -> None:
    messages = talk(line)
    assert requests_of(messages).forget == (("msg_0", what),)
    assert RulesExtractor().extract(messages) == []


@pytest.mark.parametrize("line", ["Forget my last message.", "Forget that I asked that.", "Did I forget my keys?"])
def test_a_word_about_the_conversation_is_no_request_to_forget(line: str) -> None:
    assert requests_of(talk(line)).forget == ()


def test_nothing_of_a_withheld_message_is_left() -> None:
    messages = [
        Message("msg_1", "user", ({"type": "text", "text": "Don't remember that I am Bo."},), "2026-11-02T09:00:00Z",
                {"speaker": "Bo", "title": "Bo's secret"}),
        *talk("I prefer tabs."),
    ]  # fmt: skip
    kept = without(messages, requests_of(messages).withheld)
    assert kept[0].to_json() == {
        "id": "msg_1", "role": "user", "parts": [{"type": "text", "text": WITHHELD}],
        "created_at": "2026-11-02T09:00:00Z",
    }  # fmt: skip
    assert kept[1] == messages[1]
