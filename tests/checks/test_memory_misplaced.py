"""VG302 memory-misplaced."""

from tests.checks.trees import CODING, Bench, Proof, replaced

PROOF = Proof(
    "VG302",
    bad={f"{CODING}/content.md": replaced("name: coding", "name: cooking")},
    good={f"{CODING}/content.md": replaced("status: active", "status: superseded")},
    bad_says="front matter with another name than the directory",
    good_says="with the same",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 2
