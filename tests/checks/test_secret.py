"""VG701 secret."""

import hashlib

from tests.checks.trees import ALICE, Bench, Proof, added, with_field
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


def test_every_file_is_looked_at(bench: Bench) -> None:
    """At the top of the workspace too, in workflows, in policy and in records of where a document came from."""
    edits = {
        "notes.md": f"a\x0cb\ntoken: {TOKEN}\n",
        ".github/workflows/x.yml": f"env:\n  T: {TOKEN}\n",
        "viking.yaml": added(f"# {TOKEN}\n"),
        "resources/docs/.meta.json": with_field("source", "https://me:Tr0ub4dor-3x@example.com/docs"),
    }
    found = {f.path: f.line for f in bench.judge(edits) if f.rule == "VG701"}
    assert found.keys() == edits.keys()
    assert (found["notes.md"], found[".github/workflows/x.yml"]) == (2, 2)
