"""``OpenViking``: the methods of OpenViking's documents on a workspace here, without a server."""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from viking_git.client.results import Record, Tree, record, records
from viking_git.errors import InvalidContent, InvalidURI
from viking_git.model.frontmatter import join_front_matter
from viking_git.model.messages import Message, timestamp
from viking_git.session.publish import Published
from viking_git.session.state import SessionId
from viking_git.workspace import Workspace

Parts = str | Sequence[Mapping[str, Any]]
"""What is said: text, or parts with a ``type`` (text, context, tool, image)."""


class OpenViking:
    """A workspace, asked by plain calls. ``AsyncOpenViking`` has the same methods to be awaited.

    Results are mappings with attributes. Every write is a commit; there is nothing to close.
    """

    def __init__(self, path: str | Path | None = None, *, workspace: Workspace | None = None) -> None:
        """Open the workspace at ``path`` or above it; without, the one that the command line would use.

        Raises:
            NotAWorkspace: none is there; ``viking-git init`` makes one.
        """
        self.workspace = workspace or Workspace.open(path)

    # --- reading

    def ls(self, uri: str = "viking://", *, hidden: bool = False) -> list[Record]:
        """The entries of a directory: ``name, uri, is_dir, size, abstract``."""
        return records(entry.to_json() for entry in self.workspace.ls(uri, hidden=hidden))

    def tree(self, uri: str = "viking://", max_depth: int | None = None) -> Tree:
        """What is below a directory; printed, it shows branches."""
        top = self.workspace.uri(uri)
        rows = list(self.workspace.tree(uri, depth=max_depth))
        return Tree(f"{top.uri.rstrip('/')}/" if top.full_path else top.uri, rows)

    def read(self, uri: str) -> str:
        """The text of a file (L2), or of the part that a fragment names (``#L10-L20``, ``#msg_…``).

        Raises:
            InvalidContent: it is not text; ``workspace.read`` gives its bytes.
        """
        try:
            return self.workspace.read(uri).decode()
        except UnicodeDecodeError:
            raise InvalidContent(f"{uri} is not UTF-8 text", hint="client.workspace.read gives its bytes") from None

    def abstract(self, uri: str) -> str:
        """L0 of a directory."""
        return self.workspace.abstract(uri).rstrip("\n")

    def overview(self, uri: str) -> str:
        """L1 of a directory."""
        return self.workspace.overview(uri).rstrip("\n")

    def stat(self, uri: str) -> Record:
        """What a file or a directory is, and which commit changed it last."""
        return record(self.workspace.files.stat(uri).to_json())

    def grep(self, pattern: str, uri: str = "viking://", *, ignore_case: bool = False) -> list[Record]:
        """The lines in which a regular expression occurs: ``uri, fragment, text``."""
        return records(line.to_json() for line in self.workspace.files.grep(pattern, uri, ignore_case=ignore_case))

    def glob(self, pattern: str) -> list[str]:
        """The URIs that a pattern matches."""
        return self.workspace.files.glob(pattern)

    # --- writing

    def write(self, uri: str, data: str | bytes, *, append: bool = False) -> Record:
        """Write a file; a memory's content.md is checked first."""
        raw = data.encode() if isinstance(data, str) else data
        return _published(self.workspace.files.write(uri, raw, append=append))

    def mkdir(self, uri: str, *, parents: bool = False) -> Record:
        """Make a directory, with layers."""
        return _published(self.workspace.files.mkdir(uri, parents=parents))

    def rm(self, uri: str, recursive: bool = False) -> Record:
        """Remove a file, or with ``recursive`` a directory."""
        return _published(self.workspace.files.rm(uri, recursive=recursive))

    def mv(self, from_uri: str, to_uri: str) -> Record:
        """Move or rename; relations and provenance follow."""
        return _published(self.workspace.files.mv(from_uri, to_uri))

    def add_resource(self, path: str | Path | None = None, target: str | None = None, *, url: str = "") -> Record:
        """Add a file or a folder below ``viking://resources/``: ``added, changed, removed, skipped…``.

        Raises:
            InvalidURI: a ``url``; nothing is fetched from the network.
        """
        if path is None or url:
            raise InvalidURI(f"nothing is fetched: {url or 'no path'}", hint="download it, then add_resource(path)")
        report = self.workspace.add([Path(path)], target)
        return record(
            {
                "added": report.added, "changed": report.changed, "removed": report.removed,
                "unchanged": report.unchanged, "not_searchable": report.not_searchable,
                "skipped": [{"path": name, "reason": reason} for name, reason in report.skipped],
            }
        )  # fmt: skip

    def add_skill(self, skill: str | Path | Mapping[str, str]) -> Record:
        """Add a skill below ``viking://agent/{agent}/skills/``: ``uri, added, changed, removed``.

        Args:
            skill: a folder with a SKILL.md or such a file; the text of one; or its ``name, description, content``.

        Raises:
            InvalidContent: it is no skill, with all that is wrong.
        """
        if isinstance(skill, Mapping):
            fields = {key: value for key, value in skill.items() if key != "content"}
            skill = join_front_matter(fields, skill.get("content", ""))
        if isinstance(skill, str) and skill.startswith("---\n"):
            with TemporaryDirectory() as directory:
                file = Path(directory) / "SKILL.md"
                file.write_text(skill, encoding="utf-8")
                return self.add_skill(file)
        uri, report = self.workspace.skills.add(Path(skill))
        return record({"uri": uri, "added": report.added, "changed": report.changed, "removed": report.removed})

    # --- relations

    def relations(self, uri: str) -> list[Record]:
        """What a directory is related to: ``uri, reason, created_at``."""
        found = self.workspace.files.relations(uri)
        return records({**r.extra, "uri": r.uri, "reason": r.reason, "created_at": r.created_at} for r in found)

    def link(self, from_uri: str, uris: str | Sequence[str], reason: str = "") -> Record:
        """Say that a directory is related to others."""
        return _published(self.workspace.files.link(from_uri, uris, reason=reason))

    def unlink(self, from_uri: str, uri: str | Sequence[str]) -> Record:
        """Say that it is no longer."""
        return _published(self.workspace.files.unlink(from_uri, uri))

    # --- searching

    def find(self, query: str, target_uri: str | None = None, limit: int = 10) -> Record:
        """Search by meaning and words: ``memories``, ``resources``, ``skills``, each a list of hits, and ``total``."""
        uris = [target_uri] if target_uri and target_uri != "viking://" else []
        return record(self.workspace.find(query, uris=uris, limit=limit).to_json())

    def search(
        self, query: str, session_info: "Session | None" = None, target_uri: str | None = None, limit: int = 10
    ) -> Record:
        """As ``find``, asked in a session: what was said there last is part of the question."""
        if session_info is None:
            return self.find(query, target_uri, limit)
        uris = [target_uri] if target_uri and target_uri != "viking://" else []
        found = self.workspace.search(query, self.workspace.session_id(session_info.uri), uris=uris, limit=limit)
        return record(found.to_json())

    def wait_processed(self) -> Record:
        """Bring the search index up to date now. There is no queue: the next search would do it."""
        self.workspace.update_index()
        return record({"pending": 0})

    # --- packs

    def export_ovpack(self, uri: str, to: str | Path, include_vectors: bool = False) -> str:
        """Write a directory to a pack; the file's path."""
        return self.workspace.packs.export_ovpack(self.workspace.uri(uri), Path(to), include_vectors=include_vectors)

    def import_ovpack(self, file_path: str | Path, parent: str, force: bool = False, vectorize: bool = True) -> str:
        """Import a pack into the directory ``parent``; the URI at which its root lies now.

        Args:
            force: replace what is there.
            vectorize: bring the search index up to date now; otherwise the next search does.
        """
        uri = self.workspace.uri(parent)
        return self.workspace.packs.import_ovpack(Path(file_path), uri, force=force, vectorize=vectorize)

    # --- sessions

    def session(self, session_id: str | None = None) -> "Session":
        """The session of that id, new or carried on; without, a new one with an id of its own."""
        return Session(self.workspace, self.workspace.new_session(session_id))


