"""VG801 policy-changed."""

import pytest

from tests.checks.trees import SESSION, Bench, Proof, added, replaced, with_field

PROOF = Proof(
    "VG801",
    bad={"viking.yaml": added('checks:\n  allow_paths: ["*"]\n')},
    good={"viking.yaml": added("index:\n  hotness: 0.5\n")},
    bad_says="a change that lets itself pass",
    good_says="one of how searches rank",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.message == "changes checks.allow_paths, by which changes are judged"
    assert found.path == "viking.yaml"
    assert found.line > 1


@pytest.mark.parametrize(
    "text",
    [
        'checks: {allow_secrets: ["x"]}\n', "checks: {layers: refuse}\n", "trunk: other\n",
        "sessions: {transcripts: private}\n",
    ],
)  # fmt: skip
def test_all_that_says_what_is_judged_and_published(bench: Bench, text: str) -> None:
    changed = {"viking.yaml": "version: 1\n" + text}
    assert "VG801" in {f.rule for f in bench.judge(changed)}
    assert "VG801" not in {f.rule for f in bench.judge(changed, accepted=True)}
    assert "VG801" not in {f.rule for f in bench.judge(changed, on_trunk=True)}


def test_a_policy_that_is_gone_or_unreadable_opens_nothing(bench: Bench) -> None:
    before = {"viking.yaml": added("checks:\n  layers: refuse\n")}
    assert "VG801" in {f.rule for f in bench.judge({"viking.yaml": None}, before=before)}
    assert "VG503" in {f.rule for f in bench.judge({"viking.yaml": "checks: [\n"}, before=before)}
    # Mending one that could not be read is judged beside the defaults.
    broken = {"viking.yaml": "checks: [\n"}
    mended = {"viking.yaml": 'checks: {allow_paths: ["*"]}\nsessions: {transcripts: private}\n'}
    assert "VG801" in {f.rule for f in bench.judge(mended, before=broken)}


def test_a_session_that_is_to_be_published(bench: Bench) -> None:
    record = f"{SESSION}/.meta.json"
    marked = bench.judge({record: with_field("transcripts", "tracked")})
    assert [f.path for f in marked if f.rule == "VG801"] == [record]
    assert "VG801" not in {f.rule for f in bench.judge({record: with_field("transcripts", "private")})}


def test_words_about_it_change_nothing(bench: Bench) -> None:
    edits = {"viking.yaml": replaced("version: 1", "# about checks: and trunk:\nversion: 1")}
    assert "VG801" not in {f.rule for f in bench.judge(edits)}
