"""VG303 field-missing."""

from tests.checks.trees import CODING, Bench, Proof, replaced

PROOF = Proof(
    "VG303",
    bad={f"{CODING}/content.md": replaced("topic: coding\n", "")},
    good={f"{CODING}/content.md": replaced("topic: coding\n", "topic: Coding\n")},
    bad_says="a preference without its topic",
    good_says="one with it",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1
