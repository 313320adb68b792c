"""Private transcripts under the number that trunk gives their archive, and never under another's."""

import subprocess
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk
from viking_git.errors import DirtyWorkTree, NotFound
from viking_git.workspace import Workspace

PNG = b"\x89PNG\r\n\x1a\n"
CHAT = "session/default/chat/history"


@pytest.fixture
def laptops(tmp_path: Path) -> tuple[Workspace, Workspace]:
    """Two clones, in each of which a session of one name was committed before they met."""
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    start, _ = Workspace.init(tmp_path / "start")
    git(tmp_path / "start", "remote", "add", "origin", str(tmp_path / "remote.git"))
    start.branches.sync()
    found = []
    for name, text, number in (("one", "I prefer tabs over spaces.", 1), ("other", "I prefer dark mode.", 5)):
        workspace, _ = Workspace.clone(str(tmp_path / "remote.git"), tmp_path / name)
        (tmp_path / f"{name}.png").write_bytes(PNG + name.encode())
        say(workspace, text, number, tmp_path / f"{name}.png")
        found.append(workspace)
    return found[0], found[1]


def say(workspace: Workspace, text: str, number: int, image: Path | None = None, review: bool = False) -> None:
    session = workspace.new_session("chat")
    (message,) = talk([("user", text)], start=number)
    if image is not None:
        message = type(message)(
            message.id, message.role, (*message.parts, {"type": "image", "url": str(image)}), message.created_at
        )
    workspace.add_messages(session, [message], files=image is not None)
    workspace.commit(session, review=review)


def top_of(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def ids(workspace: Workspace) -> list[str]:
    return [message.id for message in workspace.messages(workspace.session_id("chat"))]


def assert_true(workspace: Workspace, here: set[str]) -> None:
    """Every reader shows of every archive its own words or none, and ``here`` are the messages that it shows."""
    top, shown = top_of(workspace), set[str]()
    for entry in workspace.ls(f"viking://{CHAT}/"):
        archive = entry.uri.rstrip("/")
        (message,) = workspace.snapshot().read(f"{archive.removeprefix('viking://')}/.meta.json").split(b'"id": "')[1:]
        own = message.split(b'"')[0].decode()
        try:
            said = workspace.read(f"{archive}/messages.jsonl").decode()
        except NotFound:
            said = ""
        laid = top / archive.removeprefix("viking://") / "messages.jsonl"
        assert (laid.read_text() if laid.exists() else "") == said
        files = [item.uri for item in workspace.ls(f"{archive}/")]
        assert (f"{archive}/messages.jsonl" in files) == bool(said)
        assert (f"{archive}/files/" in files) == ("image" in said)
        assert (laid.parent / "files").exists() == ("image" in said)
        if said:
            assert f'"id": "{own}"' in said
            shown.add(own)
    assert shown == here
    hits = workspace.find("prefer", threshold=None).hits
    assert {hit.fragment for hit in hits if hit.fragment.startswith("msg_")} == here
    assert all(f"{hit.uri}#{hit.fragment}" == hit.address for hit in hits if hit.fragment)
    assert set(ids(workspace)) == here
    assert_sound(top)


def test_what_another_machine_archived_is_not_shown_in_our_words(laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    one.branches.sync()
    other.branches.sync()
    one.branches.sync()
    assert git(top_of(one), "rev-parse", "main") == git(top_of(other), "rev-parse", "main")
    assert_true(one, {"msg_1"})
    assert_true(other, {"msg_5"})


def test_exchanged_transcripts_lie_where_trunk_has_their_archives(laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    one.branches.sync()
    other.branches.sync()
    for workspace in (other, one, other, one):
        git(top_of(workspace), "config", "viking.transcripts", "origin")
        assert workspace.branches.sync().notes == []
    for workspace in laptops:
        assert_true(workspace, {"msg_1", "msg_5"})
    trees = {git(top_of(workspace), "rev-parse", "refs/viking/transcripts^{tree}") for workspace in laptops}
    assert len(trees) == 1


def test_a_branch_that_lands_takes_its_transcript_along(tmp_path: Path, laptops: tuple[Workspace, Workspace]) -> None:
    one, other = laptops
    one.branches.sync()
    git(top_of(other), "reset", "-q", "--hard", "origin/main")
    git(top_of(other), "update-ref", "-d", "refs/viking/transcripts")
    say(other, "I prefer dark mode.", 5, tmp_path / "other.png", review=True)
    other.branches.sync()
    # Trunk's archive_001 is the other machine's by now, and the branch has one of its own.
    with pytest.raises(NotFound):
        other.read(f"viking://{CHAT}/archive_001/messages.jsonl")
    assert ids(other) == ["msg_5"]
    other.branches.merge("viking/default/chat")
    assert_true(other, {"msg_5"})


def test_a_tracked_transcript_takes_the_place_of_a_private_one(tmp_path: Path) -> None:
    """What was laid there is a copy; an edited one is somebody's."""
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    one, _ = Workspace.init(tmp_path / "start", transcripts="tracked")
    git(tmp_path / "start", "remote", "add", "origin", str(tmp_path / "remote.git"))
    one.branches.sync()
    other, _ = Workspace.clone(str(tmp_path / "remote.git"), tmp_path / "other")
    for workspace in (one, other):
        git(top_of(workspace), "config", "viking.publish.origin", "true")
    say(one, "I prefer tabs over spaces.", 1)
    one.settings.privacy.privatise([one.session_id("chat")])
    say(other, "I prefer dark mode.", 5)
    other.branches.sync()
    laid = top_of(one) / "session/default/chat/history/archive_001/messages.jsonl"
    text = laid.read_text()
    laid.write_text(f"{text}\n")
    with pytest.raises(DirtyWorkTree):
        one.branches.sync()
    laid.write_text(text)
    one.branches.sync()
    assert ids(one) == ["msg_5", "msg_1"]
    assert '"msg_5"' in laid.read_text()
    assert laid.parent.with_name("archive_002").joinpath("messages.jsonl").read_text() == text
    assert_sound(top_of(one))


def test_a_new_archive_moves_what_another_machine_keeps_under_its_number(
    tmp_path: Path, laptops: tuple[Workspace, Workspace]
) -> None:
    """A branch that waits on another machine has a transcript here, under the number that ours takes next."""
    one, other = laptops
    for workspace in laptops:
        git(top_of(workspace), "config", "viking.transcripts", "origin")
    other.branches.sync()
    one.branches.sync()
    other.branches.sync()
    say(other, "My sister Alice lives in Lisbon.", 7, review=True)
    other.branches.sync()
    one.branches.sync()
    assert ids(one) == ["msg_5", "msg_1", "msg_7"], "what the remote had first keeps its number"
    say(one, "I prefer dark roast coffee.", 9)
    assert ids(one) == ["msg_5", "msg_1", "msg_9", "msg_7"]
    one.branches.sync()
    other.branches.sync()
    other.branches.merge("viking/default/chat")
    other.branches.sync()
    one.branches.sync()
    assert git(top_of(one), "rev-parse", "main") == git(top_of(other), "rev-parse", "main")
    for workspace in laptops:
        assert_true(workspace, {"msg_1", "msg_5", "msg_7", "msg_9"})
