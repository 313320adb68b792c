"""VG106 file-too-large."""

from tests.checks.trees import Bench, Proof
from viking_git.checks.rules.names import SIZE_LIMIT

PROOF = Proof(
    "VG106",
    bad={"resources/docs/film.bin": bytes(SIZE_LIMIT + 1)},
    good={"resources/docs/film.bin": bytes(1000)},
    bad_says="a file of 95,000,001 bytes",
    good_says="one of 1,000 bytes",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == "resources/docs/film.bin"
    assert found.line == 1
