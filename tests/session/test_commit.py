"""The pipeline of a session's commit, on real repositories."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import TALK, archived, assert_sound, decisions, git, talk
from viking_git.errors import DirtyWorkTree, NoIdentity, NotFound
from viking_git.retrieval.report import Bounds
from viking_git.session import searching
from viking_git.session.indexes import status
from viking_git.session.kept import place_transcripts
from viking_git.session.land import land
from viking_git.workspace import Workspace


def chat(workspace: Workspace, **how: bool):  # type: ignore[no-untyped-def]
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    return workspace.commit(session, **how)


def test_a_conversation_becomes_commits_and_memories(workspace: Workspace, top: Path) -> None:
    result = chat(workspace).to_json()
    assert result["status"] == "committed"
    assert result["archived"] is True
    assert result["memories_extracted"] == len([a for a in result["actions"] if a["action"] == "create"]) >= 3
    assert_sound(top)
    subjects = git(top, "log", "--first-parent", "--format=%s").splitlines()
    assert [s.split(":")[0] for s in subjects] == ["refresh", "session", "init"]
    branch = git(top, "log", "--format=%s", "HEAD~1^1..HEAD~1^2").splitlines()
    assert branch[-1].startswith("session: archive chat")
    assert branch[0].startswith("session: extracted chat")
    assert len(branch) == 2 + len(decisions(top))
    assert git(top, "branch", "--list", "viking/*") == ""
    assert (top / "user/default/memories/preferences").is_dir()
    assert workspace.unfinished() == []


def test_two_archives_of_one_number_both_land(workspace: Workspace, top: Path) -> None:
    """Two machines commit a session of one name: the second one's archive takes the next number and has landed."""
    store = workspace.store
    chat(workspace, review=True)
    session = workspace.session_id("chat")
    waiting = git(top, "rev-parse", session.branch).strip()
    git(top, "branch", "-D", session.branch.removeprefix("refs/heads/"))
    shutil.rmtree(store.private_dir / "live")
    workspace.add_messages(workspace.new_session("chat"), talk([("user", "I prefer dark roast coffee.")], start=9))
    workspace.commit(session)
    git(top, "update-ref", session.branch, waiting)
    land(store, session, workspace.trunk, "again")
    assert archived(top) == ["msg_9", "msg_1", "msg_2", "msg_3", "msg_4"]
    assert git(top, "branch", "--list", "viking/*") == ""


def test_each_decision_can_be_reverted_alone(workspace: Workspace, top: Path) -> None:
    result = chat(workspace)
    for outcome in result.outcomes:
        git(top, "revert", "--no-edit", outcome.commit)
        assert not (top / outcome.uri.removeprefix("viking://") / "content.md").exists()
    assert git(top, "status", "--porcelain") == ""


def test_decisions_quote_their_messages(workspace: Workspace, top: Path) -> None:
    chat(workspace)
    said = {message.id: message.text for message in talk()}
    for decision in decisions(top):
        assert decision["messages"]
        for source in decision["messages"]:
            assert source["quote"] in said[source["id"]]


def test_private_transcripts_are_in_no_branch(workspace: Workspace, top: Path) -> None:
    chat(workspace)
    path = "session/default/chat/history/archive_001/messages.jsonl"
    assert path not in git(top, "log", "--branches", "--name-only", "--format=")
    assert git(top, "show", f"refs/viking/transcripts:{path}").encode() == (top / path).read_bytes()
    assert [json.loads(line)["id"] for line in (top / path).read_text().splitlines()] == archived(top)
    assert workspace.read(f"viking://{path}#msg_1").count(b"\n") == 1


def test_what_a_kill_leaves_of_a_private_transcript_is_not_added_by_git(
    workspace: Workspace, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    session = chat(workspace).session
    laid = top / "session/default/chat/history/archive_001/messages.jsonl"
    laid.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "move", cut)
        patched.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            place_transcripts(workspace.store, "refs/heads/main", [session])
    assert not laid.exists()
    assert git(top, "status", "--porcelain", "--untracked-files=all") == ""


