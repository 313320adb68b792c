"""Archives of one session from two machines: each stays as it was made, the second under the next number."""

import json
from pathlib import Path

import pytest

from tests.store.test_merge import Trees
from viking_git.model.meta import dump_json
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


def test_what_names_their_archive_follows_it(trees: Trees) -> None:
    memory, links = "user/ada/memories/entities/anna/.meta.json", "resources/docs/.relations.json"

    def told(number: int, message: str) -> dict[str, str]:
        name = f"archive_{number:03d}"
        source = {"session": f"viking://{HERE}/", "archive": name, "decision": "01", "messages": [message]}
        use = {"session": f"viking://{HERE}/", "archive": name, "count": 1}
        other = {**source, "session": "viking://session/ada/other/"}
        return {
            memory: json.dumps({"sources": [source, other], "stats": {"uses": [use]}}),
            links: json.dumps({"relations": [{"uri": f"viking://{HERE}/history/{name}/", "reason": message}]}),
            "resources/data.json": json.dumps({"archive": "archive_001", "session": f"viking://{HERE}/"}),
        }

    files, result = trees.merge_one_way({}, archive(1, "a") | told(1, "a"), archive(1, "b") | told(1, "b"))
    meta = json.loads(files[memory])
    own = {(s["archive"], *s["messages"]) for s in meta["sources"] if s["session"] == f"viking://{HERE}/"}
    assert own == {("archive_001", "a"), ("archive_002", "b")}
    assert [use["archive"] for use in meta["stats"]["uses"]] == ["archive_001", "archive_002"]
    elsewhere = [s for s in meta["sources"] if s["session"] == "viking://session/ada/other/"]
    assert {s["archive"] for s in elsewhere} == {"archive_001"}
    linked = {r["uri"]: r["reason"] for r in json.loads(files[links])["relations"]}
    assert linked == {f"viking://{HERE}/history/archive_00{n}/": said for n, said in ((1, "a"), (2, "b"))}
    assert json.loads(files["resources/data.json"])["archive"] == "archive_001", "a document is nobody's record"
    assert (result.contested, result.kept_both) == ((), ())


def test_sessions_whose_names_differ_by_case_alone_are_one(trees: Trees) -> None:
    theirs = {path.replace("plan", "Plan"): data for path, data in archive(1, "b", "t1").items()}
    files, _ = trees.merge_one_way({}, archive(1, "a"), theirs)
    merged = {path.lower(): data.decode() for path, data in files.items()}
    assert json.loads(merged.pop(f"{HERE}/tools/t1/tool.json"))["archive"] == "archive_002"
    assert merged == archive(1, "a") | archive(2, "b")


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


def test_an_archive_that_has_another_number_since_the_last_merge_is_the_same(trees: Trees) -> None:
    """One machine archived ``a`` and then ``c``; the other met ``a`` when its own ``b`` had the number."""
    base, ours, theirs = archive(1, "a", "t1"), archive(1, "a", "t1") | archive(2, "c"), archive(1, "b", "t2")
    theirs |= archive(2, "a", "t1")
    files, result = trees.merge_one_way(base, ours, theirs)
    expected = ours | archive(3, "b", "t2")
    assert {path: json.loads(data) for path, data in files.items() if path.endswith(".json")} == {
        path: json.loads(text) for path, text in expected.items() if path.endswith(".json")
    }
    assert files.keys() == expected.keys()
    assert (result.contested, result.kept_both) == ((), ())
    files, _ = trees.merge_one_way(base, theirs, ours)
    assert {path: data.decode() for path, data in files.items() if "/tools/" not in path} == {
        path: text for path, text in (theirs | archive(3, "c")).items() if "/tools/" not in path
    }


