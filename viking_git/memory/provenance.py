"""A memory's ``.meta.json``: where it comes from and how often it was used, folded from the archives' records.

The fold is a join (earliest, latest, union, greatest), so neither order nor repetition of records matters: two
branches that folded different archives agree once each has seen both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What one record of an archive says about one memory.

    Attributes:
        session: id of the session.
        archive: name of the archive, ``archive_001``.
        at: the time of the record, ISO 8601 with Z: of the decision's messages, or of the last use.
        decision: the file of the decision, ``01``; "" for a record of use.
        messages: ids of the messages that were read.
        uses: how often the archive's session used the memory (``usage.jsonl``, and calls for a tool's memory).
        successes, failures: how many of the uses ended so, where that is known.
        duration_ms: how long they took together, where that is known.
    """

    session: str
    archive: str
    at: str
    decision: str = ""
    messages: tuple[str, ...] = ()
    uses: int = 0
    successes: int = 0
    failures: int = 0
    duration_ms: int = 0


_COUNTS = ("successes", "failures", "duration_ms")


def fold(meta: Mapping[str, Any], records: Iterable[SourceRecord]) -> dict[str, Any]:
    """``meta`` with ``records`` folded in; unknown keys are kept, and a record folded in twice counts once."""
    known = list(records)
    sources = _objects(meta.get("sources"))
    for record in known:
        if record.decision:
            sources.append(
                {"session": record.session, "archive": record.archive, "decision": record.decision,
                 "messages": sorted(set(record.messages))}
            )  # fmt: skip
    said = [r.at for r in known if r.decision and r.at]
    created = [*said, *_texts(meta, "created_at")]
    updated = [*said, *_texts(meta, "updated_at")]
    stats = fold_uses(_object(meta.get("stats")), known)
    folded = {**meta, "sources": _joined(sources, ("session", "archive", "decision")), "stats": stats}
    times = {"created_at": min(created, default=None), "updated_at": max(updated, default=None)}
    return folded | {key: value for key, value in times.items() if value is not None}


def fold_uses(stats: Mapping[str, Any], records: Iterable[SourceRecord]) -> dict[str, Any]:
    """``stats`` with the uses of ``records`` folded in: one entry an archive under ``uses``, and their sums."""
    uses = _objects(stats.get("uses"))
    for record in records:
        if record.uses:
            counts = {key: value for key in _COUNTS if (value := getattr(record, key))}
            uses.append(
                {"session": record.session, "archive": record.archive, "count": record.uses, "at": record.at, **counts}
            )
    uses = _joined(uses, ("session", "archive"))
    folded: dict[str, Any] = {**stats, "active_count": sum(_number(entry.get("count")) for entry in uses)}
    folded |= {key: total for key in _COUNTS if (total := sum(_number(entry.get(key)) for entry in uses))}
    if uses:
        folded |= {"uses": uses, "last_used_at": max(str(entry.get("at", "")) for entry in uses)}
    return folded


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _joined(entries: list[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """One entry for each combination of ``keys``, sorted by it; its other fields joined."""
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in entries:
        key = tuple(str(entry.get(name, "")) for name in keys)
        first = merged.setdefault(key, {})
        for name, value in entry.items():
            first[name] = _join(first[name], value) if name in first else value
    return [merged[key] for key in sorted(merged)]


def _join(one: Any, other: Any) -> Any:
    if isinstance(one, list) and isinstance(other, list):
        return sorted({*map(str, one), *map(str, other)})
    if isinstance(one, int | float) and isinstance(other, int | float):
        return max(one, other)
    return max(one, other, key=str)


def _object(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else []
    return [dict(entry) for entry in entries if isinstance(entry, Mapping)]


def _texts(meta: Mapping[str, Any], key: str) -> list[str]:
    value = meta.get(key)
    return [value] if isinstance(value, str) and value else []
