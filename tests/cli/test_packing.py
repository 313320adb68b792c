"""The commands for packs: what they print, where, and with which exit code."""

import json
import re
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk, write_transcript
from tests.packs import Item, PackMaker, make_zip
from viking_git.cli.main import main


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    top = tmp_path / "w"
    assert main(["init", str(top)]) == 0
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide/a.md").write_text("# Engines\n\nHow engines are made.\n")
    monkeypatch.chdir(top)
    assert main(["add", "../guide"]) == 0
    capsys.readouterr()
    return top


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    assert main(list(words)) == code
    printed = capsys.readouterr()
    return printed.out, printed.err


def test_a_pack_goes_out_and_in(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    out, _ = said(capsys, "export", "resources/guide", "../guide.ovpack")
    assert out.startswith("../guide.ovpack: 4 files, ")
    out, err = said(capsys, "pack", "list", "../guide.ovpack")
    assert ("a.md" in out, "from viking://resources/guide" in err) == (True, True)
    assert said(capsys, "pack", "verify", "../guide.ovpack")[0] == "sound: version 3, 4 files\n"
    out, _ = said(capsys, "import", "../guide.ovpack", "resources/copies", "--dry-run")
    assert out == "would import 4 files at viking://resources/copies/guide\n"
    out, _ = said(capsys, "import", "../guide.ovpack", "resources/copies/")
    assert out.startswith("imported 4 files at viking://resources/copies/guide (")
    _, err = said(capsys, "import", "../guide.ovpack", "resources/copies/", code=1)
    assert err.startswith("error: already there: viking://resources/copies/guide\n\nhint: ")
    _, err = said(capsys, "import", "../guide.ovpack", "resources/copies/", "--force")
    assert "replaced viking://resources/copies/guide" in err
    out, _ = said(capsys, "import", "../guide.ovpack", "resources/copies/", "--on-conflict", "skip", "--json")
    assert json.loads(out)["skipped"] == ["resources/copies/guide"]
    assert_sound(top)


def test_an_import_counts_once(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    chat = write_transcript(tmp_path / "chat.jsonl", talk())
    said(capsys, "session", "import", str(chat), "--session", "chat")
    said(capsys, "commit", "chat")
    out, _ = said(capsys, "backup", "../all.ovpack", "--with-transcripts", "--json")
    count = json.loads(out)["files"]
    there = str(tmp_path / "there")
    out, _ = said(capsys, "restore", "../all.ovpack", there)
    subject, *body = git(Path(there), "log", "--first-parent", "--grep", "^import: ", "--format=%B").splitlines()
    assert f"imported {count} files at viking:// (" in out
    assert subject == f"import: a backup ({count} files)"
    layers = re.search(r"of these, (\d+) layers made anew from other files\n", out)
    assert layers is not None
    assert f"Of these, {layers[1]} are layers that follow from other files; trunk makes them anew." in body
    assert "of these, 1 transcript kept private, not in the tree\n" in out
    added = git(Path(there), "log", "--first-parent", "--grep", "^import: ", "--name-only", "--format=").split()
    rest = re.search(r"besides, (\d+) files? made: layers and sidecars\n", out)
    assert len(set(added)) == count - int(layers[1]) - 1 + int(rest[1] if rest else 0)


def test_differences(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    said(capsys, "export", "resources/guide", "../guide.ovpack")
    assert said(capsys, "pack", "diff", "../guide.ovpack") == ("", "no difference\n")
    (tmp_path / "guide/a.md").write_text("# Motors\n")
    said(capsys, "add", "../guide")
    out, _ = said(capsys, "pack", "diff", "../guide.ovpack", "--exit-code", code=1)
    assert "M  a.md\n" in out
    out, _ = said(capsys, "pack", "diff", "../guide.ovpack", "../guide.ovpack", "--json")
    assert json.loads(out) == []


def test_a_pack_that_is_not_sound(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    maker = PackMaker({"a.md": b"# A\n"}, extra=[Item("x/files/../../../.bashrc", b"evil\x1b[2J")])
    (tmp_path / "bad.ovpack").write_bytes(make_zip(maker.items()))
    out, _ = said(capsys, "pack", "verify", "../bad.ovpack", code=1)
    assert out.startswith("not sound: bad.ovpack: '../../../.bashrc' may not be unpacked")
    out, _ = said(capsys, "pack", "verify", "../bad.ovpack", "--json", code=1)
    assert json.loads(out)["member"] == "../../../.bashrc"
    before = git(top, "for-each-ref")
    out, err = said(capsys, "import", "../bad.ovpack", "resources", code=2)
    assert (out, err.startswith("error: bad.ovpack: ")) == ("", True)
    assert git(top, "for-each-ref") == before
    assert said(capsys, "import", "../none.ovpack", "resources", code=2)[1].startswith("error: cannot read")


def test_packs_are_looked_into_outside_of_any_workspace(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    PackMaker({"a\u202e.md": b"# A\n"}, version=1).write(tmp_path / "x.ovpack")
    assert "v1 has no checksums" in said(capsys, "pack", "verify", "x.ovpack")[0]
    assert "\u202e" not in said(capsys, "pack", "list", "x.ovpack")[0]


def test_a_backup_comes_back(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    _, err = said(capsys, "backup", "../all.ovpack", "--with-history")
    assert "--as-user" in err
    assert (tmp_path / "all.ovpack.bundle").exists()
    out, _ = said(capsys, "restore", "../all.ovpack", "../again")
    assert "at viking:// (" in out
    assert git(tmp_path / "again", "rev-parse", "HEAD:resources") == git(top, "rev-parse", "HEAD:resources")
    assert said(capsys, "restore", "../all.ovpack", "../whole", "--with-history")[0].startswith("rebuilt ../whole")
    assert git(tmp_path / "whole", "rev-parse", "HEAD") == git(top, "rev-parse", "HEAD")
    said(capsys, "restore", "../all.ovpack", "--with-history", code=2)
    assert "a backup" in said(capsys, "import", "../all.ovpack", "resources", code=2)[1]


def test_options_that_exclude_each_other(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    said(capsys, "export", "resources/guide", "../guide.ovpack")
    said(capsys, "import", "../guide.ovpack", "resources", "--force", "--on-conflict", "skip", code=2)


def test_a_pack_goes_back_to_where_it_came_from(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    said(capsys, "export", "resources/guide", "../guide.ovpack")
    said(capsys, "rm", "-r", "resources/guide")
    assert said(capsys, "import", "../guide.ovpack")[0].startswith("imported 4 files at viking://resources/guide (")
    memory = b"---\nname: bob\ncategory: entities\nkind: person\n---\n# Bob\n\nBob repairs bicycles.\n"
    files = {"entities/bob/content.md": memory}
    PackMaker(files, uri="viking://user/default/memories").write(tmp_path / "memories.ovpack")
    assert " at viking://user/default/memories (" in said(capsys, "import", "../memories.ovpack")[0]
    PackMaker({"a.md": b"# A\n"}, uri="viking://resources/old", version=1).write(tmp_path / "old.ovpack")
    assert "at viking://resources/old (" in said(capsys, "import", "../old.ovpack")[0]
    PackMaker({"a.md": b"# A\n"}, uri="viking://resources/../../x").write(tmp_path / "evil.ovpack")
    out, err = said(capsys, "import", "../evil.ovpack", code=2)
    assert (out, err.startswith("error: ")) == ("", True)
    assert_sound(top)
