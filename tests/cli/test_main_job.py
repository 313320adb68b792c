"""The main job from the shell: what is printed, where, and with which exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import TALK, assert_sound, git, talk, write_transcript
from viking_git import __version__
from viking_git.cli.main import app, main
from viking_git.workspace import Workspace


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "w"
    assert main(["init", str(top)]) == 0
    monkeypatch.chdir(top)
    return top


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code
    return capsys.readouterr().out


def test_init_says_what_it_did_and_what_is_next(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = printed(capsys, "init", str(tmp_path / "new/place"))
    assert "memories land on main" in out
    assert "transcripts are private" in out
    assert [line.split()[0] for line in out.split("next:")[1].splitlines() if line.strip()] == [
        "cd",
        *["viking-git"] * 3,
    ]
    assert_sound(tmp_path / "new/place")
    assert "already" in printed(capsys, "init", str(tmp_path / "new/place"))
    assert "tracked" in printed(capsys, "init", str(tmp_path / "other"), "--transcripts", "tracked")
    assert "transcripts: tracked" in (tmp_path / "other/viking.yaml").read_text()


def test_init_in_a_repository_with_history(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    top = tmp_path / "code"
    subprocess.run(["git", "init", "-q", "-b", "trunk", str(top)], check=True)
    (top / ".gitignore").write_text("build/")
    (top / "main.py").write_text("print()\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "add: code")
    (top / "main.py").write_text("print(1)\n")
    assert "land on trunk" in printed(capsys, "init", str(top))
    assert git(top, "status", "--porcelain") == " M main.py\n"
    assert (top / ".gitignore").read_text().startswith("build/\n# viking-git {")


def test_a_conversation_from_file_to_answer(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    transcript = write_transcript(tmp_path / "chat.jsonl", talk()[:2])
    assert printed(capsys, "session", "import", str(transcript)) == "chat: 2 new messages (messages)\n"
    write_transcript(transcript, talk())
    assert printed(capsys, "session", "import", str(transcript)) == "chat: 2 new messages (messages); 2 already there\n"
    assert f"{len(TALK)} messages to commit" in printed(capsys, "status")
    out = printed(capsys, "commit")
    assert "archived as archive_001" in out
    assert "+ preferences/" in out
    assert "from msg 1" in out
    assert "git revert" in out
    assert printed(capsys, "commit") == "nothing to commit: no session has new messages\n"
    assert "nothing waits" in printed(capsys, "status")
    found = json.loads(printed(capsys, "find", "TypeScript", "--json"))
    assert {"memories", "resources", "skills", "total"} <= found.keys()
    hit = found["memories"][0]
    assert {
        "uri",
        "fragment",
        "context_type",
        "level",
        "score",
        "abstract",
        "match",
        "owner",
        "updated_at",
    } <= hit.keys()
    assert "TypeScript" in hit["match"]["text"]
    shown = json.loads(printed(capsys, "session", "show", "chat", "--json"))
    assert [message["id"] for message in shown] == [message.id for message in talk()]
    assert json.loads(printed(capsys, "session", "list", "--json"))[0]["archived_messages"] == len(TALK)
    assert_sound(top)


def test_documents_from_folder_to_answer(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    (tmp_path / "hand book/a b").mkdir(parents=True)
    (tmp_path / "hand book/guide.md").write_text("# Guide\n\nDeploy with the blue button.\n\nNever on Fridays.\n")
    (tmp_path / "hand book/a b/naïve ☕.txt").write_text("Coffee is in the kitchen.\n")
    (tmp_path / "hand book/logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    assert (
        printed(capsys, "add", str(tmp_path / "hand book"), "--to", "resources/hb")
        == "+3 ~0 -0  viking://resources/hb/\n"
    )
    assert printed(capsys, "ls", "resources/hb").splitlines() == ["a b/", "guide.md", "logo.png"]
    assert printed(capsys, "read", "viking://resources/hb/guide.md#L3-L3") == "Deploy with the blue button.\n"
    assert "Guide" in printed(capsys, "abstract", "viking://resources/hb/")
    assert "guide.md" in printed(capsys, "overview", "viking://resources/hb/")
    below = ["└── hb/", "    ├── a b/", "    │   └── naïve ☕.txt", "    ├── guide.md", "    └── logo.png"]
    assert printed(capsys, "tree", "viking://resources/").splitlines() == ["viking://resources/", *below]
    hits = json.loads(printed(capsys, "find", "where is coffee", "--uri", "resources/", "--json"))["resources"]
    assert any(hit["uri"].endswith("naïve ☕.txt") for hit in hits[:2])
    assert "nothing to add" in printed(capsys, "add", str(tmp_path / "hand book"), "--to", "resources/hb")
    assert printed(capsys, "log", "resources/hb", "-n", "1").split("  ")[-1].startswith("add: resources/hb (+3 ~0 -0)")
    assert_sound(top)


def test_messages_one_by_one(capsys: pytest.CaptureFixture[str], top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = printed(capsys, "session", "new").strip()
    assert session.startswith("sess_")
    assert printed(capsys, "session", "add-message", session, "user", "I prefer tabs.", "--id", "msg_a") == "msg_a\n"
    assert printed(capsys, "session", "add-message", session, "user", "I prefer tabs.", "--id", "msg_a") == ""
    made = json.loads(printed(capsys, "session", "add-message", session, "assistant", "Noted.", "--json"))
    assert made["added"] == 1
    live = f"viking://session/{session}/messages.jsonl"
    assert len(printed(capsys, "read", live).splitlines()) == 2
    assert json.loads(printed(capsys, "commit", session, "--json"))["status"] == "committed"


def test_review_says_how_to_go_on(capsys: pytest.CaptureFixture[str], top: Path, tmp_path: Path) -> None:
    transcript = write_transcript(tmp_path / "chat.jsonl", talk())
    main(["session", "import", str(transcript)])
    out = printed(capsys, "commit", "--review")
    assert "waiting for review on viking/default/chat" in out
    assert "waits for review" in printed(capsys, "status")
    git(top, "merge", "-q", "--no-ff", "-m", "session: reviewed", "viking/default/chat")
    assert "directories have stale layers  viking-git refresh\n" in printed(capsys, "status")
    printed(capsys, "refresh")
    assert "nothing waits" in printed(capsys, "status")


def test_status_names_what_git_lacks_and_what_it_has_begun(capsys: pytest.CaptureFixture[str], top: Path) -> None:
    said = json.loads(printed(capsys, "status", "--json"))
    assert (said["merge_driver"], said["unfinished"]) == (True, None)
    git(top, "clone", "-q", ".", "../plain")
    told = "git has no merge driver here and merges memories as text  viking-git doctor --fix\n"
    assert told in printed(capsys, "-C", "../plain", "status")
    assert json.loads(printed(capsys, "-C", "../plain", "status", "--json"))["merge_driver"] is False
    main(["-C", "../plain", "doctor", "--fix"])
    capsys.readouterr()
    assert printed(capsys, "-C", "../plain", "status").endswith("nothing waits\n")
    git(top, "commit", "-q", "--allow-empty", "-m", "edit: nothing")
    git(top, "branch", "side", "HEAD~1")
    git(top, "checkout", "-q", "side")
    git(top, "commit", "-q", "--allow-empty", "-m", "edit: nothing else")
    git(top, "merge", "-q", "--no-commit", "--no-ff", "main")
    out = printed(capsys, "status")
    assert "a git merge is unfinished here  git merge --continue or git merge --abort\n" in out
    assert "nothing waits" not in out
    ways = ["git merge --continue", "git merge --abort"]
    assert json.loads(printed(capsys, "status", "--json"))["unfinished"] == {"verb": "merge", "ways": ways}


def commands() -> list[list[str]]:
    names = [[command.name or command.callback.__name__] for command in app.registered_commands if command.callback]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        names += [[str(group.name), str(command.name)] for command in group.typer_instance.registered_commands]
    return names


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    for flag in ("-h", "--help"):
        out = printed(capsys, *words, flag)
        assert "Usage: viking-git" in out
        assert len(out.splitlines()) > 4


def test_installed_programs(tmp_path: Path) -> None:
    for name in ("viking-git", "git-viking"):
        program = Path(sys.executable).parent / name
        done = subprocess.run([str(program), "version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"viking-git {__version__}\n"


def test_a_closed_pipe_is_no_error(top: Path) -> None:
    line = f"{sys.executable} -m viking_git tree | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_bug_is_exit_3_with_a_traceback_in_a_file(
    capsys: pytest.CaptureFixture[str], top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(self: Workspace) -> None:
        raise RuntimeError("the bug")

    monkeypatch.setattr(Workspace, "waiting", bug)
    assert main(["status"]) == 3
    path = capsys.readouterr().err.split("the traceback is in ")[1].split(";")[0]
    assert "the bug" in Path(path).read_text()
