"""What a session used: recorded, archived once, counted where it belongs, also after a kill."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import assert_sound, copied, git, talk
from viking_git.errors import InvalidContent, NotFound
from viking_git.model.messages import Message
from viking_git.workspace import Workspace

CODING = "viking://user/default/memories/preferences/coding"
ARCHIVE = "session/default/chat/history/archive_001"


@pytest.fixture
def known(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with a memory and a folder of documents."""
    session = workspace.new_session("before")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    (tmp_path / "docs/api").mkdir(parents=True)
    (tmp_path / "docs/api/mail.md").write_text("# Mail\n\nHow to send mail.\n")
    workspace.add([tmp_path / "docs"])
    return workspace


def stats(top: Path, directory: str) -> dict[str, object]:
    return json.loads((top / directory / ".meta.json").read_text()).get("stats", {})


def test_uses_are_counted_in_memories_and_documents(known: Workspace, top: Path) -> None:
    first = known.used("chat", [CODING, "resources/docs/api/mail.md#L1"])
    known.used("chat", ["user/memories/preferences/coding/content.md"])
    assert first["contexts"] == [CODING, "viking://resources/docs/api/mail.md"]
    result = known.commit(known.session_id("chat")).to_json()
    assert (result["status"], result["archived"], result["messages"]) == ("committed", True, 0)
    assert result["active_count_updated"] == 2
    memory = stats(top, "user/default/memories/preferences/coding")
    assert memory["active_count"] == 2
    assert memory["uses"] == [
        {
            "session": "viking://session/default/chat/",
            "archive": "archive_001",
            "count": 2,
            "at": memory["last_used_at"],
        }
    ]
    assert stats(top, "resources/docs/api")["active_count"] == 1
    assert stats(top, "resources/docs") == {}
    assert (top / ARCHIVE / ".abstract.md").read_text() == "No messages: a record of what was used.\n"
    assert_sound(top)


def test_a_second_archive_adds_and_a_refresh_counts_nothing_twice(known: Workspace, top: Path) -> None:
    for _ in range(2):
        known.used("chat", [CODING])
        known.commit(known.session_id("chat"))
    head = git(top, "rev-parse", "HEAD")
    known.refresh()
    assert git(top, "rev-parse", "HEAD") == head
    assert stats(top, "user/default/memories/preferences/coding")["active_count"] == 2
    assert known.commit(known.session_id("chat")).status == "skipped"
    assert known.unfinished() == []


def test_layers_stay_true_where_uses_are_counted(known: Workspace, top: Path) -> None:
    known.used("chat", ["resources/docs/api"])
    known.commit(known.session_id("chat"))
    mended = known.refresh()
    assert mended.commit is None
    assert mended.resources.kept == ()


def test_what_went_into_a_skill_stays_private(known: Workspace, top: Path, tmp_path: Path) -> None:
    skill = {
        "uri": "resources/docs/api",
        "input": "the orchard plan",
        "output": "password = hunter2hunter2",
        "success": False,
    }
    known.used("chat", skill=skill)
    known.commit(known.session_id("chat"))
    tracked = json.loads(git(top, "show", f"HEAD:{ARCHIVE}/usage.jsonl"))
    assert tracked["skill"] == {"uri": "viking://resources/docs/api", "success": False}
    whole = json.loads(git(top, "show", f"refs/viking/transcripts:{ARCHIVE}/usage.jsonl"))
    assert whole["skill"]["input"] == "the orchard plan"
    assert whole["skill"]["output"] == "password = [redacted: password]"
    assert "orchard" not in git(top, "log", "--branches", "-p")
    assert stats(top, "resources/docs/api")["failures"] == 1
    assert_sound(top)


