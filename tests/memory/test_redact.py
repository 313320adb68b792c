import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory.held_out_secrets import harmless_texts, secret_texts
from tests.memory.making import message
from tests.memory.planting import HARMLESS, KEYS, NAMED
from viking_git.memory.redact import placeholder, redact_messages, redact_text
from viking_git.model.messages import Message

PAGE = Path(__file__).parent.parent.parent / "docs/checks.md"

FRAMES = (
    "{}",
    "Use {} please.",
    "```sh\nexport KEY={}\n```",
    "**{}**",
    '{{"k": "{}"}}',
    "`{}`",
    "a\n> {}\nb",
    "x={};",
    "({})",
)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("frame", FRAMES)
def test_keys_do_not_survive(kind: str, frame: str) -> None:
    clean, counts = redact_text(frame.format(KEYS[kind]))
    for line in KEYS[kind].splitlines():
        assert line not in clean
    assert counts.total() >= 1
    assert placeholder(kind.strip()) in clean or "KEY" in frame


@pytest.mark.parametrize("case", NAMED)
def test_named_secrets_do_not_survive(case: str) -> None:
    template, secret = NAMED[case]
    clean, counts = redact_text(f"before\n{template.format(secret)}\nafter")
    assert secret not in clean
    assert clean.startswith("before\n")
    assert clean.endswith("\nafter")
    assert counts.total() == 1


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays(text: str) -> None:
    assert redact_text(text) == (text, {})


def test_misses_and_false_alarms() -> None:
    """The measure over the labelled set: no miss, no false alarm."""
    secrets = [frame.format(key) for key in KEYS.values() for frame in FRAMES] + [
        t.format(s) for t, s in NAMED.values()
    ]
    planted = [key for key in KEYS.values() for _ in FRAMES] + [s for _, s in NAMED.values()]
    misses = [text for text, secret in zip(secrets, planted, strict=True) if secret in redact_text(text)[0]]
    alarms = [text for text in HARMLESS if redact_text(text)[1]]
    assert (len(secrets), len(HARMLESS)) == (209, 36)
    assert (misses, alarms) == ([], [])


def test_the_page_says_what_is_missed_of_a_set_that_nothing_was_developed_with() -> None:
    secrets, harmless = secret_texts(), harmless_texts()
    missed = [text for text, secret in secrets if secret in redact_text(text)[0]]
    alarms = [text for text in harmless if redact_text(text)[0] != text]
    said = (
        f"Of {len(secrets)} held-out secrets {len(missed)} are missed, "
        f"of {len(harmless)} harmless texts {len(alarms)} {'is' if len(alarms) == 1 else 'are'} taken for one."
    )
    assert said in " ".join(PAGE.read_text(encoding="utf-8").split()), said


def test_the_same_secret_has_the_same_placeholder_everywhere() -> None:
    secret = NAMED["password ="][1]
    clean, counts = redact_text(f"password = '{secret}'\nI typed {secret} twice: {secret}")
    assert secret not in clean
    assert clean.count(placeholder("password")) == 3
    assert counts == {"password": 3}


def test_every_string_of_a_message() -> None:
    key, token, password = KEYS["github-token"], KEYS["slack-token"], NAMED["url"][1]
    parts: tuple[dict[str, Any], ...] = (
        {"type": "text", "text": f"here: {key}"},
        {"type": "tool", "tool_name": "Bash", "tool_id": "toolu_01A09q90qw90lq917835lq9",
         "tool_input": {"command": f"curl -H 'X: {key}'", "env": [{"DB_PASSWORD": password}, {key: 1}], "n": 3},
         "tool_output": f'{{"token": "{token}"}}', "tool_status": "completed"},
        {"type": "image", "url": f"https://x.io/a.png?access_token={NAMED['query'][1]}"},
        {"type": "context", "uri": "viking://resources/x", "abstract": token, "odd": {"deep": [[token]]}},
    )  # fmt: skip
    given_message = Message(
        "msg_1", "user", parts, "2026-03-04T10:00:00Z", {"speaker": "Ada", "cwd": [{"api_key": key}]}
    )
    (clean,), counts = redact_messages([given_message])
    line = clean.to_line().decode()
    for secret in (key, token, password, NAMED["query"][1]):
        assert secret not in line
    assert counts["github-token"] == 4
    assert counts["slack-token"] == 3
    assert clean.parts[1]["tool_id"] == "toolu_01A09q90qw90lq917835lq9"
    assert clean.parts[1]["tool_input"]["n"] == 3
    assert (clean.id, clean.role, clean.created_at, clean.speaker) == ("msg_1", "user", "2026-03-04T10:00:00Z", "Ada")
    assert given_message.parts[0]["text"].endswith(key), "the original is not changed"


def test_a_password_named_in_one_message_is_taken_out_of_the_others() -> None:
    secret = NAMED["spoken"][1]
    told = [message(f"Log in with {secret}.", 1), message(f"my password is {secret}", 2), message("done", 3)]
    clean, counts = redact_messages(told)
    assert [m.text for m in clean] == [
        "Log in with [redacted: password].",
        "my password is [redacted: password]",
        "done",
    ]
    assert counts == {"password": 2}


def test_a_common_word_used_as_a_password_is_not_hunted() -> None:
    clean, _ = redact_text("POSTGRES_PASSWORD=postgres\nWe run postgres here.")
    assert clean == "POSTGRES_PASSWORD=[redacted: password]\nWe run postgres here."


def test_a_private_key_cut_short_and_one_in_json() -> None:
    begin, *lines, end = KEYS["private-key"].splitlines()
    cut, _ = redact_text("\n".join([begin, *lines[:5], "and then some prose"]))
    assert cut == "[redacted: private-key]and then some prose"
    escaped, counts = redact_text('{"key": "' + "\\n".join([begin, *lines, end]) + '", "x": 1}')
    assert escaped == '{"key": "[redacted: private-key]", "x": 1}'
    assert counts == {"private-key": 1}


def test_deep_nesting_is_walked() -> None:
    deep: Any = KEYS["npm-token"]
    for _ in range(5000):
        deep = [deep]
    (clean,), counts = redact_messages([Message("m", "user", ({"type": "odd", "x": deep},), "2026-03-04T10:00:00Z")])
    assert counts == {"npm-token": 1}
    assert clean.parts[0]["type"] == "odd"


@given(
    st.lists(
        st.sampled_from([*KEYS.values(), *(t.format(s) for t, s in NAMED.values()), *HARMLESS, "\n", " and "]),
        max_size=6,
    )
)
def test_redacting_again_changes_nothing(pieces: list[str]) -> None:
    clean, _ = redact_text("\n".join(pieces))
    assert redact_text(clean) == (clean, {})


@pytest.mark.parametrize(
    "unit",
    ["token: ", "sk-", "://", "password=", "a:b@", "eyJ.", "x", "AKIA", "-----BEGIN PRIVATE KEY-----", "curl -u ",
     "key\": ", "aws key ", "pass is ", "Authorization: Bearer ", '"', "1:"],
)  # fmt: skip
def test_time_stays_linear_on_hostile_text(unit: str) -> None:
    started = time.process_time()
    redact_text(unit * (400_000 // len(unit)))
    assert time.process_time() - started < 8
