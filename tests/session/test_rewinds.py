"""A remote that was rewound or force-pushed: sync asks before it merges or pushes, and both answers lose nothing."""

from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, git
from tests.session.test_sync import assert_same, say, top_of
from viking_git.cli.main import main
from viking_git.errors import Refused
from viking_git.session.rewind import Answer
from viking_git.workspace import Workspace

Laptops = tuple[Workspace, Workspace]
SECRET = "resources/notes/secret.md"


def write(workspace: Workspace, path: str, text: str) -> None:
    workspace.files.write(f"viking://{path}", text.encode())


def paths(top: Path, rev: str = "main") -> list[str]:
    return git(top, "ls-tree", "-r", "--name-only", rev).splitlines()


def refs(top: Path) -> str:
    return git(top, "for-each-ref", "refs/heads", "refs/viking/transcripts")


@pytest.fixture
def purged(laptops: Laptops, remote: Path) -> Laptops:
    """The first wrote a secret, both have it, and the first took it out of the remote by force."""
    one, _ = laptops
    write(one, "resources/notes/kept.md", "# Kept\n")
    for workspace in laptops:
        workspace.branches.sync()
    before = git(top_of(one), "rev-parse", "main").strip()
    write(one, SECRET, "# Something private\n")
    for workspace in laptops:
        workspace.branches.sync()
    git(top_of(one), "reset", "-q", "--hard", before)
    git(top_of(one), "push", "-q", "--force", "origin", "main")
    return laptops


def asked(workspace: Workspace) -> str:
    """What sync asks: the same each time, and nothing moves."""
    before = refs(top_of(workspace))
    for _ in range(2):
        with pytest.raises(Refused, match="rewound or rewritten") as refused:
            Workspace.open(top_of(workspace)).branches.sync()
    assert refs(top_of(workspace)) == before
    assert "--take-rewind" in str(refused.value.hint)
    assert "--restore" in str(refused.value.hint)
    return refused.value.message


def test_a_purge_does_not_come_back_unasked(purged: Laptops, remote: Path) -> None:
    one, other = purged
    assert one.branches.sync().sent == 0, "who rewound it is not asked"
    assert "git log" in asked(other)
    assert SECRET not in paths(remote)
    git(top_of(other), "fetch", "-q")
    assert asked(other)
    done = other.branches.sync(answer="take")
    assert (done.let_go, done.brought_back, done.notes) == (["main"], [], [])
    assert not (top_of(other) / SECRET).exists()
    for workspace in (one, other, one):
        workspace.branches.sync()
    assert_same(one, other)
    assert SECRET not in git(remote, "log", "--all", "--name-only", "--format=")


def test_what_the_remote_never_had_is_kept_on_top(purged: Laptops, remote: Path) -> None:
    """Commits, merges of sessions with a commit a decision, and a review that waits; authors and messages too."""
    one, other = purged
    top = top_of(other)
    say(other, "a", "I prefer tabs over spaces.", "My sister Alice lives in Lisbon.")
    write(other, "resources/notes/own.md", "# Own\n")
    git(top, "-c", "user.name=Bob", "commit", "-q", "--allow-empty", "-m", "edit: nothing")
    (top / "resources/notes/kept.md").write_text("# Kept\n\nand edited\n")
    git(top, "-c", "user.name=Bob", "commit", "-qam", "edit: a line of mine")
    say(other, "b", "I prefer dark mode in every editor.", start=5, review=True)
    subjects = git(top, "log", "--format=%an %s", "origin/main..main").splitlines()
    assert asked(other)
    done = other.branches.sync(answer="take")
    assert (done.contested, done.pushed) == ((), ["viking/default/b"])
    assert SECRET not in paths(top)
    assert SECRET not in git(remote, "log", "--all", "--name-only", "--format=")
    kept = git(top, "log", "--format=%an %s", "main").splitlines()
    dropped = [line for line in subjects if line not in kept and not line.endswith((" layer", " layers"))]
    assert dropped == ["Bob edit: nothing"]
    assert "session: merge a" in git(top, "log", "--merges", "--format=%s", "main")
    assert (top / "resources/notes/kept.md").read_text() == "# Kept\n\nand edited\n"
    assert (archived(top, "default/a"), "resources/notes/own.md" in paths(top)) == (["msg_1", "msg_2"], True)
    other.branches.merge("viking/default/b")
    for workspace in (other, one):
        workspace.branches.sync()
    assert archived(top, "default/b") == ["msg_5"]
    assert_same(one, other)


