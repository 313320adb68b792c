"""The doctor finds what is wrong, names the way out, and changes nothing."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk
from viking_git.cli.main import main
from viking_git.session.state import live_log
from viking_git.store.upkeep import maintain
from viking_git.workspace import Workspace


def findings(workspace: Workspace) -> list[str]:
    return [check.name for check in workspace.doctor() if check.level == "finding"]


def test_all_is_well_in_a_fresh_workspace(workspace: Workspace, top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(workspace) == []
    capsys.readouterr()
    assert main(["-C", str(top), "doctor"]) == 0
    assert capsys.readouterr().out.endswith("all is well\n")
    assert git(top, "status", "--porcelain") == ""


def _no_identity(top: Path, home: Path) -> None:
    (home / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n")


def _no_trunk(top: Path, home: Path) -> None:
    git(top, "switch", "-qc", "other")
    git(top, "branch", "-qD", "main")


def _locked(top: Path, home: Path) -> None:
    (top / ".git/index.lock").write_text("")


def _shown(top: Path, home: Path) -> None:
    (top / ".gitignore").write_text("")
    git(top, "commit", "-qam", "edit: ignore nothing")


def _torn(top: Path, home: Path) -> None:
    live_log(Workspace.open(top).store, Workspace.open(top).new_session("chat")).append(talk())
    with (top / ".git/viking/live/default/chat/messages.jsonl").open("a") as file:
        file.write("{nonsense}\n")


def _unfinished(top: Path, home: Path) -> None:
    workspace = Workspace.open(top)
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    (top / "user/.overview.md").write_text("mine\n")
    assert main(["-C", str(top), "commit", "chat"]) == 1


@pytest.mark.parametrize(
    ("harm", "name"),
    [(_no_identity, "identity"), (_no_trunk, "trunk"), (_locked, "locks"), (_shown, "transcripts"), (_torn, "sessions"),
     (_unfinished, "sessions")],
)  # fmt: skip
def test_each_harm_is_found(
    workspace: Workspace, top: Path, isolated_home: Path, harm: Callable[[Path, Path], None], name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    harm(top, isolated_home)
    before = git(top, "for-each-ref"), git(top, "status", "--porcelain") if name != "locks" else ""
    capsys.readouterr()
    assert main(["-C", str(top), "doctor", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    (found,) = [check for check in said["checks"] if check["level"] == "finding"]
    assert found["check"] == name
    assert found["hint"]
    assert said["findings"] == 1
    assert before == (git(top, "for-each-ref"), git(top, "status", "--porcelain") if name != "locks" else "")


def test_what_waits_is_a_note(workspace: Workspace) -> None:
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    (note,) = [check for check in workspace.doctor() if check.name == "sessions"]
    assert (note.level, note.text) == ("note", "default/chat has 4 messages to commit")


def test_outside_of_a_workspace_the_machine_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    capsys.readouterr()
    assert main(["-C", str(tmp_path), "doctor"]) == 1
    out = capsys.readouterr().out
    assert "finding  git: there is no git program" in out
    assert "finding  workspace: not a viking-git workspace" in out
    assert "2 findings" in out


def _old(path: Path) -> None:
    path.write_text("")
    os.utime(path, (time.time() - 600, time.time() - 600))


def _stale_locks(top: Path) -> None:
    _old(top / ".git/index.lock")
    _old(top / ".git/refs/heads/main.lock")


def _no_driver(top: Path) -> None:
    git(top, "config", "--remove-section", "merge.viking")


def _old_attributes(top: Path) -> None:
    lines = (top / ".gitattributes").read_text().splitlines(keepends=True)
    old = [line.replace(" merge=viking", "") for line in lines if "jsonl" not in line]
    (top / ".gitattributes").write_text("*.png binary\n" + "".join(old) + "*.svg text\n")
    git(top, "commit", "-qam", "edit: as an older version had it")


def _nothing_ignored(top: Path) -> None:
    (top / ".gitignore").write_text("*.log")
    git(top, "commit", "-qam", "edit: ignore logs")


def _half_the_hooks(top: Path) -> None:
    assert main(["-C", str(top), "hooks", "install"]) == 0
    (top / ".git/hooks/pre-push").unlink()


def _archived_but_live(top: Path) -> None:
    workspace = Workspace.open(top)
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    live_log(workspace.store, session).append(talk())


def _unreadable_index(top: Path) -> None:
    with Workspace.open(top) as workspace:
        workspace.update_index()
    for file in workspace.searching.directory.rglob("*.sqlite"):
        file.write_bytes(b"noise")


def _many_loose_objects(top: Path) -> None:
    (top / ".git/objects/17").mkdir(exist_ok=True)
    for number in range(30):
        (top / f".git/objects/17/{number:038x}").write_text("")


@pytest.mark.parametrize(
    ("harm", "name"),
    [(_stale_locks, "locks"), (_no_driver, "driver"), (_old_attributes, "attributes"),
     (_nothing_ignored, "transcripts"), (_half_the_hooks, "hooks"), (_archived_but_live, "live logs"),
     (_unreadable_index, "index")],
)  # fmt: skip
def test_what_can_be_mended_is_found_and_mended(
    workspace: Workspace, top: Path, harm: Callable[[Path], None], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    harm(top)
    (found,) = [check for check in workspace.doctor() if check.level == "finding"]
    assert (found.name, found.hint) == (name, "viking-git doctor --fix")
    capsys.readouterr()
    assert main(["-C", str(top), "doctor", "--fix"]) == 0
    assert f"mended   {name}: " in capsys.readouterr().out
    assert findings(workspace) == []
    assert_sound(top)


def test_a_renewed_block_leaves_all_other_lines(workspace: Workspace, top: Path) -> None:
    fresh = (top / ".gitattributes").read_text()
    _old_attributes(top)
    _nothing_ignored(top)
    workspace.doctor(fix=True)
    assert (top / ".gitattributes").read_text() == f"*.png binary\n{fresh}*.svg text\n"
    assert (top / ".gitignore").read_text().startswith("*.log\n# viking-git {\n")
    assert git(top, "log", "-2", "--format=%s").splitlines() == [
        "edit: the block of viking-git in .gitignore", "edit: the block of viking-git in .gitattributes",
    ]  # fmt: skip
    assert_sound(top)


def test_a_block_of_a_newer_version_stays(workspace: Workspace, top: Path) -> None:
    text = (top / ".gitattributes").read_text().replace("# }\n", "*.next merge=viking\n# }\n")
    (top / ".gitattributes").write_text(text)
    git(top, "commit", "-qam", "edit: as a newer version has it")
    assert findings(workspace) == []
    workspace.doctor(fix=True)
    assert (top / ".gitattributes").read_text() == text


def test_an_unfinished_session_is_finished(workspace: Workspace, top: Path, isolated_home: Path) -> None:
    _unfinished(top, isolated_home)
    git(top, "checkout", "-q", "--", "user")
    mended = [check.text for check in workspace.doctor(fix=True) if check.level == "mended"]
    assert mended == ["default/chat is unfinished on its branch"]
    assert workspace.unfinished() == []
    assert git(top, "branch", "--list", "viking/*") == ""
    assert_sound(top)


def test_what_cannot_be_mended_now_is_said(workspace: Workspace, top: Path, isolated_home: Path) -> None:
    _unfinished(top, isolated_home)
    (said,) = [
        check for check in workspace.doctor(fix=True) if check.text.startswith("default/chat is unfinished on its")
    ]
    assert said.level == "finding"
    assert "edits are in the way" in said.text
    assert (top / "user/.overview.md").read_text() == "mine\n"


def test_a_lock_that_git_may_hold_stays(workspace: Workspace, top: Path) -> None:
    _stale_locks(top)
    words = ["git", "-C", str(top), "cat-file", "--batch-check"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"HEAD\n")
        assert b"commit" in process.stdout.readline()
        assert [check.level for check in workspace.doctor(fix=True) if check.name == "locks"] == ["finding"]
        assert (top / ".git/index.lock").exists()
        process.communicate()
    workspace.doctor(fix=True)
    assert not (top / ".git/index.lock").exists()


def test_a_flood_of_loose_objects_is_left_to_gits_maintenance(workspace: Workspace, top: Path) -> None:
    (top / "notes.txt").write_text("mine\n")
    git(top, "add", "notes.txt")
    git(top, "commit", "-qm", "edit: notes")
    assert not git(top, "count-objects").startswith("0 objects")
    _many_loose_objects(top)
    (found,) = [check for check in workspace.doctor() if check.name == "objects"]
    assert found.text == "about 7,680 loose objects"
    shutil.rmtree(top / ".git/objects/17")
    maintain(workspace.store)
    assert git(top, "count-objects").startswith("0 objects")
    assert_sound(top)


def test_a_cache_below_a_directory_of_another_user_is_named(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o000)
    program = "import sys; from viking_git.cli.main import main; sys.exit(main(['doctor']))"
    command = [sys.executable, "-c", program]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may look everywhere, and there is no setpriv to take that away")
        caps = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--inh-caps={caps}", f"--bounding-set={caps}", *command]
    environment = {**os.environ, "VIKING_CACHE": str(shut / "cache/viking-git")}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert f"finding  cache: {shut}/cache/viking-git cannot be written" in done.stdout, done.stderr
