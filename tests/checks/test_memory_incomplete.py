"""VG304 memory-incomplete."""

from tests.checks.trees import CODING, Bench, Proof

PROOF = Proof(
    "VG304",
    bad={f"{CODING}/content.md": None},
    good={f"{CODING}/{name}": None for name in ("content.md", ".abstract.md", ".overview.md", ".meta.json")},
    bad_says="layers left of a deleted memory",
    good_says="a memory deleted as a whole",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == CODING
    assert found.line == 1
