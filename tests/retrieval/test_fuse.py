import pytest

from viking_git.retrieval.fuse import CONVINCING_COSINE, SIBLING_WEIGHT, VECTOR_WEIGHTS, fuse, with_siblings


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
