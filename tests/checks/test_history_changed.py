"""VG306 history-changed."""

from tests.checks.trees import CASE, EVENT, Bench, Proof, replaced

PROOF = Proof(
    "VG306",
    bad={f"{EVENT}/content.md": replaced("PostgreSQL", "MySQL")},
    good={f"{EVENT}/content.md": replaced("status: active", "status: superseded")},
    bad_says="an event with another database",
    good_says="one marked as superseded",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_cases_and_contested_variants(bench: Bench) -> None:
    edits = {f"{CASE}/content.md": replaced("Removing", "Renaming")}
    assert "VG306" in {f.rule for f in bench.judge(edits)}
    contested = {f"{CASE}/content.md": replaced("status: active", "status: contested")}
    assert "VG306" not in {f.rule for f in bench.judge(edits, before=contested)}


def test_deleting_is_how_a_memory_is_undone(bench: Bench) -> None:
    assert "VG306" not in {f.rule for f in bench.judge({f"{EVENT}/content.md": None})}
