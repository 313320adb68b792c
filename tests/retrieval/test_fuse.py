import pytest

from viking_git.retrieval.fuse import (
    CONVINCING_COSINE,
    SIBLING_WEIGHT,
    VECTOR_WEIGHTS,
    Ranking,
    fuse,
    hotness,
    with_directories,
    with_siblings,
)


def test_best_in_both_is_one() -> None:
    scores = fuse({1: 0.8, 2: 0.4, 3: -0.2}, {1: 12.0, 3: 6.0}, {1: "chat", 2: "chat", 3: "chat"})
    assert scores == pytest.approx({1: 1.0, 2: 0.25, 3: 0.25})


@pytest.mark.parametrize("kind", VECTOR_WEIGHTS)
def test_a_kind_has_its_own_weight(kind: str) -> None:
    scores = fuse({1: 0.9, 2: 0.0}, {2: 3.0}, {1: kind, 2: kind})
    assert scores == pytest.approx({1: VECTOR_WEIGHTS[kind], 2: 1 - VECTOR_WEIGHTS[kind]})


def test_words_alone_when_there_are_no_vectors() -> None:
    assert fuse({}, {1: 4.0, 2: 1.0}, {1: "code", 2: "prose"}) == {1: 1.0, 2: 0.25}


def test_nothing_near_is_not_scaled_up() -> None:
    assert fuse({1: CONVINCING_COSINE / 4}, {}, {1: "prose"}) == pytest.approx({1: VECTOR_WEIGHTS["prose"] / 4})
    assert fuse({1: -0.3}, {}, {1: "prose"}) == {1: 0.0}
    assert fuse({}, {}, {}) == {}


def test_a_unit_with_all_exact_phrases_beats_all_without() -> None:
    scores = fuse({1: 0.9, 2: 0.01}, {1: 9.0, 2: 0.1}, {1: "prose", 2: "prose"}, {2: 1.0})
    assert scores[2] > scores[1]
    assert max(scores.values()) <= 1


def test_siblings_lift_but_do_not_gate() -> None:
    scores = {1: 1.0, 2: 0.5, 3: 0.55, 4: 0.2}
    lifted = with_siblings(scores, {1: "a", 2: "a", 3: "b"})
    assert lifted[1] == 1.0
    assert lifted[2] == pytest.approx((0.5 + SIBLING_WEIGHT) / (1 + SIBLING_WEIGHT))
    assert lifted[2] > lifted[3] == pytest.approx(0.55)
    assert lifted[4] == 0.2


def test_propagation_takes_a_share_from_the_directory() -> None:
    scores = with_directories({1: 1.0, 2: 0.4}, {1: "a", 2: "b"}, {"b": 0.8}, Ranking(propagation=0.5))
    assert scores == pytest.approx({1: 0.5, 2: 0.6})


def test_drill_down_looks_into_the_best_directories_only() -> None:
    places = {1: "a", 2: "b", 3: "c"}
    scores = with_directories({1: 1.0, 2: 0.4, 3: 0.3}, places, {"a": 0.1, "b": 0.8, "c": 0.5}, Ranking(drill_down=2))
    assert scores == {2: 0.4, 3: 0.3}


def test_hotness_counts_use_and_halves_with_age() -> None:
    now = "2026-03-01T00:00:00+00:00"
    fresh = hotness(5, "2026-03-01T00:00:00Z", now)
    assert hotness(0, "2026-03-01T00:00:00Z", now) < fresh < hotness(50, "2026-03-01T00:00:00Z", now) < 1
    assert hotness(5, "2026-01-30T00:00:00Z", now) == pytest.approx(fresh / 2)
    assert hotness(5, "2027-01-01T00:00:00Z", now) == fresh, "a time after the tip is no younger than now"
    assert hotness(5, "", now) == 0
