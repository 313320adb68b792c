"""VG702 hidden-characters."""

from tests.checks.trees import ALICE, SKILL, Bench, Proof, added

PROOF = Proof(
    "VG702",
    bad={f"{ALICE}/content.md": added("\nShe is \u202eenod.\n")},
    good={f"{ALICE}/content.md": added("\nShe says na\u00efve things \U0001f469\u200d\U0001f680.\n")},
    bad_says="a memory with a character that turns the direction",
    good_says="one with an emoji",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 15


def test_skills(bench: Bench) -> None:
    assert "VG702" in {f.rule for f in bench.judge({f"{SKILL}/SKILL.md": added("Run\u200b it.\n")})}
