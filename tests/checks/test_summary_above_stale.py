"""VG208 summary-above-stale."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG208",
    bad={"resources/docs/api/.abstract.md": "Sends.\n"},
    good={"resources/docs/api/send.md": "# Other\n"},
    bad_says="a folder whose child has a new abstract",
    good_says="a folder whose child has not",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1