def test_tracked_transcripts_are_in_the_tree(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w", transcripts="tracked")
    top = tmp_path / "w"
    chat(workspace)
    path = "session/default/chat/history/archive_001/messages.jsonl"
    assert git(top, "show", f"HEAD:{path}").count("\n") == len(TALK)
    assert git(top, "for-each-ref", "refs/viking") == ""
    assert_sound(top)


def test_saying_it_again_makes_no_second_memory(workspace: Workspace, top: Path) -> None:
    first = chat(workspace)
    workspace.add_messages(first.session, talk([TALK[0]], start=7))
    second = workspace.commit(first.session)
    assert second.archive == "archive_002"
    assert [outcome.mark for outcome in second.outcomes] == ["="]
    assert archived(top) == ["msg_1", "msg_2", "msg_3", "msg_4", "msg_7"]
    assert_sound(top)


def test_nothing_new_is_skipped(workspace: Workspace, top: Path) -> None:
    result = chat(workspace)
    head = git(top, "rev-parse", "HEAD")
    again = workspace.commit(result.session)
    assert again.to_json()["status"] == "skipped"
    workspace.add_messages(result.session, talk())
    assert workspace.commit(result.session).to_json()["status"] == "skipped"
    assert git(top, "rev-parse", "HEAD") == head


def test_review_waits_on_the_branch_and_lands_by_plain_git(workspace: Workspace, top: Path) -> None:
    result = chat(workspace, review=True)
    assert result.branch == "viking/default/chat"
    assert archived(top) == []
    assert workspace.unfinished() == []
    git(top, "merge", "--no-ff", "-m", "session: reviewed", result.branch)
    assert archived(top) == [message.id for message in talk()]
    # The next write on trunk heals the containers that plain git left stale, and takes the branch away.
    workspace.refresh()
    assert git(top, "branch", "--list", "viking/*") == ""
    assert "preferences" in (top / "user/default/memories/.overview.md").read_text()
    assert_sound(top)


def test_a_rejected_decision_stays_rejected(workspace: Workspace, top: Path) -> None:
    result = chat(workspace, review=True)
    dropped = result.outcomes[0]
    git(top, "switch", "-q", "viking/default/chat")
    git(top, "rebase", "-q", "--onto", f"{dropped.commit}^", dropped.commit, "viking/default/chat")
    git(top, "switch", "-q", "main")
    git(top, "merge", "-q", "--no-ff", "-m", "session: reviewed", "viking/default/chat")
    workspace.commit(result.session)
    assert not (top / dropped.uri.removeprefix("viking://")).exists()
    assert len(decisions(top)) == len(result.outcomes) - 1


def test_a_later_archive_stacks_on_a_branch_in_review(workspace: Workspace, top: Path) -> None:
    first = chat(workspace, review=True)
    workspace.add_messages(first.session, talk([("user", "I prefer dark roast coffee in the morning.")], start=9))
    second = workspace.commit(first.session)
    assert second.archive == "archive_002"
    assert second.branch == first.branch
    git(top, "merge", "-q", "--squash", str(first.branch))
    git(top, "commit", "-qm", "session: squashed")
    workspace.commit(first.session)
    assert len(archived(top)) == len(TALK) + 1
    assert git(top, "branch", "--list", "viking/*") == ""


def test_edits_in_the_way_keep_the_branch_and_the_edit(workspace: Workspace, top: Path) -> None:
    (top / "user/.overview.md").write_text("mine\n")
    with pytest.raises(DirtyWorkTree, match="viking/default/chat"):
        chat(workspace)
    assert (top / "user/.overview.md").read_text() == "mine\n"
    assert git(top, "branch", "--list", "--format=%(refname:short)", "viking/*").strip() == "viking/default/chat"
    git(top, "checkout", "-q", "--", "user/.overview.md")
    result = workspace.commit(workspace.session_id("chat"))
    assert result.merge
    assert archived(top) == [message.id for message in talk()]
    assert_sound(top)


def test_no_identity_changes_nothing(workspace: Workspace, top: Path, isolated_home: Path) -> None:
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    (isolated_home / ".gitconfig").write_text("")
    before = git(top, "for-each-ref")
    with pytest.raises(NoIdentity):
        Workspace.open(top).commit(session)
    assert git(top, "for-each-ref") == before


def test_unknown_session(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        workspace.commit(workspace.session_id("nobody"))


def test_two_sessions_in_turn_and_trunk_elsewhere(workspace: Workspace, top: Path) -> None:
    git(top, "switch", "-qc", "feature")
    chat(workspace)
    other = workspace.new_session("other")
    workspace.add_messages(other, talk([("user", "I prefer tabs over spaces in Makefiles.")]))
    workspace.commit(other)
    git(top, "switch", "-q", "main")
    assert_sound(top)
    assert len(archived(top)) == len(TALK)
    assert len(archived(top, "default/other")) == 1


KILL = """
import os, signal, sys
from pathlib import Path
from viking_git.workspace import Workspace
count = 0
def step(name):
    global count
    count += 1
    print(name, flush=True)
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
workspace = Workspace.open(Path(sys.argv[1]), step=step)
workspace.commit(workspace.session_id("chat"))
"""


def test_a_kill_between_any_two_steps_is_finished_by_the_next_commit(tmp_path: Path) -> None:
    def prepared(name: str) -> tuple[Workspace, Path]:
        workspace, _ = Workspace.init(tmp_path / name)
        workspace.add_messages(workspace.new_session("chat"), talk())
        return workspace, tmp_path / name

    def contents(top: Path) -> list[str]:
        return [line for line in git(top, "ls-tree", "-r", "HEAD").splitlines() if line.endswith("/content.md")]

    def run(top: Path, at: int) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", KILL, str(top), str(at)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    _, whole = prepared("whole")
    done = run(whole, 0)
    assert done.returncode == 0, done.stderr
    steps = done.stdout.split()
    expected = sorted(str(d["candidate"]["fingerprint"]) for d in decisions(whole))  # type: ignore[index]
    memories = contents(whole)
    assert len(steps) > 12
    for at in range(1, len(steps) + 1):
        workspace, top = prepared(f"at-{at}")
        assert run(top, at).returncode == -9
        workspace.commit(workspace.session_id("chat"))
        assert archived(top) == [message.id for message in talk()], steps[at - 1]
        assert sorted(str(d["candidate"]["fingerprint"]) for d in decisions(top)) == expected, steps[at - 1]  # type: ignore[index]
        assert git(top, "branch", "--list", "viking/*") == ""
        assert workspace.unfinished() == []
        assert contents(top) == memories
        assert_sound(top)


def test_a_commit_does_not_wait_for_documents_to_be_indexed(
    workspace: Workspace, top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it take a memory for new that trunk has."""
    monkeypatch.setattr(searching, "_BESIDE", Bounds(texts=2_048, documents=2))
    heard: list[str] = []
    (tmp_path / "docs").mkdir()
    for number in range(3):
        (tmp_path / f"docs/{number}.md").write_text(f"# Page {number}\n\nThe heron stands on one leg.\n")
    workspace.add([tmp_path / "docs"])
    workspace.close()
    with Workspace.open(top, notice=heard.append) as other:
        assert len(chat(other).outcomes) >= 3
        session = other.new_session("again")
        other.add_messages(session, talk(start=20))
        assert {outcome.mark for outcome in other.commit(session).outcomes} <= {"=", "~"}
        assert status(other.searching).held is None
        assert heard == ["new documents wait to be indexed: the next find does it"]
        assert [hit.uri for hit in other.find("heron").resources]
        held = status(other.searching).held
        assert held is not None
        assert held.is_true
        third = other.new_session("third")
        other.add_messages(third, talk([("user", "I prefer dark roast coffee.")], start=40))
        other.commit(third)
        after = status(other.searching).held
        assert after is not None
        assert after.is_true
