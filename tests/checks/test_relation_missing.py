"""VG504 relation-missing."""

from tests.checks.trees import RELATIONS, Bench, Proof, replaced

PROOF = Proof(
    "VG504",
    bad={RELATIONS: replaced("review-code", "review-cod")},
    good={RELATIONS: replaced("explains it", "uses it")},
    bad_says="a relation to nothing",
    good_says="one to a skill",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 6
