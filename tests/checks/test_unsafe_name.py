"""VG101 unsafe-name."""

from tests.checks.trees import Bench, Proof

PROOF = Proof(
    "VG101",
    bad={"resources/docs/.GIT/config": "x"},
    good={"resources/docs/.github/config": "x"},
    bad_says="a directory named .GIT",
    good_says="one named .github",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == "resources/docs/.GIT/config"
    assert found.line == 1


def test_control_characters_and_windows_paths(bench: Bench) -> None:
    for name in ("a\nb.md", "a\\b.md", "C:x.md", "git~1"):
        assert "VG101" in {f.rule for f in bench.judge({f"resources/docs/{name}": "x"})}, name
