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


def test_a_clone_of_some_scopes_says_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("near", "far"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.md").write_text(f"# The {name} page\n")
    assert main(["init", str(tmp_path / "w")]) == 0
    for name in ("near", "far"):
        assert main(["-C", str(tmp_path / "w"), "add", str(tmp_path / name)]) == 0
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["clone", "--scope", "resources/near", "w", "part"]) == 0
    said = capsys.readouterr()
    assert "it holds viking://resources/near/; the rest is fetched on need" in said.out
    assert "does not filter" in said.err

    git(tmp_path / "w", "config", "uploadpack.allowFilter", "true")
    assert main(["clone", "--scope", "resources/near", "--scope", "viking://user/", "w", "less"]) == 0
    assert "note: " not in capsys.readouterr().err
    monkeypatch.chdir(tmp_path / "less")
    assert main(["status"]) == 0
    assert "of all files, it holds viking://resources/near/, viking://user/" in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scopes"] == ["viking://resources/near/", "viking://user/"]
    assert main(["ls", "-l", "viking://resources/far"]) == 0
    assert capsys.readouterr().out.split() == ["?", "page.md"]
    assert main(["grep", "page", "viking://resources"]) == 0
    assert "only this clone's scopes" in capsys.readouterr().err
    assert main(["read", "viking://resources/far/page.md"]) == 0
    assert capsys.readouterr().out == "# The far page\n"
    (tmp_path / "w").rename(tmp_path / "away")
    assert main(["overview", "viking://resources/far"]) == 2
    assert "resources/far/.overview.md is not in this clone" in capsys.readouterr().err


def _index(top: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """What the index of a workspace holds, None while there is none."""
    capsys.readouterr()
    assert main(["-C", str(top), "index", "status", "--json"]) == 0
    return json.loads(capsys.readouterr().out)["index"]