class Session:
    """One conversation.

    Attributes:
        session_id: its id.
        uri: where it lies.
    """

    def __init__(self, workspace: Workspace, session: SessionId) -> None:
        """Take the workspace and which of its sessions this is."""
        self._workspace = workspace
        self._session = session
        self.session_id = session.id
        self.uri = session.uri

    def add_message(self, role: str, parts: Parts, *, message_id: str | None = None) -> Record:
        """Add a message; it is on disk when this returns. The same message again changes nothing.

        Another message of its id gets a new id, which the record names as ``message_id``.

        Local files that image parts name are kept with the session.
        """
        said = [{"type": "text", "text": parts}] if isinstance(parts, str) else list(parts)
        now = timestamp(self._workspace.store.clock())
        message = Message(message_id or f"msg_{uuid.uuid4()}", role, tuple(said), now)
        done = self._workspace.add_messages(self._session, [message], files=True)
        found = [*done.messages, *done.known][0]
        return record({"session_id": self.session_id, "message_id": found.id, "added": len(done.messages)})

    def used(self, contexts: Sequence[str] = (), skill: Mapping[str, Any] | None = None) -> Record:
        """Record which contexts and which skill (``uri, input, output, success``) were used; ``commit`` counts them.

        Raises:
            NotFound: a URI with nothing at it.
            InvalidContent: nothing was used.
        """
        return record(self._workspace.used(self._session, contexts, skill))

    def messages(self) -> list[Record]:
        """All its messages that are on this machine, archived ones first."""
        return records(message.to_json() for message in self._workspace.messages(self._session))

    def commit(self, *, review: bool = False) -> Record:
        """Archive new messages, extract memories, merge: ``status, memories_extracted, active_count_updated…``."""
        return record(self._workspace.commit(self._session, review=review).to_json())


def _published(done: Published) -> Record:
    return record({"commit": done.commit, "subject": done.subject, "changed": [f"viking://{p}" for p in done.changed]})
