"""VG402 archive-rewritten."""

import json

from tests.checks.trees import ARCHIVE, SESSION, Bench, Edit, Edits, Proof, replaced, with_field

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


TRANSCRIPT = f"{ARCHIVE}/messages.jsonl"


def kept_as(where: str) -> Edit:
    """An edit of an archive's record: its transcript is kept there."""

    def edit(data: bytes) -> bytes:
        meta = json.loads(data)
        return with_field("transcript", meta["transcript"] | {"kept": where})(data)

    return edit


def test_a_transcript_may_go_where_its_session_is_private(bench: Bench) -> None:
    def rules(edits: Edits, before: Edits | None = None, **how: bool) -> set[str]:
        return {f.rule for f in bench.judge(edits, before=before or {}, **how)} & {"VG402", "VG404"}

    record, session = f"{ARCHIVE}/.meta.json", f"{SESSION}/.meta.json"
    private = {TRANSCRIPT: None, record: kept_as("private"), session: with_field("transcripts", "private")}
    assert rules(private) == set()
    for left_out in private:
        # Deleted and nothing said of it; said and not done; in a session whose transcripts are tracked.
        assert rules({path: edit for path, edit in private.items() if path != left_out}) == {"VG402"}, left_out
    policy = {"viking.yaml": replaced("transcripts: tracked", "transcripts: private")}
    assert rules({TRANSCRIPT: None, record: kept_as("private")} | policy) == set()
    # And back again.
    data = bench.valid.read(TRANSCRIPT)
    back = {TRANSCRIPT: data, record: kept_as("tracked"), session: with_field("transcripts", "tracked")}
    assert rules(back, private, accepted=True) == set()
    assert rules(back, private) == {"VG404"}
    assert rules({record: kept_as("tracked")}, private) == {"VG402"}
    assert rules({TRANSCRIPT: data}, private) == {"VG404"}
    assert rules({record: with_field("transcript", {"kept": "tracked", "bytes": 1, "sha256": "0"})}) == {"VG402"}
