"""VG206 projection-by-hand."""

from tests.checks.trees import ARCHIVE, CODING, Bench, Proof, added, with_field

PROOF = Proof(
    "VG206",
    bad={"user/default/memories/preferences/.overview.md": added("- mine\n")},
    good={"user/default/memories/preferences/.overview.md": lambda data: data},
    bad_says="the overview of a category with a line more",
    good_says="the one that follows from its memories",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_what_is_folded_from_decisions(bench: Bench) -> None:
    for path in (f"{ARCHIVE}/memory_diff.json", "session/default/chat/.meta.json"):
        assert "VG206" in {f.rule for f in bench.judge({path: with_field("created", ["viking://user/x"])})}, path


def test_a_memory_without_its_record_is_a_branch_as_it_comes(bench: Bench) -> None:
    assert bench.judge({f"{CODING}/.meta.json": lambda data: data}) == []
