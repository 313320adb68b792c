"""VG301 memory-unreadable."""

from tests.checks.trees import CODING, Bench, Proof, added, replaced

PROOF = Proof(
    "VG301",
    bad={f"{CODING}/content.md": replaced("# ", "")},
    good={f"{CODING}/content.md": added("\nA fact.\n")},
    bad_says="a memory without a title",
    good_says="one with a fact more",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 8


def test_a_long_abstract_is_shown_where_it_stands(bench: Bench) -> None:
    found = bench.judge({f"{CODING}/content.md": replaced("User prefers", "x" * 300)})
    assert [f.line for f in found if f.rule == "VG301"] == [10]
