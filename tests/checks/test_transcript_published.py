"""VG404 transcript-published."""

from tests.checks.trees import ARCHIVE, Bench, Proof, added
from viking_git.config import Policy

PROOF = Proof(
    "VG404",
    bad={f"{ARCHIVE}/messages.jsonl": added("\n")},
    good={f"{ARCHIVE}/messages.jsonl": None},
    bad_says="a transcript in the tree of a workspace that keeps them private",
    good_says="the archive without it",
    policy=Policy(),
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1
