"""VG205 summary-edited."""

from tests.checks.trees import ARCHIVE, Bench, Proof

PROOF = Proof(
    "VG205",
    bad={"resources/docs/.abstract.md": "Mail, sorted.\n"},
    good={"resources/docs/.abstract.md": lambda data: data},
    bad_says="a summary with other words",
    good_says="the one that was stamped",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_archives(bench: Bench) -> None:
    assert "VG205" in {f.rule for f in bench.judge({f"{ARCHIVE}/.abstract.md": "A chat.\n"})}
