"""VG505 line-ends."""

from tests.checks.trees import CODING, Bench, Proof

PROOF = Proof(
    "VG505",
    bad={f"{CODING}/content.md": lambda data: data.replace(b"\n", b"\r\n")},
    good={f"{CODING}/content.md": lambda data: data},
    bad_says="a memory with CRLF",
    good_says="one with LF",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_no_newline_at_the_end_and_a_mark_at_the_start(bench: Bench) -> None:
    for edit in (lambda data: data.rstrip(b"\n"), lambda data: b"\xef\xbb\xbf" + data):
        assert "VG505" in {f.rule for f in bench.judge({f"{CODING}/content.md": edit})}
