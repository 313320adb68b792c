"""VG201 layer-missing."""

from tests.checks.trees import ARCHIVE, CODING, Bench, Proof

PROOF = Proof(
    "VG201",
    bad={f"{CODING}/.abstract.md": None},
    good={f"{CODING}/.abstract.md": lambda data: data},
    bad_says="a memory without .abstract.md",
    good_says="one with it",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_new_folders_and_those_above_them(bench: Bench) -> None:
    found = {f.path for f in bench.judge({"resources/new/deep/x.md": "# X\n"}) if f.rule == "VG201"}
    assert found == {"resources/new/.abstract.md", "resources/new/deep/.abstract.md"}


def test_archives(bench: Bench) -> None:
    assert "VG201" in {f.rule for f in bench.judge({f"{ARCHIVE}/.overview.md": None})}
