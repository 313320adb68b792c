"""What a person can do with plain git stops no later write: there is a way on, the doctor names it, and it works."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, check, git
from tests.session.test_sync import say
from viking_git.checks.finding import Finding
from viking_git.cli.main import main
from viking_git.errors import BrokenRules, DirtyWorkTree
from viking_git.session import checking
from viking_git.session.health import Check
from viking_git.workspace import Workspace

HISTORY = "session/default/a/history"
ALICE = "My sister Alice lives in Lisbon."


def findings(top: Path, *, fix: bool = False) -> list[Check]:
    with Workspace.open(top) as workspace:
        return [one for one in workspace.doctor(fix=fix) if one.level == "finding"]


def obey(top: Path, hint: str) -> None:
    """Do what a hint says, command by command."""
    for command in hint.replace("; ", " && ").split(" && "):
        words = shlex.split(command)
        if words[0] == "viking-git":
            assert main(["-C", str(top), *words[1:]]) == 0, command
        else:
            git(top, *words[1:], *(["-m", "edit: as told"] if words[1:3] == ["commit", "-a"] else []))


def removed(workspace: Workspace, top: Path, number: int = 1) -> None:
    """Two commits of a session, and one of its archives taken out by plain git."""
    for start in (1, 2):
        say(workspace, "a", f"Thank you, number {start}.", start=start)
    git(top, "rm", "-rq", f"{HISTORY}/archive_00{number}")
    git(top, "commit", "-qm", "edit: tidy")


def test_a_session_goes_on_without_an_older_archive(workspace: Workspace, top: Path) -> None:
    removed(workspace, top)
    say(workspace, "a", ALICE, start=3)
    assert archived(top, "default/a") == ["msg_2", "msg_3"]
    assert "archive_003" in git(top, "ls-tree", "--name-only", "HEAD", f"{HISTORY}/")
    say(workspace, "a", "I prefer tabs over spaces.", start=4, review=True)
    workspace.branches.merge("viking/default/a")
    assert archived(top, "default/a") == ["msg_2", "msg_3", "msg_4"]
    (finding,) = findings(top)
    assert finding.text == "default/a lacks archive_001, which is before others"


@pytest.mark.parametrize("way", ["back", "out"])
def test_both_ways_out_of_a_hole_work(workspace: Workspace, top: Path, way: str) -> None:
    removed(workspace, top)
    (finding,) = findings(top)
    back, out = str(finding.hint).split("; ")
    if way == "back":
        obey(top, back.removesuffix(" brings it back"))
        assert archived(top, "default/a") == ["msg_1", "msg_2"]
    else:
        assert out.startswith("viking-git doctor --fix")
        assert findings(top, fix=True) == []
        assert archived(top, "default/a") == ["msg_2"]
    assert findings(top) == []
    assert check(Workspace.open(top), whole=True).findings == ()
    say(Workspace.open(top), "a", "Thank you again.", start=3)
    assert archived(top, "default/a")[-2:] == ["msg_2", "msg_3"]
    assert_sound(top)


def test_an_archive_that_is_in_no_history_any_more_can_be_left_out(workspace: Workspace, top: Path) -> None:
    removed(workspace, top)
    tree = git(top, "rev-parse", "HEAD^{tree}").strip()
    new = git(top, "commit-tree", "-m", "init: purged", tree).strip()
    git(top, "update-ref", "refs/heads/main", new)
    (finding,) = findings(top)
    assert str(finding.hint).startswith("viking-git doctor --fix")
    assert findings(top, fix=True) == []


def test_the_pre_commit_hook_lets_other_edits_through(workspace: Workspace, top: Path) -> None:
    removed(workspace, top)
    (top / HISTORY / "archive_002/decisions").mkdir()
    (top / HISTORY / "archive_002/note.txt").write_text("x\n")
    git(top, "add", "-A")
    assert "VG401" not in {found.rule for found in check_staged(top)}
    git(top, "rm", "-rqf", f"{HISTORY}/archive_002")
    say(workspace, "b", "Thank you.", start=5)
    say(workspace, "b", "Thank you.", start=6)
    git(top, "rm", "-rqf", "session/default/b/history/archive_001")
    assert "VG401" in {found.rule for found in check_staged(top)}


def check_staged(top: Path) -> tuple[Finding, ...]:
    workspace = Workspace.open(top)
    return checking.check_staged(workspace.store, workspace.policy).findings


def test_a_memory_that_was_unreadable_before_stops_no_other_write(workspace: Workspace, top: Path) -> None:
    say(workspace, "a", ALICE)
    (content,) = top.glob("user/default/memories/entities/alice*/content.md")
    good = content.read_text()
    content.write_text("---\nname: [\n")
    git(top, "commit", "-qam", "edit: a slip")
    Workspace.open(top).files.write("viking://resources/x.md", b"# X\n")
    say(Workspace.open(top), "b", "I prefer tabs over spaces.", start=5)
    assert archived(top, "default/b") == ["msg_5"]
    content.write_text(good)
    git(top, "commit", "-qam", "edit: mended")
    content.write_text("---\nname: [\n")
    git(top, "switch", "-qc", "slip")
    git(top, "commit", "-qam", "edit: a slip again")
    git(top, "switch", "-q", "main")
    with pytest.raises(BrokenRules):
        Workspace.open(top).branches.merge("slip")


def test_a_branch_whose_archives_were_removed_from_trunk_is_done_with(workspace: Workspace, top: Path) -> None:
    say(workspace, "a", "Thank you.", review=True)
    git(top, "merge", "-q", "--no-ff", "--no-edit", "viking/default/a")
    git(top, "rm", "-rq", "session/default/a")
    git(top, "commit", "-qm", "edit: not this one")
    say(workspace, "a", ALICE, start=2)
    assert archived(top, "default/a") == ["msg_2"]
    assert git(top, "branch", "--list", "viking/*") == ""
    assert findings(top) == []


def test_a_last_archive_that_was_removed_leaves_no_hole_when_a_review_lands(workspace: Workspace, top: Path) -> None:
    say(workspace, "a", "Thank you, one.")
    say(workspace, "a", "Thank you, two.", start=2)
    say(workspace, "a", ALICE, start=3, review=True)
    git(top, "rm", "-rq", f"{HISTORY}/archive_002")
    git(top, "commit", "-qm", "edit: tidy")
    assert findings(top) == []
    workspace.branches.merge("viking/default/a")
    assert archived(top, "default/a") == ["msg_1", "msg_3"]
    assert findings(top) == []
    assert check(workspace, whole=True).findings == ()
    assert "msg_3" in [m.id for m in workspace.messages(workspace.session_id("a"))]


def test_a_branch_that_trunk_refuses_is_named_and_the_hint_mends_it(workspace: Workspace, top: Path) -> None:
    say(workspace, "a", "Thank you.")
    say(workspace, "a", ALICE, start=2, review=True)
    git(top, "switch", "-q", "viking/default/a")
    record = top / HISTORY / "archive_001/.meta.json"
    record.write_text(record.read_text().replace("msg_1", "msg_9"))
    git(top, "rm", "-rq", "--cached", f"{HISTORY}/archive_001/extraction.json")
    git(top, "commit", "-qam", "edit: rewrites what trunk holds")
    git(top, "checkout", "-qf", "main")
    before = git(top, "for-each-ref"), git(top, "count-objects")
    (finding,) = findings(top)
    assert (finding.name, "cannot be merged" in finding.text) == ("branches", True)
    assert before == (git(top, "for-each-ref"), git(top, "count-objects"))
    with pytest.raises(BrokenRules) as refused:
        workspace.branches.merge("viking/default/a")
    assert refused.value.hint == finding.hint
    while finding_list := findings(top):
        hint = str(finding_list[0].hint)
        try:
            obey(top, hint)
        except AssertionError:
            git(top, "switch", "-q", "main")
    assert archived(top, "default/a") == ["msg_1", "msg_2"]
    assert findings(top) == []


@pytest.fixture
def behind(workspace: Workspace, top: Path) -> str:
    """The work tree as it was before trunk moved: what a checkout beside a write leaves."""
    workspace.files.write("viking://resources/a/kept.md", b"# Kept\n")
    before = git(top, "rev-parse", "main").strip()
    say(workspace, "a", ALICE)
    tip = git(top, "rev-parse", "main").strip()
    git(top, "update-index", "-q", "--refresh")
    git(top, "read-tree", "-m", "-u", tip, before)
    assert git(top, "rev-parse", "HEAD").strip() == tip
    return tip


@pytest.mark.parametrize("how", ["staged", "stashed", "with-own-edit", "later-write"])
def test_a_work_tree_that_was_left_behind_is_named_and_renewed(top: Path, behind: str, how: str) -> None:
    own = top / "resources/a/kept.md"
    if how == "stashed":
        git(top, "stash", "-q")
        git(top, "stash", "pop", "-q")
    if how == "with-own-edit":
        own.write_text("# Kept\n\nand edited\n")
    if how == "later-write":
        # On other paths, so that it is not refused.
        Workspace.open(top).files.write("viking://resources/a/more.md", b"# More\n")
    with pytest.raises(DirtyWorkTree) as refused:
        say(Workspace.open(top), "b", "I prefer tabs over spaces.", start=5)
    assert "viking-git doctor" in str(refused.value.hint)
    found = {one.name: one for one in findings(top)}
    assert "is as main was at" in found["worktree"].text
    assert "viking-git doctor --fix" in str(found["worktree"].hint)
    mended = Workspace.open(top).doctor(fix=True)
    assert "worktree" in {one.name for one in mended if one.level == "mended"}
    changed = git(top, "status", "--porcelain")
    assert changed == (" M resources/a/kept.md\n" if how == "with-own-edit" else "")
    assert list(top.glob("user/default/memories/entities/alice*/content.md"))
    assert own.exists()


def test_a_persons_own_deletion_is_not_taken_for_it(workspace: Workspace, top: Path) -> None:
    say(workspace, "a", ALICE)
    (content,) = top.glob("user/default/memories/entities/alice*/content.md")
    content.unlink()
    checks = Workspace.open(top).doctor(fix=True)
    assert not content.exists()
    assert ("note", f"not committed: {content.relative_to(top)}") in {
        (one.level, one.text) for one in checks if one.name == "worktree"
    }


@pytest.mark.parametrize("verb", ["merge", "rebase", "cherry-pick", "stash"])
def test_what_git_left_unfinished_is_named(workspace: Workspace, top: Path, verb: str) -> None:
    (top / "resources/x.txt").write_text("one\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: x")
    git(top, "switch", "-qc", "side")
    (top / "resources/x.txt").write_text("two\n")
    git(top, "commit", "-qam", "edit: two")
    git(top, "switch", "-q", "main")
    (top / "resources/x.txt").write_text("three\n")
    if verb == "stash":
        git(top, "stash", "-q")
        git(top, "merge", "-q", "side")
        words = ["stash", "pop"]
    else:
        git(top, "commit", "-qam", "edit: three")
        words = [verb, "side"]
    subprocess.run(["git", "-C", str(top), *words], capture_output=True, check=False)
    (finding,) = (one for one in findings(top) if one.name == "worktree")
    ways = str(finding.hint).split(" or ")
    obey(top, ways[-1].rpartition(": ")[2])
    assert findings(top) == []
    say(Workspace.open(top), "a", "Thank you.")
    assert archived(top, "default/a") == ["msg_1"]


def test_a_disk_that_takes_no_more_is_named(top: Path) -> None:
    """A limit on the size of files: what a quota or a full disk says to a write."""
    program = f"ulimit -f 200; exec {sys.executable} -m viking_git -C {shlex.quote(str(top))} doctor --json"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)["checks"]
    assert {one["check"] for one in said if one["level"] == "finding"} == {"disk"}
    assert all(one["hint"] for one in said if one["level"] == "finding")


def test_a_remote_that_was_rewound_is_named(laptops: tuple[Workspace, Workspace], remote: Path) -> None:
    one, _ = laptops
    assert one.store.workdir is not None
    say(one, "a", "Thank you.")
    one.branches.sync()
    git(remote, "update-ref", "refs/heads/main", "main~1")
    git(one.store.workdir, "fetch", "-q")
    (finding,) = findings(one.store.workdir)
    assert (finding.name, finding.hint) == ("remotes", "viking-git sync origin names the ways out")
