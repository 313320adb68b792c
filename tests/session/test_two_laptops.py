"""Two clones that meet in unusual ways: one session on both, a protected trunk, what plain git did in between."""

import subprocess
from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, check, git
from tests.session.test_sync import assert_same, say, top_of
from viking_git.errors import Refused
from viking_git.workspace import Workspace


@pytest.mark.parametrize("squash", [False, True])
def test_two_laptops_beside_a_protected_trunk_share_a_branch(
    laptops: tuple[Workspace, Workspace], remote: Path, squash: bool
) -> None:
    one, other = laptops
    hook = remote / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo protected >&2; exit 1; }\n')
    hook.chmod(0o755)
    say(one, "a", "I prefer tabs over spaces.")
    left = one.branches.sync().left
    assert left is not None
    mine = git(remote, "rev-parse", left)
    assert other.branches.sync().left is None
    assert git(remote, "rev-parse", left) == mine, "nobody has merged it"
    say(other, "b", "My sister Alice lives in Lisbon.", start=5)
    assert other.branches.sync().left == left
    assert mine.strip() in git(remote, "rev-list", left)
    assert archived(top_of(other), "default/a") == [], "nobody has reviewed that"
    assert one.branches.sync().left == left
    held = git(remote, "ls-tree", "-r", "--name-only", left)
    assert "session/default/a/history/archive_001/" in held
    assert "session/default/b/history/archive_001/" in held
    if squash:
        words = ["commit-tree", "-p", "main", "-m", "edit: squashed", f"{left}^{{tree}}"]
        git(remote, "update-ref", "refs/heads/main", git(remote, *words).strip())
    else:
        git(remote, "update-ref", "refs/heads/main", left)
    hook.unlink()
    for workspace in (one, other, one):
        assert workspace.branches.sync().left is None
    assert git(remote, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
    assert "refs/viking/left" not in git(top_of(other), "for-each-ref")
    assert_same(one, other)
    assert (archived(top_of(one), "default/a"), archived(top_of(one), "default/b")) == (["msg_1"], ["msg_5"])


def test_two_reviews_of_one_name_are_both_kept(laptops: tuple[Workspace, Workspace], remote: Path) -> None:
    one, other = laptops
    for workspace in laptops:
        git(top_of(workspace), "config", "viking.transcripts", "origin")
    say(one, "a", "I prefer tabs over spaces.", review=True)
    say(other, "a", "My sister Alice lives in Lisbon.", start=5, review=True)
    one.branches.sync()
    git(top_of(other), "fetch", "-q")
    other.branches.sync()
    one.branches.sync()
    assert git(top_of(one), "rev-parse", "viking/default/a") == git(remote, "rev-parse", "viking/default/a")
    say(one, "a", "We decided to use PostgreSQL for the billing service.", start=7, review=True)
    one.branches.sync()
    other.branches.sync()
    other.branches.merge("viking/default/a")
    other.branches.sync()
    one.branches.sync()
    assert_same(one, other)
    assert sorted(archived(top_of(one), "default/a")) == ["msg_1", "msg_5", "msg_7"]
    assert git(remote, "branch", "--list", "viking/*") == ""
    for workspace in laptops:
        assert sorted(m.id for m in workspace.messages(workspace.session_id("a"))) == ["msg_1", "msg_5", "msg_7"]


def test_one_conversation_goes_on_where_another_of_its_name_came_between(
    laptops: tuple[Workspace, Workspace],
) -> None:
    """The second machine gives the first one's archive another number; meanwhile the first archives again."""
    one, other = laptops
    for workspace in laptops:
        git(top_of(workspace), "config", "viking.transcripts", "origin")
    say(one, "a", "I prefer tabs over spaces.")
    say(other, "a", "My sister Alice lives in Lisbon.", start=5)
    for workspace in laptops:
        workspace.branches.sync()
    say(one, "a", "I prefer dark mode in every editor.", start=7)
    for workspace in (one, other):
        workspace.branches.sync()
    assert_same(one, other)
    assert sorted(archived(top_of(one), "default/a")) == ["msg_1", "msg_5", "msg_7"]
    for workspace in laptops:
        assert check(workspace).findings == ()
        assert sorted(m.id for m in workspace.messages(workspace.session_id("a"))) == ["msg_1", "msg_5", "msg_7"]


@pytest.mark.parametrize("shown", ["nothing", "readme", "branch"])
def test_a_clone_is_on_the_trunk_whatever_the_remote_shows(remote: Path, tmp_path: Path, shown: str) -> None:
    if shown != "nothing":
        start = tmp_path / "start"
        git(start, "switch", "-q", *(["--orphan", shown] if shown == "readme" else ["-c", shown]))
        git(start, "commit", "-q", "--allow-empty", "-m", "x")
        git(start, "push", "-q", "origin", shown)
    git(remote, "symbolic-ref", "HEAD", f"refs/heads/{shown}")
    workspace, _ = Workspace.clone(str(remote), tmp_path / "one")
    assert git(tmp_path / "one", "symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert git(tmp_path / "one", "rev-parse", "HEAD") == git(remote, "rev-parse", "main")
    say(workspace, "a", "I prefer tabs over spaces.")
    assert workspace.branches.sync().sent == 5
    assert_sound(tmp_path / "one")


def test_a_shallow_clone_that_lacks_what_both_started_from_says_so(
    laptops: tuple[Workspace, Workspace], remote: Path, tmp_path: Path
) -> None:
    one, _ = laptops
    git(tmp_path, "clone", "-q", "--depth=1", remote.as_uri(), "shallow")
    shallow = Workspace.open(tmp_path / "shallow")
    say(shallow, "a", "I prefer tabs over spaces.")
    say(one, "b", "My sister Alice lives in Lisbon.", start=5)
    one.branches.sync()
    git(tmp_path / "shallow", "fetch", "-q", "--depth=1")
    with pytest.raises(Refused, match="shallow") as refused:
        Workspace.open(tmp_path / "shallow").branches.sync()
    assert refused.value.hint == "git fetch --unshallow"
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    shallow = Workspace.open(tmp_path / "shallow")
    shallow.branches.sync()
    one.branches.sync()
    assert_same(one, shallow)


def test_another_branch_may_have_a_name_that_is_no_utf_8(laptops: tuple[Workspace, Workspace]) -> None:
    one, _ = laptops
    subprocess.run(["git", "-C", top_of(one), "switch", "-q", "-c", b"caf\xe9"], check=True)
    say(one, "a", "I prefer tabs over spaces.")
    assert one.branches.sync().sent == 5


def test_what_plain_git_leaves_of_an_archive_stops_nothing(laptops: tuple[Workspace, Workspace]) -> None:
    """A revert of the merge leaves what the refresh wrote into it; a commit that is picked brings a decision alone."""
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.")
    merge = git(top_of(one), "log", "--merges", "-1", "--format=%H", "--grep=^session: merge").strip()
    git(top_of(one), "revert", "--no-edit", "-m1", merge)
    git(top_of(one), "commit", "-q", "--amend", "-m", "undo: a")
    history = git(top_of(one), "ls-tree", "-r", "--name-only", "HEAD", "session/default/a/history")
    assert history == "session/default/a/history/archive_001/memory_diff.json\n"
    say(one, "b", "My sister Alice lives in Lisbon.", start=5, review=True)
    pick = git(top_of(one), "log", "-1", "--format=%H", "--grep=Viking-Decision", "viking/default/b").strip()
    git(top_of(one), "cherry-pick", pick)
    for workspace in (one, other, one):
        workspace.branches.sync()
        check(workspace)
        workspace.refresh()
    one.branches.merge("viking/default/b")
    say(one, "a", "I prefer dark mode in every editor.", start=7)
    for workspace in (one, other, one):
        workspace.branches.sync()
    assert_same(one, other)
    assert archived(top_of(one), "default/b") == ["msg_5"]
    assert archived(top_of(one), "default/a") == ["msg_7"]
    assert not check(one).fails()
    assert git(top_of(one), "branch", "--list", "viking/*") == ""
