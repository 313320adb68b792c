"""The log of queries: local, and only where ``git config viking.querylog true`` asks for it.

One JSON object a line in ``viking/queries.jsonl`` of the common git directory: never tracked, pushed or searched.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from viking_git.model.messages import timestamp
from viking_git.private import open_private
from viking_git.retrieval.results import Results
from viking_git.store.repo import Store

SWITCH = "viking.querylog"
MOST_BYTES = 1_000_000
"""The size at which the log is put aside as ``queries.jsonl.1`` and begun anew."""


class QueryLog:
    """Where queries are written down, or nowhere."""

    def __init__(self, path: Path | None, store: Store) -> None:
        """Take the file; None writes nothing."""
        self.path = path
        self._store = store

    @classmethod
    def of(cls, store: Store) -> "QueryLog":
        """The log of a workspace, as its git config says."""
        wanted = (store.config(SWITCH) or "").lower() in {"true", "yes", "on", "1"}
        return cls(store.private_dir / "queries.jsonl" if wanted else None, store)

    def add(self, query: str, results: Results, seconds: float) -> None:
        """Write one query down; a log that cannot be written is no reason to fail."""
        if self.path is None:
            return
        entry = {
            "time": timestamp(self._store.clock()), "query": query, "hits": results.total,
            "degraded": results.degraded, "seconds": round(seconds, 5),
            "stages": {stage: round(taken, 5) for stage, taken in results.seconds.items()},
        }  # fmt: skip
        line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace") + b"\n"
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > MOST_BYTES:
                self.path.replace(self.path.with_name(f"{self.path.name}.1"))
            handle = open_private(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)

    def entries(self) -> list[dict[str, Any]]:
        """What was written down, the last at the end; a torn line is left out."""
        found: list[dict[str, Any]] = []
        with suppress(OSError):
            lines = self.path.read_bytes().splitlines() if self.path else []
            for line in lines:
                with suppress(ValueError):
                    found.append(json.loads(line))
        return found
