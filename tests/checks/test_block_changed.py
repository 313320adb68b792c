"""VG802 block-changed."""

import pytest

from tests.checks.trees import Bench, Edits, Proof, added, replaced
from viking_git import assets

IGNORED, ATTRIBUTES = ".gitignore", ".gitattributes"
BLOCK = {IGNORED: assets.template("workspace/gitignore"), ATTRIBUTES: assets.template("workspace/gitattributes")}

PROOF = Proof(
    "VG802",
    bad={IGNORED: added("!/session/*/*/history/*/files/\n")},
    good={IGNORED: added("!/docs/\n*.log\n")},
    bad_says="a line that lets git track what is private",
    good_says="lines about other folders",
    before={IGNORED: BLOCK[IGNORED], ATTRIBUTES: BLOCK[ATTRIBUTES]},
)


def found(bench: Bench, edits: Edits, before: Edits | None = None, **how: bool) -> list[tuple[str, int]]:
    judged = bench.judge(edits, before=before or PROOF.before, **how)
    return [(f.path, f.line) for f in judged if f.rule == "VG802"]


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    spot = bench.prove(PROOF)
    assert spot.line == len(BLOCK[IGNORED].splitlines()) + 1
    assert found(bench, PROOF.bad, accepted=True) == []
    assert found(bench, PROOF.bad, on_trunk=True) == []


@pytest.mark.parametrize(
    "line",
    [
        "!/session/*/*/history/*/messages.jsonl", "!session/default/chat/history/archive_001/files/", "!files/",
        "!files", "!messages.jsonl", "!*.jsonl", "!m*", "!**/files/", "!*", "!/**", "!/s?ssion/**", "!/[s]ession/x",
        "!\\files",
    ],
)  # fmt: skip
def test_every_way_to_take_it_back(bench: Bench, line: str) -> None:
    assert found(bench, {IGNORED: added(f"{line}\n")}) == [(IGNORED, len(BLOCK[IGNORED].splitlines()) + 1)]
    assert found(bench, {IGNORED: BLOCK[IGNORED].replace("# }", f"{line}\n# }}")}) != []
    # Git reads the last line that matches, so before the block it opens nothing.
    assert found(bench, {IGNORED: f"{line}\n{BLOCK[IGNORED]}"}) == []


@pytest.mark.parametrize(
    "line", ["!/resources/x/files/", "!*.md", "!docs", "#!files/", "\\!files/", "files/", "!/docs/**"]
)
def test_lines_that_open_nothing(bench: Bench, line: str) -> None:
    assert found(bench, {IGNORED: added(f"{line}\n")}) == []


def test_what_stood_before_the_block_may_not_be_moved_behind_it(bench: Bench) -> None:
    before = {IGNORED: f"!files/\n{BLOCK[IGNORED]}"}
    assert found(bench, {IGNORED: f"{BLOCK[IGNORED]}!files/\n"}, before) != []


@pytest.mark.parametrize("path", ["session/.gitignore", "session/default/chat/history/.gitignore"])
def test_a_file_further_down_goes_before_the_one_above(bench: Bench, path: str) -> None:
    assert found(bench, {path: "!messages.jsonl\n"}) == [(path, 1)]
    assert found(bench, {"resources/docs/.gitignore": "!messages.jsonl\n"}) == []


def test_the_block_itself(bench: Bench) -> None:
    first = BLOCK[IGNORED].splitlines()[2]
    assert found(bench, {IGNORED: replaced(f"{first}\n", "")}) == [(IGNORED, 1)]
    assert len(found(bench, {IGNORED: None})) == 2
    # An older block gives way to the one of today.
    older = {IGNORED: BLOCK[IGNORED].replace("# }", "/session/old/\n# }")}
    assert found(bench, {IGNORED: BLOCK[IGNORED]}, older) == []
    assert found(bench, {IGNORED: BLOCK[IGNORED]}, {IGNORED: "*.log\n"}) == []


@pytest.mark.parametrize(
    "line",
    [
        "user/** linguist-generated", "content.md -diff", "*.md merge=union", "* binary", "viking.yaml merge=ours",
        "/agent/*/skills/** filter=x", ".meta.json -merge", "SKILL.md linguist-vendored", "* text eol=crlf",
    ],
)  # fmt: skip
def test_attributes_that_hide_a_file_or_change_its_merge(bench: Bench, line: str) -> None:
    assert found(bench, {ATTRIBUTES: added(f"{line}\n")}) == [(ATTRIBUTES, len(BLOCK[ATTRIBUTES].splitlines()) + 1)]
    assert found(bench, {"user/.gitattributes": f"{line}\n"}) == [("user/.gitattributes", 1)]


@pytest.mark.parametrize(
    "line", ["*.png filter=lfs diff=lfs merge=lfs -text", "* text=auto", "/docs/** -diff", "*.md text"]
)
def test_attributes_that_do_neither(bench: Bench, line: str) -> None:
    assert found(bench, {ATTRIBUTES: added(f"{line}\n")}) == []
