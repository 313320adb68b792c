"""Transcripts into the tree and out of it: what moves, what rules say, what a kill leaves, what cannot be."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.helpers import assert_sound, check, git, talk
from viking_git.errors import DirtyWorkTree, NotFound, Refused
from viking_git.session.moving import Moved
from viking_git.session.state import SessionId
from viking_git.workspace import Workspace

CHAT = "session/default/chat"
FIRST = f"{CHAT}/history/archive_001"
SECRET = "what went into the skill"


def say(workspace: Workspace, name: str, text: str, number: int, *, review: bool = False) -> SessionId:
    session = workspace.new_session(name)
    workspace.add_messages(session, talk([("user", text)], start=number))
    workspace.commit(session, review=review)
    return session


@pytest.fixture
def chat(workspace: Workspace, top: Path) -> SessionId:
    """A session with two private archives; to the first belong an image and the record of a skill."""
    (top.parent / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    session = workspace.new_session("chat")
    (message,) = talk([("user", "I prefer tabs over spaces.")])
    image = {"type": "image", "url": str(top.parent / "a.png")}
    workspace.add_messages(
        session, [type(message)(message.id, "user", (*message.parts, image), message.created_at)], files=True
    )
    workspace.used(session, [], {"uri": "viking://resources", "input": SECRET})
    workspace.commit(session)
    return say(workspace, "chat", "My sister Alice lives in Lisbon.", 2)


def publish(workspace: Workspace, *sessions: SessionId, dry_run: bool = False) -> Moved:
    return workspace.settings.privacy.publish(sessions, dry_run=dry_run)


def privatise(workspace: Workspace, *sessions: SessionId, dry_run: bool = False) -> Moved:
    return workspace.settings.privacy.privatise(sessions, dry_run=dry_run)


def tracked(top: Path) -> list[str]:
    """What of conversations is on trunk: transcripts, images."""
    names = git(top, "ls-tree", "-r", "--name-only", "main", "session").splitlines()
    return [name for name in names if name.endswith("messages.jsonl") or "/files/" in name]


def assert_readable(workspace: Workspace, top: Path, *ids: str) -> None:
    """Every reader has these messages, every rule is content, and nothing is left over in the work tree."""
    assert [message.id for message in workspace.messages(workspace.session_id("chat"))] == list(ids)
    hits = workspace.find("prefer Alice", uris=[f"viking://{CHAT}"]).hits
    assert {hit.fragment for hit in hits if hit.fragment.startswith("msg_")} == set(ids)
    for number in range(1, len(ids) + 1):
        place = f"{CHAT}/history/archive_{number:03d}/messages.jsonl"
        assert workspace.read(f"viking://{place}") == (top / place).read_bytes()
    assert (top / FIRST / "files").is_dir()
    assert [f.rule for f in check(workspace, whole=True).findings if f.severity != "note"] == []
    assert_sound(top)


def test_there_and_back(workspace: Workspace, top: Path, chat: SessionId) -> None:
    before = git(top, "rev-parse", "main").strip()
    private = git(top, "rev-parse", "refs/viking/transcripts")
    assert not tracked(top)
    done = publish(workspace, chat)
    assert (done.archives, done.messages, done.missing) == ([FIRST, f"{CHAT}/history/archive_002"], 2, [])
    assert git(top, "log", "-1", "--format=%s") == "session: publish chat\n"
    assert len(tracked(top)) == 3
    assert SECRET in git(top, "show", f"main:{FIRST}/usage.jsonl")
    meta = json.loads(git(top, "show", f"main:{FIRST}/.meta.json"))
    assert meta["transcript"]["kept"] == "tracked"
    assert "I prefer tabs" in git(top, "show", f"main:{FIRST}/.overview.md")
    assert_readable(workspace, top, "msg_1", "msg_2")
    again = publish(workspace, chat)
    assert again.is_nothing
    assert again.commit is None

    say(workspace, "chat", "I prefer dark roast coffee.", 3)
    assert len(tracked(top)) == 4, "the next archive is tracked too"
    assert git(top, "rev-parse", "refs/viking/transcripts") == private
    assert_readable(workspace, top, "msg_1", "msg_2", "msg_3")
    # Another session goes by the policy.
    say(workspace, "other", "I prefer tea.", 9)
    assert len(tracked(top)) == 4

    done = privatise(workspace, chat)
    assert (len(done.archives), done.messages, done.marked) == (3, 3, ["default/chat"])
    assert tracked(top) == []
    assert git(top, "diff", before, "main", "--", FIRST, f"{CHAT}/history/archive_002") == ""
    assert SECRET in git(top, "show", f"refs/viking/transcripts:{FIRST}/usage.jsonl")
    assert_readable(workspace, top, "msg_1", "msg_2", "msg_3")
    assert privatise(workspace, chat).is_nothing
    say(workspace, "chat", "I prefer short functions.", 4)
    assert tracked(top) == []
    assert_readable(workspace, top, "msg_1", "msg_2", "msg_3", "msg_4")


def test_a_session_that_was_never_private(tmp_path: Path) -> None:
    """Git must ignore what lies in the work tree from now on, and the policy stays as it is for others."""
    workspace, _ = Workspace.init(tmp_path / "w", transcripts="tracked")
    chat = say(workspace, "chat", "I prefer tabs over spaces.", 1)
    done = privatise(workspace, chat)
    assert len(done.archives) == 1
    assert (tmp_path / "w" / FIRST / "messages.jsonl").exists()
    assert_sound(tmp_path / "w")
    say(workspace, "chat", "My sister Alice lives in Lisbon.", 2)
    assert tracked(tmp_path / "w") == []
    say(workspace, "other", "I prefer tea.", 9)
    assert tracked(tmp_path / "w") == ["session/default/other/history/archive_001/messages.jsonl"]
    assert check(workspace, whole=True).findings == ()


def test_a_pull_request_with_it_is_good(workspace: Workspace, top: Path, chat: SessionId) -> None:
    base = git(top, "rev-parse", "main").strip()
    publish(workspace, chat)
    middle = git(top, "rev-parse", "main").strip()
    privatise(workspace, chat)
    for before, after in ((base, middle), (middle, "main")):
        assert check(workspace, rev=after, base=before, accepted=True).findings == ()
    # Until a person with rights has accepted it, a change may not publish; taking back needs nobody.
    assert {found.rule for found in check(workspace, rev=middle, base=base).findings} == {"VG404", "VG801"}
    assert check(workspace, rev="main", base=middle).findings == ()
    # The file alone, without a word of it in the session's record, is not.
    git(top, "switch", "-qc", "leak", base)
    git(top, "add", "-f", f"{FIRST}/messages.jsonl")
    git(top, "commit", "-qm", "edit: by accident")
    assert {found.rule for found in check(workspace, rev="leak", base=base).findings} == {"VG404"}


def test_what_is_not_here_is_named(workspace: Workspace, top: Path, chat: SessionId) -> None:
    git(top, "update-ref", "refs/viking/transcripts", "refs/viking/transcripts~1")
    (top / f"{CHAT}/history/archive_002/messages.jsonl").unlink()
    done = publish(workspace, chat)
    assert done.archives == [FIRST]
    assert done.missing == [f"{CHAT}/history/archive_002"]
    assert check(workspace, whole=True).findings == ()


def test_all_is_the_policy(workspace: Workspace, top: Path, chat: SessionId) -> None:
    privacy = workspace.settings.privacy
    publish(workspace, chat)
    say(workspace, "other", "I prefer tea.", 9)
    done = privacy.publish_all()
    assert (done.policy, done.private, done.archives) == (True, 1, [])
    assert privacy.publish_all().is_nothing
    workspace = Workspace.open(top)
    say(workspace, "other", "I prefer coffee.", 10)
    assert len(tracked(top)) == 4
    done = workspace.settings.privacy.privatise(None)
    assert (len(done.archives), done.policy, done.marked) == (3, True, ["default/chat"])
    assert workspace.settings.privacy.privatise(None).is_nothing
    workspace = Workspace.open(top)
    say(workspace, "chat", "I prefer short functions.", 3)
    assert tracked(top) == []
    assert_readable(workspace, top, "msg_1", "msg_2", "msg_3")


def test_a_look_changes_nothing(workspace: Workspace, top: Path, chat: SessionId) -> None:
    refs = git(top, "for-each-ref")
    assert len(publish(workspace, chat, dry_run=True).archives) == 2
    assert workspace.settings.privacy.publish_all(dry_run=True).policy
    assert git(top, "for-each-ref") == refs
    publish(workspace, chat)
    refs = git(top, "for-each-ref")
    assert len(privatise(workspace, chat, dry_run=True).archives) == 2
    assert workspace.settings.privacy.privatise(None, dry_run=True).messages == 2
    assert git(top, "for-each-ref") == refs


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("verb", [publish, privatise])
def test_a_kill_loses_nothing_and_again_finishes(workspace: Workspace, top: Path, chat: SessionId, verb) -> None:  # type: ignore[no-untyped-def]
    if verb is privatise:
        publish(workspace, chat)
        git(top, "update-ref", "-d", "refs/viking/transcripts")
    steps: list[str] = []
    verb(Workspace.open(top, step=steps.append), chat)
    expected = git(top, "rev-parse", "main^{tree}")
    (privatise if verb is publish else publish)(workspace, chat)
    if verb is privatise:
        git(top, "update-ref", "-d", "refs/viking/transcripts")
    assert len(steps) > 5
    for stop in range(len(steps)):
        head = git(top, "rev-parse", "main").strip()
        seen: list[str] = []

        def step(name: str, seen: list[str] = seen, stop: int = stop) -> None:
            seen.append(name)
            if len(seen) > stop:
                raise Killed

        with pytest.raises(Killed):
            verb(Workspace.open(top, step=step), chat)
        workspace = Workspace.open(top)
        assert [message.id for message in workspace.messages(chat)] == ["msg_1", "msg_2"]
        verb(workspace, chat)
        assert git(top, "rev-parse", "main^{tree}") == expected
        assert_readable(workspace, top, "msg_1", "msg_2")
        git(top, "reset", "-q", "--hard", head)
        if verb is privatise:
            git(top, "update-ref", "-d", "refs/viking/transcripts")


def test_edits_in_the_way(workspace: Workspace, top: Path, chat: SessionId) -> None:
    (top / FIRST / ".overview.md").write_text("mine\n")
    before = git(top, "rev-parse", "main")
    with pytest.raises(DirtyWorkTree):
        publish(workspace, chat)
    assert git(top, "rev-parse", "main") == before
    assert (top / FIRST / ".overview.md").read_text() == "mine\n"
    git(top, "commit", "-qam", "edit: an overview of my own")
    publish(workspace, chat)
    assert privatise(workspace, chat).by_hand == [FIRST]
    assert (top / FIRST / ".overview.md").read_text() == "mine\n"


def test_sessions_that_cannot(workspace: Workspace, top: Path) -> None:
    workspace.add_messages(workspace.new_session("live"), talk())
    with pytest.raises(Refused, match="has no archive yet"):
        publish(workspace, workspace.session_id("live"))
    with pytest.raises(NotFound) as unknown:
        workspace.session_info(workspace.session_id("liv"))
    assert unknown.value.hint == "did you mean live"
    chat = say(workspace, "chat", "I prefer tabs over spaces.", 1, review=True)
    with pytest.raises(Refused, match="wait on viking/default/chat"):
        publish(workspace, chat)
    workspace.branches.merge("viking/default/chat")
    publish(workspace, chat)
    say(workspace, "chat", "I prefer tea.", 2, review=True)
    for chosen in ([chat], None):
        with pytest.raises(Refused, match="which waits"):
            workspace.settings.privacy.privatise(chosen)
    workspace.branches.merge("viking/default/chat")
    assert len(privatise(workspace, chat).archives) == 2
    assert_sound(top)


def test_in_a_bare_repository(workspace: Workspace, top: Path, chat: SessionId) -> None:
    subprocess.run(["git", "clone", "-q", "--mirror", str(top), str(top.parent / "bare.git")], check=True)
    bare = Workspace.open(top.parent / "bare.git")
    assert len(publish(bare, chat).archives) == 2
    assert len(privatise(bare, chat).archives) == 2
    assert [message.id for message in bare.messages(chat)] == ["msg_1", "msg_2"]
    assert check(bare, rev="main", whole=True).findings == ()


def test_a_pack_brings_no_leave_to_publish(workspace: Workspace, top: Path, chat: SessionId, tmp_path: Path) -> None:
    from viking_git.session.export import ExportOptions
    from viking_git.session.importing import ImportOptions

    publish(workspace, chat)
    say(workspace, "other", "I prefer tea.", 9)
    privatise(workspace, workspace.session_id("other"))
    workspace.packs.backup(tmp_path / "all.ovpack", ExportOptions(with_transcripts=True))
    for kept, expected in (("private", []), ("tracked", tracked(top))):
        there, _ = Workspace.init(tmp_path / kept, transcripts=kept)  # type: ignore[arg-type]
        there.packs.restore(tmp_path / "all.ovpack", ImportOptions(on_conflict="overwrite"))
        assert tracked(tmp_path / kept) == expected
        mark = json.loads(there.snapshot().read(f"{CHAT}/.meta.json")).get("transcripts")
        assert mark == (None if kept == "private" else "tracked")
        assert len(there.messages(there.session_id("other"))) == 1
        assert check(there, rev="main").findings == ()
