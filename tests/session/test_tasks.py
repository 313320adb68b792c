"""``commit --no-wait``: the archive first, the rest in the background or by whoever comes next."""

import time
from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, decisions, git, talk
from viking_git.errors import DirtyWorkTree, NotFound
from viking_git.session import background
from viking_git.session.tasks import task_log
from viking_git.workspace import Workspace


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Keep processes from starting, and say which would have."""
    words: list[list[str]] = []
    monkeypatch.setattr(background, "run_detached", lambda given, log: words.append(list(given)))
    return words


def chat(workspace: Workspace, **how: bool):  # type: ignore[no-untyped-def]
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    return workspace.commit(session, **how)


def test_an_accepted_commit_is_archived_and_resumed_once(
    workspace: Workspace, top: Path, started: list[list[str]]
) -> None:
    result = chat(workspace, wait=False)
    assert (result.status, result.archive) == ("accepted", "archive_001")
    assert started == [["-C", str(top), "commit", "--resume", "default/chat"]]
    assert archived(top) == []
    (task,) = workspace.tasks.list()
    assert (task.id, task.status, task.messages) == (result.to_json()["task_id"], "accepted", 4)
    assert workspace.session_info(result.session).live == 0
    workspace.add_messages(result.session, talk([("user", "I prefer dark roast coffee.")], start=9))
    done = workspace.commit(result.session, resume=True)
    assert done.status == "committed"
    assert archived(top) == [message.id for message in talk()]
    assert len(decisions(top)) >= 3
    assert workspace.session_info(result.session).live == 1
    assert workspace.tasks.list() == []
    assert [task.status for task in workspace.tasks.list(completed=True)] == ["completed"]
    assert workspace.commit(result.session, resume=True).status == "skipped"
    assert_sound(top)


def test_the_process_in_the_background_finishes(workspace: Workspace, top: Path) -> None:
    result = chat(workspace, wait=False)
    deadline = time.monotonic() + 60
    while workspace.tasks.list() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert archived(top) == [message.id for message in talk()]
    log = task_log(workspace.store, result.session)
    while log.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not log.exists()
    assert_sound(top)


def test_what_the_background_could_not_do_is_shown(workspace: Workspace, top: Path) -> None:
    (top / "user/.overview.md").write_text("mine\n")
    result = chat(workspace, wait=False)
    task_id = result.to_json()["task_id"]
    deadline = time.monotonic() + 60
    while not workspace.tasks.find(task_id).log and time.monotonic() < deadline:
        time.sleep(0.1)
    task = workspace.tasks.find(task_id)
    assert task.status == "extracted"
    assert "uncommitted edits are in the way: user/.overview.md" in task.log
    assert [entry.name for entry in workspace.ls("viking://queue/default")] == ["chat.log"]
    with pytest.raises(DirtyWorkTree):
        workspace.commit(result.session, resume=True)
    git(top, "checkout", "-q", "user/.overview.md")
    assert workspace.commit(result.session, resume=True).merge
    assert not task_log(workspace.store, result.session).exists()


def test_a_task_that_a_process_is_at_is_running(workspace: Workspace, started: list[list[str]]) -> None:
    result = chat(workspace, wait=False)
    from viking_git.session.state import live_log

    with live_log(workspace.store, result.session).lock():
        assert [task.status for task in workspace.tasks.list()] == ["running"]
    assert [task.status for task in workspace.tasks.list()] == ["accepted"]


def test_a_review_waits_for_its_person(workspace: Workspace, started: list[list[str]]) -> None:
    result = chat(workspace, review=True, wait=False)
    assert workspace.commit(result.session, resume=True).branch == "viking/default/chat"
    assert [task.status for task in workspace.tasks.list()] == ["review"]
    assert workspace.unfinished() == []


def test_a_second_archive_is_a_second_task(workspace: Workspace, started: list[list[str]]) -> None:
    result = chat(workspace, wait=False)
    workspace.add_messages(result.session, talk([("user", "I prefer dark roast coffee.")], start=9))
    workspace.commit(result.session, wait=False)
    assert [task.archive for task in workspace.tasks.list()] == ["archive_001", "archive_002"]
    assert workspace.commit(result.session).merge
    assert workspace.tasks.list() == []


def test_nothing_to_do_starts_nothing(workspace: Workspace, started: list[list[str]]) -> None:
    session = workspace.new_session("chat")
    assert workspace.commit(session, wait=False).status == "skipped"
    assert started == []


def test_unknown_tasks(workspace: Workspace) -> None:
    chat(workspace)
    for name in ("default/chat/archive_009", "default/nobody/archive_001", "chat"):
        with pytest.raises(NotFound):
            workspace.tasks.find(name)
