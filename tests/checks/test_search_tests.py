"""VG506 search-tests."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG506",
    bad={"viking-tests.yaml": "tests:\n  - query: tea\n    expekt: [viking://resources/docs/]\n"},
    good={"viking-tests.yaml": "tests:\n  - query: tea\n    expect: [viking://resources/docs/]\n"},
    bad_says="a test with an unknown key",
    good_says="a test of the search",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 3
