"""A rename against an edit follows the rename, whichever side made it; names that differ by case alone are one."""

from pathlib import Path

import pytest
from pygit2.enums import FileMode

from tests.store.test_merge import ANNA, Files, Trees, content, memory
from viking_git.model.memory import parse_memory
from viking_git.store.merge import merge_trees
from viking_git.store.snapshot import Snapshot
from viking_git.store.treeform import TreeEntry

BERTA = "user/ada/memories/entities/berta"
TEXT = "".join(f"Line {n} of the guide says what to do on day {n}.\n" for n in range(12))
EDITED = TEXT.replace("on day 7", "on day seven")


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path / "repo")


def test_a_renamed_file_takes_the_edit_along(trees: Trees) -> None:
    base = {"resources/a/guide.md": TEXT, "x": "x\n"}
    files, result = trees.merge(
        base, {"resources/b/manual.md": TEXT, "x": "x\n"}, {**base, "resources/a/guide.md": EDITED}
    )
    assert files == {"resources/b/manual.md": EDITED.encode(), "x": b"x\n"}
    assert (result.contested, result.kept_both) == ((), ())


def test_a_file_renamed_and_edited_on_one_side_merges_with_the_other(trees: Trees) -> None:
    base, renamed = {"a.md": TEXT, "x": "x\n"}, TEXT.replace("Line 0", "Row 0")
    files, _ = trees.merge(base, {"b.md": renamed, "x": "x\n"}, {**base, "a.md": EDITED})
    assert files == {"b.md": EDITED.replace("Line 0", "Row 0").encode(), "x": b"x\n"}


def test_a_renamed_directory_takes_edits_and_new_files_along(trees: Trees) -> None:
    base = {"resources/a/one.md": TEXT, "resources/a/two.md": "two\n", "resources/a/.abstract.md": "A.\n", "x": "x\n"}
    ours = {path.replace("/a/", "/b/"): data for path, data in base.items()}
    theirs = {**base, "resources/a/one.md": EDITED, "resources/a/new.md": "new\n"}
    files, result = trees.merge(base, ours, theirs)
    assert files == {
        "resources/b/one.md": EDITED.encode(), "resources/b/two.md": b"two\n", "resources/b/new.md": b"new\n",
        "resources/b/.abstract.md": b"A.\n", "x": b"x\n",
    }  # fmt: skip
    assert result.contested == ()


def test_a_renamed_memory_takes_the_edit_along_and_keeps_its_new_name(trees: Trees) -> None:
    def named(text: Files) -> dict[str, bytes | str]:
        moved = {path.replace("anna", "berta"): data for path, data in text.items()}
        return {path: str(data).replace("name: anna", "name: berta") for path, data in moved.items()}

    base = {**memory(), f"{ANNA}/.relations.json": '{"relations": []}\n', "x": "x\n"}
    theirs = {**memory(detail="Anna likes tea.\n\nAnna has a cat."), f"{ANNA}/.relations.json": '{"relations": []}\n'}
    files, result = trees.merge(base, named(base), {**theirs, "x": "x\n"})
    found = parse_memory(files[f"{BERTA}/content.md"].decode(), category_name="entities", name="berta")
    assert found.paragraphs() == ["Anna likes tea.", "Anna has a cat."]
    assert not any(path.startswith(ANNA) for path in files)
    assert (result.contested, found.status) == ((), "active")


def test_what_was_deleted_is_not_found_in_another_file(trees: Trees) -> None:
    base = {"a.md": TEXT, "x": "x\n"}
    files, result = trees.merge(base, {"x": "x\n", "b.md": "Something else.\n"}, {**base, "a.md": EDITED})
    assert files == {"a.md": EDITED.encode(), "b.md": b"Something else.\n", "x": b"x\n"}
    assert result.contested == ("a.md",)


def test_a_new_name_that_the_other_side_uses_is_not_followed(trees: Trees) -> None:
    base = {"a.md": TEXT, "x": "x\n"}
    files, _ = trees.merge(base, {"b.md": TEXT, "x": "x\n"}, {"a.md": EDITED, "b.md": "Mine.\n", "x": "x\n"})
    assert files["a.md"] == EDITED.encode()
    assert TEXT.encode() in files.values()
    assert b"Mine.\n" in files.values()


def test_what_both_moved_is_not_the_new_place_of_its_twin(trees: Trees) -> None:
    """As after a squash, which forgets that the sides have met."""
    base = {"a/guide.md": TEXT, "b/twin.md": TEXT}
    ours, theirs = {"guide.md": EDITED, "c/twin.md": TEXT}, {"a/guide.md": EDITED, "c/twin.md": TEXT}
    files, result = trees.merge(base, ours, theirs)
    assert files == {path: data.encode() for path, data in ours.items()}
    assert (result.contested, result.kept_both) == ((), ())


def test_two_renames_of_one_file_keep_both(trees: Trees) -> None:
    base = {"a.md": TEXT, "x": "x\n"}
    files, _ = trees.merge(base, {"b.md": TEXT, "x": "x\n"}, {"c.md": EDITED, "x": "x\n"})
    assert files == {"b.md": TEXT.encode(), "c.md": EDITED.encode(), "x": b"x\n"}


def test_the_same_rename_on_both_sides_merges_what_they_edited(trees: Trees) -> None:
    base = {"a.md": TEXT, "x": "x\n"}
    files, result = trees.merge(base, {"b.md": EDITED, "x": "x\n"}, {"b.md": f"{TEXT}End.\n", "x": "x\n"})
    assert files == {"b.md": f"{EDITED}End.\n".encode(), "x": b"x\n"}
    assert result.kept_both == ()


