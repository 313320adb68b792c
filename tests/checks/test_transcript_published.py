"""VG404 transcript-published."""

from tests.checks.trees import ARCHIVE, SESSION, Bench, Proof, added, with_field
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


def test_a_session_may_have_it_otherwise(bench: Bench) -> None:
    def found(mark: str, policy: Policy | None) -> bool:
        edits = {f"{ARCHIVE}/messages.jsonl": added("\n"), f"{SESSION}/.meta.json": with_field("transcripts", mark)}
        return "VG404" in {f.rule for f in bench.judge(edits, policy=policy)}

    assert not found("tracked", Policy())
    assert found("private", None)
    assert found("sometimes", Policy())
