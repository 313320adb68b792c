"""Standard streams that are closed, full, or cannot encode a character; errors as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import git


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with one document."""
    top = tmp_path / "w"
    assert viking("init", top).returncode == 0
    assert viking("-C", top, "write", "viking://resources/été.md", given="# Été 茶 😀\n".encode()).returncode == 0
    return top


def viking(*words: object, given: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
    """One command as a process, its streams captured."""
    command = [sys.executable, "-m", "viking_git", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **variables}
    return subprocess.run(command, input=given, capture_output=True, env=environment, check=False)


def in_shell(line: str, top: Path) -> subprocess.CompletedProcess[bytes]:
    """A shell line in which ``viking`` is the program; the shell can close streams."""
    program = f'viking() {{ "{sys.executable}" -m viking_git "$@"; }}; {line}'
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(["sh", "-c", program], cwd=top, capture_output=True, env=environment, check=False)


@pytest.mark.parametrize("command", ["status", "find tea", "commit"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_that_reads_nothing_runs_with_streams_closed(workspace: Path, command: str, closed: str) -> None:
    done = in_shell(f"viking {command} {closed}", workspace)
    assert done.returncode == 0
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"bug" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "write viking://resources/été.md",
        "write viking://resources/été.md --append",
        "session import - --session s",
        "session add-message s user -",
        "find --queries -",
    ],
)
def test_a_closed_stdin_is_an_error_and_no_empty_text(workspace: Path, command: str) -> None:
    before = git(workspace, "rev-parse", "HEAD")
    done = in_shell(f"viking {command} <&-", workspace)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: cannot read stdin")
    assert git(workspace, "rev-parse", "HEAD") == before


def test_a_write_with_every_stream_closed_writes_only_the_document(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text("# Tea\n")
    done = in_shell(f"viking write viking://resources/tea.md {tmp_path}/tea.md <&- >&- 2>&-", workspace)
    assert done.returncode == 0
    assert git(workspace, "show", "HEAD:resources/tea.md") == "# Tea\n"
    assert git(workspace, "fsck", "--strict", "--no-dangling") == ""


@pytest.mark.parametrize("stream", [">/dev/full", "2>/dev/full"])
def test_a_full_stream_keeps_the_exit_code(workspace: Path, stream: str) -> None:
    assert in_shell(f"viking read viking://resources/none.md {stream}", workspace).returncode == 2
    expected = 2 if stream.startswith(">") else 0
    assert in_shell(f"viking status {stream}", workspace).returncode == expected


def test_text_is_escaped_where_stdout_cannot_encode_it(workspace: Path) -> None:
    shown = viking("-C", workspace, "ls", "viking://resources/", PYTHONIOENCODING="ascii")
    assert shown.stdout == b"\\u00e9t\\u00e9.md\n"


def test_json_means_the_same_in_every_encoding(workspace: Path) -> None:
    words = ("-C", workspace, "find", "été", "--json")
    plain, escaped = viking(*words), viking(*words, PYTHONIOENCODING="ascii")
    assert escaped.stdout.isascii()
    assert not plain.stdout.isascii()
    assert json.loads(escaped.stdout) == json.loads(plain.stdout)


def test_bytes_that_are_no_text_do_not_end_a_batch(workspace: Path) -> None:
    done = viking("-C", workspace, "find", "--queries", "-", given=b"t\xe9a\ntea\n")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "code"), [(["abstract", "viking://nowhere/x"], 2), (["ls", "--depth"], 2), (["merge", "none"], 2)]
)
def test_an_error_under_json_is_an_object_on_stdout(workspace: Path, words: list[str], code: int) -> None:
    done = viking("-C", workspace, *words, "--json")
    assert done.returncode == code
    error = json.loads(done.stdout)["error"]
    assert error["exit_code"] == code
    assert f"error: {error['message']}\n".encode() in done.stderr


def test_a_bug_is_logged_among_temporary_files_where_the_home_is_read_only(workspace: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from viking_git.cli import main, setting_up\n"
        "from viking_git.workspace import Workspace\n"
        "def fail(*_, **__): raise AssertionError('no such state')\n"
        "Workspace.open = fail\n"
        "sys.exit(main.main(['status', '--json']))"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    places = {"XDG_STATE_HOME": "/proc/none", "TMPDIR": str(scratch), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=workspace, env={**os.environ, **places}, check=False
    )
    assert done.returncode == 3
    assert b"AssertionError: no such state" in done.stderr
    assert json.loads(done.stdout)["error"]["exit_code"] == 3
    (log,) = scratch.iterdir()
    assert log.stat().st_mode & 0o777 == 0o600
    assert "AssertionError" in log.read_text()
