"""VG203 memory-layers."""

from tests.checks.trees import CODING, Bench, Proof, added

PROOF = Proof(
    "VG203",
    bad={f"{CODING}/.overview.md": added("And this.\n")},
    good={f"{CODING}/.overview.md": lambda data: data},
    bad_says="a memory's overview with a line more",
    good_says="the one that follows from content.md",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == f"{CODING}/.overview.md"
    assert found.line == 3


def test_an_edit_of_content_leaves_them_behind(bench: Bench) -> None:
    found = bench.judge({f"{CODING}/content.md": added("\nTabs are wide.\n")})
    assert {f.path for f in found if f.rule == "VG203"} == {f"{CODING}/.overview.md"}
