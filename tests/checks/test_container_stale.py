"""VG207 container-stale."""

from tests.checks.trees import ALICE, Bench, Proof, replaced

PROOF = Proof(
    "VG207",
    bad={f"{ALICE}/content.md": replaced("Lisbon", "Porto")},
    good={},
    bad_says="trunk after a merge made elsewhere",
    good_says="trunk after its refresh",
    on_trunk=True,
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_a_branch_has_no_such_note(bench: Bench) -> None:
    assert "VG207" not in {f.rule for f in bench.judge(PROOF.bad)}
