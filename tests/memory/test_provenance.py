from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from viking_git.memory.provenance import SourceRecord, fold

FIRST = SourceRecord("s1", "archive_001", "2026-03-04T10:00:00Z", "02", ("msg_1", "msg_3"))
LATER = SourceRecord("s2", "archive_001", "2026-05-01T10:00:00Z", "01", ("msg_9",))
USED = SourceRecord("s2", "archive_001", "2026-05-02T10:00:00Z", uses=3)


def test_sources_times_and_uses() -> None:
    assert fold({}, [LATER, USED, FIRST]) == {
        "created_at": "2026-03-04T10:00:00Z",
        "updated_at": "2026-05-01T10:00:00Z",
        "sources": [
            {"session": "s1", "archive": "archive_001", "decision": "02", "messages": ["msg_1", "msg_3"]},
            {"session": "s2", "archive": "archive_001", "decision": "01", "messages": ["msg_9"]},
        ],
        "stats": {
            "active_count": 3,
            "last_used_at": "2026-05-02T10:00:00Z",
            "uses": [{"session": "s2", "archive": "archive_001", "count": 3, "at": "2026-05-02T10:00:00Z"}],
        },
    }


def test_unknown_keys_are_kept() -> None:
    folded = fold({"owner": "ada", "stats": {"rating": 5}, "sources": [{"session": "s1", "archive": "archive_001",
                   "decision": "02", "messages": ["msg_1"], "note": "x"}]}, [FIRST])  # fmt: skip
    assert folded["owner"] == "ada"
    assert folded["stats"] == {"rating": 5, "active_count": 0}
    assert folded["sources"] == [
        {"session": "s1", "archive": "archive_001", "decision": "02", "messages": ["msg_1", "msg_3"], "note": "x"}
    ]


def test_nothing_known_and_nonsense() -> None:
    assert fold({}, []) == {"sources": [], "stats": {"active_count": 0}}
    assert fold({"sources": "x", "stats": [], "created_at": 3}, [])["sources"] == []


times = st.integers(1, 28).map(lambda day: f"2026-03-{day:02}T00:00:00Z")
records = st.builds(
    SourceRecord, st.sampled_from(["s1", "s2"]), st.sampled_from(["archive_001", "archive_002"]), times,
    st.sampled_from(["", "01", "02"]), st.lists(st.sampled_from(["m1", "m2", "m3"])).map(tuple), st.integers(0, 5),
)  # fmt: skip


@given(st.lists(records, max_size=8), st.randoms())
def test_order_and_repetition_do_not_matter(known: list[SourceRecord], dice: object) -> None:
    whole = fold({"x": 1}, known)
    shuffled = list(known)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold({"x": 1}, shuffled) == whole
    assert fold(whole, known) == whole
    step = fold({"x": 1}, [])
    for record in shuffled:
        step = fold(step, [record])
    assert step == whole
    keys = [(s["session"], s["archive"], s["decision"]) for s in whole["sources"]]
    assert all(a < b for a, b in pairwise(keys))
