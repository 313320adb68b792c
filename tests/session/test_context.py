"""What fits of a session into a budget, and when a session is due."""

import pytest

from tests.helpers import talk
from viking_git.config import Policy, SessionPolicy
from viking_git.errors import InvalidContent, NotFound
from viking_git.model.text import estimate_tokens
from viking_git.workspace import Workspace


@pytest.fixture
def long(workspace: Workspace) -> Workspace:
    """A session with three archives and six live messages."""
    session = workspace.new_session("chat")
    for number in range(3):
        workspace.add_messages(session, talk([("user", f"Note {number} about the orchard.")], start=10 + number))
        workspace.commit(session)
    workspace.add_messages(session, talk([("user", f"Live message number {n}.") for n in range(6)], start=20))
    return workspace


def test_everything_that_fits_is_there_in_order(long: Workspace) -> None:
    found = long.session_context(long.session_id("chat"), 10_000)
    assert [summary.uri[-12:-1] for summary in found.archives] == ["archive_001", "archive_002", "archive_003"]
    assert [message.id for message in found.messages] == [f"msg_{n}" for n in range(20, 26)]
    assert found.left_out == (0, 0)


@pytest.mark.parametrize("budget", [1, 5, 12, 30, 60, 100, 200, 400])
def test_the_budget_holds_and_the_newest_come_first(long: Workspace, budget: int) -> None:
    found = long.session_context(long.session_id("chat"), budget)
    said = [summary.text for summary in found.archives] + [f"user: {m.text}" for m in found.messages]
    assert sum(map(estimate_tokens, said)) == found.tokens <= budget
    assert [message.id for message in found.messages] == [f"msg_{n}" for n in range(26 - len(found.messages), 26)]
    numbers = [int(summary.uri[-4:-1]) for summary in found.archives]
    assert numbers == sorted(numbers)
    assert not numbers or numbers[-1] == 3
    assert found.left_out == (3 - len(numbers), 6 - len(found.messages))


def test_json_says_the_same(long: Workspace) -> None:
    value = long.session_context(long.session_id("chat"), 10_000).to_json()
    assert value["left_out"] == {"archives": 0, "messages": 0}
    assert value["messages"][0]["id"] == "msg_20"


def test_unknown_session(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        workspace.session_context(workspace.session_id("nobody"), 100)


@pytest.mark.parametrize(
    ("policy", "due"),
    [
        (SessionPolicy(), False), (SessionPolicy(auto_commit_messages=7), False),
        (SessionPolicy(auto_commit_messages=6), True), (SessionPolicy(auto_commit_tokens=1000), False),
        (SessionPolicy(auto_commit_tokens=20), True),
    ],
)  # fmt: skip
def test_a_session_is_due_at_the_policys_bounds(long: Workspace, policy: SessionPolicy, due: bool) -> None:
    long.policy = Policy(sessions=policy)
    assert long.is_due(long.session_id("chat")) is due


def test_kept_messages_are_not_due_again(workspace: Workspace) -> None:
    workspace.policy = Policy(sessions=SessionPolicy(keep_recent=2, auto_commit_messages=2))
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    assert workspace.is_due(session)
    workspace.commit(session)
    assert [m.id for m in workspace.session_context(session, 1000).messages] == ["msg_3", "msg_4"]
    assert not workspace.is_due(session)
    assert workspace.commit(session).status == "skipped"
    workspace.add_messages(session, talk([("user", "Fine.")], start=5))
    second = workspace.commit(session)
    assert second.messages == 1
    assert [m.id for m in workspace.session_context(session, 1000).messages] == ["msg_4", "msg_5"]


@pytest.mark.parametrize("bad", ["keep_recent: -1", "auto_commit_messages: -1", "auto_commit_tokens: x"])
def test_bounds_are_not_negative(bad: str) -> None:
    from viking_git.config import load_policy

    with pytest.raises(InvalidContent):
        load_policy(f"sessions:\n  {bad}\n".encode())
