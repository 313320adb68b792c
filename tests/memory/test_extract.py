import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.memory.making import message, tool
from viking_git.errors import InvalidContent
from viking_git.memory.extract import EXTRACTORS, load_extractor
from viking_git.model.memory import parse_memory
from viking_git.model.messages import Message
from viking_git.model.transcripts import parse_transcript

SESSION = Path(__file__).parents[1] / "data" / "coding_session.jsonl"
CHAT = [
    ("Nora", "Hey Liv! How have you been?"),
    ("Liv", "Hey Nora! Good. I ran a half marathon last Sunday, it was so much fun!"),
    ("Nora", "Wow, that's great! I love running too."),
    ("Liv", "Thanks! My brother Sam came along, and we had a picnic afterwards. Do you still paint?"),
    ("Nora", "I do! I just signed up for a pottery class yesterday. I'm passionate about working with my hands."),
    ("Liv", "You're amazing, Nora. I love your pictures. If I had more time, I would paint as well."),
    ("Nora", "I'm moving to Bergen next month, by the way. My cat Pixel hates boxes."),
    ("Liv", "We went to Bergen two years ago!"),
]


def chat() -> list[Message]:
    return [message(text, n, at="2023-05-25T18:00:00Z", speaker=name) for n, (name, text) in enumerate(CHAT)]


def test_a_chat_between_two_people_is_about_them() -> None:
    told = load_extractor("rules").extract(chat())
    assert [(c.memory().path, c.abstract) for c in told] == [
        ("events/2023/2023-05-21_liv_ran_half_marathon", "Liv ran a half marathon on 2023-05-21."),
        ("entities/nora", "Nora loves running; is passionate about working with their hands."),
        ("entities/sam_liv_brother", "Sam is Liv's brother."),
        (
            "events/2023/2023-05-24_nora_signed_up_pottery_class",
            "Nora just signed up for a pottery class on 2023-05-24.",
        ),
        ("events/2023/2023-06-01_nora_is_moving_bergen", "Nora is moving to Bergen in June 2023."),
        ("entities/pixel_nora_cat", "Nora's cat Pixel hates boxes."),
        ("events/2021/2021-01-01_liv_went_bergen", 'Liv said (2023-05-25): "We went to Bergen two years ago [2021]!"'),
    ]
    assert told[2].aliases == ("Sam",)
    assert dict(told[5].fields) == {"kind": "animal", "relation": "Nora's cat"}


def test_the_configured_user_of_a_chat_has_a_profile() -> None:
    told = load_extractor("rules", "nora").extract(chat())
    paths = [c.memory().path for c in told]
    assert "preferences/sports" in paths
    assert "entities/nora" not in paths
    assert "User is moving to Bergen in June 2023." in [c.abstract for c in told]
    assert "Liv ran a half marathon on 2023-05-21." in [c.abstract for c in told]


def test_the_sessions_that_the_demo_shows() -> None:
    parsed = parse_transcript(SESSION.read_bytes(), name="session", now="2026-03-04T00:00:00Z")
    told = load_extractor("rules").extract(parsed.messages)
    assert {c.memory().path: c.abstract for c in told} == {
        "entities/parcel_tracker": "User is working on a small service called `parcel-tracker`. `parcel-tracker` takes "
        "webhooks from the carriers and writes one row per event to Postgres.",
        "preferences/coding": "User prefers TypeScript over JavaScript, even for small scripts.",
        "preferences/tooling": "User always uses pnpm, never npm.",
        "preferences/testing": "User likes tests that sit next to the code they test.",
        "preferences/git": "User asks not to add emojis to commit messages.",
        "events/2026/2026-03-03_decided_move_retry_queue_from_redis_postgres": "On 2026-03-03, User's team decided to "
        "move the retry queue from Redis to Postgres, because one database is easier to run than two.",
        "entities/priya": "Priya owns the carrier adapters, so changes below `src/carriers` need her review.",
        "profile/work": "User is a backend engineer at Northwind Parcels in Lisbon.",
        "events/2026/2026-03-06_demoing_new_queue_operations_team": "User is demoing the new queue to the operations "
        "team on 2026-03-06.",
        "cases/claim_gives_job_one_worker_only": "claim > gives a job to one worker only: AssertionError: expected "
        "[ 17, 17 ] to deeply equal [ 17, null ]. Fix: Added `FOR UPDATE SKIP LOCKED` to the claim query, so that a "
        "second worker takes the next job instead of the same one.",
    }


def test_every_candidate_quotes_what_stands_in_its_message() -> None:
    parsed = parse_transcript(SESSION.read_bytes(), name="session", now="2026-03-04T00:00:00Z")
    for messages in (parsed.messages, chat()):
        words = {
            m.id: " ".join((m.text + " ".join(str(p.get("tool_output")) for p in m.tool_parts)).split())
            for m in messages
        }
        for found in load_extractor("rules").extract(messages):
            assert found.quotes
            for quote in found.quotes:
                assert quote.text in words[quote.message_id]
                assert len(quote.text) <= 200
            memory = found.memory()
            assert parse_memory(memory.render()) == memory
            assert memory.layers().abstract == found.abstract


def test_nothing_is_extracted_by_none() -> None:
    assert load_extractor("none").extract(chat()) == []
    assert (load_extractor("none").id, load_extractor("rules").id) == ("none", "rules-2")


def test_an_unknown_extractor() -> None:
    with pytest.raises(InvalidContent, match="unknown extractor 'oracle'") as caught:
        load_extractor("oracle")
    assert caught.value.hint == f"the extractors are {', '.join(EXTRACTORS)}"


pieces = st.sampled_from(
    ["I prefer tabs. ", "My sister Alice ", "yesterday ", "we decided to ", "```\n", "\n\n- ", "I'm a nurse ", "<a-b>",
     "in 2019 ", "\u202e", "\0", "e\u0301\u0301", "don't ", "called `x` ", "Error: bad ", "(", '"', "# ", "It is "]
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(pieces | st.text(max_size=20), max_size=30), st.sampled_from(["user", "assistant"]), st.booleans())
def test_any_text_gives_valid_memories_or_none(said: list[str], role: str, named: bool) -> None:
    extra = {"speaker": "Ada"} if named else {}
    messages = [
        message("".join(said), 1, role=role, **extra),
        message("I like tea.", 2, **({"speaker": "Bo"} if named else {})),
    ]
    for found in load_extractor("rules").extract(messages):
        assert parse_memory(found.memory().render()) == found.memory()


@pytest.mark.parametrize(
    "unit", ["I prefer x, ", "my sister A ", "yesterday I ", "error: x\n", "- I like it\n", "and I went "]
)
def test_a_megabyte_of_junk_does_not_hang(unit: str) -> None:
    junk = unit * (1_000_000 // len(unit))
    started = time.process_time()
    load_extractor("rules").extract(
        [message(junk), tool(junk, junk, 2, status="error"), message(junk, 3, role="assistant")]
    )
    assert time.process_time() - started < 15
