"""VG105 link-or-submodule."""

from tests.checks.trees import Bench, Link, Proof, Submodule

PROOF = Proof(
    "VG105",
    bad={"resources/docs/link.md": Link("/etc/passwd")},
    good={"resources/docs/link.md": "# No link\n"},
    bad_says="a symbolic link",
    good_says="a file",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == "resources/docs/link.md"
    assert found.line == 1


def test_submodules(bench: Bench) -> None:
    assert "VG105" in {f.rule for f in bench.judge({"resources/other": Submodule()})}
