"""``edit``: the editor that git would take, what it saves, and what happens to text that cannot be taken."""

import io
import os
import pty
import re
import sys
import tempfile
from pathlib import Path

import pytest

from tests.helpers import git
from viking_git.cli.main import main
from viking_git.workspace import Workspace

MEMORY = b"---\ntopic: coding\n---\n# Coding\n\nPrefers tabs.\n"
CODING = "viking://user/default/memories/preferences/coding"


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GIT_EDITOR", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    workspace, _ = Workspace.init(tmp_path / "w")
    workspace.files.write(f"{CODING}/content.md", MEMORY)
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


def editor(tmp_path: Path, script: str) -> str:
    path = tmp_path / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"'{path}'"


def test_a_saved_memory_is_committed_with_its_layers(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_EDITOR", editor(tmp_path, 'sed -i s/tabs/spaces/ "$1"'))
    assert main(["edit", "viking://user/memories/preferences/coding"]) == 0
    assert "edit: write user/default/memories/preferences/coding/content.md" in capsys.readouterr().out
    assert (top / "user/default/memories/preferences/coding/.abstract.md").read_text() == "Prefers spaces.\n"
    assert git(top, "status", "--porcelain") == ""


def test_editors_in_gits_order(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edited() -> str:
        assert main(["edit", "resources/note.md"]) == 0
        return (top / "resources/note.md").read_text()

    monkeypatch.setenv("EDITOR", 'f() { echo editor > "$1"; }; f')
    assert edited() == "editor\n"
    monkeypatch.setenv("VISUAL", 'f() { echo visual > "$1"; }; f')
    assert edited() == "visual\n"
    git(top, "config", "core.editor", 'f() { echo configured > "$1"; }; f')
    assert edited() == "configured\n"
    monkeypatch.setenv("GIT_EDITOR", 'f() { echo git > "$1"; }; f')
    assert edited() == "git\n"


def test_without_a_terminal_no_editor_is_made_up(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    vi = tmp_path / "bin/vi"
    vi.write_text('#!/bin/sh\necho vi > "$1"\n')
    vi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{vi.parent}:/usr/bin:/bin")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "bin"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    head = git(top, "rev-parse", "HEAD")
    assert main(["edit", CODING]) == 2
    said = capsys.readouterr().err
    assert "no terminal" in said
    assert "hint: viking-git write URI FILE" in said
    assert (git(top, "rev-parse", "HEAD"), list(vi.parent.iterdir())) == (head, [vi])
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as raw, io.TextIOWrapper(raw, write_through=True) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(sys, "stdout", terminal)
        assert main(["edit", "resources/note.md"]) == 0
        os.close(ours)
    assert (top / "resources/note.md").read_text() == "vi\n"


def test_unchanged_and_failed_commit_nothing(
    top: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = git(top, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_EDITOR", "true")
    assert main(["edit", CODING]) == 0
    assert capsys.readouterr().out == "unchanged\n"
    monkeypatch.setenv("GIT_EDITOR", "false")
    assert main(["edit", CODING]) == 2
    assert "the editor 'false' ended with 1" in capsys.readouterr().err
    for uri in (f"{CODING}/.abstract.md", "viking://resources", "viking://session/x/y"):
        assert main(["edit", uri]) == 2
    assert git(top, "rev-parse", "HEAD") == head


def test_a_text_that_cannot_be_taken_is_kept(
    top: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_EDITOR", "f() { echo 'no memory' > \"$1\"; }; f")
    assert main(["edit", CODING]) == 2
    said = capsys.readouterr().err
    assert "nothing was committed" in said
    kept = re.search(r"your text is safe in (\S+);", said)
    assert kept is not None
    assert Path(kept[1]).read_text() == "no memory\n"
    Path(kept[1]).write_bytes(MEMORY.replace(b"tabs", b"spaces"))
    assert main(["write", f"{CODING}/content.md", kept[1]]) == 0


def test_what_changed_meanwhile_is_not_overwritten(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "user/default/memories/preferences/coding/content.md"
    monkeypatch.setenv(
        "GIT_EDITOR",
        editor(
            tmp_path, f'echo "Mine." >> "$1"; cd "{top}" && echo "Theirs." >> {path} && git commit -qam "edit: theirs"'
        ),
    )
    assert main(["edit", CODING]) == 1
    assert "changed meanwhile" in capsys.readouterr().err
    assert (top / path).read_text().endswith("Theirs.\n")


def test_a_new_memory_begins_with_its_form(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_EDITOR", editor(tmp_path, 'sed -i "s/^topic: \'\'/topic: editors/" "$1"'))
    assert main(["edit", "viking://user/memories/preferences/editors"]) == 0
    assert "topic: editors" in (top / "user/default/memories/preferences/editors/content.md").read_text()
