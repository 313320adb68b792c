"""VG308 memory-duplicate."""

from tests.checks.trees import ALICE, Bench, Proof

TWIN = "---\nname: alice2\ncategory: entities\nkind: person\n---\n# Alice\n\nUser's sister Alice lives in Lisbon\n"

PROOF = Proof(
    "VG308",
    bad={f"{ALICE}2/content.md": TWIN},
    good={f"{ALICE}2/content.md": TWIN.replace("sister Alice lives in Lisbon", "aunt drives a lorry")},
    bad_says="a second entity with the same abstract",
    good_says="one with another",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.path == f"{ALICE}2/content.md"
    assert found.line == 1


def test_many_that_say_the_same_are_named_once_each(bench: Bench) -> None:
    many = {f"{ALICE}{number}/content.md": TWIN.replace("alice2", f"alice{number}") for number in range(2, 12)}
    found = [f.path for f in bench.judge(many) if f.rule == "VG308"]
    assert sorted(found) == sorted(many)
