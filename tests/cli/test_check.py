"""``check`` as it is typed."""

import json
import re
from pathlib import Path

import pytest

from tests.helpers import git
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


def test_retrieval(top: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tea.md").write_text("# Tea\n\nGreen tea wants water of 80 degrees.\n")
    assert main(["-C", str(top), "add", str(tmp_path / "tea.md"), "--to", "viking://resources/kitchen/"]) == 0
    assert main(["-C", str(top), "find", "how hot is green tea", "--save-test", "--type", "resource"]) == 0
    assert "saved a test that expects viking://resources/kitchen/tea.md" in capsys.readouterr().err
    assert check(top, "--retrieval") == 0
    shown = capsys.readouterr()
    assert shown.out == "ok    viking-tests.yaml:3: how hot is green tea\n"
    assert shown.err.endswith("1 test: recall 1.00, reciprocal rank 1.00, floor 1.00\n")
    git(top, "switch", "-qc", "feature")
    git(top, "rm", "-qr", "resources/kitchen")
    git(top, "commit", "-qm", "edit: no tea")
    assert check(top, "--retrieval", "--summary", str(tmp_path / "summary.md")) == 1
    assert "missing (base: 1)  viking://resources/kitchen/tea.md" in capsys.readouterr().out
    assert "| how hot is green tea | miss | `missing (base: 1)" in (tmp_path / "summary.md").read_text()
    assert check(top, "--retrieval", "--format", "github") == 1
    said = capsys.readouterr().out
    assert said.startswith("::error file=viking-tests.yaml,line=3,title=retrieval::how hot is green tea; missing")
    assert check(top, "--retrieval", "--format", "json", "--floor", "0") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["recall"], report["base"]["recall"], report["passed"]) == (0.0, 1.0, True)
    assert report["tests"][0]["base"]["rank"] == 1
    (top / "viking-tests.yaml").write_text("tests: 3\n")
    git(top, "commit", "-qam", "edit: broken")
    assert check(top, "--retrieval") == 2
    assert "viking-tests.yaml, line 1: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--floor", "1"], ["--retrieval", "--format", "sarif"], ["--retrieval", "--fix"], ["--retrieval", "--all"]],
)
def test_options_that_do_not_go_together(top: Path, words: list[str]) -> None:
    assert check(top, *words) == 2


def test_a_test_is_saved_of_one_query(top: Path) -> None:
    assert main(["-C", str(top), "find", "--queries", "x", "--save-test"]) == 2
    assert main(["-C", str(top), "find", "tea", "--expect", "viking://resources/"]) == 2


def test_notes_are_counted_and_shown_on_demand(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(top, "--fix")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: bob, by plain git")
    capsys.readouterr()
    assert check(top, "--all") == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"no findings, (\d+ notes|1 note) \(--notes shows them\)\n", shown.err)
    assert check(top, "--all", "--notes") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("user/")
    assert ": note VG" in shown.out
    assert "--notes" not in shown.err


def test_json_as_the_siblings_have_it(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(top, "--format", "json") == 1
    long = capsys.readouterr().out
    assert check(top, "--json") == 1
    assert capsys.readouterr().out == long
    assert check(top, "--json", "--format", "sarif") == 2