def test_tracked_transcripts_track_what_went_into_a_skill(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w", transcripts="tracked")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_text("# A\n")
    workspace.add([tmp_path / "d"])
    workspace.used("chat", skill={"uri": "resources/d", "input": "the orchard plan"})
    workspace.commit(workspace.session_id("chat"))
    assert "orchard" in (tmp_path / "w" / ARCHIVE / "usage.jsonl").read_text()


def test_what_is_not_there_is_not_recorded(known: Workspace) -> None:
    with pytest.raises(NotFound):
        known.used("chat", ["user/memories/preferences/nothing"])
    for bad in ({}, {"uri": ""}, {"uri": "resources/docs", "result": "x"}, {"uri": "resources/docs", "success": "yes"}):
        with pytest.raises(InvalidContent, match="a used skill has"):
            known.used("chat", skill=bad)
    with pytest.raises(InvalidContent, match="nothing was used"):
        known.used("chat")
    with pytest.raises(NotFound):
        known.session_info(known.session_id("chat"))


def test_what_was_deleted_since_is_not_counted(known: Workspace, top: Path) -> None:
    known.used("chat", [CODING])
    git(top, "rm", "-rq", "user/default/memories/preferences/coding")
    git(top, "commit", "-qm", "edit: forget")
    assert known.commit(known.session_id("chat")).to_json()["active_count_updated"] == 0
    assert not (top / "user/default/memories/preferences/coding").exists()


def test_a_review_counts_once_it_has_landed(known: Workspace, top: Path) -> None:
    known.used("chat", [CODING])
    result = known.commit(known.session_id("chat"), review=True)
    assert result.used == 0
    assert known.unfinished() == []
    git(top, "merge", "-q", "--no-ff", "-m", "session: reviewed", str(result.branch))
    known.refresh()
    assert stats(top, "user/default/memories/preferences/coding")["active_count"] == 1


def call(number: int, status: str = "completed", **more: object) -> Message:
    part = {"type": "tool", "tool_id": f"call_{number}", "tool_name": "ripgrep", "tool_input": {"q": "orchard"},
            "tool_output": "the orchard plan", "tool_status": status, **more}  # fmt: skip
    return Message(f"msg_{number}", "assistant", (part,), f"2026-11-02T09:{number:02d}:00Z")


def test_tool_calls_have_records_and_statistics(workspace: Workspace, top: Path) -> None:
    session = workspace.new_session("chat")
    workspace.add_messages(session, [call(1, duration_ms=30), call(2, "error", duration_ms=12.4)])
    workspace.commit(session)
    record = json.loads((top / "session/default/chat/tools/call_2/tool.json").read_text())
    assert record == {
        "archive": "archive_001", "created_at": "2026-11-02T09:02:00Z", "duration_ms": 12, "input_bytes": 16,
        "message": "msg_2", "output_bytes": 16, "status": "error", "tool_id": "call_2", "tool_name": "ripgrep",
    }  # fmt: skip
    assert workspace.read(f"viking://{ARCHIVE}/messages.jsonl#{record['message']}").startswith(b"{")
    workspace.add_messages(session, [call(3)])
    workspace.commit(session)
    meta = json.loads((top / "session/default/chat/.meta.json").read_text())
    assert meta["tools"] == {"ripgrep": {"calls": 3, "failures": 1, "duration_ms": 42}}
    assert "orchard" not in git(top, "log", "--branches", "-p")
    assert_sound(top)


def test_tool_ids_of_any_kind_have_a_directory_each(workspace: Workspace, top: Path) -> None:
    session = workspace.new_session("chat")
    ids = ["call_1", "CALL_1", "a/b", "..", "", "tools", "x" * 300]
    messages = [call(number, tool_id=tool_id) for number, tool_id in enumerate(ids, start=1)]
    workspace.add_messages(session, messages)
    workspace.commit(session)
    workspace.add_messages(session, [call(9, tool_id="call_1")])
    workspace.commit(session)
    records = [json.loads(file.read_text()) for file in (top / "session/default/chat/tools").glob("*/tool.json")]
    assert len(records) == len(ids) + 1
    assert {record["tool_id"] for record in records} == {*ids, "msg_5-1"} - {""}
    assert_sound(top)


def test_a_tools_memory_counts_its_calls(workspace: Workspace, top: Path) -> None:
    memory = top / "agent/default/memories/tools/ripgrep"
    memory.mkdir(parents=True)
    (memory / "content.md").write_text(
        "---\nname: ripgrep\ncategory: tools\ntool: ripgrep\nstatus: active\ncreated_at: '2026-11-01T00:00:00Z'\n---\n"
        "# ripgrep\n\nIt is fast.\n"
    )
    git(top, "add", "agent")
    git(top, "commit", "-qm", "edit: a tool")
    session = workspace.new_session("chat")
    workspace.add_messages(session, [call(1, duration_ms=30), call(2, "error")])
    workspace.used(session, ["agent/memories/tools/ripgrep"])
    workspace.commit(session)
    found = stats(top, "agent/default/memories/tools/ripgrep")
    assert (found["active_count"], found["successes"], found["failures"], found["duration_ms"]) == (3, 1, 1, 30)


KILL = """
import os, signal, sys
from pathlib import Path
from viking_git.workspace import Workspace
count = 0
def step(name):
    global count
    count += 1
    print(name, flush=True)
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
workspace = Workspace.open(Path(sys.argv[1]), step=step)
workspace.commit(workspace.session_id("chat"))
"""


def test_a_kill_between_any_two_steps_counts_once(workspace: Workspace, top: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_text("# A\n")
    workspace.add([tmp_path / "d"])
    workspace.add_messages(workspace.new_session("chat"), [call(1)])
    workspace.used("chat", skill={"uri": "resources/d", "input": "x"})

    def run(name: str, at: int) -> subprocess.CompletedProcess[str]:
        copied(top, tmp_path / name)
        words = [sys.executable, "-c", KILL, str(tmp_path / name), str(at)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    steps = run("whole", 0).stdout.split()
    assert len(steps) > 8
    for at in range(1, len(steps) + 1):
        assert run(f"at-{at}", at).returncode == -9
        again = Workspace.open(tmp_path / f"at-{at}")
        again.commit(again.session_id("chat"))
        assert stats(tmp_path / f"at-{at}", "resources/d")["active_count"] == 1, steps[at - 1]
        assert len(list((tmp_path / f"at-{at}/session/default/chat/tools").iterdir())) == 1
        assert again.unfinished() == []
        assert_sound(tmp_path / f"at-{at}")
