"""Deleting a session: what goes, what stays, and in which order a kill finds it."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, git, talk
from viking_git.errors import DirtyWorkTree, NotFound, Refused
from viking_git.model.messages import Message
from viking_git.session.state import live_log
from viking_git.workspace import Workspace


def chat(workspace: Workspace, **how: bool):  # type: ignore[no-untyped-def]
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    return workspace.commit(session, **how)


def test_live_messages_and_the_branch_go(workspace: Workspace, top: Path) -> None:
    result = chat(workspace, review=True)
    tip = git(top, "rev-parse", str(result.branch)).strip()
    workspace.add_messages(result.session, talk([("user", "more")], start=9))
    done = workspace.delete_session(result.session)
    assert (done.live, done.branch, done.archives) == (True, tip, 0)
    assert git(top, "branch", "--list", "viking/*") == ""
    with pytest.raises(NotFound):
        workspace.session_info(result.session)
    git(top, "branch", str(result.branch), tip)
    assert workspace.session_info(result.session).archived == 4


def test_archives_stay_unless_asked_for(workspace: Workspace, top: Path) -> None:
    result = chat(workspace)
    workspace.delete_session(result.session)
    assert len(archived(top)) == 4
    done = workspace.delete_session(result.session, with_archives=True)
    assert done.archives == 1
    assert not (top / "session/default").exists()
    assert (top / "user/default/memories/preferences").is_dir()
    assert git(top, "ls-tree", "-r", "refs/viking/transcripts") == ""
    assert "session: delete chat (1 archive)" in git(top, "log", "--format=%s")
    assert archived_in_history(top) == 4
    assert_sound(top)
    with pytest.raises(NotFound):
        workspace.delete_session(result.session)


def archived_in_history(top: Path) -> int:
    (commit,) = git(top, "log", "--format=%H", "--grep=^session: delete").split()
    path = "session/default/chat/history/archive_001/messages.jsonl"
    assert git(top, "show", f"{commit}^:{path.replace('messages.jsonl', '.meta.json')}")
    return git(top, "show", f"refs/viking/transcripts~1:{path}").count("\n")


def test_a_session_can_begin_again(workspace: Workspace, top: Path) -> None:
    result = chat(workspace)
    workspace.delete_session(result.session, with_archives=True)
    again = chat(workspace)
    assert again.archive == "archive_001"
    assert [outcome.mark for outcome in again.outcomes].count("+") == 0
    assert_sound(top)


def test_edits_in_the_way_keep_everything(workspace: Workspace, top: Path) -> None:
    result = chat(workspace)
    workspace.add_messages(result.session, talk([("user", "more")], start=9))
    (top / "session/.overview.md").write_text("mine\n")
    with pytest.raises(DirtyWorkTree):
        workspace.delete_session(result.session, with_archives=True)
    assert workspace.session_info(result.session).live == 1
    assert len(archived(top)) == 4
    assert (top / "session/default/chat/history/archive_001/messages.jsonl").exists()


def test_a_file_of_a_persons_own_stays(workspace: Workspace, top: Path) -> None:
    result = chat(workspace)
    laid = top / "session/default/chat/history/archive_001/messages.jsonl"
    laid.write_text("mine\n")
    workspace.delete_session(result.session, with_archives=True)
    assert laid.read_text() == "mine\n"


KILL = """
import os, signal, sys
from pathlib import Path
from viking_git.workspace import Workspace
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
workspace = Workspace.open(Path(sys.argv[1]), step=step)
workspace.delete_session(workspace.session_id("chat"), with_archives=True)
"""


@pytest.mark.parametrize("step", ["ref-moved", "archives-deleted", "transcripts-deleted"])
def test_after_a_kill_deleting_again_does_the_rest(workspace: Workspace, top: Path, step: str) -> None:
    result = chat(workspace)
    workspace.add_messages(result.session, talk([("user", "more")], start=9))
    done = subprocess.run([sys.executable, "-c", KILL, str(top), step], check=False)
    assert done.returncode == -9
    again = Workspace.open(top)
    assert again.session_info(result.session).live == 1
    again.delete_session(result.session, with_archives=True)
    assert git(top, "ls-tree", "-r", "refs/viking/transcripts") == ""
    assert not (top / "session/default/chat").exists()
    assert_sound(top)


def test_who_waits_to_append_while_a_log_is_deleted_writes_into_a_new_one(workspace: Workspace) -> None:
    session = workspace.new_session("chat")
    live = live_log(workspace.store, session)
    live.append(talk())
    late = talk([("user", "late")], start=9)
    added: list[Message] = []
    append = threading.Thread(target=lambda: added.extend(live.append(late).messages))
    with live._lock("lock", 2):
        append.start()
        time.sleep(0.2)
        doomed = live.directory.with_name("doomed")
        live.directory.rename(doomed)
    append.join()
    assert added == late
    assert [message.id for message in live.read()] == ["msg_9"]


def test_what_a_kill_left_of_a_deleted_log_is_removed_by_the_next(workspace: Workspace, top: Path) -> None:
    root = top / ".git/viking/live"
    left = root / f".deleted-chat-{os.getpid()}"
    left.mkdir(parents=True)
    (left / "messages.jsonl").write_text("")
    assert workspace.sessions() == []
    workspace.delete_session(workspace.new_session("chat"))
    assert [entry.name for entry in root.iterdir()] == ["default"]


def test_a_branch_that_somebody_is_on_is_not_deleted(workspace: Workspace, top: Path) -> None:
    session = workspace.new_session("sat")
    workspace.add_messages(session, talk([("user", "I prefer tea with milk.")], start=40))
    workspace.commit(session, review=True)
    git(top, "switch", "-q", "viking/default/sat")
    with pytest.raises(Refused, match="checked out"):
        workspace.delete_session(session)
    assert git(top, "status", "--porcelain") == ""
