"""VG401 archive-hole."""

from tests.checks.trees import ARCHIVE, SESSION, Bench, Proof

PROOF = Proof(
    "VG401",
    bad={ARCHIVE: None},
    good={SESSION: None},
    bad_says="the first of two archives deleted",
    good_says="all of a session deleted",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_what_is_no_archive(bench: Bench) -> None:
    assert "VG401" in {f.rule for f in bench.judge({f"{SESSION}/history/archive_1/x": "x"})}
