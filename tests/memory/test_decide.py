import pytest

from tests.memory.making import candidate, existing, memory
from viking_git.errors import InvalidContent
from viking_git.memory.decide import DECIDERS, load_decider
from viking_git.memory.dedup import Decision, Existing, normalise
from viking_git.model.memory import Candidate

CODING = existing(memory("User prefers tabs over spaces. (Said on 2026-03-01.)", "User likes short functions."))


def decide(new: Candidate, *offered: Existing) -> Decision:
    return normalise(load_decider("rules").decide(new, offered), new, offered)


def test_a_known_fact_is_skipped() -> None:
    assert decide(candidate("User prefers tabs over spaces. (Said on 2026-05-01.)"), CODING).decision == "skip"


def test_a_known_fact_is_skipped_under_another_topic() -> None:
    assert decide(candidate("User prefers tabs over spaces.", name="style"), CODING).decision == "skip"


def test_a_new_fact_on_the_topic_is_merged() -> None:
    settled = decide(candidate("User prefers early returns."), CODING)
    assert [(a.uri, a.action) for a in settled.actions] == [(CODING.uri, "merge")]


def test_a_contradiction_is_merged_and_not_taken_for_a_repetition() -> None:
    settled = decide(candidate("User prefers spaces over tabs."), CODING)
    assert [(a.uri, a.action) for a in settled.actions] == [(CODING.uri, "merge")]
    assert "changes what was known" in settled.reason


def test_another_topic_is_created() -> None:
    food = candidate("User likes their coffee black.", name="food")
    assert decide(food, Existing(CODING.uri, CODING.memory, 0.2)).decision == "create"


@pytest.mark.parametrize(("score", "decision"), [(0.8, "none"), (0.3, "create")])
def test_cosine_chooses_among_topics_of_other_names(score: float, decision: str) -> None:
    new = candidate("User prefers short functions with early returns.", name="style")
    assert decide(new, Existing(CODING.uri, CODING.memory, score)).decision == decision


def test_people_of_different_names_stay_apart_however_alike() -> None:
    alice = existing(memory("Alice owns the billing service.", category="entities", name="alice"), 0.97)
    assert (
        decide(candidate("Anna owns the billing service.", category="entities", name="anna"), alice).decision
        == "create"
    )


def test_a_person_is_known_by_an_alias() -> None:
    caroline = existing(memory("Caroline paints.", category="entities", name="caroline", aliases=("Caro",)), 0.4)
    settled = decide(candidate("Caro moved to Porto.", category="entities", name="caro"), caroline)
    assert [a.action for a in settled.actions] == ["merge"]


def test_a_person_and_a_project_of_one_name_stay_apart() -> None:
    project = existing(memory("Luna is a service.", category="entities", name="luna", fields={"kind": "project"}), 0.9)
    assert (
        decide(
            candidate("Luna is a dog.", category="entities", name="luna", fields={"kind": "animal"}), project
        ).decision
        == "create"
    )


@pytest.mark.parametrize(
    ("date", "decision"), [("2026-03-01", "skip"), ("2026-03-08", "create")], ids=["same day", "a week later"]
)
def test_events_are_the_same_only_on_the_same_day(date: str, decision: str) -> None:
    old = existing(memory("User moved to Lisbon.", category="events", name="2026-03-01_moved"), 0.95)
    assert decide(candidate("User moved to Lisbon.", category="events", name=f"{date}_moved"), old).decision == decision


def test_deciders_are_found_by_name() -> None:
    assert load_decider("rules").id == "rules-1"
    with pytest.raises(InvalidContent, match="unknown decider 'oracle'") as caught:
        load_decider("oracle")
    assert list(DECIDERS) == ["rules"]
    assert "rules" in (caught.value.hint or "")
