"""Tool calls of an archive: a record for each, and how often which tool was called, and how that went.

A record names the message that holds the call; what went in and came out stands there, and only there.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from viking_git.model.changes import Changes
from viking_git.model.messages import Message
from viking_git.model.meta import digest, dump_json
from viking_git.model.names import fold, slug
from viking_git.session.state import SessionId
from viking_git.store.snapshot import Snapshot

TOOL_FILE = "tool.json"

_FAILED = frozenset({"error", "failed", "failure"})


def tool_changes(base: Snapshot, session: SessionId, number: int, messages: Sequence[Message]) -> Changes:
    """``tools/{tool_id}/tool.json`` for every call in ``messages``, none of which ``base`` holds yet."""
    place = f"{session.path}/tools"
    taken = {fold(entry.name) for entry in base.entries(place)}
    changes = Changes()
    for message in messages:
        for order, part in enumerate(message.tool_parts, start=1):
            tool_id = str(part.get("tool_id") or f"{message.id}-{order}")
            name = slug(tool_id)
            if fold(name) in taken:
                name = f"{name[:48]}-{digest([message.id, tool_id, str(order)])[:8]}"
            taken.add(fold(name))
            record = {
                "archive": session.archive(number).rpartition("/")[2], "created_at": message.created_at,
                "input_bytes": _size(part.get("tool_input")), "message": message.id,
                "output_bytes": _size(part.get("tool_output")), "status": str(part.get("tool_status", "completed")),
                "tool_id": tool_id, "tool_name": part["tool_name"],
            }  # fmt: skip
            if _duration(part):
                record["duration_ms"] = _duration(part)
            changes.write(f"{place}/{name}/{TOOL_FILE}", dump_json(record))
    return changes


def tool_stats(messages: Sequence[Message]) -> dict[str, dict[str, int]]:
    """Calls, failures and milliseconds by the tool's name; a tool that says no durations has 0."""
    stats: dict[str, dict[str, int]] = {}
    for message in messages:
        for part in message.tool_parts:
            found = stats.setdefault(str(part["tool_name"]), {"calls": 0, "failures": 0, "duration_ms": 0})
            found["calls"] += 1
            found["failures"] += str(part.get("tool_status")) in _FAILED
            found["duration_ms"] += _duration(part)
    return stats


def total_stats(several: Sequence[object]) -> dict[str, dict[str, int]]:
    """The statistics of several archives' ``tools`` together; what is no statistic counts nothing."""
    total: dict[str, dict[str, int]] = {}
    for tools in several:
        for name, stats in tools.items() if isinstance(tools, dict) else ():
            sums = total.setdefault(name, {"calls": 0, "failures": 0, "duration_ms": 0})
            for key in sums:
                value = stats.get(key, 0) if isinstance(stats, dict) else 0
                sums[key] += value if isinstance(value, int) else 0
    return total


def _duration(part: Mapping[str, Any]) -> int:
    value = part.get("duration_ms")
    return round(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0


def _size(value: object) -> int:
    if value is None:
        return 0
    return len((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode())