def test_restoring_brings_it_back(purged: Laptops, remote: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = purged
    say(one, "a", "I prefer tabs over spaces.")
    one.branches.sync()
    asked(other)
    capsys.readouterr()
    assert main(["-C", str(top_of(other)), "sync", "--restore", "--take-rewind"]) == 2
    assert main(["-C", str(top_of(other)), "sync"]) == 1
    assert "hint: viking-git sync origin --take-rewind" in capsys.readouterr().err
    assert main(["-C", str(top_of(other)), "sync", "origin", "--restore"]) == 0
    assert "brought back there: main" in capsys.readouterr().out
    for workspace in (one, other):
        assert workspace.branches.sync().notes == []
    assert SECRET in paths(remote)
    assert archived(top_of(other), "default/a") == ["msg_1"]
    assert_same(one, other)


def test_a_history_rewritten_from_its_root_can_be_taken(laptops: Laptops, remote: Path) -> None:
    """As git filter-repo leaves it: no commit is the same."""
    one, other = laptops
    write(one, SECRET, "# Something private\n")
    for workspace in laptops:
        workspace.branches.sync()
    write(other, "resources/notes/own.md", "# Own\n")
    tree = git(remote, "rev-parse", "main~2^{tree}").strip()
    new = git(remote, "commit-tree", "-m", "init: rewritten", tree).strip()
    git(remote, "update-ref", "refs/heads/main", new)
    asked(other)
    other.branches.sync(answer="take")
    assert git(top_of(other), "rev-list", "--max-parents=0", "main").split() == [new]
    assert ("resources/notes/own.md" in paths(remote), SECRET in paths(remote)) == (True, False)
    one.branches.sync(answer="take")
    assert_same(one, other)


def test_a_merge_of_what_is_gone_is_no_commit_of_ones_own(laptops: Laptops, remote: Path) -> None:
    one, other = laptops
    write(other, "resources/notes/own.md", "# Own\n")
    write(one, SECRET, "# Something private\n")
    one.branches.sync()
    git(top_of(other), "fetch", "-q")
    other.branches.merge("origin/main")
    assert SECRET in paths(top_of(other))
    git(remote, "update-ref", "refs/heads/main", "main~2")
    asked(other)
    other.branches.sync(answer="take")
    assert ("resources/notes/own.md" in paths(remote), SECRET in paths(remote)) == (True, False)
    assert SECRET not in git(remote, "log", "--name-only", "--format=", "main")
    assert_sound(top_of(other))


def test_a_decision_that_a_reviewer_dropped_stays_dropped(laptops: Laptops, remote: Path) -> None:
    """We went on with the review meanwhile: a push by force would bring the decision back."""
    one, other = laptops
    say(one, "a", "I prefer tabs over spaces.", "My sister Alice lives in Lisbon.", review=True)
    one.branches.sync()
    first = git(top_of(one), "rev-parse", "viking/default/a").strip()
    alice = git(remote, "log", "-1", "--format=%H", "--grep=alice", "-i", "viking/default/a").strip()
    git(top_of(other), "fetch", "-q")
    git(top_of(other), "switch", "-q", "viking/default/a")
    git(top_of(other), "rebase", "-q", "--onto", f"{alice}^", alice)
    git(top_of(other), "push", "-q", "--force", "origin", "viking/default/a")
    say(one, "a", "I prefer dark mode in every editor.", start=5, review=True)
    assert "viking/default/a of origin" in asked(one)
    assert not any("alice" in path for path in paths(remote, "viking/default/a"))
    done = one.branches.sync(answer="take")
    assert (done.let_go, done.pushed) == (["viking/default/a"], ["viking/default/a"])
    held = paths(remote, "viking/default/a")
    assert not any("alice" in path for path in held)
    assert "session/default/a/history/archive_002/.meta.json" in held
    assert first not in git(remote, "rev-list", "viking/default/a")
    one.branches.merge("viking/default/a")
    assert archived(top_of(one), "default/a") == ["msg_1", "msg_2", "msg_5"]


def test_a_review_that_was_deleted_there_is_not_pushed_again_unasked(laptops: Laptops, remote: Path) -> None:
    one, _ = laptops
    say(one, "a", "I prefer tabs over spaces.", review=True)
    one.branches.sync()
    git(remote, "update-ref", "-d", "refs/heads/viking/default/a")
    for _ in range(2):
        with pytest.raises(Refused, match="was deleted there"):
            one.branches.sync()
    one.branches.sync(answer="restore")
    assert "viking/default/a" in git(remote, "branch", "--list")
    git(remote, "update-ref", "-d", "refs/heads/viking/default/a")
    one.branches.sync(answer="take")
    assert "viking/default/a" not in git(remote, "branch", "--list") + git(top_of(one), "branch", "--list")
    assert one.branches.sync().notes == []


def test_a_remote_without_trunk_is_restored_and_not_followed(laptops: Laptops, remote: Path) -> None:
    one, _ = laptops
    say(one, "a", "I prefer tabs over spaces.")
    one.branches.sync()
    git(remote, "update-ref", "-d", "refs/heads/main")
    answers: tuple[Answer | None, ...] = (None, "take")
    for answer in answers:
        with pytest.raises(Refused, match="main of origin was deleted there") as refused:
            one.branches.sync(answer=answer)
        assert "--take-rewind" not in str(refused.value.hint)
    one.branches.sync(answer="restore")
    assert git(remote, "rev-parse", "main") == git(top_of(one), "rev-parse", "main")


def test_a_transcript_that_was_purged_there_stays_out(laptops: Laptops, remote: Path) -> None:
    one, other = laptops
    for workspace in laptops:
        git(top_of(workspace), "config", "viking.transcripts", "origin")
    say(one, "a", "Thank you.")
    one.branches.sync()
    kept = git(remote, "rev-parse", "refs/viking/transcripts").strip()
    say(one, "b", "My password is hunter2, keep it.", start=5)
    for workspace in (one, other):
        workspace.branches.sync()
    say(other, "c", "You are welcome.", start=7)
    git(remote, "update-ref", "refs/viking/transcripts", kept)
    assert "transcripts of origin" in asked(other)
    laid = top_of(other) / "session/default/b/history/archive_001/messages.jsonl"
    assert laid.exists()
    assert other.branches.sync(answer="take").let_go == ["refs/viking/transcripts"]
    assert not laid.exists()
    held = paths(remote, "refs/viking/transcripts")
    assert held == [f"session/default/{name}/history/archive_001/messages.jsonl" for name in "ac"]
    assert [m.id for m in other.messages(other.session_id("c"))] == ["msg_7"]
    assert other.branches.sync().notes == []


def test_a_reviewers_commit_stays_where_we_went_on(laptops: Laptops, remote: Path) -> None:
    """It brings no archive, and nobody rewound anything: both sides are merged."""
    one, other = laptops
    say(one, "a", "My sister Alice lives in Lisbon.", review=True)
    one.branches.sync()
    git(top_of(other), "fetch", "-q")
    git(top_of(other), "switch", "-q", "viking/default/a")
    (top_of(other) / "resources/note.txt").write_text("a reviewer's\n")
    git(top_of(other), "add", "-A")
    git(top_of(other), "commit", "-qm", "edit: a reviewer's note")
    git(top_of(other), "push", "-q", "origin", "viking/default/a")
    say(one, "a", "I prefer dark mode in every editor.", start=5, review=True)
    assert one.branches.sync().pushed == ["viking/default/a"]
    held = paths(remote, "viking/default/a")
    assert {"resources/note.txt", "session/default/a/history/archive_002/.meta.json"} <= set(held)
