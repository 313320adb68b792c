"""Skills in a workspace: one commit a change, layers true, found by a search, refused whole when they are broken."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git
from viking_git.cli.main import main
from viking_git.errors import InvalidContent, NotFound
from viking_git.workspace import Workspace

SKILL = (
    "---\nname: code-search\ndescription: Search code by meaning. {more}\nlicense: MIT\n---\n# Search\n\nRun find.sh.\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "code-search"
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_text(SKILL.format(more="Use it."))
    (folder / "scripts/find.sh").write_text("#!/bin/sh\n")
    (folder / "scripts/find.sh").chmod(0o755)
    return folder


def test_a_skill_comes_whole_and_is_found(workspace: Workspace, top: Path, folder: Path) -> None:
    uri, report = workspace.skills.add(folder)
    assert (uri, report.counts) == ("viking://agent/default/skills/code-search", "+2 ~0 -0")
    assert_sound(top)
    kept = top / "agent/default/skills/code-search"
    assert (kept / "scripts/find.sh").stat().st_mode & 0o111
    assert (kept / ".abstract.md").read_text() == "Search code by meaning. Use it.\n"
    assert "code-search" in (top / "agent/default/skills/.overview.md").read_text()
    assert next(hit.uri.rstrip("/") for hit in workspace.find("search code by meaning").skills) == uri
    assert workspace.refresh().commit is None


def test_again_changes_nothing_and_hand_made_layers_stay(workspace: Workspace, top: Path, folder: Path) -> None:
    workspace.skills.add(folder)
    head = git(top, "rev-parse", "HEAD")
    assert workspace.skills.add(folder)[1].counts == "+0 ~0 -0"
    assert git(top, "rev-parse", "HEAD") == head
    (top / "agent/default/skills/code-search/.overview.md").write_text("# Mine\n\nBy hand.\n")
    git(top, "commit", "-qam", "edit: by hand")
    (folder / "scripts/find.sh").unlink()
    (folder / "scripts").rmdir()
    assert workspace.skills.add(folder)[1].counts == "+0 ~0 -1"
    assert (top / "agent/default/skills/code-search/.overview.md").read_text() == "# Mine\n\nBy hand.\n"
    assert not (top / "agent/default/skills/code-search/scripts").exists()
    assert_sound(top)


def test_a_long_description_is_cut_for_l0(workspace: Workspace, top: Path, folder: Path) -> None:
    (folder / "SKILL.md").write_text(SKILL.replace("meaning. {more}", "meaning" + ", word" * 160))
    workspace.skills.add(folder)
    assert 200 < len((top / "agent/default/skills/code-search/.abstract.md").read_text()) <= 257
    assert len(workspace.skills.show("code-search").skill.description) > 900


def test_a_broken_skill_changes_nothing(workspace: Workspace, top: Path, folder: Path) -> None:
    before = git(top, "for-each-ref")
    (folder / "SKILL.md").write_text("---\nname: Other\n---\n")
    with pytest.raises(InvalidContent, match=r"holds other.*directory.*no description"):
        workspace.skills.add(folder)
    (folder / "SKILL.md").rename(folder / "Skill.md")
    with pytest.raises(InvalidContent, match=r"is to be called SKILL\.md"):
        workspace.skills.add(folder)
    with pytest.raises(NotFound):
        workspace.skills.add(folder / "none")
    assert git(top, "for-each-ref") == before


def test_a_file_alone_is_a_skill(workspace: Workspace, top: Path, folder: Path) -> None:
    alone = folder.parent / "anything.md"
    alone.write_text(SKILL.format(more=""))
    uri, report = workspace.skills.add(alone)
    assert report.added == ("agent/default/skills/code-search/SKILL.md",)
    assert workspace.skills.show(uri).files == (("SKILL.md", False),)


def test_line_ends_stay_as_they_are(workspace: Workspace, top: Path, folder: Path) -> None:
    crlf = SKILL.format(more="").replace("\n", "\r\n").encode()
    (folder / "SKILL.md").write_bytes(crlf)
    workspace.skills.add(folder)
    assert (top / "agent/default/skills/code-search/SKILL.md").read_bytes() == crlf
    git(top, "add", "--renormalize", ".")
    assert_sound(top)


def test_removing_is_a_commit(workspace: Workspace, top: Path, folder: Path) -> None:
    workspace.skills.add(folder)
    workspace.skills.remove("code-search")
    assert workspace.skills.list() == []
    assert not (top / "agent/default/skills").exists()
    assert git(top, "log", "-1", "--skip=1", "--format=%s").strip() == "edit: remove skill code-search"
    assert_sound(top)
    for name in ("code-search", "", "..", "../memories", "viking://agent/skills/nothing"):
        with pytest.raises(NotFound):
            workspace.skills.remove(name)


def test_a_skill_that_somebody_broke_by_hand_is_listed_as_such(workspace: Workspace, top: Path, folder: Path) -> None:
    workspace.skills.add(folder)
    (top / "agent/default/skills/code-search/SKILL.md").write_text("nothing\n")
    git(top, "commit", "-qam", "edit: oops")
    (kept,) = workspace.skills.list()
    assert kept.skill.problems
    assert workspace.skills.validate("viking://agent/skills/code-search").problems
    assert workspace.skills.remove("code-search")


KILL = """
import os, signal, sys
from pathlib import Path
from viking_git.workspace import Workspace
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
Workspace.open(Path(sys.argv[1]), step=step).skills.add(Path(sys.argv[3]))
"""


@pytest.mark.parametrize("step", ["built", "locked", "checked-out", "index-swapped", "ref-moved"])
def test_after_a_kill_adding_again_is_whole(workspace: Workspace, top: Path, folder: Path, step: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILL, str(top), step, str(folder)], check=False)
    assert done.returncode == -9
    again = Workspace.open(top)
    again.skills.add(folder)
    assert [path for path, _ in again.skills.show("code-search").files] == ["SKILL.md", "scripts/find.sh"]
    assert_sound(top)


def test_the_commands(top: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["-C", str(top), "skill", *words]) == code
        return capsys.readouterr().out

    assert run("validate", str(folder)) == f"{folder}: valid\n"
    assert run("add", str(folder)) == "+2 ~0 -0  viking://agent/default/skills/code-search\n"
    assert run("add", str(folder)).startswith("nothing to add")
    assert json.loads(run("list", "--json"))[0]["files"][1] == {"path": "scripts/find.sh", "executable": True}
    assert "scripts/find.sh*\n\n# Search" in run("show", "code-search")
    (folder / "SKILL.md").write_text("---\nname: code-search\n---\n")
    assert (
        run("validate", str(folder), "code-search", code=1) == f"{folder}: it has no description\ncode-search: valid\n"
    )
    assert json.loads(run("validate", str(folder), "--json", code=1))[0]["valid"] is False
    run("add", str(folder), code=2)
    assert run("rm", "code-search").startswith("removed viking://agent/default/skills/code-search")
    assert run("list") == ""
    run("show", "code-search", code=2)
