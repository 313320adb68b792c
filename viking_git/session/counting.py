"""How often what was used: from the records of an archive to the counts in what they name.

It is a function of the tracked files of the archive and of what is there to be counted: folding it again counts nothing
twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from viking_git.memory.provenance import SourceRecord
from viking_git.model.categories import category
from viking_git.model.layers import CONTENT
from viking_git.model.layout import memories_path, memory_of
from viking_git.model.names import memory_slug
from viking_git.resources.summarize import is_summarised
from viking_git.session.state import SessionId, archive_meta
from viking_git.session.usage import read_usage
from viking_git.store.snapshot import Snapshot


@dataclass(slots=True)
class Use:
    """How often an archive's session used one thing, and how that went; ``duration_ms`` where the calls say it."""

    count: int = 0
    successes: int = 0
    failures: int = 0
    duration_ms: int = 0
    at: str = ""

    def add(self, other: "Use") -> None:
        """Count another's uses too."""
        self.count += other.count
        self.successes += other.successes
        self.failures += other.failures
        self.duration_ms += other.duration_ms
        self.at = max(self.at, other.at)


def used_uris(snapshot: Snapshot, session: SessionId, numbers: Iterable[int]) -> set[str]:
    """The URIs that these archives of a session used and that are there to be counted."""
    found: set[str] = set()
    for number in numbers:
        found.update(archive_uses(snapshot, session, number))
    return found


def archive_uses(view: Snapshot, session: SessionId, number: int) -> dict[str, Use]:
    """What an archive's session used, by the directory that the count belongs to; what is not there (any more) is not.

    A memory counts for whatever was used in its directory, a tool memory also for the calls of its tool.
    """
    uses: dict[str, Use] = {}
    for uri, use in _named(view, session.archive(number)):
        directory = counted_at(view, uri)
        if directory is not None:
            uses.setdefault(directory, Use()).add(use)
    for directory, use in _tool_memories(view, session, number):
        uses.setdefault(directory, Use()).add(use)
    return uses


def source_record(session: SessionId, number: int, use: Use) -> SourceRecord:
    """A use as the fold of ``.meta.json`` takes it."""
    return SourceRecord(
        session.uri, session.archive(number).rpartition("/")[2], use.at, uses=use.count, successes=use.successes,
        failures=use.failures, duration_ms=use.duration_ms,
    )  # fmt: skip


def counted_at(view: Snapshot, uri: str) -> str | None:
    """The directory whose ``.meta.json`` counts the uses of ``uri``: a memory, a skill, or a folder."""
    path = uri.removeprefix("viking://").rstrip("/")
    memory = memory_of(f"{path}/{CONTENT}") or memory_of(path)
    if memory is not None:
        return memory[0] if view.exists(f"{memory[0]}/{CONTENT}") else None
    entry = view.entry(path)
    if entry is None:
        return None
    directory = path if entry.is_dir else path.rpartition("/")[0]
    parts = directory.split("/")
    if parts[0] == "agent" and parts[2:3] == ["skills"]:
        directory = "/".join(parts[:4])
    return directory if is_summarised(directory) else None


def _named(view: Snapshot, archive: str) -> Iterator[tuple[str, Use]]:
    for record in read_usage(view, archive):
        at, skill = record.text("created_at"), record.record("skill")
        yield from ((uri, Use(1, at=at)) for uri in record.texts("contexts"))
        if skill:
            ended = skill.get("success")
            yield skill.text("uri"), Use(1, successes=int(ended is True), failures=int(ended is False), at=at)


def _tool_memories(view: Snapshot, session: SessionId, number: int) -> Iterator[tuple[str, Use]]:
    meta = archive_meta(view, session, number)
    tools, agent = meta.record("tools"), meta.text("agent")
    if not agent:
        return
    kind = category("tools")
    roots = [memories_path(kind, session.space, agent, isolated=isolated) for isolated in (False, True)]
    at = meta.text("created_at")
    for name in sorted(tools):
        stats = tools.record(name)
        for root in roots:
            directory = f"{root}/{kind.path(memory_slug(name))}"
            if stats and view.exists(f"{directory}/{CONTENT}"):
                calls, failures = stats.count("calls"), stats.count("failures")
                yield directory, Use(calls, max(0, calls - failures), failures, stats.count("duration_ms"), at)
