"""VG108 conflict-marker."""

from tests.checks.trees import Bench, Proof, added

MARKED = "# Sending\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"

PROOF = Proof(
    "VG108",
    bad={"resources/docs/api/send.md": MARKED},
    good={"resources/docs/api/send.md": f"```\n{MARKED}```\n"},
    bad_says="a document with the three markers",
    good_says="one that shows them in a code block",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 2


def test_memories_have_no_code_blocks_to_hide_in(bench: Bench) -> None:
    found = bench.judge({"user/default/memories/entities/alice/content.md": added(f"\n```\n{MARKED}```\n")})
    assert "VG108" in {f.rule for f in found}
