"""What every write says: that the files here do not show it, and that words written by hand are true no longer."""

from pathlib import Path

import pytest

from tests.helpers import git
from tests.packs import PackMaker
from viking_git.cli.main import main
from viking_git.workspace import Workspace

SKILL = "---\nname: search\ndescription: Search code by meaning.\n---\n# Search\n\nRun it.\n"
UNSEEN = "side is checked out: the files here stay as they are; git switch main shows the change\n"


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with two folders of documents and a skill, each with an abstract by hand; and other sources."""
    workspace, _ = Workspace.init(tmp_path / "w")
    top = tmp_path / "w"
    for name, file, text in (("docs", "a.md", "# A\n\nFirst.\n"), ("search", "SKILL.md", SKILL)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
    workspace.add([tmp_path / "docs"])
    workspace.files.write("resources/api/b.md", b"# B\n")
    workspace.skills.add(tmp_path / "search")
    for place in ("resources/docs", "agent/default/skills/search"):
        (top / place / ".abstract.md").write_text("By hand.\n")
    git(top, "commit", "-qam", "edit: by hand")
    assert main(["-C", str(top), "refresh", "--accept"]) == 0
    (tmp_path / "search/more.md").write_text("# More\n")
    (tmp_path / "docs/more.md").write_text("# More\n")
    PackMaker({"z.md": b"# Z\n"}, uri="viking://resources/docs/below").write(tmp_path / "below.ovpack")
    monkeypatch.chdir(top)
    capsys.readouterr()
    return top


WRITES: dict[str, list[str]] = {
    "write": ["write", "resources/docs/n.md", "../docs/more.md"],
    "add": ["add", "../docs"],
    "rm": ["rm", "resources/docs/a.md"],
    "skill add": ["skill", "add", "../search"],
    "import": ["import", "../below.ovpack"],
    "link": ["link", "resources/docs", "resources/api"],
    "config set": ["config", "set", "sessions.review", "true"],
    "refresh": ["refresh", "--rewrite"],
}


@pytest.mark.parametrize("verb", WRITES)
def test_the_files_here_do_not_show_it(capsys: pytest.CaptureFixture[str], top: Path, verb: str) -> None:
    git(top, "switch", "-qc", "side")
    assert main(WRITES[verb]) == 0
    assert capsys.readouterr().err.count(UNSEEN) == 1
    assert main(["ls", "resources"]) == 0
    assert UNSEEN not in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["write", "add", "rm", "skill add", "import"])
@pytest.mark.parametrize("json", [[], ["--json"]], ids=["text", "json"])
def test_words_by_hand_that_are_true_no_longer(
    capsys: pytest.CaptureFixture[str], top: Path, verb: str, json: list[str]
) -> None:
    assert main([*WRITES[verb], *json]) == 0
    place = "agent/default/skills/search" if verb == "skill add" else "resources/docs"
    line = f"written by hand and stale now: viking://{place}/ (viking-git refresh --accept viking://{place}/, or "
    assert capsys.readouterr().err.count(line) == 1
    assert (top / place / ".abstract.md").read_text() == "By hand.\n"


def test_a_branch_hears_it_too(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    assert main([*WRITES["write"], "--branch", "edit/n"]) == 0
    said = capsys.readouterr().err
    assert "written by hand and stale now: viking://resources/docs/" in said
    assert UNSEEN not in said


def test_many_directories_are_counted(top: Path) -> None:
    heard: list[str] = []
    workspace = Workspace.open(top, notice=heard.append)
    for number in range(7):
        (top / f"resources/many/d{number}").mkdir(parents=True)
        (top / f"resources/many/d{number}/a.md").write_text("# A\n")
        (top / f"resources/many/d{number}/.abstract.md").write_text("By hand.\n")
        (top / f"resources/many/d{number}/.overview.md").write_text("# By hand\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: by hand")
    workspace.refresh(accept=True)
    (top.parent / "many").mkdir()
    for number in range(7):
        (top.parent / f"many/d{number}").mkdir()
        (top.parent / f"many/d{number}/b.md").write_text("# B\n")
    workspace.add([top.parent / "many"])
    assert [line.partition(":")[0] for line in heard[:5]] == ["written by hand and stale now"] * 5
    assert heard[5:] == ["… and 2 more like it; viking-git refresh names all"]
