"""Reading folders: all of what is there, nothing of what is elsewhere, and a reason for what is left out."""

import os
from pathlib import Path

import pytest

from viking_git.errors import InvalidContent, NotFound
from viking_git.resources import sources as module
from viking_git.resources.sources import DEPTH_LIMIT, read_sources


def lay(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, data in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
    return root


def names(found) -> list[str]:
    return [file.path for file in found.files]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return lay(tmp_path / "docs", {"b.md": "b", "a.md": "a\r\n", "z/c.png": b"\x89\0", "z/run.sh": "#!/bin/sh\n"})


def test_a_folder_keeps_paths_bytes_and_executable_bits(docs: Path) -> None:
    (docs / "z/run.sh").chmod(0o755)
    found = read_sources([docs])
    assert names(found) == ["a.md", "b.md", "z/c.png", "z/run.sh"]
    assert [file.data for file in found.files][:3] == [b"a\r\n", b"b", b"\x89\0"]
    assert [file.executable for file in found.files] == [False, False, False, True]
    assert (found.origins, found.folders, found.skipped) == ((("", "docs"),), {""}, ())


def test_a_file_is_called_what_it_is_called(docs: Path) -> None:
    found = read_sources([docs / "b.md"])
    assert (names(found), found.origins, found.folders) == (["b.md"], (("b.md", "b.md"),), frozenset())


def test_several_sources_keep_their_names(docs: Path, tmp_path: Path) -> None:
    lay(tmp_path / "more", {"x.txt": "x"})
    found = read_sources([tmp_path / "more", docs / "a.md", docs])
    assert names(found) == ["a.md", "docs/a.md", "docs/b.md", "docs/z/c.png", "docs/z/run.sh", "more/x.txt"]
    assert found.folders == {"docs", "more"}


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    lay(tmp_path, {"a/docs/x": "1", "b/docs/x": "2"})
    with pytest.raises(InvalidContent, match="one name"):
        read_sources([tmp_path / "a/docs", tmp_path / "b/docs"])


def test_the_current_folder(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(docs)
    found = read_sources([Path()])
    assert found.origins == (("", "docs"),)


class TestLeftOut:
    def skipped(self, docs: Path) -> dict[str, str]:
        return dict(read_sources([docs]).skipped)

    def test_links_are_never_followed(self, docs: Path, tmp_path: Path) -> None:
        lay(tmp_path, {"secret/key": "k"})
        (docs / "file").symlink_to(tmp_path / "secret/key")
        (docs / "folder").symlink_to(tmp_path / "secret")
        (docs / "dangling").symlink_to("nowhere")
        assert self.skipped(docs) == dict.fromkeys(["dangling", "file", "folder"], "a symbolic link")
        assert not [file for file in read_sources([docs]).files if b"k" in file.data]

    def test_pipes_do_not_hang(self, docs: Path) -> None:
        os.mkfifo(docs / "pipe")
        assert self.skipped(docs) == {"pipe": "not a regular file"}

    def test_git_in_any_case(self, docs: Path) -> None:
        lay(docs, {".git/config": "x", "sub/.GIT/config": "x", "git~1/x": "x", "tree/.git": "gitdir: elsewhere"})
        assert self.skipped(docs) == dict.fromkeys([".git", "git~1", "sub/.GIT", "tree/.git"], "git's own")

    def test_names_of_layers_and_of_gits_settings(self, docs: Path) -> None:
        lay(docs, {".abstract.md": "x", "z/.Overview.md": "x", ".meta.json": "x", "z/.relations.json": "x"})
        lay(docs, {".gitattributes": "* filter=evil", "z/.gitmodules": "x", ".editorconfig": "kept"})
        found = self.skipped(docs)
        assert set(found) == {".abstract.md", ".meta.json", "z/.Overview.md", "z/.relations.json", ".gitattributes",
                              "z/.gitmodules"}  # fmt: skip
        assert "layer" in found["z/.Overview.md"]
        assert ".editorconfig" in names(read_sources([docs]))

    def test_names_that_no_tree_may_hold(self, docs: Path) -> None:
        lay(docs, {"tab\there": "x", "C:drive": "x", "back\\slash": "x"})
        Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9")).write_bytes(b"x")
        found = self.skipped(docs)
        assert len(found) == 4
        assert all("cannot be kept" in reason for reason in found.values())
        "".join([*found, *found.values()]).encode()

    def test_what_cannot_be_read(self, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if os.geteuid() == 0:
            pytest.skip("root reads everything")
        (docs / "a.md").chmod(0)
        (docs / "z").chmod(0)
        assert set(self.skipped(docs)) == {"a.md", "z"}
        (docs / "z").chmod(0o755)

    def test_what_is_too_large_for_git(self, docs: Path) -> None:
        with (docs / "big").open("wb") as file:
            file.truncate(95_000_001)
        assert "too large for git: 95,000,001 bytes" in self.skipped(docs)["big"]

    def test_what_is_nested_too_deeply(self, tmp_path: Path) -> None:
        lay(tmp_path / "deep", {"/".join("d" * (DEPTH_LIMIT + 5)) + "/x": "x", "y": "y"})
        found = read_sources([tmp_path / "deep"])
        assert names(found) == ["y"]
        assert "nested deeper" in found.skipped[0][1]

    def test_ignored_files(self, docs: Path) -> None:
        lay(docs, {".gitignore": "*.log\nbuild/\n!keep.log\n/only-top\n", "z/.vikingignore": "c.*\n!x.log\n"})
        lay(docs, {"a.log": "", "keep.log": "", "build/x": "", "z/build/y": "", "z/x.log": "", "only-top": "",
                   "z/only-top": ""})  # fmt: skip
        found = read_sources([docs])
        assert dict(found.skipped) == {
            "a.log": "ignored by .gitignore", "build": "ignored by .gitignore", "only-top": "ignored by .gitignore",
            "z/build": "ignored by .gitignore", "z/c.png": "ignored by z/.vikingignore",
        }  # fmt: skip
        assert {"keep.log", "z/x.log", "z/only-top", ".gitignore"} <= set(names(found))

    def test_a_broken_pattern_does_not_undo_the_others(self, docs: Path) -> None:
        lay(docs, {".gitignore": "\\\n*.log\n", "a.log": ""})
        assert self.skipped(docs) == {"a.log": "ignored by .gitignore"}

    def test_a_binary_ignore_file_ignores_nothing(self, docs: Path) -> None:
        lay(docs, {".gitignore": b"*\0"})
        assert ".gitignore" in names(read_sources([docs]))

    def test_binary_markdown_in_a_folder_is_taken(self, docs: Path) -> None:
        lay(docs, {"x.md": b"\xff\xfe\0"})
        assert "x.md" in names(read_sources([docs]))


class TestNamed:
    @pytest.mark.parametrize("name", ["x.md", "X.MD", "x.markdown"])
    def test_binary_markdown_is_refused(self, tmp_path: Path, name: str) -> None:
        lay(tmp_path, {name: b"\x89PNG\0"})
        with pytest.raises(InvalidContent, match="is no text") as caught:
            read_sources([tmp_path / name])
        assert caught.value.exit_code == 2

    def test_other_binaries_are_taken(self, tmp_path: Path) -> None:
        lay(tmp_path, {"x.png": b"\x89PNG\0"})
        assert names(read_sources([tmp_path / "x.png"])) == ["x.png"]

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="nowhere"):
            read_sources([tmp_path / "nowhere"])

    def test_a_link_is_refused_with_what_it_points_to(self, tmp_path: Path, docs: Path) -> None:
        for target in (docs, docs / "a.md", tmp_path / "nowhere"):
            link = tmp_path / "link"
            link.unlink(missing_ok=True)
            link.symlink_to(target)
            with pytest.raises(InvalidContent, match="symbolic link") as caught:
                read_sources([link])
            assert str(target) in (caught.value.hint or "")

    def test_what_a_folder_would_leave_out_is_an_error(self, tmp_path: Path) -> None:
        lay(tmp_path, {".abstract.md": "x"})
        os.mkfifo(tmp_path / "pipe")
        for name in (".abstract.md", "pipe"):
            with pytest.raises(InvalidContent, match="cannot add"):
                read_sources([tmp_path / name])

    @pytest.mark.parametrize("files", [{}, {".meta.json": "x"}])
    def test_a_folder_with_nothing_to_add(self, tmp_path: Path, files: dict[str, str]) -> None:
        lay(tmp_path / "docs", files)
        (tmp_path / "docs").mkdir(exist_ok=True)
        with pytest.raises(InvalidContent, match="nothing to add"):
            read_sources([tmp_path / "docs"])


def test_a_file_that_grows_while_it_is_read_is_still_bounded(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIZE_LIMIT", 1)
    assert dict(read_sources([docs]).skipped)["a.md"] == "too large for git: 3 bytes, 1 at most"


def test_what_the_workspace_has_is_not_brought_in_again(tmp_path: Path) -> None:
    """``viking-git add .`` in a repository of code that is a workspace too."""
    top = lay(tmp_path / "code", {"guide.md": "# Guide", "resources/docs/a.md": "# A", "user/ada/x.md": "# X"})
    own = [top / "resources", top / "user"]
    found = read_sources([top], own)
    assert names(found) == ["guide.md"]
    assert found.skipped == (("resources", "it is the workspace's own"), ("user", "it is the workspace's own"))
    for inside in (top / "resources", top / "resources/docs/a.md"):
        with pytest.raises(InvalidContent, match="in the workspace already"):
            read_sources([inside], own)
    assert names(read_sources([top / "guide.md"], own)) == ["guide.md"]


def test_an_address_is_no_file() -> None:
    with pytest.raises(NotFound) as refused:
        read_sources([Path("https://example.com/guide.md")])
    assert refused.value.hint == "documents are files here: fetch it first"
