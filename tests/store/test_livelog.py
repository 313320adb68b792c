"""The live log under torn writes, damaged lines, other processes and real kills."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from viking_git.errors import Busy, InvalidContent
from viking_git.model.messages import Message
from viking_git.store.livelog import LiveLog, LiveSession, list_live


def message(number: int | str, text: str = "hello") -> Message:
    return Message(f"msg_{number}", "user", ({"type": "text", "text": text},), "2026-11-20T09:30:00Z")


@pytest.fixture
def log(tmp_path: Path) -> LiveLog:
    return LiveLog(tmp_path / "viking" / "live" / "ada" / "s1")


def named(*ids: str) -> Callable[[Message], bool]:
    return lambda message: message.id in ids


def ids(log: LiveLog) -> list[str]:
    return [m.id for m in log.read()]


def test_appends_in_order_and_each_message_once(log: LiveLog) -> None:
    done = log.append([message(1), message(2), message(1)])
    assert [m.id for m in done.messages] == ["msg_1", "msg_2"]
    assert [m.id for m in done.known] == ["msg_1"]
    assert len(log.append([message(2), message(3)]).messages) == 1
    assert ids(log) == ["msg_1", "msg_2", "msg_3"]


def test_another_message_of_the_same_id_gets_a_new_one_and_keeps_it(log: LiveLog) -> None:
    said = [message(1), message(1, "again"), message(1, "and again")]
    done = log.append(said)
    assert [m.id for m in done.messages] == ["msg_1", "msg_1.2", "msg_1.3"]
    assert done.renamed == [("msg_1", "msg_1.2"), ("msg_1", "msg_1.3")]
    assert [m.text for m in log.read()] == ["hello", "again", "and again"]
    assert log.append(said[::-1]).messages == []
    assert ids(log) == ["msg_1", "msg_1.2", "msg_1.3"]


def test_a_new_id_of_the_longest_id_is_an_id(log: LiveLog) -> None:
    long = "m" * 128
    twins = [Message(long, "user", ({"type": "text", "text": t},), "2026-11-20T09:30:00Z") for t in ("a", "b", "c")]
    assert len(log.append(twins).messages) == 3
    assert len(set(ids(log))) == 3
    assert log.append(twins).messages == []


def test_a_message_added_again_has_another_time_and_is_the_same(log: LiveLog) -> None:
    log.append([message(1)])
    later = Message("msg_1", "user", ({"type": "text", "text": "hello"},), "2027-01-01T00:00:00Z")
    assert log.append([later]).known == [later]


def test_what_is_elsewhere_is_not_added(log: LiveLog) -> None:
    def elsewhere(found: Message) -> bool | None:
        return found.text == "hello" if found.id == "msg_1" else None

    assert log.append([message(1), message(1, "other"), message(2)], elsewhere).renamed == [("msg_1", "msg_1.2")]
    assert ids(log) == ["msg_1.2", "msg_2"]


def test_reading_writes_nothing(log: LiveLog, tmp_path: Path) -> None:
    assert log.read() == []
    assert log.read_usage() == []
    assert log.session() is None
    assert list(tmp_path.iterdir()) == []


def test_a_log_without_its_lock_file_is_read_all_the_same(log: LiveLog) -> None:
    log.append([message(1)])
    (log.directory / "lock").unlink()
    assert ids(log) == ["msg_1"]
    assert not (log.directory / "lock").exists()


def test_a_last_line_torn_anywhere_is_ignored_then_cut(log: LiveLog) -> None:
    log.append([message(1), message(2, "the sécond")])
    path = log.directory / "messages.jsonl"
    whole = path.read_bytes()
    second = whole.index(b"\n") + 1
    for end in range(second, len(whole)):
        path.write_bytes(whole[:end])
        assert ids(log) == ["msg_1"]
        assert path.read_bytes() == whole[:end]
        assert len(log.append([message(2, "the sécond")]).messages) == 1
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "damage",
    [b"{half a line\n", b'"text"\n', b'{"id": "msg_9"}\n', b"\xff\xfe\n", b"\0\0\0\n", b"[" * 100_000 + b"\n"],
    ids=["torn", "no object", "no fields", "no text", "NULs", "deep"],
)
def test_a_damaged_line_in_the_middle_is_named_and_nothing_is_lost(log: LiveLog, damage: bytes) -> None:
    log.append([message(1)])
    path = log.directory / "messages.jsonl"
    path.write_bytes(path.read_bytes() + damage)
    assert len(log.append([message(2)]).messages) == 1
    said: list[str] = []
    assert [m.id for m in LiveLog(log.directory, said.append).read()] == ["msg_1", "msg_2"]
    assert len(said) == 1
    assert said[0].startswith(f"{path}, line 2: ")
    assert log.damage() == said
    log.drop(named("msg_1"))
    assert path.read_bytes() == damage + message(2).to_line()


def test_a_record_after_a_splice_is_there_once(log: LiveLog) -> None:
    log.append([message(1)])
    path = log.directory / "messages.jsonl"
    whole = message(2).to_line()
    path.write_bytes(path.read_bytes() + whole[:30] + whole)
    assert ids(log) == ["msg_1", "msg_2"]
    assert [m.id for m in log.append([message(2), message(3)]).messages] == ["msg_3"]
    assert ids(log) == ["msg_1", "msg_2", "msg_3"]
    log.drop(named("msg_1", "msg_2", "msg_3"))
    # What is before the splice may be a person's words: only who looks at it can say.
    assert path.read_bytes() == whole[:30] + whole


def test_a_damaged_usage_record_costs_itself_alone(log: LiveLog) -> None:
    log.append_usage({"id": "use_1"})
    path = log.directory / "usage.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id": "use_\n{"uri": "x"}\n')
    assert log.append_usage({"id": "use_2"})
    assert [r["id"] for r in log.read_usage()] == ["use_1", "use_2"]
    assert len(log.damage()) == 2


def test_drop_keeps_the_last_ones_and_the_bytes_of_the_others(log: LiveLog) -> None:
    log.append([message(n) for n in range(5)])
    before = (log.directory / "messages.jsonl").read_bytes()
    log.drop(named(*(f"msg_{n}" for n in range(4))), keep_last=2)
    assert ids(log) == ["msg_3", "msg_4"]
    assert before.endswith((log.directory / "messages.jsonl").read_bytes())
    log.drop(named("msg_3", "msg_4"))
    assert ids(log) == []


def test_drop_of_nothing_leaves_the_file_alone(log: LiveLog) -> None:
    log.drop(named("msg_1"))
    assert not log.directory.exists()
    log.append([message(1)])
    inode = (log.directory / "messages.jsonl").stat().st_ino
    log.drop(named("msg_7"))
    assert (log.directory / "messages.jsonl").stat().st_ino == inode


def test_a_usage_record_is_counted_once(log: LiveLog) -> None:
    assert log.append_usage({"id": "use_1", "uri": "viking://resources/x"})
    assert not log.append_usage({"id": "use_1", "uri": "viking://resources/x"})
    assert log.append_usage({"id": "use_2"})
    assert log.append_usage({"id": "use_2", "uri": "viking://resources/y"})
    assert [r["id"] for r in log.read_usage()] == ["use_1", "use_2", "use_2"]
    log.drop_usage(lambda record: "uri" in record)
    assert log.read_usage() == [{"id": "use_2"}]
    with pytest.raises(InvalidContent, match="has an id"):
        log.append_usage({"uri": "viking://resources/x"})


def test_a_session_is_described_once(log: LiveLog) -> None:
    log.describe(LiveSession("My chat: Ünïcode", "2026-11-20T09:30:00Z"))
    log.describe(LiveSession("other", "2027-01-01T00:00:00Z"))
    assert log.session() == LiveSession("My chat: Ünïcode", "2026-11-20T09:30:00Z")
    (log.directory / "session.json").write_text('{"name": 3}')
    with pytest.raises(InvalidContent, match=r"session\.json"):
        log.session()


def test_lists_what_has_messages_or_a_description(tmp_path: Path) -> None:
    root = tmp_path / "live"
    assert list_live(root) == []
    LiveLog(root / "bob" / "s2").append([message(1)])
    LiveLog(root / "ada" / "s9").describe(LiveSession("s9", "2026-11-20T09:30:00Z"))
    (root / "ada" / "empty").mkdir()
    (root / "stray.txt").write_text("x")
    assert list_live(root) == [("ada", "s9"), ("bob", "s2")]


def test_a_write_that_fails_adds_nothing(log: LiveLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append([message(1)])
    before = (log.directory / "messages.jsonl").read_bytes()
    real = os.pwrite
    calls = iter([True, False])

    def full_disk(fd: int, data: memoryview, offset: int) -> int:
        if next(calls):
            return real(fd, data[: len(data) // 2], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full_disk)
    with pytest.raises(OSError, match="No space"):
        log.append([message(2, "x" * 1000), message(3)])
    assert (log.directory / "messages.jsonl").read_bytes() == before


_APPENDER = """
import sys
from pathlib import Path
from viking_git.model.messages import Message
from viking_git.store.livelog import LiveLog
name, count, size, batch = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
log = LiveLog(Path(sys.argv[1]))
for n in range(0, count, batch):
    ids = [f"msg_{name}_{i}" for i in range(n, n + batch)]
    log.append([Message(i, "user", ({"type": "text", "text": "x" * size},), "2026-11-20T09:30:00Z") for i in ids])
    print(*ids, flush=True)
