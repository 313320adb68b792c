"""An OpenAI-compatible endpoint, against a server on this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from viking_git.errors import ModelUnavailable
from viking_git.retrieval.embed import fingerprint, load_embedder
from viking_git.retrieval.find import find
from viking_git.retrieval.hashing import HashingEmbedder
from viking_git.retrieval.index import SearchIndex

from .conftest import Tree

pytest.importorskip("openai")


class Server(ThreadingHTTPServer):
    """Answers with hashed vectors, three times as long as they should be, and counts."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[int] = []
        self.status = 200
        self.answer: object = None

    @property
    def name(self) -> str:
        return f"openai:little@http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    """One request for embeddings."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/embeddings"
        assert self.headers["Authorization"] == "Bearer key-of-a-test"
        self.server.requests.append(len(body["input"]))
        vectors = 3 * HashingEmbedder().embed(body["input"])
        data = [{"object": "embedding", "index": n, "embedding": v.tolist()} for n, v in enumerate(vectors)]
        found = self.server.answer or {"object": "list", "model": body["model"], "data": data[::-1]}
        raw = json.dumps(found).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-test")
    running = Server()
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def test_vectors_are_those_of_the_endpoint_at_length_one(server: Server, tmp_path: Path) -> None:
    embedder = load_embedder(server.name, cache=tmp_path, notice=lambda _: None)
    assert embedder.id == fingerprint(server.name)
    assert not set(embedder.id) & set('/\\:*?"<>| ')
    assert embedder.id != fingerprint("openai:little@http://127.0.0.1:1/v1")
    texts = [f"text {n}" for n in range(100)]
    vectors = embedder.embed([*texts, " "])
    np.testing.assert_allclose(vectors[:-1], HashingEmbedder().embed(texts), atol=1e-6)
    assert not vectors[-1].any()
    assert server.requests == [1, 64, 36]


def test_an_index_over_it_embeds_each_text_once(server: Server, tree: Tree, tmp_path: Path, notices: list[str]) -> None:
    trunk, none = tree({f"resources/{n}.txt": f"about thing{n}" for n in range(10)}), tree()
    for _ in range(2):
        with SearchIndex.open(tmp_path / "index", server.name, tmp_path / "cache", notices.append) as index:
            index.refresh(trunk, none)
            assert find(index, "thing7").hits[0].uri == "viking://resources/7.txt"
    assert sum(server.requests) == 10 + 2 * 2, "the length of a vector and the query, each time"


def test_an_endpoint_that_goes_away_leaves_words(
    server: Server, tree: Tree, tmp_path: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with SearchIndex.open(tmp_path / "index", server.name, tmp_path / "cache", notices.append) as index:
        index.refresh(tree({"resources/a.txt": "one"}), tree())
        server.status = 400
        report = index.refresh(tree({"resources/a.txt": "one", "resources/b.txt": "two"}), tree())
        assert report.behind.startswith("1 texts are searched by words only: little does not answer")
        assert find(index, "two").hits[0].uri == "viking://resources/b.txt"
        server.status = 200
        assert index.refresh(tree({"resources/a.txt": "one", "resources/b.txt": "two"}), tree()).computed == 1
        assert index.degraded is None


@pytest.mark.parametrize("answer", [{"data": []}, {"object": "list", "data": [{"index": 0, "embedding": []}]}, [1]])
def test_odd_answers_are_no_vectors(server: Server, tmp_path: Path, answer: object) -> None:
    server.answer = answer
    with pytest.raises(ModelUnavailable):
        load_embedder(server.name, cache=tmp_path, notice=lambda _: None)


def test_without_a_key(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelUnavailable) as error:
        load_embedder(server.name, cache=tmp_path, notice=lambda _: None)
    assert error.value.hint == "set OPENAI_API_KEY"
