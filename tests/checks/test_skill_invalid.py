"""VG601 skill-invalid."""

from tests.checks.trees import SKILL, Bench, Proof, replaced

PROOF = Proof(
    "VG601",
    bad={f"{SKILL}/SKILL.md": replaced("name: review-code", "name: Review_Code")},
    good={f"{SKILL}/SKILL.md": replaced("Read the diff", "First read the diff")},
    bad_says="a skill with a name in capitals",
    good_says="one with the name of its directory",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 2


def test_descriptions_and_files(bench: Bench) -> None:
    for edit in (
        replaced("description: Reviews a change. Use it before merging.\n", ""),
        replaced("Reviews", "x" * 1025),
        replaced("---\n", ""),
        None,
    ):
        edits = {f"{SKILL}/SKILL.md": edit, f"{SKILL}/notes.md": "x"}
        assert "VG601" in {f.rule for f in bench.judge(edits)}
