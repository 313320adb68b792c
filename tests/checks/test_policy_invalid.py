"""VG503 policy-invalid."""

from tests.checks.trees import Bench, Proof, added

PROOF = Proof(
    "VG503",
    bad={"viking.yaml": added("colour: red\n")},
    good={"viking.yaml": added("# a comment\n")},
    bad_says="an unknown key in viking.yaml",
    good_says="a comment in it",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1
