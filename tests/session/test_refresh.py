"""``refresh``, and the healing that every write on trunk does."""

from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk
from viking_git.cli.main import main
from viking_git.model.memory import parse_memory
from viking_git.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace, _ = Workspace.init(tmp_path / "w")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    return workspace


@pytest.fixture
def top(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


@pytest.fixture
def memory(top: Path) -> Path:
    return next((top / "user/default/memories/preferences").glob("*/content.md")).parent


def edit(memory: Path, fact: str = "User dislikes semicolons.") -> None:
    """What a person does: another first paragraph."""
    text = (memory / "content.md").read_text()
    abstract = (memory / ".abstract.md").read_text().strip()
    assert abstract in text
    (memory / "content.md").write_text(text.replace(abstract, fact, 1))


def assert_layers_true(top: Path) -> None:
    for content in (top / "user").glob("*/memories/**/content.md"):
        layers = parse_memory(content.read_text()).layers()
        assert (content.parent / ".abstract.md").read_text() == layers.abstract + "\n"
        assert (content.parent / ".overview.md").read_text() == layers.overview + "\n"


def test_after_every_command_there_is_nothing_to_refresh(workspace: Workspace, top: Path, tmp_path: Path) -> None:
    (tmp_path / "docs/deep").mkdir(parents=True)
    (tmp_path / "docs/guide.md").write_text("# Guide\n\nHow it is done.\n")
    (tmp_path / "docs/deep/notes.txt").write_text("Notes.\n")
    workspace.add([tmp_path / "docs"])
    other = workspace.new_session("other")
    workspace.add_messages(other, talk([("user", "I prefer tabs over spaces in Makefiles.")]))
    workspace.commit(other)
    (tmp_path / "docs/deep/notes.txt").unlink()
    workspace.add([tmp_path / "docs"])
    head = git(top, "rev-parse", "HEAD")
    done = workspace.refresh()
    assert (done.commit, done.changed) == (None, ())
    assert git(top, "rev-parse", "HEAD") == head
    assert_layers_true(top)
    assert_sound(top)


def test_an_uncommitted_edit_gets_its_layers_beside_it(workspace: Workspace, top: Path, memory: Path) -> None:
    edit(memory)
    done = workspace.refresh()
    assert done.edited == (str(memory.relative_to(top)),)
    assert (memory / ".abstract.md").read_text() == "User dislikes semicolons.\n"
    assert_layers_true(top)
    git(top, "commit", "-qam", "edit: by hand")
    assert "semicolons" not in (memory.parent / ".overview.md").read_text()
    workspace.refresh()
    assert "semicolons" in (memory.parent / ".overview.md").read_text()
    assert_sound(top)


def test_a_committed_edit_is_healed_by_the_next_write(workspace: Workspace, top: Path, memory: Path) -> None:
    edit(memory)
    git(top, "commit", "-qam", "edit: by hand, and no hook")
    other = workspace.new_session("other")
    workspace.add_messages(other, talk([("user", "I prefer tabs over spaces in Makefiles.")]))
    workspace.commit(other)
    assert "semicolons" in (memory.parent / ".overview.md").read_text()
    assert_layers_true(top)
    assert_sound(top)


def test_a_revert_takes_a_memory_back_whole(workspace: Workspace, top: Path, memory: Path) -> None:
    commit = git(top, "log", "--no-merges", "--format=%H", "-n1", "--", str(memory / "content.md")).strip()
    git(top, "revert", "--no-edit", commit)
    git(top, "commit", "-q", "--amend", "-m", "undo: that memory")
    workspace.refresh()
    assert not memory.exists()
    assert workspace.refresh().commit is None
    assert_sound(top)


def test_a_memory_that_cannot_be_read_is_left_and_named(
    workspace: Workspace, top: Path, memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (memory / "content.md").write_text("no front matter\n")
    git(top, "commit", "-qam", "edit: broken")
    done = workspace.refresh()
    assert [path for path, _ in done.unreadable] == [str((memory / "content.md").relative_to(top))]
    assert (memory / "content.md").read_text() == "no front matter\n"
    assert main(["-C", str(top), "refresh"]) == 1
    assert capsys.readouterr().out == "all other layers are true\n"
    assert_sound(top)


def test_layers_written_by_hand_stay_until_told(workspace: Workspace, top: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/guide.md").write_text("# Guide\n\nHow it is done.\n")
    workspace.add([tmp_path / "docs"])
    abstract = top / "resources/docs/.abstract.md"
    abstract.write_text("The one guide to read.\n")
    git(top, "commit", "-qam", "edit: a better abstract")
    assert workspace.refresh().resources.kept == (("resources/docs", "edited"),)
    assert abstract.read_text() == "The one guide to read.\n"
    workspace.refresh(accept=True)
    assert workspace.refresh().resources.kept == ()
    (tmp_path / "docs/guide.md").write_text("# Guide\n\nHow it is done now.\n")
    workspace.add([tmp_path / "docs"])
    assert abstract.read_text() == "The one guide to read.\n"
    assert workspace.refresh().resources.kept == (("resources/docs", "stale"),)
    workspace.refresh(rewrite=True)
    assert "How it is done now" in abstract.read_text()
    assert_sound(top)


def test_status_counts_what_a_plain_merge_left_stale(
    workspace: Workspace, top: Path, memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workspace.backlog().stale == ()
    git(top, "switch", "-qc", "site")
    edit(memory)
    (top / "resources/new").mkdir()
    (top / "resources/new/a.md").write_text("# A\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: elsewhere")
    git(top, "switch", "-q", "main")
    git(top, "merge", "-q", "--no-ff", "-m", "merge: site", "site")
    place = memory.relative_to(top).as_posix()
    stale = workspace.backlog().stale
    assert {f"viking://{place}/", "viking://resources/new/"} <= set(stale)
    assert main(["-C", str(top), "status"]) == 0
    assert f"  {len(stale)} directories have stale layers  viking-git refresh\n" in capsys.readouterr().out
    changed = {path.rpartition("/")[0] for path in workspace.refresh().changed if path.endswith(".md")}
    assert {uri.removeprefix("viking://").rstrip("/") for uri in stale} <= changed
    assert workspace.backlog().stale == ()
    assert main(["-C", str(top), "status"]) == 0
    assert "nothing waits" in capsys.readouterr().out


def test_words_by_hand_are_not_counted_as_stale(workspace: Workspace, top: Path) -> None:
    """A refresh would leave them as they are."""
    workspace.files.write("resources/docs/a.md", b"# A\n")
    (top / "resources/docs/.abstract.md").write_text("By hand.\n")
    (top / "resources/docs/b.md").write_text("# B\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: by hand")
    assert "viking://resources/docs/" not in workspace.backlog().stale
