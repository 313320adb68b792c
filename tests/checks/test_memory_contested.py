"""VG307 memory-contested."""

from tests.checks.trees import CODING, Bench, Proof, replaced

PROOF = Proof(
    "VG307",
    bad={f"{CODING}/content.md": replaced("status: active", "status: contested")},
    good={f"{CODING}/content.md": replaced("status: active", "status: superseded")},
    bad_says="a memory in which two variants stand",
    good_says="one that another took the place of",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 5
