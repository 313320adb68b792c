"""VG103 colliding-names."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG103",
    bad={"resources/docs/readme.md": "# Other\n"},
    good={"resources/docs/readme2.md": "# Other\n"},
    bad_says="readme.md beside README.md",
    good_says="readme2.md beside README.md",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == "resources/docs/readme.md"
    assert found.line == 1
