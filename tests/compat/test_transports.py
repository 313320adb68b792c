"""``clone`` and ``sync`` over the transports that people use, on loopback: a path, file://, git://, smart HTTP."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk
from viking_git.errors import RemoteFailed
from viking_git.workspace import Workspace

BACKEND = Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip())


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    git(tmp_path / "hub.git", "config", "http.receivepack", "true")
    start, _ = Workspace.init(tmp_path / "start")
    git(tmp_path / "start", "remote", "add", "origin", str(tmp_path / "hub.git"))
    start.branches.sync()
    return tmp_path / "hub.git"


@pytest.fixture
def daemon(hub: Path) -> Iterator[str]:
    """``git daemon`` on a free port, ended with the test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["daemon", "--listen=127.0.0.1", f"--port={port}", f"--base-path={hub.parent}", "--export-all",
             "--enable=receive-pack", "--reuseaddr"]  # fmt: skip
    with subprocess.Popen([str(BACKEND / "git-daemon"), *words[1:]], stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}/hub.git"
        process.terminate()


class Backend(BaseHTTPRequestHandler):
    """``git http-backend`` as a CGI program."""

    root: Path
    refuse = False
    cut_from: int | None = None

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if self.refuse:
            self.send_error(403)
            return
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_USER": "ada",
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        done = subprocess.run(
            [str(BACKEND / "git-http-backend")], input=self._body(), env=environment, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [line.decode().partition(": ") for line in head.split(b"\r\n")]
        status = next((value.split()[0] for name, _, value in fields if name == "Status"), "200")
        self.send_response(int(status))
        for name, _, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: self.cut_from])

    do_POST = do_GET

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def http(hub: Path) -> Iterator[str]:
    class Here(Backend):
        root = hub.parent

    with ThreadingHTTPServer(("127.0.0.1", 0), Here) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hub.git"
        server.shutdown()


@pytest.fixture(params=["path", "file", "git", "http"])
def url(request: pytest.FixtureRequest, hub: Path) -> str:
    if request.param == "git":
        if not (BACKEND / "git-daemon").exists():
            pytest.skip("needs git daemon")
        return str(request.getfixturevalue("daemon"))
    if request.param == "http":
        if not (BACKEND / "git-http-backend").exists() or not (BACKEND / "git-remote-http").exists():
            pytest.skip("needs git http-backend")
        return str(request.getfixturevalue("http"))
    return str(hub) if request.param == "path" else f"file://{hub}"


def test_two_clones_meet(url: str, tmp_path: Path) -> None:
    one, _ = Workspace.clone(url, tmp_path / "one")
    other, _ = Workspace.clone(url, tmp_path / "other")
    for workspace, name, start in ((one, "a", 1), (other, "b", 20)):
        git(tmp_path / ("one" if workspace is one else "other"), "config", "viking.transcripts", "origin")
        workspace.add_messages(workspace.new_session(name), talk(start=start))
        workspace.commit(workspace.session_id(name))
    assert one.branches.sync().sent
    assert other.branches.sync().received
    assert one.branches.sync().transcripts
    assert git(tmp_path / "one", "rev-parse", "main") == git(tmp_path / "other", "rev-parse", "main")
    assert len(one.messages(one.session_id("b"))) == len(talk())
    assert_sound(tmp_path / "one")


def test_a_fetch_that_was_cut_off_is_fetched_again(hub: Path, tmp_path: Path) -> None:
    one, _ = Workspace.clone(str(hub), tmp_path / "one")
    other, _ = Workspace.clone(str(hub), tmp_path / "other")
    one.add_messages(one.new_session("a"), talk())
    one.commit(one.session_id("a"))
    one.branches.sync()
    before = git(tmp_path / "other", "for-each-ref")

    class Cut(Backend):
        root = hub.parent
        cut_from = 2000

    with ThreadingHTTPServer(("127.0.0.1", 0), Cut) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        git(tmp_path / "other", "remote", "set-url", "origin", f"http://127.0.0.1:{server.server_address[1]}/hub.git")
        with pytest.raises(RemoteFailed, match="cannot fetch from origin"):
            other.branches.sync()
        server.shutdown()
    assert git(tmp_path / "other", "for-each-ref") == before
    assert_sound(tmp_path / "other")
    git(tmp_path / "other", "remote", "set-url", "origin", str(hub))
    assert other.branches.sync().received
    assert_sound(tmp_path / "other")


