"""``merge``, ``merge --check`` and ``update``, and that plain git then finds nothing in the way."""

from pathlib import Path

import pytest

from tests.helpers import archived, assert_sound, git, talk
from viking_git.errors import NotFound, Refused
from viking_git.workspace import Workspace

BRANCH = "viking/default/chat"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A session that waits for review, and a trunk that has moved on in the same memory."""
    workspace, _ = Workspace.init(tmp_path / "w")
    first = workspace.new_session("first")
    workspace.add_messages(first, talk([("user", "I prefer tea with milk in the morning.")], start=20))
    workspace.commit(first)
    chat = workspace.new_session("chat")
    workspace.add_messages(chat, talk())
    workspace.commit(chat, review=True)
    other = workspace.new_session("other")
    workspace.add_messages(other, talk([("user", "My sister Alice works at a bakery in Lisbon.")], start=30))
    workspace.commit(other)
    return workspace


@pytest.fixture
def top(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def test_check_changes_nothing(workspace: Workspace, top: Path) -> None:
    before = git(top, "for-each-ref"), git(top, "count-objects", "-v")
    found = workspace.branches.merge(BRANCH, check=True)
    assert found.commit is None
    assert any(path.endswith("/content.md") for path in found.changed)
    assert (git(top, "for-each-ref"), git(top, "count-objects", "-v")) == before


@pytest.mark.parametrize(
    ("name", "meant"),
    [("chat", BRANCH), ("viking/default/chta", BRANCH), ("featuer", "feature"), ("nothing-like-it", None)],
)
def test_a_name_that_is_no_branch(workspace: Workspace, top: Path, name: str, meant: str | None) -> None:
    git(top, "branch", "feature")
    for verb in (workspace.branches.merge, workspace.branches.update):
        with pytest.raises(NotFound, match=f"no branch '{name}'") as raised:
            verb(name)
        guess = f"did you mean {meant}; " if meant else ""
        assert raised.value.hint == f"{guess}{BRANCH} waits"


def test_a_name_that_is_no_branch_where_none_waits(workspace: Workspace, top: Path) -> None:
    git(top, "branch", "-qD", BRANCH)
    with pytest.raises(NotFound) as raised:
        workspace.branches.merge("nothing-like-it")
    assert raised.value.hint == "no session's branch waits; git branch --all shows the others"


def test_merge_lands_a_session(workspace: Workspace, top: Path) -> None:
    foreseen = workspace.branches.merge(BRANCH, check=True)
    merged = workspace.branches.merge(BRANCH)
    assert merged.commit is not None
    assert set(foreseen.changed) == set(merged.changed)
    assert git(top, "log", "-1", "--format=%s", merged.commit) == "session: merge chat\n"
    assert archived(top) == [message.id for message in talk()]
    assert git(top, "branch", "--list", "viking/*") == ""
    assert_sound(top)


def test_update_lets_plain_git_merge(workspace: Workspace, top: Path) -> None:
    assert workspace.branches.update(BRANCH).commit is not None
    assert workspace.branches.update(BRANCH).commit is None
    for key in ("merge.viking.driver", "merge.viking.name"):
        git(top, "config", "--unset", key)
    git(top, "merge", "--no-ff", "-qm", "session: by a site's button", BRANCH)
    assert archived(top) == [message.id for message in talk()]
    workspace.refresh()
    assert_sound(top)


def test_a_branch_without_commits_of_its_own_is_moved(workspace: Workspace, top: Path) -> None:
    git(top, "branch", "idea", "HEAD~1")
    workspace.branches.update("idea")
    assert git(top, "rev-parse", "idea") == git(top, "rev-parse", "main")
    assert workspace.branches.merge("idea").commit is None


def test_a_branch_that_is_checked_out_elsewhere_is_updated_there(workspace: Workspace, top: Path) -> None:
    git(top, "worktree", "add", "-q", str(top.parent / "beside"), BRANCH)
    workspace.branches.update(BRANCH)
    assert git(top.parent / "beside", "status", "--porcelain") == ""


def test_what_cannot_be_merged(workspace: Workspace, top: Path) -> None:
    git(top, "switch", "-q", "--orphan", "strange")
    (top / "x").write_text("x")
    git(top, "add", "x")
    git(top, "commit", "-qm", "x")
    git(top, "switch", "-q", "main")
    before = git(top, "for-each-ref")
    with pytest.raises(Refused, match="is no workspace"):
        workspace.branches.merge("strange")
    Workspace.init(top.parent / "other")
    git(top.parent / "other", "commit", "-q", "--amend", "-m", "init: another")
    git(top, "fetch", "-q", str(top.parent / "other"), "main:another")
    with pytest.raises(Refused, match="shares no history"):
        workspace.branches.merge("another", check=True)
    with pytest.raises(NotFound):
        workspace.branches.merge("nothing")
    with pytest.raises(NotFound):
        workspace.branches.update("origin/nothing")
    with pytest.raises(NotFound):
        workspace.branches.update("main")
    git(top, "branch", "-D", "-q", "another")
    assert git(top, "for-each-ref") == before


def test_two_branches_that_merged_each_other_keep_what_was_taken_back_and_put_back(
    workspace: Workspace, top: Path
) -> None:
    def document(branch: str, name: str, *, there: bool) -> None:
        git(top, "switch", "-q", branch)
        (top / f"resources/{name}.md").write_text(f"# {name}\n") if there else (top / f"resources/{name}.md").unlink()
        git(top, "add", "-A")
        git(top, "commit", "-q", "--no-verify", "-m", f"edit: {name}")

    document("main", "old", there=True)
    git(top, "branch", "here")
    document("main", "new", there=True)
    document("main", "old", there=False)
    document("here", "mine", there=True)
    git(top, "branch", "there", "main")
    git(top, "branch", "here-before", "here")
    for branch, other in (("here", "there"), ("there", "here-before")):
        git(top, "switch", "-q", branch)
        git(top, "merge", "-q", "--no-ff", "-m", f"merge: {other}", other)
    document("here", "new", there=False)
    document("here", "old", there=True)
    document("there", "mine", there=False)
    assert len(git(top, "merge-base", "--all", "here", "there").split()) == 2
    git(top, "branch", "-f", "main", "there")
    foreseen = workspace.branches.merge("here", check=True)
    assert foreseen.changed == ("resources/new.md", "resources/old.md")
    workspace.branches.merge("here")
    assert git(top, "ls-tree", "--name-only", "main", "resources/").split() == [
        "resources/.abstract.md", "resources/.overview.md", "resources/old.md",
    ]  # fmt: skip


def test_a_shallow_clone_is_told_how_to_get_the_history_it_lacks(workspace: Workspace, top: Path) -> None:
    git(top, "branch", "old", "HEAD~2")
    shallow = top.parent / "shallow"
    git(top.parent, "clone", "-q", "--depth=1", top.as_uri(), str(shallow))
    git(shallow, "fetch", "-q", "--depth=1", "origin", "old")
    with pytest.raises(Refused, match="shallow") as raised:
        Workspace.open(shallow).branches.merge("FETCH_HEAD")
    assert raised.value.hint == "git fetch --unshallow"


def test_who_is_on_a_sessions_branch_stays_on_it(workspace: Workspace, top: Path) -> None:
    said: list[str] = []
    workspace.store.notice = said.append
    git(top, "switch", "-q", BRANCH)
    chat = workspace.session_id("chat")
    workspace.add_messages(chat, talk([("user", "I live in Bergen.")], start=50))
    workspace.commit(chat, review=True)
    assert git(top, "status", "--porcelain") == ""
    assert (top / "session/default/chat/history/archive_002/.meta.json").is_file()
    workspace.branches.merge(BRANCH)
    assert any("viking/default/chat is checked out, so it stays" in line for line in said)
    assert git(top, "rev-parse", "--abbrev-ref", "HEAD").strip() == BRANCH
    assert git(top, "status", "--porcelain") == ""
    git(top, "switch", "-q", "main")
    workspace.commit(chat)
    assert git(top, "branch", "--list", "viking/*") == ""
    assert_sound(top)


def test_an_edit_in_the_way_keeps_new_messages_in_the_log(workspace: Workspace, top: Path) -> None:
    git(top, "switch", "-q", BRANCH)
    archive = top / "session/default/chat/history/archive_002"
    archive.mkdir()
    (archive / ".meta.json").write_text("mine\n")
    chat = workspace.session_id("chat")
    workspace.add_messages(chat, talk([("user", "I live in Bergen.")], start=50))
    with pytest.raises(Refused, match="in the way"):
        workspace.commit(chat, review=True)
    (archive / ".meta.json").unlink()
    assert workspace.commit(chat, review=True).messages == 1
    assert git(top, "status", "--porcelain") == ""
