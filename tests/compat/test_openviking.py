"""Packs exchanged with a real OpenViking server, as a black box over HTTP, in an environment of its own.

``make interop`` installs it and runs this. It needs no model and no key: a process beside it answers for both.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import assert_sound, check, talk
from viking_git.session.export import ExportOptions
from viking_git.session.importing import ImportOptions
from viking_git.workspace import Workspace

VENV = os.environ.get("OPENVIKING_VENV", "")

pytestmark = pytest.mark.skipif(
    not Path(VENV, "bin/openviking-server").is_file(), reason="no OpenViking here: make interop installs and runs it"
)

MODELS = """
import hashlib, json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Models(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = asked.get("input", [])
        texts = texts if isinstance(texts, list) else [texts]
        vectors = [list(hashlib.sha512(str(text).encode()).digest()) for text in texts]
        message = {"role": "assistant", "content": "A summary."}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        answer = {"object": "list", "model": "x", "usage": usage}
        if "embeddings" in self.path:
            answer["data"] = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
        else:
            answer |= {"id": "x", "created": 0, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Models).serve_forever()
"""
CALL = """
import json, sys
from openviking_sdk import SyncHTTPClient
client = SyncHTTPClient(url=sys.argv[1], api_key=sys.argv[2])
client.initialize()
try:
    print(json.dumps(getattr(client, sys.argv[3])(**json.loads(sys.argv[4]))))
finally:
    client.close()
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """A running server with one account, whose administrator is ada."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home = url, home
        found = self.post("/api/v1/admin/accounts", "root", {"account_id": "acme", "admin_user_id": "ada"})
        self.key = found["result"]["user_key"]

    def post(self, path: str, key: str, value: object) -> Any:
        headers = {"Content-Type": "application/json", "X-API-Key": key}
        request = urllib.request.Request(self.url + path, json.dumps(value).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def call(self, method: str, **arguments: object) -> Any:
        command = [f"{VENV}/bin/python", "-c", CALL, self.url, self.key, method, json.dumps(arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.home, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def wait_for_archive(self, session: str) -> None:
        """Until the session's archive says that it is done, or that it failed: without a real model it does."""
        uri = f"viking://user/ada/sessions/{session}/history/archive_001"
        for _ in range(60):
            names = {entry["name"] for entry in self.call("ls", uri=uri, show_all_hidden=True)}
            if names & {".done", ".failed.json"}:
                return
            time.sleep(1)
        raise AssertionError(names)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("openviking")
    models, port = free_port(), free_port()
    model = {"provider": "openai", "api_base": f"http://127.0.0.1:{models}/v1", "api_key": "x", "model": "x"}
    settings = {
        "storage": {"workspace": str(home / "data")}, "server": {"auth_mode": "api_key", "root_api_key": "root"},
        "embedding": {"dense": {**model, "dimension": 64}}, "vlm": model,
    }  # fmt: skip
    (home / "ov.conf").write_text(json.dumps(settings))
    env = {**os.environ, "HOME": str(home), "OPENVIKING_CONFIG_FILE": str(home / "ov.conf")}
    serve = [f"{VENV}/bin/openviking-server", "--config", "ov.conf", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("wb") as log:
        started = [
            subprocess.Popen([sys.executable, "-c", MODELS, str(models)], stdout=log, stderr=log),
            subprocess.Popen(serve, cwd=home, env=env, stdout=log, stderr=log),
        ]
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health", home / "log")
            yield Server(url, home)
        finally:
            for process in started:
                process.terminate()
                process.wait(30)


def wait_for(url: str, log: Path) -> None:
    for _ in range(180):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise AssertionError(log.read_text(errors="replace")[-3_000:])


@pytest.fixture
def ours(tmp_path: Path) -> Workspace:
    workspace, _ = Workspace.init(tmp_path / "w")
    (tmp_path / "docs/sub dir").mkdir(parents=True)
    (tmp_path / "docs/a.md").write_text("# Alpha\n\nAlpha is first.\n")
    (tmp_path / "docs/.dot").write_text("dot\n")
    (tmp_path / "docs/sub dir/日本.md").write_text("# 日本\n")
    workspace.add([tmp_path / "docs"])
    workspace.store.set_config("viking.user", "ada")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    return workspace


def test_packs_of_ours_pass_its_importer(server: Server, ours: Workspace, tmp_path: Path) -> None:
    for uri, parent, options, vectors in (
        ("viking://resources/docs", "viking://resources/", ExportOptions(), False),
        ("viking://resources/docs", "viking://resources/with-vectors/", ExportOptions(), True),
        ("viking://user/ada/memories", "viking://user/ada/", ExportOptions(), False),
        ("viking://session/ada/chat", "viking://user/ada/sessions/", ExportOptions(as_user="ada"), False),
    ):
        file = tmp_path / "x.ovpack"
        report = ours.packs.export(ours.uri(uri), file, options, include_vectors=vectors)
        landed = server.call("import_ovpack", file_path=str(file), parent=parent, on_conflict="overwrite")
        assert landed == parent + report.manifest.root.name
    assert server.call("read", uri="viking://resources/docs/a.md") == "# Alpha\n\nAlpha is first.\n"
    ours.packs.backup(tmp_path / "all.ovpack", ExportOptions(as_user="ada", with_transcripts=True))
    server.call("restore_ovpack", file_path=str(tmp_path / "all.ovpack"), on_conflict="overwrite")


def test_packs_of_its_own_import_here(server: Server, ours: Workspace, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/b.md").write_text("# Beta\n\nBeta is second.\n")
    server.call("add_resource", path=str(tmp_path / "theirs"), to="viking://resources/theirs", wait=True)
    there, _ = Workspace.init(tmp_path / "there")
    for vectors in (False, True):
        file = tmp_path / f"theirs{vectors}.ovpack"
        server.call("export_ovpack", uri="viking://resources/theirs", to=str(file), include_vectors=vectors)
        there.packs.import_(file, there.uri(f"viking://resources/{vectors}"), ImportOptions())
    found = [path for path, _ in there.snapshot().walk("resources/True/theirs") if path.endswith("b.md")]
    assert there.snapshot().read(found[0]) == b"# Beta\n\nBeta is second.\n"
    assert there.abstract("resources/True/theirs") == "A summary.\n"
    server.call("backup_ovpack", to=str(tmp_path / "all.ovpack"))
    again, _ = Workspace.init(tmp_path / "again")
    again.packs.restore(tmp_path / "all.ovpack", ImportOptions(), vectorize=False)
    assert again.snapshot().exists("resources/theirs")


def test_both_ways_nothing_changes(server: Server, ours: Workspace, tmp_path: Path) -> None:
    ours.packs.export(ours.uri("viking://resources/docs"), tmp_path / "out.ovpack", ExportOptions())
    server.call("import_ovpack", file_path=str(tmp_path / "out.ovpack"), parent="viking://resources/round/")
    server.call("export_ovpack", uri="viking://resources/round/docs", to=str(tmp_path / "back.ovpack"))
    changed = ours.packs.differences(tmp_path / "out.ovpack", tmp_path / "back.ovpack")
    assert [d.path for d in changed if not d.path.endswith((".abstract.md", ".overview.md"))] == []


def test_its_sessions_import_here_in_every_state(server: Server, tmp_path: Path) -> None:
    """Sessions without a message, running, archived, and archived and running again: alone, as a space, in a backup."""
    said = {"nothing": 0, "running": 2, "archived": 2, "both": 3, "used": 3}
    for session, count in said.items():
        server.call("create_session", session_id=session)
        for number in range(min(count, 2)):
            role = ("user", "assistant")[number]
            server.call("add_message", session_id=session, role=role, content=f"Message {number} of {session}.")
    tool = {"type": "tool", "tool_id": "t1", "tool_name": "search", "tool_input": {"q": "x"}, "tool_output": "y" * 5000}
    server.call("add_message", session_id="used", role="assistant", parts=[tool])
    for session in ("archived", "both", "used"):
        assert server.call("commit_session", session_id=session)["archived"]
    server.call("add_message", session_id="both", role="user", content="Message 2 of both.")
    server.call("mkdir", uri="viking://user/ada/memories/events/2026/12/")
    events = "viking://user/ada/memories/events/2026/11/02"
    server.call("write", uri=f"{events}/moved.md", content="# Moved\n\nAda moved to Lisbon.\n", mode="create")
    for session in ("archived", "both", "used"):
        server.wait_for_archive(session)
    for number, uri in enumerate(("viking://user/ada/sessions", "viking://user/ada", "viking://user", "backup")):
        file = tmp_path / f"{number}.ovpack"
        there, _ = Workspace.init(tmp_path / f"there{number}")
        if uri == "backup":
            server.call("backup_ovpack", to=str(file))
            there.packs.restore(file, ImportOptions(), vectorize=False)
        else:
            server.call("export_ovpack", uri=uri, to=str(file))
            there.packs.import_(file, None, ImportOptions(), vectorize=False)
        for session, count in said.items():
            texts = [m.text for m in there.messages(there.session_id(f"ada/{session}"))] if count else []
            expected = [f"Message {n} of {session}." for n in range(count)]
            assert (texts[:2] if session == "used" else texts) == (expected[:2] if session == "used" else expected)
        assert_sound(tmp_path / f"there{number}")
        # Theirs keeps two memories of the agent beside the categories; nothing else is found fault with.
        assert {f.rule for f in check(there, whole=True).findings} <= {"VG305"}
    assert there.abstract("user/ada/memories/events/2026/2026-11-02_moved") == "Ada moved to Lisbon.\n"


def test_our_sessions_are_its_sessions(server: Server, ours: Workspace, tmp_path: Path) -> None:
    options = ExportOptions(as_user="ada", with_transcripts=True)
    ours.packs.export(ours.uri("viking://session/ada/chat"), tmp_path / "chat.ovpack", options)
    server.call(
        "import_ovpack", file_path=str(tmp_path / "chat.ovpack"), parent="viking://user/ada/sessions/",
        on_conflict="overwrite",
    )  # fmt: skip
    uri = "viking://user/ada/sessions/chat/history/archive_001/messages.jsonl"
    lines = server.call("read", uri=uri).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [message.id for message in talk()]
    archive = server.call("get_session_archive", session_id="chat", archive_id="archive_001")
    assert [message["id"] for message in archive["messages"]] == [message.id for message in talk()]
    assert server.call("get_session", session_id="chat")["session_id"] == "chat"
    # And back: the same conversation, whatever it added to it.
    server.call("export_ovpack", uri="viking://user/ada/sessions/chat", to=str(tmp_path / "back.ovpack"))
    there, _ = Workspace.init(tmp_path / "there")
    there.packs.import_(tmp_path / "back.ovpack", None, ImportOptions(), vectorize=False)
    assert [m.text for m in there.messages(there.session_id("ada/chat"))] == [m.text for m in talk()]
    assert there.snapshot().read("session/ada/chat/history/archive_001/decisions/01.json")
