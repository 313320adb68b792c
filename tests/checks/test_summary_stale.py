"""VG204 summary-stale."""

from tests.checks.trees import Bench, Proof
from viking_git.checks.case import Case
from viking_git.checks.run import run
from viking_git.session.refresh import GENERATORS

PROOF = Proof(
    "VG204",
    bad={"resources/docs/api/send.md": "# Receiving\n\nHow to get mail.\n"},
    good={"resources/docs/.relations.json": lambda data: data},
    bad_says="an edited document under its old summary",
    good_says="a folder as it was summarised",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == "resources/docs/api/.abstract.md"
    assert found.line == 1


def test_only_the_folder_of_the_change(bench: Bench) -> None:
    found = bench.judge(PROOF.bad)
    assert [f.path for f in found if f.rule == "VG204"] == ["resources/docs/api/.abstract.md"]


def test_what_only_a_merge_leaves_is_a_note(bench: Bench) -> None:
    """Two branches each bring a fresh summary; the merge can keep one, and trunk makes a third."""
    stale = bench.tree(PROOF.bad)
    case = Case(stale, bench.valid, GENERATORS, bench.policy, head=bench.valid)
    assert {f.severity for f in run(case)} == {"note"}
