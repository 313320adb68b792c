"""Layers of archives: enough to find the conversation again, and no quote of a private one."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT
from viking_git.model.messages import ROLES, Message
from viking_git.resources.summarize import archive_layers


def talk(*said: tuple[str, str], start: int = 0, **extra: str) -> list[Message]:
    """Messages a minute apart, ``start`` minutes after ten o'clock; an hour later it is the next day."""
    return [
        Message(f"m{minute}", role, ({"type": "text", "text": text},), moment(minute), extra)
        for minute, (role, text) in enumerate(said, start)
    ]


def moment(minute: int) -> str:
    return f"2026-03-0{1 + minute // 60}T10:{minute % 60:02}:00Z"


CONVERSATION = talk(
    ("user", "Can you deploy the kubernetes cluster? My password is hunter2."),
    ("assistant", "The kubernetes deployment is ready. Typescript builds too."),
    ("user", "Great, the Typescript build of the cluster works. Tell nobody that I moved to Bern."),
)


def test_a_private_archive_says_when_who_how_many_and_about_what() -> None:
    layers = archive_layers(CONVERSATION, private=True)
    assert layers.abstract == (
        "Conversation of 3 messages, 2026-03-01 10:00 to 10:02 UTC. Topics: cluster, kubernetes, typescript."
    )
    assert layers.overview == (
        "# Conversation\n\n- Time: 2026-03-01 10:00 to 10:02 UTC\n- Messages: 3\n- Speakers: user (2), assistant (1)\n"
        "- Topics: cluster, kubernetes, typescript"
    )


def test_a_tracked_archive_holds_first_sentences_of_the_user() -> None:
    overview = archive_layers(CONVERSATION, private=False).overview
    assert (
        "\n\n## What was asked\n\n- Can you deploy the kubernetes cluster?\n- Great, the Typescript build" in overview
    )
    assert "Bern" not in overview
    assert "deployment is ready" not in overview


def test_names_of_speakers() -> None:
    overview = archive_layers(talk(("user", "hello"), speaker="Ada\nLovelace"), private=True).overview
    assert "Speakers: Ada Lovelace (1)" in overview


def test_more_speakers_than_there_is_room_for() -> None:
    messages = [m for number in range(12) for m in talk(("user", "hello"), speaker=f"Person {number:02}")]
    assert "Person 07 (1), 4 more" in archive_layers(messages, private=True).overview


def test_topics_are_words_and_never_keys_paths_or_numbers() -> None:
    said = "sk-live-abcdef AKIAIOSFODNN x1y2z3 /home/ada/secret ada@example.com GitHub camelCase snake_case www.bern.ch"
    chinese = "我住在伯尔尼的一个小房子里"
    layers = archive_layers(
        talk(("user", f"{said} {chinese} gardens"), ("assistant", f"{said} {chinese} gardens")), private=True
    )
    assert layers.overview.endswith("- Topics: gardens")


def test_a_word_of_one_message_is_no_topic() -> None:
    layers = archive_layers(talk(("user", "secret secret secret"), ("user", "other words")), private=True)
    assert "Topics" not in layers.abstract + layers.overview


def test_what_tools_say_is_no_topic() -> None:
    assert "Topics" not in archive_layers(talk(("tool", "gardens"), ("tool", "gardens")), private=True).overview


def test_days_and_single_moments() -> None:
    assert "2026-03-01 10:00 UTC." in archive_layers(talk(("user", "hi")), private=True).abstract
    both = talk(("user", "hi")) + talk(("user", "hi"), start=61)
    assert "2026-03-01 10:00 to 2026-03-02 10:01 UTC." in archive_layers(both, private=True).abstract


def test_many_questions_are_counted() -> None:
    messages = [
        m for number in range(200) for m in talk(("user", f"Question {number} about the garden and its walls?"))
    ]
    overview = archive_layers(messages, private=False).overview
    assert len(overview) <= OVERVIEW_LIMIT
    listed = overview.count("\n- Question")
    assert listed == 60
    assert overview.endswith(f"{200 - listed} more.")


def test_nothing_said() -> None:
    assert archive_layers([], private=True).abstract == "No messages: a record of what was used."


WORDS = st.lists(st.sampled_from(["garden", "wall.", "x" * 30, "Ünïcode", "a?", "文字", "#1", "\x1b[0m"]), max_size=40)
MESSAGES = st.lists(
    st.tuples(st.sampled_from(ROLES), WORDS.map(" ".join), st.text(max_size=80)), max_size=60
)  # fmt: skip


@settings(max_examples=60)
@given(said=MESSAGES, private=st.booleans())
def test_budgets_and_determinism(said: list[tuple[str, str, str]], private: bool) -> None:
    messages = [m for role, text, speaker in said for m in talk((role, text), speaker=speaker)]
    layers = archive_layers(messages, private=private)
    assert layers == archive_layers(list(messages), private=private)
    assert len(layers.abstract) <= ABSTRACT_LIMIT
    assert len(layers.overview) <= OVERVIEW_LIMIT
    assert "\x1b" not in layers.abstract + layers.overview


@settings(max_examples=60)
@given(texts=st.lists(st.text(alphabet="abcdefgh ABC.1-", min_size=5, max_size=60), min_size=1, max_size=8))
def test_a_private_archive_holds_no_two_words_of_a_message_in_a_row(texts: list[str]) -> None:
    layers = archive_layers(talk(*(("user", text) for text in texts)), private=True)
    shown = f"{layers.abstract} {layers.overview}".lower()
    for text in texts:
        words = text.lower().split()
        for first, second in pairwise(words):
            if len(first) > 2 and len(second) > 2:
                assert f"{first} {second}" not in shown
