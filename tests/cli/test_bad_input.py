"""Bad input: a clear error on stderr, exit 2, and nothing changed."""

import subprocess
from pathlib import Path

import pytest

from tests.helpers import git, talk, write_transcript
from viking_git.cli.main import main


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "w"
    assert main(["init", str(top)]) == 0
    monkeypatch.chdir(top)
    return top


def state(top: Path) -> tuple[str, ...]:
    live = sorted(str(p) for p in (top / ".git/viking/live").rglob("*")) if (top / ".git/viking/live").exists() else []
    return git(top, "for-each-ref"), git(top, "status", "--porcelain", "--ignored"), "\n".join(live)


def refused(capsys: pytest.CaptureFixture[str], top: Path, *words: str, code: int = 2) -> str:
    before = state(top)
    capsys.readouterr()
    assert main(list(words)) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert "Traceback" not in printed.err
    assert "bug" not in printed.err
    assert state(top) == before
    return printed.err


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("viking://nowhere/x", "unknown scope"),
        ("http://example.com", "not a viking URI"),
        ("viking://resources/../user", "'..' is not a name"),
        ("viking://resources/./x", "'.' is not a name"),
        ("viking://resources/.git/config", "git's own"),
        ("viking://resources/.GIT/config", "git's own"),
        ("viking://resources/.gIt /config", "git's own"),
        ("viking://resources/git~1/config", "git's own"),
        ("viking://resources/.g\u200cit/config", "git's own"),
        ("viking://resources/a\\b", "Windows path"),
        ("viking://resources/C:/x", "Windows path"),
        ("viking://resources/a\x1b[2J", "control character"),
        ("viking://resources/" + "x" * 300, "longer than"),
        ("viking://resources/nothing-here", "nothing at"),
    ],
)
def test_uris(capsys: pytest.CaptureFixture[str], top: Path, uri: str, words: str) -> None:
    for command in ("ls", "read", "abstract", "overview", "tree", "log"):
        assert words in refused(capsys, top, command, uri)
    assert words in refused(capsys, top, "find", "x", "--uri", uri)


@pytest.mark.parametrize("name", ["memories", "a/../b", "..", "NUL", "x.lock", ".git", "café/..", "trailing.", "-C"])
def test_session_names_are_refused_or_made_safe(capsys: pytest.CaptureFixture[str], top: Path, name: str) -> None:
    capsys.readouterr()
    code = main(["session", "new", "--", name])
    printed = capsys.readouterr()
    if code == 0:
        made = printed.out.strip()
        assert made != name
        assert (top / ".git/viking/live/default" / made).is_dir()
    else:
        assert code == 2
        assert printed.err.startswith("error: ")
    assert not (top.parent / "b").exists()


def test_not_a_workspace(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["ls"], ["status"], ["find", "x"], ["commit"], ["session", "list"], ["add", "."], ["refresh"]):
        assert main(command) == 2
        printed = capsys.readouterr()
        assert "not a viking-git workspace" in printed.err
        assert "hint: viking-git init" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_binary_markdown(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"# Title\n\0\xff\xfe binary")
    assert "x.md" in refused(capsys, top, "add", str(tmp_path / "x.md"))


@pytest.mark.parametrize("target", ["viking://user/default/memories/x", "viking://resources/", "viking://", "docs"])
def test_documents_go_below_resources(
    capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path, target: str
) -> None:
    (tmp_path / "x.md").write_text("# X\n\nText.\n")
    refused(capsys, top, "add", str(tmp_path / "x.md"), "--to", target)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'{"id": "ms', "not JSON"),
        (b"\xff\xfe\x00binary\x00", ""),
        (b"just text\n", ""),
        (b"[" * 100_000, ""),
        (b'{"id": "msg_1", "role": "nobody", "parts": [], "created_at": "2026-11-02T09:00:00Z"}\n', "role"),
        (b'{"id": "../x", "role": "user", "parts": [], "created_at": "2026-11-02T09:00:00Z"}\n', "id"),
    ],
    ids=["empty", "blank", "half-a-line", "binary", "prose", "deep", "role", "id"],
)
def test_transcripts(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "t.jsonl").write_bytes(data)
    assert words in refused(capsys, top, "session", "import", str(tmp_path / "t.jsonl"))


def test_missing_files(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    refused(capsys, top, "session", "import", "nowhere.jsonl")
    refused(capsys, top, "add", "nowhere")
    refused(capsys, top, "commit", "nobody")
    refused(capsys, top, "session", "show", "nobody")


def test_no_identity(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path, isolated_home: Path) -> None:
    transcript = write_transcript(tmp_path / "t.jsonl", talk())
    assert main(["session", "import", str(transcript), "--session", "chat"]) == 0
    (isolated_home / ".gitconfig").write_text("")
    (tmp_path / "x.md").write_text("# X\n\nText.\n")
    for words in (["commit"], ["add", str(tmp_path / "x.md")]):
        assert "git config --global user.name" in refused(capsys, top, *words)
    assert main(["init", str(tmp_path / "other")]) == 2
    assert not (tmp_path / "other").exists()


def test_repositories_libgit2_cannot_open(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(other)], check=True)
    assert main(["-C", str(other), "ls"]) == 2
    assert "SHA-1" in capsys.readouterr().err
    assert main(["init", str(other)]) == 2
    assert "SHA-1" in capsys.readouterr().err


@pytest.mark.parametrize("obstacle", ["folder", "branch", "detached"])
def test_init_leaves_foreign_repositories_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, obstacle: str
) -> None:
    top = tmp_path / "code"
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    (top / "README").write_text("code\n")
    if obstacle == "folder":
        (top / "resources").mkdir()
        (top / "resources/logo.svg").write_text("<svg/>\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "code")
    if obstacle == "branch":
        git(top, "branch", "viking")
    if obstacle == "detached":
        git(top, "switch", "-q", "--detach")
    before = state(top)
    assert main(["init", str(top)]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert state(top) == before


def test_bad_policy(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    (top / "viking.yaml").write_text("trunk: main\nsessions: {transcript: private}\n")
    git(top, "commit", "-qam", "edit: policy")
    assert "viking.yaml" in refused(capsys, top, "ls")


def test_usage_errors(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    for words in (
        ["frobnicate"],
        ["find"],
        ["session", "import", "x", "--format", "nonsense"],
        ["find", "x", "-n", "0"],
    ):
        assert main(words) == 2
    assert main(["refresh", "--accept", "--rewrite"]) == 2


def test_names_that_no_branch_can_have(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    for name in ("x" * 5000, "x\udcff", "a..b", "-x", ""):
        for command in (["merge"], ["merge", "--check"], ["update"]):
            refused(capsys, top, *command, "--", name)


def test_files_that_are_no_pack_and_links_to_themselves(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    deep, loop = top.parent / "deep.json", top.parent / "loop"
    deep.write_text("[" * 100_000)
    loop.symlink_to("loop")
    assert "text file" in refused(capsys, top, "import", str(deep))
    assert "symbolic link" in refused(capsys, top, "add", str(loop))
    assert "symbolic link" in refused(capsys, top, "skill", "add", str(loop))
    if Path("/proc/self/mem").is_file():
        assert "cannot be read" in refused(capsys, top, "add", "/proc/self/mem")


def test_paths_that_no_file_system_has(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    (top.parent / "file").write_text("x")
    for name in ("x" * 5000, str(top.parent / "file/below")):
        for command in ("clone", "backup", "import", "restore", "add"):
            refused(capsys, top, command, "--", name)
    refused(capsys, top, "backup", "--", "")
    refused(capsys, top, "-C", "x" * 5000, "status")
