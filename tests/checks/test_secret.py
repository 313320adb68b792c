"""VG701 secret."""

import hashlib

from tests.checks.trees import ALICE, Bench, Proof, added
from viking_git.config import CheckPolicy, Policy

TOKEN = "ghp_" + "Ab3" * 12

PROOF = Proof(
    "VG701",
    bad={f"{ALICE}/content.md": added(f"\nHer token is {TOKEN}.\n")},
    good={f"{ALICE}/content.md": added("\nHer token is in the vault.\n")},
    bad_says="a token of GitHub in a memory",
    good_says="words about one",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 15


def test_only_added_lines(bench: Bench) -> None:
    edits = {f"{ALICE}/content.md": added(f"\nHer token is {TOKEN}.\n\nShe sings.\n")}
    assert "VG701" not in {f.rule for f in bench.judge(edits, before=PROOF.bad)}


def test_what_policy_allows(bench: Bench) -> None:
    digest = f"sha256:{hashlib.sha256(TOKEN.encode()).hexdigest()}"
    for allowed in (
        CheckPolicy(allow_secrets=(TOKEN,)), CheckPolicy(allow_secrets=(digest,)), CheckPolicy(allow_paths=("user/*",)),
    ):  # fmt: skip
        assert "VG701" not in {f.rule for f in bench.judge(PROOF.bad, policy=Policy(checks=allowed))}
