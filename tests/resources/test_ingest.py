"""Adding: documents as they came, only what differs, and a mirror of what the folder is now."""

import json
import shutil
from pathlib import Path

import pytest

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.changes import Changes
from viking_git.resources.ingest import AddReport, add_changes, read_sources
from viking_git.resources.summarize import refresh_resources, resource_changes, state
from viking_git.store.snapshot import Snapshot


def lay(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, data in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
    return root


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return lay(
        tmp_path / "docs",
        {"README.md": "# Docs\n\nAll of it.\r\n", "api/a.md": "a", "api/logo.png": b"\0", "x/y/z.md": "z"},
    )


@pytest.fixture
def add(grow):
    """Add ``paths`` at ``target`` of ``base``, layers and all."""

    def run(base: Snapshot, *paths: Path, target: str = "resources/docs") -> tuple[Snapshot, AddReport]:
        changes, report = add_changes(base, read_sources(paths), target)
        changes.update(resource_changes(base, changes, changes.paths()))
        return grow(changes, base), report

    return run


def files_of(tree: Snapshot, path: str = "resources") -> list[str]:
    return [name for name, entry in tree.walk(path) if not entry.name.startswith(".")]


def test_a_folder_as_it_came(grow, add, docs: Path) -> None:
    (docs / "api/a.md").chmod(0o755)
    tree, report = add(grow(), docs)
    assert tree.read("resources/docs/README.md") == b"# Docs\n\nAll of it.\r\n"
    assert tree.entry("resources/docs/api/a.md").mode == 0o100755
    assert (report.counts, report.not_searchable) == ("+4 ~0 -0", ("resources/docs/api/logo.png",))
    assert json.loads(tree.read("resources/docs/api/.meta.json"))["source"] == "docs/api"
    assert tree.read("resources/docs/.abstract.md") == b"All of it.\n"


def test_one_file_lands_in_a_directory(grow, add, docs: Path) -> None:
    tree, report = add(grow(), docs / "README.md", target="resources/guide")
    assert report.added == ("resources/guide/README.md",)
    assert state(tree, "resources/guide") == "current"
    assert json.loads(tree.read("resources/guide/.meta.json"))["source"] == "README.md"


def test_adding_again_writes_nothing(grow, add, docs: Path) -> None:
    tree, _ = add(grow(), docs)
    changes, report = add_changes(tree, read_sources([docs]), "resources/docs")
    assert not changes
    assert (report.counts, report.unchanged) == ("+0 ~0 -0", 4)


def test_adding_again_mirrors_the_folder(grow, add, docs: Path) -> None:
    tree, _ = add(grow(), docs)
    shutil.rmtree(docs / "x")
    (docs / "api/logo.png").unlink()
    lay(docs, {"api/a.md": "changed", "new/b.md": "b", "c.md": "c"})
    tree, report = add(tree, docs)
    assert report.counts == "+2 ~1 -2"
    assert report.removed == ("resources/docs/api/logo.png", "resources/docs/x/y/z.md")
    assert not tree.exists("resources/docs/x")
    assert files_of(tree) == [f"resources/docs/{name}" for name in ("README.md", "api/a.md", "c.md", "new/b.md")]
    assert {state(tree, path) for path in tree.directories("resources/docs")} == {"current"}


def test_what_the_executable_bit_says_is_a_change(grow, add, docs: Path) -> None:
    tree, _ = add(grow(), docs)
    (docs / "api/a.md").chmod(0o755)
    assert add(tree, docs)[1].changed == ("resources/docs/api/a.md",)


def test_layers_of_a_person_stay_while_their_directory_does(grow, add, docs: Path) -> None:
    tree, _ = add(grow(), docs)
    tree = grow({"resources/docs/api/.abstract.md": "By hand.\n", "resources/docs/api/.relations.json": "{}"}, tree)
    (docs / "api/logo.png").unlink()
    tree, report = add(tree, docs)
    assert report.counts == "+0 ~0 -1"
    assert tree.read("resources/docs/api/.abstract.md") == b"By hand.\n"
    assert tree.exists("resources/docs/api/.relations.json")
    shutil.rmtree(docs / "api")
    tree, _ = add(tree, docs)
    assert not tree.exists("resources/docs/api")


def test_a_document_becomes_a_directory_and_a_directory_a_document(grow, add, docs: Path) -> None:
    tree, _ = add(grow(), docs)
    shutil.rmtree(docs / "x")
    (docs / "README.md").unlink()
    lay(docs, {"x": "now a file", "README.md/inner": "now a folder"})
    tree, report = add(tree, docs)
    assert tree.read("resources/docs/x") == b"now a file"
    assert tree.read("resources/docs/README.md/inner") == b"now a folder"
    assert set(report.removed) == {"resources/docs/README.md", "resources/docs/x/y/z.md"}


def test_another_source_is_not_mirrored_away(grow, add, docs: Path, tmp_path: Path) -> None:
    tree, _ = add(grow(), lay(tmp_path / "api", {"only-here.md": "x"}), target="resources/docs/api")
    tree, _ = add(tree, docs)
    assert json.loads(tree.read("resources/docs/api/.meta.json"))["source"] == "api"
    (docs / "api/a.md").unlink()
    tree, report = add(tree, docs)
    assert (report.removed, report.kept) == (("resources/docs/api/a.md",), ("resources/docs/api/only-here.md",))
    assert tree.exists("resources/docs/api/only-here.md")


def test_what_was_there_before_the_folder_stays(grow, add, docs: Path) -> None:
    tree = grow({"resources/docs/mine.md": "by hand"})
    tree, report = add(tree, docs)
    tree, again = add(tree, docs)
    assert report.kept == again.kept == ("resources/docs/mine.md",)
    assert tree.exists("resources/docs/mine.md")


def test_several_folders_are_mirrored_one_by_one(grow, add, docs: Path, tmp_path: Path) -> None:
    more = lay(tmp_path / "more", {"m.md": "m", "n.md": "n"})
    tree, _ = add(grow(), docs, more, target="resources/all")
    shutil.rmtree(docs / "x")
    (more / "n.md").unlink()
    tree, report = add(tree, docs, more, target="resources/all")
    assert set(report.removed) == {"resources/all/docs/x/y/z.md", "resources/all/more/n.md"}


def test_a_folder_that_is_empty_now_goes(grow, add, docs: Path, tmp_path: Path) -> None:
    more = lay(tmp_path / "more", {"m.md": "m"})
    tree, _ = add(grow(), docs, more, target="resources/all")
    (more / "m.md").unlink()
    tree, report = add(tree, docs, more, target="resources/all")
    assert report.removed == ("resources/all/more/m.md",)
    assert not tree.exists("resources/all/more")


@pytest.mark.parametrize("target", ["resources", "user/ada/memories", "agent/bot/skills", "session/ada/x", "docs"])
def test_documents_go_below_resources(grow, docs: Path, target: str) -> None:
    with pytest.raises(InvalidContent, match="below resources/"):
        add_changes(grow(), read_sources([docs]), target)


def test_a_target_that_would_leave_the_tree(grow, docs: Path) -> None:
    with pytest.raises(InvalidName):
        add_changes(grow(), read_sources([docs]), "resources/../user/ada")


def test_a_directory_of_others_is_not_replaced_by_a_document(grow, docs: Path) -> None:
    tree = grow({"resources/docs/README.md/inner.md": "by hand"})
    with pytest.raises(InvalidName, match="directory of other documents"):
        add_changes(tree, read_sources([docs]), "resources/docs")


@pytest.mark.parametrize("target", ["resources/notes.md", "resources/notes.md/deeper"])
def test_a_document_of_others_is_not_replaced_by_a_directory(grow, docs: Path, target: str) -> None:
    tree = grow({"resources/notes.md": "by hand"})
    with pytest.raises(InvalidName, match="is a document"):
        add_changes(tree, read_sources([docs]), target)


def test_a_path_that_grows_too_long_is_left_out(grow, docs: Path) -> None:
    changes, report = add_changes(grow(), read_sources([docs]), "resources/" + "/".join(["d" * 250] * 16 + ["e" * 65]))
    assert [path for path, _ in report.skipped] == ["README.md", "api/a.md", "api/logo.png", "x/y/z.md"][
        : len(report.skipped)
    ]
    assert report.skipped
    assert all(len(path.encode()) <= 4096 for path in changes.paths())


def test_a_broken_stamp_is_taken_for_none(grow, add, docs: Path) -> None:
    tree, _ = add(grow(), docs)
    broken = grow(Changes({"resources/docs/.meta.json": b"[]"}), tree)
    (docs / "README.md").unlink()
    _, report = add(broken, docs)
    assert report.kept == ("resources/docs/README.md",)


def test_every_directory_is_current_after_adding(grow, add, docs: Path) -> None:
    tree, _ = add(grow(), docs)
    changes, report = refresh_resources(tree, ["resources"])
    assert (bool(changes), report.current) == (False, 4)