"""


def start(log: LiveLog, name: str, count: int, size: int, batch: int = 1) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", _APPENDER, str(log.directory), name, str(count), str(size), str(batch)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment)


def test_processes_append_at_once_while_another_reads_and_truncates(log: LiveLog) -> None:
    writers = [start(log, name, 60, 5000) for name in ("a", "b", "c")]
    archived: list[str] = []
    while any(w.poll() is None for w in writers):
        batch = ids(log)
        archived += batch
        log.drop(named(*batch))
    archived += ids(log)
    for writer in writers:
        assert writer.wait() == 0
        assert writer.stdout is not None
        writer.stdout.close()
    assert len(archived) == len(set(archived)) == 180
    for name in "abc":
        assert [i for i in archived if i.startswith(f"msg_{name}_")] == [f"msg_{name}_{n}" for n in range(60)]


@pytest.mark.parametrize("seed", range(6))
def test_kill_in_the_middle_of_append_loses_nothing_acknowledged(log: LiveLog, seed: int) -> None:
    writer = start(log, "k", 10_000, 300_000, batch=3)
    assert writer.stdout is not None
    acknowledged = writer.stdout.readline().split()
    time.sleep(random.Random(seed).uniform(0, 0.15))
    writer.send_signal(signal.SIGKILL)
    acknowledged += writer.stdout.read().split()
    writer.wait()
    writer.stdout.close()
    there = ids(log)
    assert there[: len(acknowledged)] == acknowledged
    assert there == [f"msg_k_{n}" for n in range(len(there))]
    assert len(log.append([message("after")]).messages) == 1
    assert ids(log) == [*there, "msg_after"]
    for line in (log.directory / "messages.jsonl").read_bytes().splitlines():
        json.loads(line)


def test_the_commit_lock_excludes_commits_not_messages_and_dies_with_its_owner(log: LiveLog) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom viking_git.store.livelog import LiveLog\n"
        "with LiveLog(Path(sys.argv[1])).lock():\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, "-c", script, str(log.directory)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "held\n"
        with pytest.raises(Busy, match="another process"), log.lock(wait=False):
            pass
        assert len(log.append([message(1)]).messages) == 1
        said: list[str] = []

        def say_and_end_it(text: str) -> None:
            said.append(text)
            owner.kill()

        with log.lock(notice=say_and_end_it):
            assert ids(log) == ["msg_1"]
        assert said == [f"another process is at the session {log.directory.name}; waiting for it …"]
    with log.lock(wait=False, notice=said.append):
        assert len(said) == 1
