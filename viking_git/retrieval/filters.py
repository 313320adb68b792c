"""Which units a search looks at: filters as a value, and their SQL."""

from collections.abc import Sequence
from dataclasses import dataclass

_TIME = "coalesce(nullif(u.created_at, ''), nullif(d.updated_at, ''), d.created_at, '')"


@dataclass(frozen=True, slots=True)
class Filters:
    """What must hold for a unit; None and empty let everything through.

    Attributes:
        paths: it lies at or below one of these.
        level: 0, 1 or 2.
        type, category, owner: as in ``places.Place``.
        since, until: bounds of its time, both included, as ISO 8601 or a beginning of it (``2026-11``); a unit without
            a time is outside of any bound.
    """

    paths: Sequence[str] = ()
    level: int | None = None
    type: str | None = None
    category: str | None = None
    owner: str | None = None
    since: str | None = None
    until: str | None = None

    def sql(self) -> tuple[list[str], list[object]]:
        """Conditions on ``u`` (unit) and ``d`` (its directory), and their values in order."""
        conditions: list[str] = []
        values: list[object] = []
        if self.paths:
            # A range is looked up in the table's index, LIKE is not. 0 follows / in ASCII.
            conditions.append(f"({' OR '.join(['u.path = ? OR u.path > ? AND u.path < ?'] * len(self.paths))})")
            values += [bound for path in self.paths for bound in (path, f"{path}/", f"{path}0")]
        for column in ("level", "type", "category", "owner"):
            if getattr(self, column) is not None:
                conditions.append(f"u.{column} = ?")
                values.append(getattr(self, column))
        if self.since is not None:
            conditions.append(f"{_TIME} >= ?")
            values.append(self.since)
        if self.until is not None:
            conditions.append(f"{_TIME} <> '' AND {_TIME} < ?")
            values.append(f"{self.until}\uffff")
        return conditions, values
