"""VG309 source-missing."""

from tests.checks.trees import ARCHIVE, CODING, Bench, Proof, replaced, with_field

PROOF = Proof(
    "VG309",
    bad={f"{CODING}/.meta.json": replaced("msg_1", "msg_77")},
    good={f"{CODING}/.meta.json": with_field("mine", 1)},
    bad_says="a memory of a message that no archive has",
    good_says="one of a message that is there",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_archives_and_decisions(bench: Bench) -> None:
    for path, old, new in (
        (f"{CODING}/.meta.json", "archive_001", "archive_009"),
        (f"{ARCHIVE}/decisions/01.json", '"id": "msg_', '"id": "no_'),
    ):
        assert "VG309" in {f.rule for f in bench.judge({path: replaced(old, new)})}, path
