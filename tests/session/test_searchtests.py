"""Retrieval tests on two commits of a real workspace, and adding one."""

from pathlib import Path

import pytest

from tests.helpers import assert_sound, git
from viking_git.errors import Exists, InvalidContent, NotFound
from viking_git.session.searchtests import run_tests, save_test, stands_for
from viking_git.workspace import Workspace

DEPLOY, UNDO = "viking://resources/handbook/deploy.md", "viking://resources/handbook/undo.md"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _ = Workspace.init(tmp_path / "w")
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook/deploy.md").write_text("# Deploy\n\nPress the blue button. Never on Fridays.\n")
    (tmp_path / "handbook/undo.md").write_text("# Undo\n\nRevert it. A release that hangs says `E4711`.\n")
    made.add([tmp_path / "handbook"])
    return made


@pytest.fixture
def top(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def test_what_a_uri_stands_for() -> None:
    assert stands_for(DEPLOY, f"{DEPLOY}#L1-L3")
    assert stands_for("viking://resources/handbook/", f"{DEPLOY}#L1-L3")
    assert not stands_for("viking://resources/hand", DEPLOY)
    assert stands_for(f"{DEPLOY}#L1-L3", f"{DEPLOY}#L1-L3")
    assert not stands_for(f"{DEPLOY}#L1-L3", f"{DEPLOY}#L4-L5")


def test_a_saved_test_is_a_commit_that_passes(workspace: Workspace, top: Path) -> None:
    assert save_test(workspace.searching, "blue button", [], {"limit": 3}).expect == (DEPLOY,)
    save_test(workspace.searching, "E4711", ["resources/handbook/undo.md"], {"uris": ["resources/"], "level": None})
    assert_sound(top)
    assert git(top, "show", "--format=%s", "--name-only", "HEAD").split("\n\n") == [
        "edit: a test, E4711", "viking-tests.yaml\n",
    ]  # fmt: skip
    report = run_tests(workspace.searching, None, None, None)
    assert (report.fails, report.head.recall, report.head.rank, report.base) == (False, 1.0, 1.0, None)
    assert report.outcomes[1].test.options == {"limit": 10, "uris": ["viking://resources/"]}
    with pytest.raises(Exists):
        save_test(workspace.searching, "blue button", [], {"limit": 3})
    with pytest.raises(InvalidContent, match="nothing is found"):
        save_test(workspace.searching, "blue button", [], {"type": "skill"})
    with pytest.raises(InvalidContent, match="commits to come"):
        save_test(workspace.searching, "blue", [], {"at": "HEAD"})
    # What a program asks is no question of a person's.
    assert not (workspace.store.private_dir / "queries.jsonl").exists()


def test_a_branch_that_loses_an_answer_fails_below_the_floor(workspace: Workspace, top: Path) -> None:
    save_test(workspace.searching, "blue button", [DEPLOY], {})
    save_test(workspace.searching, "E4711", [UNDO], {})
    git(top, "switch", "-qc", "feature")
    git(top, "rm", "-q", "resources/handbook/undo.md")
    git(top, "commit", "-qm", "edit: no undo")
    report = run_tests(workspace.searching, None, None, None)
    assert report.fails
    assert (report.head.recall, report.head.rank) == (0.5, 0.5)
    assert report.base is not None
    assert (report.base.recall, report.changed) == (1.0, 2)
    kept, lost = report.outcomes
    assert (kept.missing, lost.missing) == ((), (UNDO,))
    assert lost.base is not None
    assert (lost.base.rank(UNDO), lost.head.rank(UNDO)) == (1, None)
    assert not run_tests(workspace.searching, "feature", "main", 0.5).fails
    assert run_tests(workspace.searching, "feature", "main", 0.51).fails


def test_a_forbidden_answer_fails_whatever_the_floor(workspace: Workspace, top: Path) -> None:
    (top / "viking-tests.yaml").write_text(f"floor: 0\ntests:\n  - query: blue button\n    forbid: [{DEPLOY}]\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: a test")
    report = run_tests(workspace.searching, None, None, None)
    assert report.fails
    assert report.outcomes[0].forbidden == (DEPLOY,)
    assert report.head.recall == 1.0


def test_a_place_that_is_not_there_misses_and_says_why(workspace: Workspace, top: Path) -> None:
    text = f"tests:\n  - query: blue\n    expect: [{DEPLOY}]\n    options: {{uris: [viking://resources/nowhere/]}}\n"
    (top / "viking-tests.yaml").write_text(text)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: a test")
    outcome = run_tests(workspace.searching, None, None, None).outcomes[0]
    assert outcome.missing == (DEPLOY,)
    assert "nowhere" in str(outcome.head.problem)


def test_no_file_and_a_bad_one(workspace: Workspace, top: Path) -> None:
    with pytest.raises(NotFound, match=r"no viking-tests\.yaml in HEAD"):
        run_tests(workspace.searching, None, None, None)
    (top / "viking-tests.yaml").write_text("tests:\n  - quary: x\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: a test")
    with pytest.raises(InvalidContent, match="line 2"):
        run_tests(workspace.searching, None, None, None)
