"""VG403 transcript-changed."""

from tests.checks.trees import ARCHIVE, Bench, Proof, replaced

PROOF = Proof(
    "VG403",
    bad={f"{ARCHIVE}/messages.jsonl": replaced("TypeScript", "Python")},
    good={f"{ARCHIVE}/messages.jsonl": lambda data: data},
    bad_says="a transcript with another hash than .meta.json says",
    good_says="the transcript as archived",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1
