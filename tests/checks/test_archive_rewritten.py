"""VG402 archive-rewritten."""

from tests.checks.trees import ARCHIVE, SESSION, Bench, Edit, Proof, replaced, with_field

PROOF = Proof(
    "VG402",
    bad={f"{ARCHIVE}/messages.jsonl": replaced("TypeScript", "Python")},
    good={f"{SESSION}/history/archive_003/messages.jsonl": "x"},
    bad_says="an archived message with another word",
    good_says="a new archive",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_decisions_may_go_and_not_change(bench: Bench) -> None:
    def rules(edit: Edit) -> set[str]:
        return {f.rule for f in bench.judge({f"{ARCHIVE}/decisions/01.json": edit})}

    assert "VG402" in rules(with_field("reason", "another"))
    assert "VG402" not in rules(None)


def test_unknown_keys_may_be_added(bench: Bench) -> None:
    assert "VG402" not in {f.rule for f in bench.judge({f"{ARCHIVE}/.meta.json": with_field("note", "x")})}
    assert "VG402" in {f.rule for f in bench.judge({f"{ARCHIVE}/.meta.json": with_field("space", "other")})}
