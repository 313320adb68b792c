"""``check`` as it is typed."""

import json
from pathlib import Path

import pytest

from viking_git.cli.main import main
from viking_git.workspace import Workspace

ENTITY = "---\nname: bob\ncategory: entities\nkind: person\n---\n# Bob\n\nBob repairs bicycles.\n"
PLACE = "user/default/memories/entities/bob"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    Workspace.init(tmp_path / "w")
    (tmp_path / "w" / PLACE).mkdir(parents=True)
    (tmp_path / "w" / PLACE / "content.md").write_text(ENTITY)
    return tmp_path / "w"


def check(top: Path, *words: str) -> int:
    return main(["-C", str(top), "check", *words])


def test_text_and_exit_codes(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(top) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{PLACE}/.abstract.md:1: error VG201 no .abstract.md and no .overview.md\n    fix: ")
    assert "1 error" in shown.err
    assert check(top, "--fix") == 0
    shown = capsys.readouterr()
    assert f"mended {PLACE}/.abstract.md" in shown.err
    assert (top / PLACE / ".abstract.md").read_text() == "Bob repairs bicycles.\n"


def test_json_and_summary(top: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(top, "--format", "json", "--summary", str(tmp_path / "summary.md")) == 1
    assert json.loads(capsys.readouterr().out)["errors"] == 1
    assert "| VG201 (error) |" in (tmp_path / "summary.md").read_text()
    assert check(top, "--summary", str(tmp_path)) == 2


def test_strict(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(top, "--fix")
    text = (top / PLACE / "content.md").read_text().replace("kind: person\n", "kind: person\nstatus: contested\n")
    (top / PLACE / "content.md").write_text(text)
    assert check(top) == 0
    assert check(top, "--strict") == 1
    assert "warning VG307" in capsys.readouterr().out


def test_explain_and_misuse(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(top, "--explain", "VG203") == 0
    assert capsys.readouterr().out.startswith("VG203 memory-layers (error)\n")
    assert check(top, "--explain", "VG999") == 2
    assert check(top, "--staged", "--rev", "main") == 2
