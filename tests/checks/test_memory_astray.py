"""VG305 memory-astray."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG305",
    bad={"user/default/memories/opinions/x/content.md": "x"},
    good={"user/default/memories/.quarantine/entities/x/content.md": "x"},
    bad_says="a category that does not exist",
    good_says="the quarantine",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_a_file_beside_memories(bench: Bench) -> None:
    for path in ("user/default/memories/notes.md", "user/default/memories/entities/bob.md"):
        assert "VG305" in {f.rule for f in bench.judge({path: "x"})}, path
