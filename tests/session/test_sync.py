"""``clone`` and ``sync`` between two clones and a bare remote: one trunk at the end, nothing forced, nothing lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, check, git, talk
from viking_git.errors import Busy, DirtyWorkTree, NotFound, Refused, RemoteFailed, UnsupportedRepository
from viking_git.workspace import Workspace


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``viking-git`` as git finds it on the path."""
    script = tmp_path / "bin/viking-git"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nPYTHONPATH={Path(__file__).parents[2]} exec {sys.executable} -m viking_git "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")


def top_of(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def say(workspace: Workspace, name: str, *lines: str, start: int = 1, review: bool = False) -> None:
    session = workspace.new_session(name)
    workspace.add_messages(session, talk([("user", line) for line in lines], start=start))
    workspace.commit(session, review=review)


def assert_same(*workspaces: Workspace) -> None:
    trees = {git(top_of(workspace), "rev-parse", "main") for workspace in workspaces}
    assert len(trees) == 1
    for workspace in workspaces:
        assert_sound(top_of(workspace))


def test_two_laptops_end_the_same(laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.", "My sister Alice lives in Lisbon.")
    say(other, "b", "I prefer dark mode in every editor.", "My sister Alice works at a bakery.", start=5)
    assert one.branches.sync().sent > 0
    done = other.branches.sync()
    assert done.received > 0
    assert done.sent > 0
    assert one.branches.sync().received > 0
    assert_same(one, other)
    assert sorted(archived(top_of(one), "default/a") + archived(top_of(one), "default/b")) == [
        "msg_1", "msg_2", "msg_5", "msg_6",
    ]  # fmt: skip
    again = one.branches.sync()
    assert (again.received, again.sent) == (0, 0)
    log = git(top_of(one), "log", "--format=%s")
    assert "merge: main of origin" in log


def test_an_edit_on_both_sides_keeps_both(laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    say(one, "a", "My sister Alice lives in Lisbon.")
    one.branches.sync()
    other.branches.sync()
    for workspace, city in ((one, "Porto"), (other, "Madrid")):
        (content,) = top_of(workspace).glob("user/default/memories/entities/alice*/content.md")
        content.write_text(content.read_text().replace("Lisbon", city))
        git(top_of(workspace), "commit", "-qam", "edit: alice moved")
    one.branches.sync()
    done = other.branches.sync()
    assert [path for path in done.contested if path.endswith("content.md")]
    one.branches.sync()
    assert_same(one, other)
    (content,) = top_of(one).glob("user/default/memories/entities/alice*/content.md")
    assert "Porto" in content.read_text()
    assert "Madrid" in content.read_text()
    assert "status: contested" in content.read_text()
    assert "<<<<" not in content.read_text()


def test_plain_pull_ends_as_sync_does(laptops: tuple[Workspace, Workspace], driver: None) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.", "My sister Alice lives in Lisbon.")
    say(other, "b", "I prefer dark mode in every editor.", "My sister Alice works at a bakery.", start=5)
    one.branches.sync()
    git(top_of(other), "fetch", "-q")
    ours, theirs = git(top_of(other), "rev-parse", "main", "origin/main").split()
    other.branches.merge("origin/main")
    expected = git(top_of(other), "rev-parse", "main^{tree}")
    git(top_of(other), "reset", "-q", "--hard", ours)
    git(top_of(other), "pull", "-q", "--no-rebase", "--no-edit")
    other.refresh()
    assert git(top_of(other), "rev-parse", "main^{tree}") == expected
    other.branches.sync()
    one.branches.sync()
    assert git(top_of(one), "rev-parse", "main") == git(top_of(other), "rev-parse", "main")
    assert theirs in git(top_of(other), "rev-list", "main")


def test_a_lost_race_is_run_again(laptops: tuple[Workspace, Workspace], remote: Path, tmp_path: Path) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.")
    say(other, "b", "I prefer dark mode in every editor.", start=5)
    # Between the fetch and the push of one, the other pushes: three times.
    hook = remote / "hooks/pre-receive"
    hook.write_text(
        f"#!/bin/sh\nexec >&2\nn=$(cat {tmp_path}/n 2>/dev/null || echo 0)\n[ $n -ge 3 ] && exit 0\n"
        f"echo $((n + 1)) > {tmp_path}/n\nunset GIT_QUARANTINE_PATH\n"
        'new=$(git commit-tree -p main -m "edit: $n" main^{tree}) && git update-ref refs/heads/main $new\n'
    )
    hook.chmod(0o755)
    one.branches.sync()
    assert (tmp_path / "n").read_text() == "3\n"
    hook.unlink()
    other.branches.sync()
    one.branches.sync()
    assert_same(one, other)


def test_a_protected_trunk_gets_a_branch(laptops: tuple[Workspace, Workspace], remote: Path) -> None:
    one, _ = laptops
    hook = remote / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo protected >&2; exit 1; }\n')
    hook.chmod(0o755)
    say(one, "a", "I prefer tabs over spaces.")
    before = git(remote, "rev-parse", "main")
    done = one.branches.sync()
    assert done.left == "viking-sync/default"
    assert git(remote, "rev-parse", "main") == before
    assert git(remote, "rev-parse", done.left) == git(top_of(one), "rev-parse", "main")
    assert "protected" in done.notes[0] or "hook" in done.notes[0]
    # A squash by a button over there: other commits, the same files.
    squashed = git(remote, "commit-tree", "-p", "main", "-m", "edit: squashed", f"{done.left}^{{tree}}").strip()
    git(remote, "update-ref", "refs/heads/main", squashed)
    again = one.branches.sync()
    assert (again.left, again.notes) == (None, [])
    assert git(remote, "branch", "--list", "viking-sync/*") == ""
    assert squashed in git(top_of(one), "rev-list", "main")
    say(one, "b", "My sister Alice lives in Lisbon.", start=5)
    assert one.branches.sync().left == done.left
    hook.unlink()
    git(remote, "update-ref", "refs/heads/main", done.left)
    assert one.branches.sync().left is None
    assert git(remote, "branch", "--list", "viking-sync/*") == ""


def test_reviews_travel_and_go_once_they_landed(laptops: tuple[Workspace, Workspace], remote: Path) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.", review=True)
    assert one.branches.sync().pushed == ["viking/default/a"]
    git(top_of(other), "fetch", "-q")
    git(top_of(other), "merge", "-q", "--squash", "origin/viking/default/a")
    git(top_of(other), "commit", "-qm", "session: reviewed")
    other.branches.sync()
    assert git(remote, "branch", "--list", "viking/*") == ""
    assert one.branches.sync().landed == ["default/a"]
    assert git(top_of(one), "branch", "--list", "viking/*") == ""
    assert archived(top_of(one), "default/a") == ["msg_1"]


def test_two_conversations_of_one_name_are_both_kept(laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.", review=True)
    say(other, "a", "My sister Alice lives in Lisbon.", start=5)
    other.branches.sync()
    assert one.branches.sync().landed == [], "trunk's archive_001 is another one"
    one.branches.merge("viking/default/a")
    one.branches.sync()
    other.branches.sync()
    assert_same(one, other)
    assert sorted(archived(top_of(one), "default/a")) == ["msg_1", "msg_5"]
    memories = git(top_of(one), "ls-tree", "-r", "--name-only", "main", "user")
    assert "preferences/" in memories
    assert "alice" in memories


@pytest.mark.parametrize("how", ["sync", "merge", "update"])
def test_what_others_have_keeps_its_number(laptops: tuple[Workspace, Workspace], how: str) -> None:
    """An archive on the shared trunk stays what it is there, and its number is not given to one of ours."""
    one, other = laptops
    say(other, "a", "I prefer tabs over spaces.", start=5)
    say(one, "a", "I prefer tabs over spaces.", "My sister Alice lives in Lisbon.", review=how == "update")
    other.branches.sync()
    published = git(top_of(other), "rev-parse", "main").strip()
    shared = git(top_of(other), "rev-parse", "main:session/default/a/history/archive_001")
    match how:
        case "merge":
            git(top_of(one), "fetch", "-q")
            assert one.branches.merge("origin/main", check=True).changed
            one.branches.merge("origin/main")
        case "update":
            one.branches.sync()
            one.branches.update("viking/default/a")
            one.branches.merge("viking/default/a")
        case _:
            one.branches.sync()
    assert git(top_of(one), "rev-parse", "main:session/default/a/history/archive_001") == shared
    assert archived(top_of(one), "default/a") == ["msg_5", "msg_1", "msg_2"]
    assert not check(one, rev="main", base=published).fails()
    assert not check(one, whole=True).fails()
    one.branches.sync()
    other.branches.sync()
    assert_same(one, other)


def test_plain_git_stops_at_two_archives_of_one_number(laptops: tuple[Workspace, Workspace], driver: None) -> None:
    one, other = laptops
    say(one, "a", "Thank you.")
    say(other, "a", "You are welcome.", start=5)
    one.branches.sync()
    done = subprocess.run(
        ["git", "-C", str(top_of(other)), "pull", "--no-rebase", "--no-edit"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "two archives have this number: git merge --abort, then viking-git sync" in done.stdout + done.stderr
    git(top_of(other), "merge", "--abort")
    other.branches.sync()
    one.branches.sync()
    assert_same(one, other)
    assert archived(top_of(one), "default/a") == ["msg_1", "msg_5"]


def test_a_reviewers_version_of_a_branch_is_taken(laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.", "My sister Alice lives in Lisbon.", review=True)
    one.branches.sync()
    git(top_of(other), "fetch", "-q")
    git(top_of(other), "switch", "-q", "-c", "viking/default/a", "origin/viking/default/a")
    git(top_of(other), "commit", "-q", "--amend", "-m", "session: reviewed")
    git(top_of(other), "push", "-q", "--force", "origin", "viking/default/a")
    one.branches.sync()
    assert git(top_of(one), "rev-parse", "viking/default/a") == git(top_of(other), "rev-parse", "HEAD")


def test_private_transcripts_stay_unless_config_names_the_remote(
    laptops: tuple[Workspace, Workspace], remote: Path
) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.")
    say(other, "b", "I prefer dark mode in every editor.", start=5)
    assert not one.branches.sync().transcripts
    assert "refs/viking" not in git(remote, "for-each-ref")
    for workspace in (one, other, one):
        git(top_of(workspace), "config", "viking.transcripts", "origin")
        assert workspace.branches.sync().transcripts
    for workspace in laptops:
        assert [m.id for m in workspace.messages(workspace.session_id("b"))] == ["msg_5"]
        assert (top_of(workspace) / "session/default/b/history/archive_001/messages.jsonl").exists()
        assert [m.id for m in workspace.messages(workspace.session_id("a"))] == ["msg_1"]
    assert_same(one, other)


def test_tracked_conversations_go_only_where_config_lets_them(remote: Path, tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w", transcripts="tracked")
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "public.git")], check=True)
    git(tmp_path / "w", "remote", "add", "public", str(tmp_path / "public.git"))
    workspace.branches.sync()
    say(workspace, "a", "I prefer tabs over spaces.")
    with pytest.raises(Refused, match="conversations") as refused:
        workspace.branches.sync()
    assert "viking.publish.public true" in str(refused.value.hint)
    assert "session privatise --all" in str(refused.value.hint)
    assert git(tmp_path / "public.git", "rev-list", "--count", "main") == "1\n"
    workspace.delete_session(workspace.session_id("a"), with_archives=True)
    with pytest.raises(Refused, match="conversations"):
        workspace.branches.sync()
    say(workspace, "b", "I prefer dark mode in every editor.", start=5, review=True)
    git(tmp_path / "w", "config", "viking.publish.public", "yes")
    done = Workspace.open(tmp_path / "w").branches.sync()
    assert done.sent > 0
    assert done.pushed == ["viking/default/b"]


def test_a_review_with_conversations_stays_here_too(remote: Path, tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w", transcripts="tracked")
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "public.git")], check=True)
    git(tmp_path / "w", "remote", "add", "public", str(tmp_path / "public.git"))
    workspace.branches.sync()
    say(workspace, "a", "I prefer tabs over spaces.", review=True)
    with pytest.raises(Refused, match="conversations"):
        workspace.branches.sync()
    assert git(tmp_path / "public.git", "branch", "--list", "viking/*") == ""


def test_bad_remotes(laptops: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    one, _ = laptops
    before = git(top_of(one), "for-each-ref")
    with pytest.raises(NotFound):
        one.branches.sync("nowhere")
    git(top_of(one), "remote", "add", "gone", str(tmp_path / "gone.git"))
    with pytest.raises(RemoteFailed, match="gone"):
        one.branches.sync("gone")
    Workspace.init(tmp_path / "stranger")
    git(tmp_path / "stranger", "commit", "-q", "--amend", "-m", "init: another")
    git(top_of(one), "remote", "add", "stranger", str(tmp_path / "stranger"))
    with pytest.raises(Refused, match="shares no history"):
        one.branches.sync("stranger")
    lines = [line for line in git(top_of(one), "for-each-ref").splitlines() if "stranger" not in line]
    assert lines == before.splitlines()


def test_what_came_waits_where_the_work_tree_cannot_take_it(laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.")
    one.branches.sync()
    before = git(top_of(other), "rev-parse", "main")
    lock = top_of(other) / ".git/index.lock"
    lock.touch()
    with pytest.raises(Busy, match=r"index\.lock"):
        other.branches.sync()
    lock.unlink()
    policy = top_of(other) / "user/.overview.md"
    policy.write_text("an edit\n")
    with pytest.raises(DirtyWorkTree):
        other.branches.sync()
    assert git(top_of(other), "rev-parse", "main") == before
    assert policy.read_text() == "an edit\n"
    git(top_of(other), "checkout", "-q", "--", "user")
    other.branches.sync()
    assert_same(one, other)


def test_a_clone_of_something_else_leaves_nothing(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "plain")
    git(tmp_path / "plain", "commit", "-q", "--allow-empty", "-m", "x")
    with pytest.raises(UnsupportedRepository, match="is no workspace"):
        Workspace.clone(str(tmp_path / "plain"), tmp_path / "copy")
    with pytest.raises(RemoteFailed):
        Workspace.clone(str(tmp_path / "nothing"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("mine")
    with pytest.raises(UnsupportedRepository, match="not empty"):
        Workspace.clone(str(tmp_path / "plain"), tmp_path / "full")
    assert (tmp_path / "full/mine").read_text() == "mine"
