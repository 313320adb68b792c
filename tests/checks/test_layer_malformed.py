"""VG202 layer-malformed."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG202",
    bad={"resources/docs/.abstract.md": "x" * 257 + "\n"},
    good={"resources/docs/.abstract.md": "x" * 256 + "\n"},
    bad_says="an abstract of 257 characters",
    good_says="one of 256",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_every_way_to_be_none(bench: Bench) -> None:
    for data in (b"", b"\n", b"no newline", b"one\n\ntwo\n", b"\xff\n", b"dos\r\n"):
        assert "VG202" in {f.rule for f in bench.judge({"resources/docs/.abstract.md": data})}, data
    assert "VG202" in {f.rule for f in bench.judge({"resources/docs/.overview.md": "x" * 4001 + "\n"})}
