"""What a search answers with: hits in one order, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from viking_git.model.layout import uri_of
from viking_git.retrieval.database import Record

_RESULT_LISTS = {"memory": "memories", "session": "memories", "resource": "resources", "skill": "skills"}


@dataclass(frozen=True, slots=True)
class Match:
    """The words found: text and its lines in the file; 0 for a directory's L0 and L1."""

    text: str
    line_start: int
    line_end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer.

    Attributes:
        uri: the file, or the directory with a slash at its end.
        fragment: the part of the file, "" for a directory.
        context_type: memory, resource, skill or session.
        level: 0, 1 or 2.
        score: 0 to 1, comparable within one search.
        abstract: the L0 of the directory it lies in, or its first words where there is none.
        match: what was found.
        owner: the space it belongs to, "" for resources.
        updated_at: ISO 8601, a message's own time; "" where none is known.
        record: the whole record of the index.
    """

    uri: str
    fragment: str
    context_type: str
    level: int
    score: float
    abstract: str
    match: Match
    owner: str
    updated_at: str
    record: Record

    @property
    def address(self) -> str:
        """URI and fragment as one."""
        return f"{self.uri}#{self.fragment}" if self.fragment else self.uri

    def to_json(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return {
            "uri": self.uri,
            "fragment": self.fragment or None,
            "context_type": self.context_type,
            "level": self.level,
            "score": round(self.score, 4),
            "abstract": self.abstract,
            "match": {
                "text": self.match.text,
                "line_start": self.match.line_start or None,
                "line_end": self.match.line_end or None,
            },
            "owner": self.owner or None,
            "updated_at": self.updated_at or None,
            "status": self.record.status or None,
        }


@dataclass(frozen=True, slots=True)
class Related:
    """A neighbour of a hit: ``source`` is the hit's directory, ``abstract`` the neighbour's L0."""

    uri: str
    reason: str
    source: str
    abstract: str

    def to_json(self) -> dict[str, str]:
        """The object that ``--json`` prints."""
        return {"uri": self.uri, "reason": self.reason, "source": self.source, "abstract": self.abstract}


@dataclass(frozen=True, slots=True)
class Results:
    """The answers of one search, best first.

    Attributes:
        hits: all of them in one order.
        degraded: why something may lack, None when nothing does.
        related: what the hits' directories are linked to, where that was asked for.
        seconds: stage → seconds: embed, vectors, words, fusion, read.
        left_out: path → the reason why the words of a file were not all searched, or not as they were written.
        explanation: how the query was read, what each part of a score is and what was left out and why; JSON values.
            None where that was not asked for.
    """

    hits: tuple[Hit, ...]
    degraded: str | None = None
    related: tuple[Related, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    explanation: Mapping[str, Any] | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def memories(self) -> list[Hit]:
        """Memories and archived messages."""
        return self._of("memories")

    @property
    def resources(self) -> list[Hit]:
        """Documents and their directories."""
        return self._of("resources")

    @property
    def skills(self) -> list[Hit]:
        """Skills."""
        return self._of("skills")

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.hits)

    def to_json(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        lists = {name: [hit.to_json() for hit in self._of(name)] for name in ("memories", "resources", "skills")}
        found: dict[str, Any] = {**lists, "total": self.total, "degraded": self.degraded}
        if self.related:
            found["related"] = [one.to_json() for one in self.related]
        if self.left_out:
            found["left_out"] = [{"uri": uri_of(path), "reason": reason} for path, reason in self.left_out.items()]
        if self.explanation is not None:
            found["explain"] = dict(self.explanation)
        return found

    def _of(self, name: str) -> list[Hit]:
        return [hit for hit in self.hits if _RESULT_LISTS[hit.context_type] == name]
