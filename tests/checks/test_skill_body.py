"""VG602 skill-body."""

from tests.checks.trees import SKILL, Bench, Proof, added

PROOF = Proof(
    "VG602",
    bad={f"{SKILL}/SKILL.md": added("One more.\n" * 500)},
    good={f"{SKILL}/SKILL.md": added("One more.\n" * 400)},
    bad_says="a skill of more than 500 lines",
    good_says="one of fewer",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 500
