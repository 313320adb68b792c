"""``AsyncOpenViking``: the methods of ``OpenViking`` as coroutines, run one at a time in a thread of their own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from viking_git.client.results import Record, Tree
from viking_git.client.sync import OpenViking, Parts, Session
from viking_git.workspace import Workspace

P = ParamSpec("P")
T = TypeVar("T")


async def _run(thread: Executor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, partial(call, *args, **kwargs))


class AsyncOpenViking:
    """A workspace, asked by coroutines, so that an event loop goes on meanwhile. See ``OpenViking`` for each method."""

    def __init__(self, path: str | Path | None = None, *, workspace: Workspace | None = None) -> None:
        """Open the workspace at ``path`` or above it; without, the one that the command line would use."""
        # One thread: git handles are not to be shared by two at once, and writes wait for each other anyway.
        self._thread = ThreadPoolExecutor(1, "viking-git")
        self._client = OpenViking(path, workspace=workspace)
        self.workspace = self._client.workspace

    async def ls(self, uri: str = "viking://", *, hidden: bool = False) -> list[Record]:
        """The entries of a directory."""
        return await _run(self._thread, self._client.ls, uri, hidden=hidden)

    async def tree(self, uri: str = "viking://", max_depth: int | None = None) -> Tree:
        """What is below a directory; printed, it shows branches."""
        return await _run(self._thread, self._client.tree, uri, max_depth)

    async def read(self, uri: str) -> str:
        """The text of a file, or of the part that a fragment names."""
        return await _run(self._thread, self._client.read, uri)

    async def abstract(self, uri: str) -> str:
        """L0 of a directory."""
        return await _run(self._thread, self._client.abstract, uri)

    async def overview(self, uri: str) -> str:
        """L1 of a directory."""
        return await _run(self._thread, self._client.overview, uri)

    async def stat(self, uri: str) -> Record:
        """What a file or a directory is."""
        return await _run(self._thread, self._client.stat, uri)

    async def grep(self, pattern: str, uri: str = "viking://", *, ignore_case: bool = False) -> list[Record]:
        """The lines in which a regular expression occurs."""
        return await _run(self._thread, self._client.grep, pattern, uri, ignore_case=ignore_case)

    async def glob(self, pattern: str) -> list[str]:
        """The URIs that a pattern matches."""
        return await _run(self._thread, self._client.glob, pattern)

    async def write(self, uri: str, data: str | bytes, *, append: bool = False) -> Record:
        """Write a file."""
        return await _run(self._thread, self._client.write, uri, data, append=append)

    async def mkdir(self, uri: str, *, parents: bool = False) -> Record:
        """Make a directory."""
        return await _run(self._thread, self._client.mkdir, uri, parents=parents)

    async def rm(self, uri: str, recursive: bool = False) -> Record:
        """Remove a file, or with ``recursive`` a directory."""
        return await _run(self._thread, self._client.rm, uri, recursive)

    async def mv(self, from_uri: str, to_uri: str) -> Record:
        """Move or rename."""
        return await _run(self._thread, self._client.mv, from_uri, to_uri)

    async def add_resource(self, path: str | Path | None = None, target: str | None = None, *, url: str = "") -> Record:
        """Add a file or a folder."""
        return await _run(self._thread, self._client.add_resource, path, target, url=url)

    async def add_skill(self, skill: str | Path | Mapping[str, str]) -> Record:
        """Add a skill."""
        return await _run(self._thread, self._client.add_skill, skill)

    async def relations(self, uri: str) -> list[Record]:
        """What a directory is related to."""
        return await _run(self._thread, self._client.relations, uri)

    async def link(self, from_uri: str, uris: str | Sequence[str], reason: str = "") -> Record:
        """Say that a directory is related to others."""
        return await _run(self._thread, self._client.link, from_uri, uris, reason)

    async def unlink(self, from_uri: str, uri: str | Sequence[str]) -> Record:
        """Say that it is no longer."""
        return await _run(self._thread, self._client.unlink, from_uri, uri)

    async def find(self, query: str, target_uri: str | None = None, limit: int = 10) -> Record:
        """Search by meaning and words."""
        return await _run(self._thread, self._client.find, query, target_uri, limit)

    async def search(
        self, query: str, session_info: "AsyncSession | None" = None, target_uri: str | None = None, limit: int = 10
    ) -> Record:
        """Search in a session: what was said there last is part of the question."""
        session = Session(self.workspace, self.workspace.session_id(session_info.uri)) if session_info else None
        return await _run(self._thread, self._client.search, query, session, target_uri, limit)

    async def wait_processed(self) -> Record:
        """Bring the search index up to date now."""
        return await _run(self._thread, self._client.wait_processed)

    async def export_ovpack(self, uri: str, to: str | Path, include_vectors: bool = False) -> str:
        """Write a directory to a pack; the file's path."""
        return await _run(self._thread, self._client.export_ovpack, uri, to, include_vectors)

    async def import_ovpack(
        self, file_path: str | Path, parent: str, force: bool = False, vectorize: bool = True
    ) -> str:
        """Import a pack into the directory ``parent``; the URI at which its root lies now."""
        return await _run(self._thread, self._client.import_ovpack, file_path, parent, force, vectorize)

    def session(self, session_id: str | None = None) -> "AsyncSession":
        """The session of that id, new or carried on; it is there at once, so nothing is to be awaited."""
        session = self._thread.submit(self._client.session, session_id).result()
        return AsyncSession(session, self._thread)


class AsyncSession:
    """One conversation, its methods coroutines. See ``Session``."""

    def __init__(self, session: Session, thread: Executor) -> None:
        """Take a session and the thread that its client runs in."""
        self._session = session
        self._thread = thread
        self.session_id = session.session_id
        self.uri = session.uri

    async def add_message(self, role: str, parts: Parts, *, message_id: str | None = None) -> Record:
        """Add a message; it is on disk when this is done."""
        return await _run(self._thread, self._session.add_message, role, parts, message_id=message_id)

    async def used(self, contexts: Sequence[str] = (), skill: Mapping[str, Any] | None = None) -> Record:
        """Record what was used."""
        return await _run(self._thread, self._session.used, contexts, skill)

    async def messages(self) -> list[Record]:
        """All its messages that are on this machine."""
        return await _run(self._thread, self._session.messages)

    async def commit(self, *, review: bool = False) -> Record:
        """Archive new messages, extract memories, merge."""
        return await _run(self._thread, self._session.commit, review=review)
