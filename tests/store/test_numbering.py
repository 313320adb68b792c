"""Archives of one session from two machines: each stays as it was made, the second under the next number."""

import json
from pathlib import Path

import pytest

from tests.store.test_merge import Trees
from viking_git.store.merge import merge_trees

HERE = "session/ada/plan"


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path / "repo")


def archive(number: int, said: str, tool: str = "") -> dict[str, str]:
    place = f"{HERE}/history/archive_{number:03d}"
    files = {
        f"{place}/.meta.json": json.dumps({"messages": [{"id": said}], "summarizes": said}),
        f"{place}/.abstract.md": f"{said}\n",
        f"{place}/decisions/01.json": json.dumps({"reason": said}),
    }
    if tool:
        files[f"{HERE}/tools/{tool}/tool.json"] = json.dumps({"archive": f"archive_{number:03d}", "tool_id": tool})
    return files


def test_theirs_takes_the_next_free_number(trees: Trees) -> None:
    ours, theirs = archive(1, "a", "t1") | archive(2, "b"), archive(1, "c", "t2") | archive(2, "d") | archive(3, "e")
    files, result = trees.merge_one_way({}, ours, theirs)
    tool = f"{HERE}/tools/t2/tool.json"
    expected = archive(1, "a", "t1") | archive(2, "b") | archive(3, "e") | archive(4, "c") | archive(5, "d")
    assert json.loads(files.pop(tool)) == {"archive": "archive_004", "tool_id": "t2"}
    assert {path: data.decode() for path, data in files.items()} == expected
    assert (result.contested, result.kept_both) == ((), ())


def test_the_same_archive_is_one(trees: Trees) -> None:
    extracted = archive(1, "a") | {f"{HERE}/history/archive_001/extraction.json": "{}\n"}
    files, _ = trees.merge({}, archive(1, "a"), extracted)
    assert {path: data.decode() for path, data in files.items()} == extracted


def test_merging_again_gives_no_third_number(trees: Trees) -> None:
    base, ours, theirs = (trees.tree(files) for files in ({"x": "x"}, archive(1, "a"), archive(1, "b")))
    merged = merge_trees(trees.writer, base, ours, theirs).tree
    assert merge_trees(trees.writer, theirs, merged, theirs).tree == merged
    # After a squash the base is the old one.
    assert merge_trees(trees.writer, base, merged, theirs).tree == merged


def test_private_transcripts_get_the_number_of_their_archive(trees: Trees) -> None:
    """Both refs are merged the same way round, and the transcript's own id is what the archive's stamp names."""
    path = f"{HERE}/history/archive_00{{}}/messages.jsonl"
    ours, theirs = "one\n", "two\n"
    kept = [trees.writer.blob(text.encode()) for text in (ours, theirs)]
    tracked, _ = trees.merge_one_way({}, archive(1, kept[0]), archive(1, kept[1]))
    private, _ = trees.merge_one_way({}, {path.format(1): ours}, {path.format(1): theirs})
    for number, oid in enumerate(kept, start=1):
        meta = json.loads(tracked[f"{HERE}/history/archive_00{number}/.meta.json"])
        assert meta["summarizes"] == trees.writer.blob(private[path.format(number)]) == oid


def test_an_archive_that_one_side_alone_changed_keeps_its_number(trees: Trees) -> None:
    base = archive(1, "a")
    undone = {path: data for path, data in base.items() if "decisions" not in path}
    files, _ = trees.merge(base, undone, base | archive(2, "b"))
    assert {path: data.decode() for path, data in files.items()} == undone | archive(2, "b")
