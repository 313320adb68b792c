"""VG404 transcript-published."""

import pytest

from tests.checks.trees import ARCHIVE, SESSION, Bench, Proof, added, with_field
from viking_git.config import Policy
from viking_git.model.meta import dump_line

PROOF = Proof(
    "VG404",
    bad={f"{ARCHIVE}/messages.jsonl": added("\n")},
    good={f"{ARCHIVE}/messages.jsonl": None},
    bad_says="a transcript in the tree of a workspace that keeps them private",
    good_says="the archive without it",
    policy=Policy(),
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_a_session_may_have_it_otherwise(bench: Bench) -> None:
    def found(mark: str, policy: Policy | None, **how: object) -> bool:
        edits = {f"{ARCHIVE}/messages.jsonl": added("\n")}
        marked = {f"{SESSION}/.meta.json": with_field("transcripts", mark)}
        if how.pop("marked_before", False):
            return "VG404" in {f.rule for f in bench.judge(edits, policy=policy, before=marked, **how)}
        return "VG404" in {f.rule for f in bench.judge({**edits, **marked}, policy=policy, **how)}

    assert not found("tracked", Policy(), marked_before=True)
    assert not found("tracked", Policy(), on_trunk=True)
    # A change may not open for itself what its base keeps shut.
    assert found("tracked", Policy())
    assert not found("tracked", Policy(), accepted=True)
    assert found("private", None)
    assert found("private", None, accepted=True)
    assert found("sometimes", Policy())


USE = {"created_at": "", "id": "use_1", "skill": {"success": True, "uri": "viking://agent/default/skills/x/"}}


@pytest.mark.parametrize(
    ("name", "data", "is_said"),
    [
        ("files/0123.png", b"\x89PNG", True),
        ("files/deep/er.png", b"\x89PNG", True),
        ("files/été.png".encode("latin-1").decode("utf-8", "surrogateescape"), b"\x89PNG", True),
        ("messages.jsonl", b"{}\n", True),
        ("usage.jsonl", dump_line({**USE, "skill": {**USE["skill"], "input": "my words"}}), True),
        ("usage.jsonl", dump_line({**USE, "skill": {**USE["skill"], "output": "your words"}}), True),
        ("usage.jsonl", b'not a line, "input": "my words"', True),
        ("usage.jsonl", dump_line(USE), False),
        ("extraction.json", b"{}\n", False),
        ("decisions/09.json", b"{}\n", False),
    ],
)
def test_every_kind_of_file_that_a_private_archive_keeps(bench: Bench, name: str, data: bytes, is_said: bool) -> None:
    def found(policy: Policy | None) -> bool:
        # The transcript, which the valid workspace tracks, is left as it is.
        judged = bench.judge({f"{ARCHIVE}/{name}": data}, policy=policy)
        return "VG404" in {f.rule for f in judged if f.path == f"{ARCHIVE}/{name}"}

    assert found(Policy()) == is_said
    assert not found(None)


def test_a_session_that_another_version_left_running(bench: Bench) -> None:
    path = f"{SESSION}/messages.jsonl"
    assert "VG404" in {f.rule for f in bench.judge({path: b"{}\n"}, policy=Policy()) if f.path == path}
