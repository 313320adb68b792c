"""What is no pack, given for one: an error that says what it is and which command takes it."""

from pathlib import Path

import pytest

from tests.helpers import git, talk, write_transcript
from tests.packs import PackMaker
from viking_git.config import PackPolicy
from viking_git.errors import BadPack, NotFound
from viking_git.pack.read import open_pack
from viking_git.session.importing import ImportOptions
from viking_git.workspace import Workspace


def hint(file: Path) -> str | None:
    with pytest.raises(BadPack) as raised, open_pack(file, PackPolicy()):
        pass
    return raised.value.hint


def test_each_kind_has_its_command(tmp_path: Path) -> None:
    text = tmp_path / "guide.md"
    text.write_text("# Guide\n")
    assert hint(text) == f"it is a text file: viking-git add {text} takes documents in"
    chat = write_transcript(tmp_path / "chat.jsonl", talk())
    assert hint(chat) == f"it may be a conversation: viking-git session import {chat}"
    picture = tmp_path / "logo.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    assert hint(picture) == "it is no pack; viking-git export and backup write packs"
    (tmp_path / "nothing").touch()
    assert hint(tmp_path / "nothing") == "it is empty"
    with pytest.raises(NotFound, match="Is a directory") as raised, open_pack(tmp_path, PackPolicy()):
        pass
    assert raised.value.hint == f"viking-git add {tmp_path} takes documents in"


def test_a_bundle_and_a_pack_that_was_cut_off(tmp_path: Path) -> None:
    Workspace.init(tmp_path / "w")
    bundle = tmp_path / "all.bundle"
    git(tmp_path / "w", "bundle", "create", "-q", str(bundle), "main")
    assert (hint(bundle) or "").startswith(f"it is a git bundle: git clone {bundle} DIRECTORY")
    pack = PackMaker({"a.md": b"# A\n"}).write(tmp_path / "x.ovpack")
    pack.write_bytes(pack.read_bytes()[:-10])
    assert hint(pack) is None


def test_restore_of_a_pack_names_import(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    pack = PackMaker({"a.md": b"# A\n"}, uri="viking://resources/x").write(tmp_path / "x.ovpack")
    with pytest.raises(BadPack, match="a pack of viking://resources/x, no backup of all scopes") as raised:
        workspace.packs.restore(pack, ImportOptions())
    assert raised.value.hint == f"viking-git import {pack} viking://resources/"
