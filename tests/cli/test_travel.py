"""``clone`` as a person types it."""

import json
import time
from pathlib import Path

import pytest

from tests.helpers import git
from viking_git.cli.main import main


def test_a_clone_builds_its_index_while_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/mail.md").write_text("# Mail\n\nHow to send mail.\n")
    assert main(["init", str(tmp_path / "w")]) == 0
    monkeypatch.chdir(tmp_path / "w")
    assert main(["add", str(tmp_path / "docs")]) == 0
    monkeypatch.chdir(tmp_path)

    capsys.readouterr()
    assert main(["clone", "w", "quiet"]) == 0
    assert "background" not in capsys.readouterr().out
    assert _index(tmp_path / "quiet", capsys) is None

    git(tmp_path, "config", "--global", "viking.background", "true")
    assert main(["clone", "w", "second"]) == 0
    assert "the search index is being built in the background" in capsys.readouterr().out
    log = tmp_path / "second/.git/viking/hooks.log"
    deadline = time.monotonic() + 60
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "post-checkout: done in" in log.read_text()
    assert _index(tmp_path / "second", capsys) is not None


def _index(top: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """What the index of a workspace holds, None while there is none."""
    capsys.readouterr()
    assert main(["-C", str(top), "index", "status", "--json"]) == 0
    return json.loads(capsys.readouterr().out)["index"]
