"""Who else may read or write what is kept beside git: caches, logs, transcripts."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import git, talk
from viking_git.config import read_environment
from viking_git.private import make_private, open_private, secure, write_private
from viking_git.workspace import Workspace

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
SOMEBODY = 54321


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(top: Path) -> list[str]:
    """The files and directories below a directory that others may read, write or enter."""
    return [f"{mode(path):o} {path}" for path in [top, *top.rglob("*")] if mode(path) & 0o077 and not path.is_symlink()]


def test_files_and_directories_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    make_private(tmp_path / "a/b")
    write_private(tmp_path / "a/b/c", b"x")
    os.close(open_private(tmp_path / "a/d", os.O_WRONLY | os.O_CREAT))
    assert open_to_others(tmp_path / "a") == []
    assert (mode(tmp_path / "a/b/c"), mode(tmp_path / "a/b")) == (0o600, 0o700)
    (tmp_path / "a/d").chmod(0o666)
    os.close(open_private(tmp_path / "a/d", os.O_RDONLY))
    assert mode(tmp_path / "a/d") == 0o600


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/x").write_text("x")
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "there", b"y")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_what_a_session_leaves_beside_git(tmp_path: Path, umask: int) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    git(tmp_path / "w", "config", "viking.querylog", "true")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    assert open_to_others(tmp_path / "w/.git/viking/live") == []
    workspace.commit(session)
    workspace.add_messages(session, talk([("user", "one more")], start=9))
    workspace.find("typescript")
    workspace.close()
    with Workspace.open(tmp_path / "w") as again:
        again.find("typescript")
        assert open_to_others(tmp_path / "w/.git/viking") == []
        assert open_to_others(read_environment().cache) == []
    laid = tmp_path / "w/session/default/chat/history/archive_001/messages.jsonl"
    assert mode(laid) == 0o600
    assert git(tmp_path / "w", "status", "--porcelain") == ""


def test_hooks_write_a_private_log(tmp_path: Path, umask: int) -> None:
    from viking_git.session.hooks import in_background

    store = Workspace.init(tmp_path / "w")[0].store
    in_background(store, "post-commit", lambda: None)
    in_background(store, "post-commit", lambda: None)
    assert mode(store.private_dir / "hooks.log") == 0o600
    assert (store.private_dir / "hooks.log").read_text().count("done in") == 2


@pytest.fixture
def searched(tmp_path: Path) -> Workspace:
    """A workspace with an index in which somebody has edited a text."""
    workspace, _ = Workspace.init(tmp_path / "w")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    workspace.find("sister")
    workspace.close()
    return workspace


def tamper(cache: Path) -> Path:
    import sqlite3

    (database,) = cache.glob("index/*/*/*.sqlite")
    db = sqlite3.connect(database)
    db.execute("UPDATE directories SET abstract = 'Alice lives in PWNED.'")
    (columns,) = [[row[1] for row in db.execute("PRAGMA table_info(units)")]]
    text = "text" if "text" in columns else "body"
    db.execute(f"UPDATE units SET {text} = 'Alice lives in PWNED.'")
    db.commit()
    db.close()
    return database.parent


def found(top: Path) -> tuple[str, list[str]]:
    said: list[str] = []
    with Workspace.open(top, notice=said.append) as workspace:
        hits = workspace.find("Where does my sister Alice live?").hits
    return " ".join(hit.record.text for hit in hits), said


def test_an_index_that_is_mine_alone_is_used(searched: Workspace, tmp_path: Path) -> None:
    tamper(read_environment().cache)
    assert "PWNED" in found(tmp_path / "w")[0]


@pytest.mark.parametrize("open_one", ["*.sqlite", "", "current"])
def test_an_index_that_others_can_write_is_made_anew(searched: Workspace, tmp_path: Path, open_one: str) -> None:
    home = tamper(read_environment().cache)
    for path in (home, *home.parents):
        if path.is_relative_to(read_environment().cache):
            path.chmod(0o755)
    for path in home.glob(open_one) if open_one else [home]:
        path.chmod(path.stat().st_mode | 0o022)
    text, said = found(tmp_path / "w")
    assert "PWNED" not in text
    assert "Lisbon" in text
    assert any("others can write" in line and "made anew" in line for line in said)
    assert open_to_others(read_environment().cache / "index") == []
    assert found(tmp_path / "w")[1] == []


@AS_ROOT
@pytest.mark.parametrize("whose", ["*.sqlite", "current", "", ".."])
def test_an_index_of_another_user_is_not_used(searched: Workspace, tmp_path: Path, whose: str) -> None:
    home = tamper(read_environment().cache)
    places = home.glob(whose) if "*" in whose else [home / whose]
    for path in places:
        os.chown(path, SOMEBODY, SOMEBODY)
    text, said = found(tmp_path / "w")
    assert "PWNED" not in text
    assert "Lisbon" in text
    assert any("it belongs to another user" in line for line in said)


@AS_ROOT
def test_vectors_of_another_user_are_not_used(searched: Workspace, tmp_path: Path) -> None:
    (vectors,) = read_environment().cache.glob("vectors/*.sqlite")
    os.chown(vectors, SOMEBODY, SOMEBODY)
    before = vectors.read_bytes()
    for path in (read_environment().cache / "index").glob("*/*/current"):
        path.unlink()
    text, said = found(tmp_path / "w")
    assert "Lisbon" in text
    assert any("it belongs to another user" in line for line in said)
    assert vectors.read_bytes() == before


def test_a_directory_that_nobody_else_enters_shuts_what_is_in_it(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "top/in").mkdir(parents=True)
    (tmp_path / "top").chmod(0o700)
    (tmp_path / "top/in").chmod(0o777)
    (tmp_path / "top/in/file").touch(0o666)
    secure(tmp_path / "top/in", tmp_path / "top", said.append)
    assert said == []
    # One that is everybody's, as /tmp, is left alone; what is below it is not.
    (tmp_path / "top").chmod(0o1777)
    secure(tmp_path / "top/in", tmp_path / "top", said.append)
    assert len(said) == 1
    assert not (tmp_path / "top/in").exists()
    assert mode(tmp_path / "top") == 0o1777
    secure(tmp_path / "top/in", tmp_path / "top", said.append)
    assert len(said) == 1


SECRET = "hunter2-tmp-secret"


def test_the_log_of_a_bug_holds_nothing_that_was_typed(tmp_path: Path) -> None:
    program = (
        "import sys; from viking_git.cli import main, files\n"
        "from viking_git.workspace import Workspace\n"
        "def broken(*_, **__): raise KeyError(sys.argv[-1])\n"
        "Workspace.find = broken\n"
        "sys.exit(main.main(sys.argv[1:]))\n"
    )
    Workspace.init(tmp_path / "w")
    words = ["-C", str(tmp_path / "w"), "find", "--limit=7", "--type", "memory", SECRET]
    os.umask(0o000)
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    os.umask(0o022)
    assert done.returncode == 3, done.stderr
    log = Path(done.stderr.partition("the traceback is in ")[2].partition(";")[0])
    text = log.read_text()
    assert SECRET not in text
    assert str(tmp_path / "w") not in text
    assert "-C … find --limit --type … …" in text
    assert "KeyError" in text
    assert "in broken" in text
    assert mode(log) == 0o600


def test_what_killed_writers_left_goes_after_an_hour(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    incoming = workspace.store.private_dir / "incoming"
    make_private(incoming)
    for name, age in (("old", 3700), ("young", 1800)):
        (incoming / name).mkdir()
        os.utime(incoming / name, (time.time() - age,) * 2)
    with Workspace.open(tmp_path / "w") as again:
        again.files.write("viking://resources/a/x.md", b"# X\n\nx\n")
    left = {path.name for path in incoming.iterdir()}
    assert "old" not in left
    assert "young" in left
