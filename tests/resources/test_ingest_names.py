"""Adding what people really have: odd names, one huge file, thousands of small ones."""

import unicodedata
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git
from viking_git.cli.main import main
from viking_git.store.objects import PACK_FROM
from viking_git.workspace import Workspace

NAMES = [
    "with space.md", 'quote"s.md', "it's.md", "emoji 🦑.md", unicodedata.normalize("NFD", "é nfd.md"), "-dash.md",
    "[glob]*.md", "#hash.md", "a%20b.md", "日本語.md", "UPPER.MD", ".hidden.md", "tilde~.md", "$HOME.md", "a;b&c|d.md",
]  # fmt: skip


def test_names_stay_as_they_are(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    for name in NAMES:
        (tmp_path / "odd").mkdir(exist_ok=True)
        (tmp_path / "odd" / name).write_text(f"# Title\n\n{name}\n")
    report = workspace.add([tmp_path / "odd"])
    assert {path.removeprefix("resources/odd/") for path in report.added} == set(NAMES)
    for name in NAMES:
        assert workspace.read(f"viking://resources/odd/{name}").decode().splitlines()[-1] == name
        assert (tmp_path / "w/resources/odd" / name).is_file()
    assert workspace.add([tmp_path / "odd"]).unchanged == len(NAMES)
    (tmp_path / "odd" / NAMES[4]).unlink()
    assert workspace.add([tmp_path / "odd"]).removed == (f"resources/odd/{NAMES[4]}",)
    assert_sound(tmp_path / "w")


@pytest.mark.parametrize("name", ["tab\t.md", "new\nline.md", "\x1b[2J.md"])
def test_names_that_steer_a_terminal_are_named_without_doing_so(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Workspace.init(tmp_path / "w")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / name).write_text("x\n")
    (tmp_path / "odd/fine.md").write_text("x\n")
    assert main(["-C", str(tmp_path / "w"), "add", str(tmp_path / "odd")]) == 0
    said = capsys.readouterr().err
    assert said.startswith("skipped ")
    assert all(line.isprintable() for line in said.splitlines())
    assert len(said.splitlines()) == 1


def test_a_huge_file_is_one_document(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    huge = tmp_path / "huge.txt"
    huge.write_bytes(b"A title\n\n" + b"One line of many, all alike.\n" * 1_500_000)
    assert workspace.add([huge]).added == ("resources/huge/huge.txt",)
    assert (tmp_path / "w/resources/huge/huge.txt").stat().st_size == huge.stat().st_size
    assert workspace.abstract("viking://resources/huge").strip()
    assert workspace.add([huge]).unchanged == 1
    assert_sound(tmp_path / "w")


def test_thousands_of_files_are_one_pack(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    for number in range(2 * PACK_FROM):
        place = tmp_path / "many" / str(number % 10)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.md").write_text(f"# Note {number}\n\nAbout {number}.\n")
    assert workspace.add([tmp_path / "many"]).counts == f"+{2 * PACK_FROM} ~0 -0"
    counts = dict(line.split(": ") for line in git(tmp_path / "w", "count-objects", "-v").splitlines())
    # One that init wrote, and one for all of the files.
    assert (counts["packs"], counts["count"]) == ("2", "0")
    assert_sound(tmp_path / "w")
