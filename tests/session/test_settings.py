"""Settings: one line of viking.yaml changes, in a commit, or nothing does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import assert_sound, git, talk
from viking_git import assets
from viking_git.config import Policy, load_policy
from viking_git.errors import DirtyWorkTree, InvalidContent, InvalidName, NotFound
from viking_git.session.settings import changed_policy
from viking_git.workspace import Workspace

NO_SCALARS = ["2020-13-45", "9" * 5000, "!!int ''", "!!bool x", "!!timestamp x", "[" * 5000]

FRESH = assets.render("workspace/viking.yaml.j2", trunk="main", transcripts="private", user="default", agent="default")
KEYS = {
    "trunk": "work", "spaces.user": "ada", "spaces.agent": "coder", "sessions.transcripts": "tracked",
    "sessions.review": "true", "sessions.quotes": "false", "sessions.keep_recent": "6",
    "sessions.auto_commit_messages": "40", "sessions.auto_commit_tokens": "8000", "sessions.extractor": "llm",
    "sessions.decider": "llm", "isolate_agent_by_user": "true",
}  # fmt: skip


def value(policy: Policy, key: str) -> object:
    found: object = policy
    for name in key.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "text",
    [
        FRESH, "", "version: 1\n", "# first\nversion: 1", "sessions:\n    review: false   # why\n\n# end\n",
        "spaces: # mine\n  user: eve\n", "trunk: main # the line\nisolate_agent_by_user:   false",
    ],
    ids=range(7),
)  # fmt: skip
def test_one_value_changes_and_all_else_stays(key: str, text: str) -> None:
    new = changed_policy(text.encode(), key, KEYS[key])
    assert str(value(load_policy(new), key)).lower() == KEYS[key]
    for other in KEYS.keys() - {key}:
        assert value(load_policy(new), other) == value(load_policy(text.encode()), other)
    kept = [line for line in text.splitlines() if f"{key.rpartition('.')[2]}:" not in line]
    assert [line for line in new.decode().splitlines() if line in kept] == kept
    assert changed_policy(new, key, KEYS[key]) == new


@given(st.lists(st.sampled_from(sorted(KEYS)), max_size=8))
def test_any_order_comes_to_the_same_policy(keys: list[str]) -> None:
    data = FRESH.encode()
    for key in keys:
        data = changed_policy(data, key, KEYS[key])
    assert {key for key in KEYS if str(value(load_policy(data), key)).lower() == KEYS[key]} == set(keys)
    assert [line for line in data.decode().splitlines() if line.startswith("#")] == [
        line for line in FRESH.splitlines() if line.startswith("#")
    ]


def test_a_comment_behind_the_value_stays() -> None:
    assert changed_policy(b"sessions:\n  review: false  # why\n", "sessions.review", "true") == (
        b"sessions:\n  review: true  # why\n"
    )


@pytest.mark.parametrize(
    ("text", "key", "new"),
    [
        (FRESH, "sessions.review", "maybe"), (FRESH, "sessions.keep_recent", "-1"),
        (FRESH, "sessions.keep_recent", "x"), (FRESH, "sessions.transcripts", "public"), (FRESH, "version", "2"),
        (FRESH, "trunk", "a: b"), (FRESH, "trunk", "x\nsessions: {}"),
        ("sessions: {review: false}\n", "sessions.review", "true"),
        ('"sessions":\n  review: false\n', "sessions.review", "true"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(text: str, key: str, new: str) -> None:
    with pytest.raises(InvalidContent):
        changed_policy(text.encode(), key, new)


def test_setting_is_a_commit_that_holds_from_then_on(workspace: Workspace, top: Path) -> None:
    found = workspace.settings.set("sessions.review", "true")
    assert (found.value, found.origin) == (True, "viking.yaml")
    assert git(top, "log", "-1", "--format=%s").strip() == "edit: policy sessions.review = true"
    assert git(top, "diff", "--stat", "HEAD~1").strip().endswith("1 file changed, 1 insertion(+), 1 deletion(-)")
    assert_sound(top)
    again = Workspace.open(top)
    session = again.new_session("chat")
    again.add_messages(session, talk())
    assert again.commit(session).branch
    head = git(top, "rev-parse", "HEAD")
    again.settings.set("sessions.review", "true")
    assert git(top, "rev-parse", "HEAD") == head


def test_making_transcripts_private_lets_git_ignore_them(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w", transcripts="tracked")
    workspace.settings.set("sessions.transcripts", "private")
    workspace = Workspace.open(tmp_path / "w")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    assert (tmp_path / "w/session/default/chat/history/archive_001/messages.jsonl").exists()
    assert_sound(tmp_path / "w")


def test_local_settings_are_git_config(workspace: Workspace, top: Path) -> None:
    head = git(top, "rev-parse", "HEAD")
    assert workspace.settings.set("viking.user", "ada").origin == "git config"
    assert git(top, "config", "--local", "viking.user").strip() == "ada"
    assert Workspace.open(top).spaces.user == "ada"
    assert git(top, "rev-parse", "HEAD") == head


def test_nothing_changes_where_it_may_not(workspace: Workspace, top: Path) -> None:
    before = git(top, "for-each-ref"), (top / ".git/config").read_bytes()
    for key, text, error in (
        ("sessions.nothing", "x", NotFound), ("core.editor", "x", NotFound), ("spaces.user", "../x", InvalidName),
        ("viking.user", "con", InvalidName), ("trunk", "nowhere", InvalidContent), ("version", "2", InvalidContent),
        ("viking.workspace", "/x", InvalidContent), ("sessions.review", "perhaps", InvalidContent),
    ):  # fmt: skip
        with pytest.raises(error):
            workspace.settings.set(key, text)
    (top / "viking.yaml").write_text("version: 1\n")
    with pytest.raises(DirtyWorkTree):
        workspace.settings.set("sessions.review", "true")
    assert (top / "viking.yaml").read_text() == "version: 1\n"
    assert before == (git(top, "for-each-ref"), (top / ".git/config").read_bytes())


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("sessions.review", "maybe", "sessions.review is true or false, not 'maybe'"),
        ("sessions.keep_recent", "few", "sessions.keep_recent is a whole number, not 'few'"),
        ("index.hotness", "hot", "index.hotness is a number, not 'hot'"),
        ("sessions.transcripts", "hidden", "sessions.transcripts: Invalid enum value 'hidden'"),
    ],
)
def test_a_value_of_another_kind_is_said_in_words(workspace: Workspace, key: str, text: str, said: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        workspace.settings.set(key, text)
    assert refused.value.message == said


@pytest.mark.parametrize("text", NO_SCALARS)
def test_a_value_that_yaml_cannot_make_is_refused_by_key(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidContent, match=r"viking\.yaml: "):
        load_policy(f"version: {text}\n".encode())
    workspace, _ = Workspace.init(tmp_path / "w")
    with pytest.raises(InvalidContent, match="keep_recent"):
        workspace.settings.set("sessions.keep_recent", text)
