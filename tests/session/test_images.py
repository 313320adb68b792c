"""Images are files beside the messages: copied at once, private like them, and never chosen by somebody else."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk
from viking_git.errors import InvalidContent
from viking_git.model.messages import Message
from viking_git.session.images import keep_images, read_image
from viking_git.session.state import live_log
from viking_git.workspace import Workspace

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def message(number: int, url: str) -> Message:
    return Message(f"msg_{number}", "user", ({"type": "image", "url": url},), f"2026-11-02T09:{number:02d}:00Z")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "my photo é.png"
    path.write_bytes(PNG)
    return path


@pytest.mark.parametrize("private", [True, False])
def test_an_image_outlives_its_file(tmp_path: Path, image: Path, private: bool) -> None:
    workspace, _ = Workspace.init(tmp_path / "w", transcripts="private" if private else "tracked")
    session = workspace.new_session("chat")
    workspace.add_messages(session, [message(1, image.as_uri()), message(2, str(image))], files=True)
    image.unlink()
    workspace.commit(session)
    first, second = workspace.messages(session)
    url = first.parts[0]["url"]
    assert url == second.parts[0]["url"]
    assert first.parts[0]["name"] == "my photo é.png"
    archive = "session/default/chat/history/archive_001"
    assert (tmp_path / "w" / archive / url).read_bytes() == PNG
    assert workspace.read(f"viking://{archive}/{url}") == PNG
    assert (url in git(tmp_path / "w", "ls-tree", "-r", "--name-only", "HEAD")) is not private
    assert_sound(tmp_path / "w")


def test_a_kept_message_keeps_its_image_and_others_are_forgotten(workspace: Workspace, image: Path, top: Path) -> None:
    policy = workspace.policy
    workspace.policy = type(policy)(trunk=policy.trunk, sessions=type(policy.sessions)(keep_recent=1))
    session = workspace.new_session("chat")
    workspace.add_messages(session, [message(1, str(image))], files=True)
    image.write_bytes(PNG + b"other")
    workspace.add_messages(session, [message(2, str(image))], files=True)
    files = live_log(workspace.store, session).directory / "files"
    for file in files.iterdir():
        os.utime(file, (0, 0))
    workspace.commit(session)
    (left,) = files.iterdir()
    assert left.read_bytes() == PNG + b"other"


def test_an_imported_transcript_chooses_no_file(workspace: Workspace, image: Path, top: Path) -> None:
    session = workspace.new_session("chat")
    workspace.add_messages(session, [message(1, image.as_uri()), message(2, "files/../../../x.png")])
    workspace.commit(session)
    assert workspace.messages(session)[0].parts[0]["url"] == image.as_uri()
    assert not (top / "session/default/chat/history/archive_001/files").exists()


@pytest.mark.parametrize("url", ["https://example.com/x.png", "data:image/png;base64,AAAA", ""])
def test_images_elsewhere_stay_as_they_are(workspace: Workspace, url: str) -> None:
    said = message(1, url)
    assert keep_images(live_log(workspace.store, workspace.session_id("chat")), said) == said


def test_what_is_no_image_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("root:x:0:0")
    live = live_log(workspace.store, workspace.session_id("chat"))
    for url, words in (
        (str(tmp_path / "passwd"), "is no image"), (str(tmp_path / "none.png"), "cannot read"),
        (str(tmp_path), "cannot read"), ("file://elsewhere/x.png", "another machine"),
    ):  # fmt: skip
        with pytest.raises(InvalidContent, match=words):
            keep_images(live, message(1, url))
    assert not live.directory.exists()


@pytest.mark.parametrize(
    ("data", "suffix"),
    [(PNG, "png"), (b"\xff\xd8\xff\xe0", "jpg"), (b"GIF89a", "gif"), (b"RIFF\0\0\0\0WEBPVP8 ", "webp")],
)
def test_the_suffix_follows_the_bytes(tmp_path: Path, data: bytes, suffix: str) -> None:
    (tmp_path / "x.txt").write_bytes(data)
    assert read_image(tmp_path / "x.txt")[0].endswith(f".{suffix}")


def test_a_message_with_text_and_image_is_extracted_as_usual(workspace: Workspace, image: Path, top: Path) -> None:
    said = talk()[0]
    both = replace(said, parts=(*said.parts, {"type": "image", "url": str(image)}))
    session = workspace.new_session("chat")
    workspace.add_messages(session, [both], files=True)
    assert workspace.commit(session).to_json()["memories_extracted"] == 1
    assert_sound(top)
