"""Numbers about a workspace: what is remembered, how it grew, what search has and how fast it answers."""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from viking_git.model.layers import CONTENT
from viking_git.model.layout import memory_of
from viking_git.retrieval.places import place
from viking_git.retrieval.vectors import VectorCache
from viking_git.session.indexes import IndexStatus, status
from viking_git.session.searching import Searching
from viking_git.session.sessions import all_sessions
from viking_git.store.snapshot import Snapshot

RECENT_QUERIES = 1_000

_CREATED = re.compile(r"^created_at: *[\'\"]?(\d{4}-\d{2})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stats:
    """What ``stats`` prints.

    Attributes:
        memories: (owner, category) → count.
        growth: month → memories first written in it.
        sessions, messages: how many, archived ones.
        documents: files below ``resources/``.
        index: what there is of indexes.
        cache: ``hits``, ``computed`` and ``texts`` of the cache of vectors, over all workspaces.
        latency: of the queries that the log holds: ``queries``, ``p50``, ``p95`` and ``stages`` in seconds; None
            without a log.
    """

    memories: dict[tuple[str, str], int]
    growth: dict[str, int]
    sessions: int
    messages: int
    documents: int
    index: IndexStatus
    cache: dict[str, int]
    latency: dict[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return {
            "memories": [
                {"owner": owner, "category": category, "count": count}
                for (owner, category), count in self.memories.items()
            ],
            "growth": self.growth, "sessions": self.sessions, "messages": self.messages, "documents": self.documents,
            "index": self.index.to_json(), "cache": self.cache, "queries": self.latency,
        }  # fmt: skip


def stats(searching: Searching) -> Stats:
    """The numbers of now."""
    trunk = searching.trees().trunk
    memories, growth = searching.setting.store.settled(lambda: _memories(trunk))
    sessions = all_sessions(searching.setting.store, trunk)
    documents = sum(1 for path, _ in trunk.walk("resources") if not path.rpartition("/")[2].startswith("."))
    return Stats(
        memories, growth, len(sessions), sum(info.archived for info in sessions), documents, status(searching),
        _cache_counts(searching), _latency(searching.log.entries()),
    )  # fmt: skip


def _memories(trunk: Snapshot) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    counts: Counter[tuple[str, str]] = Counter()
    months: Counter[str] = Counter()
    for scope in ("agent", "user"):
        for path, entry in trunk.walk(scope):
            if entry.kind == "file" and path.endswith(f"/{CONTENT}") and memory_of(path):
                where = place(path)
                counts[where.owner, where.category] += 1
                found = _CREATED.search(trunk.read_oid(entry.oid)[:4_000].decode("utf-8", "replace"))
                months[found[1] if found else "unknown"] += 1
    return dict(sorted(counts.items())), dict(sorted(months.items()))


def _cache_counts(searching: Searching) -> dict[str, int]:
    name = status(searching).fingerprint
    directory = searching.setting.cache / "vectors"
    if not (directory / f"{name}.sqlite").is_file():
        return {"hits": 0, "computed": 0, "texts": 0}
    with closing(VectorCache(directory, name, 0, searching.setting.notice)) as cache:
        return cache.counts()


def _latency(entries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    entries = [entry for entry in entries if isinstance(entry.get("seconds"), float | int)][-RECENT_QUERIES:]
    if not entries:
        return None
    taken = sorted(float(entry["seconds"]) for entry in entries)
    stages = {stage for entry in entries for stage in entry.get("stages", {})}
    return {
        "queries": len(taken),
        "p50": statistics.median(taken),
        "p95": taken[min(len(taken) - 1, round(0.95 * (len(taken) - 1)))],
        "stages": {
            stage: statistics.median(float(entry.get("stages", {}).get(stage, 0.0)) for entry in entries)
            for stage in sorted(stages)
        },
    }