def test_a_new_directory_moves_with_the_one_it_lies_in(trees: Trees) -> None:
    base = {"resources/a/one.md": TEXT, "x": "x\n"}
    ours = {"resources/b/one.md": TEXT, "x": "x\n"}
    files, _ = trees.merge(base, ours, {**base, "resources/a/deep/er/new.md": "new\n"})
    assert files == {"resources/b/one.md": TEXT.encode(), "resources/b/deep/er/new.md": b"new\n", "x": b"x\n"}


def test_binary_and_large_files_are_found_where_no_byte_changed(trees: Trees) -> None:
    image, large = b"\0\1\2", "line\n" * 30_000
    base = {"a.png": image, "a.txt": large, "x": "x\n"}
    ours = {"b/a.png": image, "b/a.txt": large, "x": "x\n"}
    files, _ = trees.merge(base, ours, {"a.png": b"\0new", "a.txt": f"{large}end\n", "x": "x\n"})
    assert files == {"b/a.png": b"\0new", "b/a.txt": f"{large}end\n".encode(), "x": b"x\n"}


def test_names_that_differ_by_case_are_one_file(trees: Trees) -> None:
    files, _ = trees.merge({}, {"d/README.md": "one\n"}, {"d/Readme.md": "one\n"})
    assert files == {"d/README.md": b"one\n"}
    base = {"d/Readme.md": TEXT, "x": "x\n"}
    files, _ = trees.merge(base, {"d/README.md": TEXT, "x": "x\n"}, {**base, "d/Readme.md": EDITED})
    assert files == {"d/README.md": EDITED.encode(), "x": b"x\n"}


@pytest.mark.parametrize(("old", "new"), [("d/Readme.md", "d/README.md"), ("Docs/a/x.md", "docs/a/x.md")])
def test_a_name_that_one_side_spells_anew_is_spelled_so(trees: Trees, old: str, new: str) -> None:
    base, beside = {old: TEXT, "d/x": "x\n"}, {"d/x": "x\n", "d/y": "y\n", f"{old.rpartition('/')[0]}/z": "z\n"}
    moved = f"{new.rpartition('/')[0]}/z"
    for text in (TEXT, EDITED):
        files, result = trees.merge(base, {new: text, "d/x": "x\n"}, {**base, **beside})
        assert files == {new: text.encode(), "d/x": b"x\n", "d/y": b"y\n", moved: b"z\n"}
        assert (result.contested, result.kept_both) == ((), ())


def test_two_files_of_the_base_whose_names_differ_by_case_stay_two(trees: Trees) -> None:
    base = {"d/a": "one\n", "d/A": "two\n", "x": "x\n"}
    files, _ = trees.merge(base, {"d/a": "one\n", "x": "x\n"}, {"d/A": "two\n", "x": "x\n"})
    assert files == {"x": b"x\n"}


def test_a_file_moved_into_a_directory_that_the_other_side_renames_is_there_once(trees: Trees) -> None:
    base = {"a/guide.md": TEXT, "b/one": "one\n", "b/two": "two\n"}
    ours = {"b/in/guide.md": TEXT, "b/one": "one\n", "b/two": "two\n"}
    theirs = {"a/guide.md": EDITED, "c/one": "one\n", "c/two": "two\n"}
    files, result = trees.merge(base, ours, theirs)
    assert files == {"c/in/guide.md": EDITED.encode(), "c/one": b"one\n", "c/two": b"two\n"}
    assert (result.contested, result.kept_both) == ((), ())


def test_links_and_submodules_in_a_renamed_memory_stay_what_they_are(trees: Trees) -> None:
    def tree(place: str, files: Files, *more: TreeEntry) -> str | None:
        entries = [(path, trees.writer.blob(str(data).encode()), FileMode.BLOB) for path, data in files.items()]
        inside = trees.writer.tree([(path.rpartition("/")[2], oid, mode) for path, oid, mode in [*entries, *more]])
        assert inside is not None
        return trees.writer.graft(inside and parents(place, inside), {"x": (trees.writer.blob(b"x"), FileMode.BLOB)})

    def parents(place: str, inside: str) -> str:
        for name in reversed(place.split("/")):
            inside = trees.writer.tree([(name, inside, FileMode.TREE)]) or ""
        return inside

    link: TreeEntry = ("link", trees.writer.blob(b"content.md"), FileMode.LINK)
    module: TreeEntry = ("module", "1" * 40, FileMode.COMMIT)
    renamed = {path: str(data).replace("name: anna", "name: berta") for path, data in memory().items()}
    base, ours = tree(ANNA, memory(), module), tree(BERTA, renamed, module)
    theirs = tree(ANNA, memory(detail="Anna likes tea.\n\nAnna has a cat."), module, link)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = Snapshot(trees.git, merge_trees(trees.writer, base, *sides).tree)
        found = {entry.name: (entry.oid, entry.mode) for entry in merged.entries(BERTA)}
        assert (found["link"], found["module"]) == (link[1:], module[1:])
        assert b"Anna has a cat." in merged.read(f"{BERTA}/content.md")
        assert not merged.exists(ANNA)


def test_memories_that_differ_by_case_are_one_memory(trees: Trees) -> None:
    other = {path.replace("anna", "Anna"): data for path, data in memory(detail="Anna has a cat.").items()}
    other[f"{ANNA.replace('anna', 'Anna')}/content.md"] = content(name="Anna", detail="Anna has a cat.")
    files, _ = trees.merge({}, memory(), other)
    found = parse_memory(files["user/ada/memories/entities/Anna/content.md"].decode(), name="Anna")
    assert sorted(found.paragraphs()) == ["Anna has a cat.", "Anna has a dog.", "Anna likes tea."]
    assert not any(path.startswith(f"{ANNA}/") for path in files)
