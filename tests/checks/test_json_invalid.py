"""VG501 json-invalid."""

from tests.checks.trees import ARCHIVE, RELATIONS, Bench, Proof, replaced, with_field

PROOF = Proof(
    "VG501",
    bad={"resources/docs/.meta.json": replaced('summarizes": "', 'summarizes": ["')},
    good={"resources/docs/.meta.json": with_field("mine", 1)},
    bad_says="a .meta.json that does not parse",
    good_says="one with a further key",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 14


def test_schemas(bench: Bench) -> None:
    for path, key, value in (
        (f"{ARCHIVE}/decisions/01.json", "decision", "maybe"),
        (f"{ARCHIVE}/.meta.json", "messages", "none"),
        (f"{ARCHIVE}/memory_diff.json", "created", 1),
        (f"{ARCHIVE}/extraction.json", "candidates", "1"),
        (RELATIONS, "relations", 5),
    ):
        assert "VG501" in {f.rule for f in bench.judge({path: with_field(key, value)})}, path


def test_messages(bench: Bench) -> None:
    found = bench.judge({f"{ARCHIVE}/messages.jsonl": replaced('"role": "assistant"', '"role": "robot"')})
    assert [f.line for f in found if f.rule == "VG501"] == [2]