def test_a_server_that_refuses_is_said(hub: Path, tmp_path: Path) -> None:
    one, _ = Workspace.clone(str(hub), tmp_path / "one")

    class Closed(Backend):
        root = hub.parent
        refuse = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Closed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        git(tmp_path / "one", "remote", "set-url", "origin", f"http://127.0.0.1:{server.server_address[1]}/hub.git")
        with pytest.raises(RemoteFailed, match="403"):
            one.branches.sync()
        server.shutdown()
    git(tmp_path / "one", "remote", "set-url", "origin", f"http://127.0.0.1:{server.server_address[1]}/hub.git")
    with pytest.raises(RemoteFailed, match="cannot fetch from origin"):
        one.branches.sync()
    assert_sound(tmp_path / "one")


def test_a_clone_of_some_scopes(url: str, hub: Path, tmp_path: Path) -> None:
    git(hub, "config", "uploadpack.allowFilter", "true")
    start = Workspace.open(tmp_path / "start")
    for name in ("near", "far"):
        start.files.write(f"resources/{name}/page.md", f"# The {name} lighthouse\n".encode())
    start.branches.sync()
    one, made = Workspace.clone(url, tmp_path / "one", scopes=["viking://resources/near/"])
    top = tmp_path / "one"
    assert made.scopes == ("resources/near",)
    assert made.notes == ()
    assert (top / "resources/near/page.md").exists()
    assert not (top / "resources/far").exists()
    lacking = lacks(top)
    assert lacking
    assert [hit.record.path for hit in one.find("lighthouse", level=2).hits] == ["resources/near/page.md"]
    assert lacks(top) == lacking, "a search fetched something"
    assert one.read("viking://resources/far/page.md") == b"# The far lighthouse\n"
    assert len(lacking - lacks(top)) == 1
    one.files.write("resources/near/mine.md", b"# Mine\n")
    one.branches.sync()
    start.branches.sync()
    assert git(top, "rev-parse", "main") == git(tmp_path / "start", "rev-parse", "main")
    assert_sound(top)
    assert git(top, "sparse-checkout", "list") == "resources/near\n"


def test_a_fetch_of_one_file_that_was_cut_off(hub: Path, tmp_path: Path) -> None:
    git(hub, "config", "uploadpack.allowFilter", "true")
    start = Workspace.open(tmp_path / "start")
    start.files.write("resources/far/page.md", b"\n".join(b"%d" % (n * n) for n in range(9000)))
    start.files.write("resources/near/page.md", b"# Near\n")
    start.branches.sync()
    one, _ = Workspace.clone(f"file://{hub}", tmp_path / "one", scopes=["resources/near"])
    lacking = lacks(tmp_path / "one")

    class Cut(Backend):
        root = hub.parent
        cut_from = 2000

    with ThreadingHTTPServer(("127.0.0.1", 0), Cut) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        git(tmp_path / "one", "remote", "set-url", "origin", f"http://127.0.0.1:{server.server_address[1]}/hub.git")
        with pytest.raises(RemoteFailed, match=r"resources/far/page\.md is not in this clone"):
            one.read("resources/far/page.md")
        server.shutdown()
    assert lacks(tmp_path / "one") == lacking
    assert_sound(tmp_path / "one")
    git(tmp_path / "one", "remote", "set-url", "origin", f"file://{hub}")
    assert one.read("resources/far/page.md").startswith(b"0\n1\n4\n")


def lacks(top: Path) -> set[str]:
    """The ids of the objects that a partial clone left with its remote."""
    lines = git(top, "rev-list", "--objects", "--all", "--missing=print").splitlines()
    return {line[1:] for line in lines if line.startswith("?")}
