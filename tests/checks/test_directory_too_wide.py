"""VG107 directory-too-wide."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG107",
    bad={f"resources/wide/{n}.txt": "x" for n in range(2_001)},
    good={f"resources/wide/{n}.txt": "x" for n in range(1_900)},
    bad_says="a directory of 2,001 files",
    good_says="one of 1,900",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == "resources/wide"
    assert found.line == 1
