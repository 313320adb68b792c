"""Merging trees: every rule of the walk, what it writes and reads, and its properties on random trees."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygit2.enums import FileMode
from rapidfuzz import fuzz

from viking_git.model.changes import Changes
from viking_git.model.memory import Memory, parse_memory
from viking_git.store.merge import MergeResult, merge_trees
from viking_git.store.objects import ObjectWriter
from viking_git.store.renames import ALIKE
from viking_git.store.snapshot import Snapshot

ANNA = "user/ada/memories/entities/anna"

Files = Mapping[str, bytes | str]


class Trees:
    """Makes trees of files and merges them, each time both ways round."""

    def __init__(self, path: Path) -> None:
        self.git = pygit2.init_repository(str(path))
        self.writer = ObjectWriter(self.git)

    def tree(self, files: Files) -> str | None:
        changes = Changes()
        for name, data in files.items():
            changes.write(name, data)
        return self.writer.apply(None, changes)

    def files(self, tree: str | None) -> dict[str, bytes]:
        snapshot = Snapshot(self.git, tree)
        return {path: snapshot.read_oid(entry.oid) for path, entry in snapshot.walk()}

    def merge_one_way(self, base: Files, ours: Files, theirs: Files) -> tuple[dict[str, bytes], MergeResult]:
        result = merge_trees(self.writer, self.tree(base), self.tree(ours), self.tree(theirs))
        return self.files(result.tree), result

    def merge(self, base: Files, ours: Files, theirs: Files) -> tuple[dict[str, bytes], MergeResult]:
        one, old, other = self.tree(ours), self.tree(base), self.tree(theirs)
        result = merge_trees(self.writer, old, one, other)
        swapped = merge_trees(self.writer, old, other, one)
        assert (swapped.contested, swapped.kept_both) == (result.contested, result.kept_both)
        if not result.kept_both:
            assert swapped.tree == result.tree
        files = self.files(result.tree)
        assert not any(mark in data for data in files.values() for mark in (b"<<<<<<<", b">>>>>>>"))
        return files, result


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path / "repo")


def content(**changes: Any) -> str:
    values: dict[str, Any] = {
        "category": "entities", "name": "anna", "title": "Anna", "abstract": "Anna is a designer.",
        "detail": "Anna likes tea.\n\nAnna has a dog.", "fields": {"kind": "person"},
    }  # fmt: skip
    return Memory(**{**values, **changes}).render()


def memory(**changes: Any) -> dict[str, str]:
    text = content(**changes)
    layers = parse_memory(text).layers()
    return {
        f"{ANNA}/content.md": text,
        f"{ANNA}/.abstract.md": f"{layers.abstract}\n",
        f"{ANNA}/.overview.md": f"{layers.overview}\n",
        f"{ANNA}/.meta.json": '{\n  "sources": []\n}\n',
    }


def test_changes_apart_are_all_there(trees: Trees) -> None:
    base = {"a/x.md": "x\n", "a/y.md": "y\n", "b/z.md": "z\n", "gone.md": "gone\n"}
    ours = {"a/x.md": "X\n", "a/y.md": "y\n", "b/z.md": "z\n", "new/n.md": "n\n"}
    theirs = {**base, "b/z.md": "Z\n", "b/t.md": "t\n"}
    files, result = trees.merge(base, ours, theirs)
    assert files == {
        "a/x.md": b"X\n", "a/y.md": b"y\n", "b/z.md": b"Z\n", "b/t.md": b"t\n", "new/n.md": b"n\n",
    }  # fmt: skip
    assert (result.contested, result.kept_both) == ((), ())


def test_equal_sides_win_unread_and_a_side_beside_an_unchanged_one_wins(trees: Trees) -> None:
    real, more, missing, other = trees.tree({"a": "1\n"}), trees.tree({"a": "2\n"}), "1" * 40, "2" * 40
    assert merge_trees(trees.writer, missing, other, other).tree == other
    assert merge_trees(trees.writer, more, more, real).tree == real
    assert merge_trees(trees.writer, missing, real, missing).tree == real
    assert merge_trees(trees.writer, None, real, None).tree == real
    assert merge_trees(trees.writer, real, None, real).tree is None


def test_only_directories_that_differ_are_read(trees: Trees) -> None:
    shared, one, other = "1" * 40, trees.writer.blob(b"1"), trees.writer.blob(b"2")

    def tree(name: str, blob: str) -> str | None:
        return trees.writer.tree([("shared", shared, FileMode.TREE), (name, blob, FileMode.BLOB)])

    merged = merge_trees(trees.writer, tree("base", one), tree("ours", one), tree("theirs", other)).tree
    assert [e.name for e in Snapshot(trees.git, merged).entries()] == ["ours", "shared", "theirs"]


def test_names_that_are_no_text_stay(trees: Trees) -> None:
    def tree(name: str, text: bytes) -> str | None:
        return trees.writer.tree(
            [("caf\udce9", trees.writer.blob(b"1"), FileMode.BLOB), (name, trees.writer.blob(text), FileMode.BLOB)]
        )

    merged = merge_trees(trees.writer, tree("a", b"1"), tree("b", b"2"), tree("c", b"3")).tree
    assert [entry.name for entry in Snapshot(trees.git, merged).entries()][:2] == ["b", "c"]
    assert b"caf\xe9\0" in trees.git[merged or ""].read_raw()


def test_all_deleted_is_the_empty_tree(trees: Trees) -> None:
    assert trees.merge({"a": "1\n", "d/b": "2\n"}, {"a": "1\n"}, {"d/b": "2\n"})[1].tree is None


def test_lines_apart_merge_and_lines_together_keep_both(trees: Trees) -> None:
    base = {"notes.md": "one\ntwo\nthree\n", "same.tar.gz": "x\n"}
    files, _ = trees.merge(base, {**base, "notes.md": "ONE\ntwo\nthree\n"}, {**base, "notes.md": "one\ntwo\nTHREE\n"})
    assert files["notes.md"] == b"ONE\ntwo\nTHREE\n"
    files, result = trees.merge(base, {**base, "notes.md": "ours\n"}, {**base, "notes.md": "theirs\n"})
    blob = trees.writer.blob(b"theirs\n")
    assert files["notes.md"] == b"ours\n"
    assert files[f"notes.theirs-{blob[:8]}.md"] == b"theirs\n"
    assert (result.contested, result.kept_both) == ((), ("notes.md",))


def test_binary_files_keep_both(trees: Trees) -> None:
    files, result = trees.merge({}, {"d/logo": b"\0ours"}, {"d/logo": b"\0theirs"})
    blob = trees.writer.blob(b"\0theirs")
    assert files == {"d/logo": b"\0ours", f"d/logo.theirs-{blob[:8]}": b"\0theirs"}
    assert result.kept_both == ("d/logo",)


def test_a_taken_or_long_name_beside_is_made_free(trees: Trees) -> None:
    blob = trees.writer.blob(b"\0theirs")
    long = "é" * 125 + ".md"
    taken = f"logo.theirs-{blob[:8]}.png"
    ours = {"logo.png": b"\0ours", taken: b"mine", long: b"\0ours"}
    files, _ = trees.merge({}, ours, {"logo.png": b"\0theirs", long: b"\0theirs"})
    assert files[taken] == b"mine"
    assert files[f"logo.theirs-{blob}.png"] == b"\0theirs"
    (beside,) = [name for name in files if name.startswith("é") and name != long]
    assert beside.endswith(f".theirs-{blob[:8]}.md")
    assert len(beside.encode()) <= 255


def test_a_delete_against_an_edit_keeps_the_edit(trees: Trees) -> None:
    base = {"a/x.md": "1\n", "a/y.md": "2\n", "b": "3\n"}
    files, result = trees.merge(base, {"a/y.md": "2\n"}, {**base, "a/x.md": "new\n", "b": "new\n"})
    assert files == {"a/x.md": b"new\n", "a/y.md": b"2\n", "b": b"new\n"}
    assert result.contested == ("a/x.md", "b")


def test_a_file_against_a_directory_keeps_both(trees: Trees) -> None:
    files, result = trees.merge({}, {"x": "file\n"}, {"x/y": "below\n"})
    blob = trees.writer.blob(b"file\n")
    assert files == {"x/y": b"below\n", f"x.theirs-{blob[:8]}": b"file\n"}
    assert result.kept_both == ("x",)
    files, result = trees.merge({"x/y": "1\n"}, {"x": "file\n"}, {"x/y": "1\n"})
    assert files == {"x": b"file\n"}
    assert result.kept_both == ()


def test_modes_merge_apart_from_content(trees: Trees) -> None:
    def tree(text: bytes, mode: int) -> str | None:
        return trees.writer.tree([("run.sh", trees.writer.blob(text), mode)])

    plain, executable = FileMode.BLOB, FileMode.BLOB_EXECUTABLE
    for base, ours, theirs in ((plain, executable, plain), (plain, plain, executable), (plain, executable, executable)):
        merged = merge_trees(trees.writer, tree(b"1\n", base), tree(b"1\n", ours), tree(b"2\n", theirs)).tree
        assert merged == tree(b"2\n", executable)
    assert merge_trees(trees.writer, None, tree(b"1\n", plain), tree(b"1\n", executable)).tree == tree(
        b"1\n", executable
    )
    image = merge_trees(trees.writer, tree(b"\0", plain), tree(b"\0", executable), tree(b"\0new", plain))
    assert image == MergeResult(tree(b"\0new", executable), (), ())


def test_links_keep_both_and_submodules_ours(trees: Trees) -> None:
    def tree(target: bytes, commit: str) -> str | None:
        link = trees.writer.blob(target)
        return trees.writer.tree([("link", link, FileMode.LINK), ("sub", commit, FileMode.COMMIT)])

    base, ours, theirs = tree(b"a", "a" * 40), tree(b"b", "a" * 40), tree(b"c", "b" * 40)
    result = merge_trees(trees.writer, base, ours, theirs)
    link = trees.writer.blob(b"c")
    found = {entry.name: entry.oid for entry in Snapshot(trees.git, result.tree).entries()}
    assert found == {"link": trees.writer.blob(b"b"), f"link.theirs-{link[:8]}": link, "sub": "b" * 40}
    assert result.kept_both == ("link",)
    result = merge_trees(trees.writer, base, tree(b"a", "c" * 40), tree(b"a", "b" * 40))
    assert (result.tree, result.kept_both) == (tree(b"a", "c" * 40), ("sub",))


class TestMemories:
    def test_text_merges_and_projections_are_made_again(self, trees: Trees) -> None:
        facts = ("Anna likes tea.", "Anna has a dog.", "Anna lives in Oslo.")
        ours = memory(abstract="Anna is a painter.")
        files, result = trees.merge(memory(), ours, memory(detail="\n\n".join(facts)))
        expected = memory(abstract="Anna is a painter.", detail="\n\n".join(facts))
        assert {path: data.decode() for path, data in files.items()} == expected
        assert (result.contested, result.kept_both) == ((), ())

    def test_two_wordings_are_contested(self, trees: Trees) -> None:
        files, result = trees.merge(memory(), memory(detail="Anna likes milk."), memory(detail="Anna likes water."))
        merged = parse_memory(files[f"{ANNA}/content.md"].decode())
        assert merged.status == "contested"
        assert set(merged.paragraphs()) == {"Anna likes milk.", "Anna likes water."}
        assert result.contested == (f"{ANNA}/content.md",)
        assert files[f"{ANNA}/.overview.md"].decode() == merged.layers().overview + "\n"

    def test_a_deleted_memory_that_was_edited_stays_whole_and_contested(self, trees: Trees) -> None:
        edited = {**memory(detail="Anna likes milk."), f"{ANNA}/.relations.json": '{"relations": []}\n'}
        base = {**memory(), f"{ANNA}/.relations.json": '{"relations": []}\n', "x": "x\n"}
        files, result = trees.merge(base, {"x": "x\n"}, {**edited, "x": "x\n"})
        assert files.keys() == base.keys()
        assert parse_memory(files[f"{ANNA}/content.md"].decode()).status == "contested"
        assert result.contested == (f"{ANNA}/content.md",)

    def test_a_deleted_memory_whose_projections_alone_changed_is_gone(self, trees: Trees) -> None:
        refreshed = {**memory(), f"{ANNA}/.meta.json": '{"sources": [1]}\n', "x": "x\n"}
        files, result = trees.merge({**memory(), "x": "x\n"}, {"x": "x\n"}, refreshed)
        assert files == {"x": b"x\n"}
        assert result.contested == ()

    def test_a_content_that_is_no_memory_does_not_stop_the_merge(self, trees: Trees) -> None:
        broken = {**memory(), f"{ANNA}/content.md": "no front matter\n"}
        files, result = trees.merge(memory(), broken, memory(detail="Anna likes milk."))
        text = files[f"{ANNA}/content.md"].decode()
        assert "Anna likes milk." in text
        assert "    no front matter" in text
        assert result.contested == (f"{ANNA}/content.md",)
        files, result = trees.merge(memory(), broken, {**broken, f"{ANNA}/content.md": b"\xff\xfe"})
        assert result.kept_both == (f"{ANNA}/content.md",)

    def test_content_md_of_a_resource_is_text(self, trees: Trees) -> None:
        base = {"resources/x/content.md": "a\n\nb\n\nc\n"}
        ours, theirs = {"resources/x/content.md": "A\n\nb\n\nc\n"}, {"resources/x/content.md": "a\n\nb\n\nC\n"}
        assert trees.merge(base, ours, theirs)[0] == {"resources/x/content.md": b"A\n\nb\n\nC\n"}


class TestOwnFiles:
    def test_summaries_are_taken_whole_from_one_side(self, trees: Trees) -> None:
        base = {"resources/x/.abstract.md": "0\n", "resources/x/.overview.md": "0\n", "resources/x/a.md": "a\n"}
        ours = {**base, "resources/x/.abstract.md": "1\n", "resources/x/.meta.json": '{"generated_by": "extractive"}'}
        theirs = {**base, "resources/x/.abstract.md": "2\n", "resources/x/.overview.md": "2\n"}
        files, _ = trees.merge(base, ours, theirs)
        assert (files["resources/x/.abstract.md"], files["resources/x/.overview.md"]) == (b"1\n", b"0\n")
        theirs["resources/x/.meta.json"] = '{"generated_by": "human", "summarizes": "2"}'
        files, result = trees.merge(base, ours, theirs)
        assert (files["resources/x/.abstract.md"], files["resources/x/.overview.md"]) == (b"2\n", b"2\n")
        assert json.loads(files["resources/x/.meta.json"]) == {"generated_by": "human", "summarizes": "2"}
        assert (result.contested, result.kept_both) == ((), ())

    def test_a_deleted_directory_that_was_only_summarised_anew_is_gone(self, trees: Trees) -> None:
        base = {
            "resources/x/a.md": "a\n",
            "resources/x/.abstract.md": "0\n",
            "resources/x/.meta.json": "{}\n",
            "y": "y\n",
        }
        theirs = {**base, "resources/x/.abstract.md": "1\n", "resources/x/.meta.json": '{"k": 1}\n'}
        files, result = trees.merge(base, {"y": "y\n"}, theirs)
        assert files == {"y": b"y\n"}
        assert result.contested == ()

    def test_what_a_person_wrote_about_a_deleted_directory_stays_contested(self, trees: Trees) -> None:
        place = "resources/x"
        base = {f"{place}/a.md": "a\n", f"{place}/.abstract.md": "0\n", f"{place}/.meta.json": "{}\n", "y": "y\n"}
        theirs = {**base, f"{place}/.abstract.md": "1\n", f"{place}/.meta.json": '{"generated_by": "human"}\n'}
        files, result = trees.merge(base, {"y": "y\n"}, theirs)
        assert files.keys() == {f"{place}/.abstract.md", f"{place}/.meta.json", "y"}
        assert result.contested == (f"{place}/.abstract.md",)

    def test_two_summaries_of_one_weight_do_not_depend_on_the_side(self, trees: Trees) -> None:
        def summed(text: str, **meta: str) -> dict[str, str]:
            return {"resources/x/.abstract.md": text, "resources/x/.meta.json": json.dumps(meta)}

        base, ours, theirs = summed("0\n"), summed("1\n", summarizes="1"), summed("2\n", summarizes="2")
        files, _ = trees.merge(base, ours, theirs)
        assert {path: data.decode() for path, data in files.items()}["resources/x/.abstract.md"] in {"1\n", "2\n"}
        assert (
            json.loads(files["resources/x/.meta.json"])["summarizes"] == files["resources/x/.abstract.md"].decode()[0]
        )

    def test_meta_and_relations_merge_by_item(self, trees: Trees) -> None:
        def relations(*uris: str) -> dict[str, str]:
            return {"resources/x/.relations.json": json.dumps({"relations": [{"uri": uri} for uri in uris]})}

        files, _ = trees.merge(relations("a"), relations("a", "c"), relations("a", "b"))
        merged = json.loads(files["resources/x/.relations.json"])
        assert [r["uri"] for r in merged["relations"]] == ["a", "b", "c"]
        older = {"resources/x/.relations.json": '[{"id": "1", "uris": ["z"], "reason": "r", "created_at": "t"}]'}
        files, _ = trees.merge({}, older, relations("a"))
        merged = json.loads(files["resources/x/.relations.json"])
        assert [r["uri"] for r in merged["relations"]] == ["a", "z"]

    def test_json_that_is_none_keeps_both(self, trees: Trees) -> None:
        _, result = trees.merge({}, {"x/.meta.json": "{"}, {"x/.meta.json": '{"a": 1}'})
        assert result.kept_both == ("x/.meta.json",)

    def test_jsonl_is_a_union_but_for_documents(self, trees: Trees) -> None:
        ours, theirs = '{"id": "a"}\n', '{"id": "b"}\n'
        files, _ = trees.merge({}, {"session/s/u.jsonl": ours}, {"session/s/u.jsonl": theirs})
        assert files["session/s/u.jsonl"] == (ours + theirs).encode()
        _, result = trees.merge({}, {"resources/u.jsonl": ours}, {"resources/u.jsonl": theirs})
        assert result.kept_both == ("resources/u.jsonl",)


def test_files_that_are_nested_too_deeply_do_not_stop_the_merge(trees: Trees) -> None:
    deep, sound = b"[" * 100_000 + b"\n", b'{"id": "a"}\n'
    files, _ = trees.merge({}, {"session/s/u.jsonl": deep}, {"session/s/u.jsonl": sound})
    assert sorted(files["session/s/u.jsonl"].splitlines(True)) == sorted([deep, sound])
    policy = "version: 1\n", f"a: {'[' * 5000}\n", "version: 1\ntrunk: x\n"
    _, result = trees.merge(*({"viking.yaml": text} for text in policy))
    assert result.kept_both == ("viking.yaml",)


NAMES = st.sampled_from(["a.md", "b.jsonl", ".meta.json", ".abstract.md", "d/a.md", "d/e/c.md", f"{ANNA}/content.md"])
TEXTS = st.sampled_from(
    ["1\n2\n3\n4\n", "1\nX\n3\n4\n", "1\n2\n3\nY\n", "Z\n", '{"a": 1}\n', '{"a": 2, "b": [1]}\n', content(),
     content(detail="Anna likes milk."), content(title="Anna Berg"), "\0"]
)  # fmt: skip
RANDOM_FILES = st.dictionaries(NAMES, TEXTS, max_size=5)


@settings(max_examples=30)
@given(RANDOM_FILES, RANDOM_FILES, RANDOM_FILES)
def test_random_trees(trees: Trees, base: Files, ours: Files, theirs: Files) -> None:
    trees.merge(base, ours, theirs)
    one, other, old = trees.tree(ours), trees.tree(theirs), trees.tree(base)
    result = merge_trees(trees.writer, old, one, other)
    assert merge_trees(trees.writer, other, result.tree, other) == MergeResult(result.tree, (), ())
    files = trees.files(result.tree)
    # What is written about a directory (here, the root) goes with it where the other side deleted it and all it held.
    deleted = not theirs and any(not path.endswith((".abstract.md", ".meta.json")) for path in base)
    for path, data in ours.items():
        written_about = path.endswith(".abstract.md") or (deleted and path == ".meta.json")
        # A file with words of one that ours has no more may be that one renamed, and have the other side's edits.
        gone = [str(text) for side in (base, theirs) for at, text in side.items() if at in base and at not in ours]
        is_new = path not in base and path not in theirs and not written_about
        if is_new and all(fuzz.ratio(str(data), text) < ALIKE for text in gone):
            assert files[path] == str(data).encode()
    for path in base:
        if path not in ours and path not in theirs:
            assert path not in files or path.endswith(".abstract.md")
