"""VG108 conflict-marker."""

import pytest

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


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.txt", f"How to:\n\n----\n{MARKED}----\n", 0),
        ("a.adoc", f"....\n{MARKED}....\n", 0),
        ("a.html", f"<p>So:</p>\n<pre class=x>\n{MARKED}</pre>\n", 0),
        ("a.md", f"Title\n-----\n\n{MARKED}", 5),
        ("a.md", MARKED.replace("=======", "||||||| base\n======="), 2),
        ("a.rst", "<<<<<<< HEAD marks a side\n\nTitle\n=======\n\nand then >>>>>>> follows\n", 0),
        ("a.md", MARKED.replace("\n", "\r\n"), 2),
    ],
)
def test_only_as_git_writes_them_and_outside_of_code(bench: Bench, name: str, text: str, line: int) -> None:
    """Git's own manual shows conflicts in AsciiDoc's blocks and in pages of HTML."""
    found = [f.line for f in bench.judge({f"resources/docs/{name}": text}) if f.rule == "VG108"]
    assert found == ([line] if line else [])
