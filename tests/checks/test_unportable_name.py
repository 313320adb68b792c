"""VG102 unportable-name."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG102",
    bad={"resources/docs/aux.md": "# Aux\n"},
    good={"resources/docs/auxiliary.md": "# Aux\n"},
    bad_says="aux.md, a device on Windows",
    good_says="auxiliary.md",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == "resources/docs/aux.md"
    assert found.line == 1


def test_signs_forms_and_lengths(bench: Bench) -> None:
    for name in ("what?.md", "end.", "e\u0301.md", "x" * 240 + ".md"):
        assert "VG102" in {f.rule for f in bench.judge({f"resources/docs/{name}": "x"})}, name