def test_no_number_is_left_out(trees: Trees) -> None:
    """Theirs has ours as the second, and goes on: the number that this frees is taken."""
    theirs = archive(1, "b") | archive(2, "a") | archive(3, "c")
    edited = archive(1, "a") | {f"{HERE}/history/archive_001/decisions/02.json": "{}"}
    files, _ = trees.merge_one_way(archive(1, "a"), edited, theirs)
    assert {path: data.decode() for path, data in files.items()} == edited | archive(2, "b") | archive(3, "c")


def test_an_archive_under_the_number_of_a_removed_one_is_another(trees: Trees) -> None:
    base, theirs = archive(1, "a") | archive(2, "d"), archive(1, "d")
    files, _ = trees.merge_one_way(base, theirs | archive(2, "b"), theirs | {"x": "x"})
    assert {path: data.decode() for path, data in files.items()} == theirs | archive(2, "b") | {"x": "x"}


def test_a_transcript_that_one_side_rewrote_keeps_its_number(trees: Trees) -> None:
    base, rewritten = archive(1, "a") | archive(2, "b"), archive(1, "A") | archive(2, "b")
    for ours, theirs in ((base | {"x": "x"}, rewritten), (rewritten, base | {"x": "x"})):
        files, _ = trees.merge_one_way(base, ours, theirs)
        assert {path: data.decode() for path, data in files.items()} == rewritten | {"x": "x"}


def test_memories_name_the_archives_that_they_come_from_by_their_numbers(trees: Trees) -> None:
    def tea(number: int) -> dict[str, str]:
        place = {"session": f"viking://{HERE}/", "archive": f"archive_{number:03d}"}
        meta = {"sources": [{**place, "decision": "01"}], "stats": {"uses": [{**place, "count": 1}]}}
        return {
            "user/ada/memories/preferences/tea/.meta.json": dump_json(meta).decode(),
            "user/ada/memories/preferences/tea/x.txt": "x",
        }

    for base, ours, theirs, number in (
        ({}, archive(1, "a"), archive(1, "b") | tea(1), 2),
        (
            archive(1, "a") | tea(1),
            archive(1, "a") | archive(2, "c") | tea(1),
            archive(1, "b") | archive(2, "a") | tea(2),
            1,
        ),
    ):
        files, _ = trees.merge_one_way(base, ours, theirs)
        assert {path: data.decode() for path, data in files.items() if "memories" in path} == tea(number)


def test_what_one_side_left_alone_keeps_its_numbers(trees: Trees) -> None:
    """Trunk stood still, and the branch, which met another one, calls trunk's second archive the fourth."""
    trunk = archive(1, "a") | archive(2, "b")
    theirs = archive(1, "a") | archive(2, "c") | archive(3, "d") | archive(4, "b")
    expected = trunk | archive(3, "d") | archive(4, "c")
    for moved in ({}, {"x": "x"}):
        files, result = trees.merge_one_way(trunk, trunk | moved, theirs)
        assert {path: data.decode() for path, data in files.items()} == expected | moved
        assert (result.contested, result.kept_both) == ((), ())


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        # The last one is removed here, while another came after it there.
        ("ab", "a", "abc", "ac"),
        ("abc", "a", "abcd", "ad"),
        # A branch was rebased, and its first archive dropped.
        ("a", "a", "a.c", "ac"),
        ("", "", "..c", "c"),
        # A hole that ours has stays one: what names the second would name another.
        ("abc", "a.c", "abcd", "a.cd"),
        ("abc", "a.c", "ab.d", "a..d"),
        ("ab", ".b", "abc", ".bc"),
        # Both lack one, and one has another since.
        ("abc", "acd", "abce", "acde"),
    ],
)
def test_a_merge_leaves_no_number_out(trees: Trees, base: str, ours: str, theirs: str, merged: str) -> None:
    def history(archives: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for number, said in enumerate(archives, start=1):
            found |= archive(number, said) if said != "." else {}
        return found

    files, result = trees.merge_one_way(history(base), history(ours), history(theirs))
    assert {path: data.decode() for path, data in files.items()} == history(merged)
    assert (result.contested, result.kept_both) == ((), ())
