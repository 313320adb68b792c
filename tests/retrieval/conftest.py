"""Trees to search, and the compiled model, kept between runs of the tests."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pygit2
import pytest

from viking_git.model.changes import Changes
from viking_git.model.memory import Memory
from viking_git.model.messages import Message
from viking_git.retrieval.index import SearchIndex
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot

Tree = Callable[..., Snapshot]


@pytest.fixture
def git(tmp_path: Path) -> pygit2.Repository:
    return pygit2.init_repository(str(tmp_path / "repository.git"), bare=True)


@pytest.fixture
def tree(git: pygit2.Repository) -> Tree:
    """``tree(files, base=snapshot)``: a snapshot of ``base`` with ``files`` written, or deleted where None."""

    def make(files: Mapping[str, str | bytes | None] | None = None, base: Snapshot | None = None) -> Snapshot:
        changes = Changes()
        for path, data in (files or {}).items():
            if data is None:
                changes.delete(path)
            else:
                changes.write(path, data)
        writer = ObjectWriter(git)
        made = writer.apply(base.tree if base else None, changes)
        if made is not None:
            # For other processes too.
            with writer.durable(made):
                pass
        return Snapshot(git, made)

    return make


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def index(tmp_path: Path, notices: list[str]):
    with SearchIndex.open(tmp_path / "index", "hashing", tmp_path / "cache", notices.append) as opened:
        yield opened


@pytest.fixture(scope="session")
def model_cache(request: pytest.FixtureRequest) -> Path:
    """Where the compiled model lies: keyed by its fingerprint, so it may outlive a run."""
    return request.config.cache.mkdir("viking-git-models")


def memory_files(
    path: str, category: str, title: str, abstract: str, detail: str = "", **fields: str
) -> dict[str, str]:
    """The files of a memory below ``path``, a ``…/memories`` directory."""
    name = fields.pop("name", title.lower().replace(" ", "-"))
    memory = Memory(category, name, title, abstract, detail=detail, fields=fields, created_at="2026-01-02T03:04:05Z")
    layers = memory.layers()
    where = f"{path}/{memory.path}"
    return {
        f"{where}/content.md": memory.render(),
        f"{where}/.abstract.md": layers.abstract + "\n",
        f"{where}/.overview.md": layers.overview + "\n",
    }


def transcript(*said: tuple[str, str, str]) -> bytes:
    """A messages.jsonl of (speaker, time, text); ids are msg_1, msg_2, …"""
    lines = [
        Message(f"msg_{n}", "user", ({"type": "text", "text": text},), time, {"speaker": speaker}).to_line()
        for n, (speaker, time, text) in enumerate(said, start=1)
    ]
    return b"".join(lines)
