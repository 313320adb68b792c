from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory.making import candidate, existing, memory
from viking_git.memory.dedup import Action, Decision, normalise

A = existing(memory("User prefers tabs."))
B = existing(memory("User likes tests.", name="testing"))
C = candidate("User prefers spaces.", name="style")
EVENT = candidate("User moved to Lisbon on 2026-03-01.", category="events", name="2026-03-01_moved")
OLD_EVENT = existing(EVENT.memory())
MERGE_A = Action(A.uri, "merge", "same topic")


def raw(decision: str, *actions: tuple[str, str]) -> dict[str, Any]:
    return {"decision": decision, "list": [{"uri": u, "decide": d, "reason": "same topic"} for u, d in actions]}


@pytest.mark.parametrize(
    ("given_raw", "decision", "actions"),
    [
        pytest.param(raw("merge it"), "create", (), id="unknown decision: create"),
        pytest.param(raw("merge it", (A.uri, "merge")), "none", (MERGE_A,), id="unknown decision is a create"),
        pytest.param({}, "create", (), id="nothing said: create"),
        pytest.param(raw("skip", (A.uri, "merge"), (B.uri, "delete")), "skip", (), id="skip drops all actions"),
        pytest.param(raw("create", (A.uri, "merge")), "none", (MERGE_A,), id="create + merge: none with that merge"),
        pytest.param(
            raw("create", (A.uri, "merge"), (B.uri, "delete")), "none", (MERGE_A,), id="create + merge: no deletes"
        ),
        pytest.param(
            raw("create", (B.uri, "delete")), "create", (Action(B.uri, "delete", "same topic"),), id="create + delete"
        ),
        pytest.param(raw("create", (B.uri, "keep")), "create", (), id="create keeps only deletes"),
        pytest.param(raw("none", (A.uri, "merge"), (A.uri, "delete")), "skip", (), id="merge + delete of one: neither"),
        pytest.param(
            raw("create", (A.uri, "merge"), (A.uri, "delete")), "create", (), id="create + both of one: a create"
        ),
        pytest.param(raw("none", ("viking://user/x/memories/y", "merge")), "skip", (), id="not offered: dropped"),
        pytest.param(raw("none"), "skip", (), id="none without actions: skip"),
        pytest.param(
            raw("none", (A.uri, "merge"), (B.uri, "delete")),
            "none",
            (MERGE_A, Action(B.uri, "delete", "same topic")),
            id="none with actions",
        ),
        pytest.param(raw("none", (A.uri, "merge"), (A.uri, "merge")), "none", (MERGE_A,), id="said twice: once"),
        pytest.param(raw("None", (A.uri + "/", "MERGE")), "none", (MERGE_A,), id="case and slashes"),
    ],
)
def test_decision_table(given_raw: dict[str, Any], decision: str, actions: tuple[Action, ...]) -> None:
    settled = normalise(given_raw, C, [A, B])
    assert (settled.decision, settled.actions) == (decision, actions)


def test_the_other_spelling() -> None:
    settled = normalise({"candidate": "none", "items": [{"uri": A.uri, "action": "merge"}]}, C, [A])
    assert settled == Decision("none", (Action(A.uri, "merge"),))


def test_nothing_offered_creates_whatever_was_said() -> None:
    assert normalise(raw("skip"), C, []).decision == "create"


@pytest.mark.parametrize("decision", ["none", "create"])
def test_events_are_never_merged_into(decision: str) -> None:
    settled = normalise(raw(decision, (OLD_EVENT.uri, "merge")), EVENT, [OLD_EVENT])
    assert settled.decision == ("skip" if decision == "none" else "create")
    assert settled.actions == ()


@pytest.mark.parametrize("decision", ["skip", "create", "none", "nonsense"])
def test_a_profile_aspect_that_exists_is_always_merged(decision: str) -> None:
    home = existing(memory("User lives in Porto.", category="profile", name="home"))
    settled = normalise(raw(decision), candidate("User lives in Lisbon.", category="profile", name="Home"), [home])
    assert [(a.uri, a.action) for a in settled.actions] == [(home.uri, "merge")]
    assert settled.decision == "none"


def test_another_aspect_of_the_profile_is_not() -> None:
    work = existing(memory("User is a nurse.", category="profile", name="work"))
    assert (
        normalise(raw("create"), candidate("User lives here.", category="profile", name="home"), [work]).decision
        == "create"
    )


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["skip", "none", "create", "merge", A.uri]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["uri", "decide", "action", "x"]) | st.text(), inner)
    ),
    max_leaves=12,
)
mappings = st.dictionaries(st.sampled_from(["decision", "candidate", "list", "items", "reason"]) | st.text(), json)


@given(mappings | json, st.sampled_from([[], [A], [A, B]]))
def test_any_json_normalises(garbage: Any, offered: list[Any]) -> None:
    settled = normalise(garbage, C, offered)
    uris = [action.uri for action in settled.actions]
    assert set(uris) <= {e.uri for e in offered}
    assert len(uris) == len(set(uris))
    kinds = {action.action for action in settled.actions}
    assert {"skip": kinds == set(), "create": kinds <= {"delete"}, "none": bool(kinds)}[settled.decision]
    assert normalise(garbage, C, offered) == settled
