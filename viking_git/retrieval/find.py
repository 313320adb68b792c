"""``find``: one query, no session, the best units of an index, one for each memory, message, file or directory."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.layers import ABSTRACT_LIMIT, clip
from viking_git.model.layout import uri_of
from viking_git.model.messages import timestamp
from viking_git.retrieval.database import Facts, Record
from viking_git.retrieval.filters import Filters
from viking_git.retrieval.fuse import Ranking, fuse, with_siblings
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.places import TYPES
from viking_git.retrieval.units import CONTAINER
from viking_git.retrieval.words import parse_query

VECTOR_POOL = 200
WORDS_POOL = 500
"""Candidates of a query: the nearest by vector, and the best by words."""
MATCH_LIMIT = 1_000
"""Characters of a hit's text that are shown."""

DEFAULT_RANKING = Ranking()

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
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
        }


@dataclass(frozen=True, slots=True)
class Results:
    """The answers of one search, best first.

    Attributes:
        hits: all of them in one order.
        degraded: why something may lack, None when nothing does.
    """

    hits: tuple[Hit, ...]
    degraded: str | None = None

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
        return {**lists, "total": self.total, "degraded": self.degraded}

    def _of(self, name: str) -> list[Hit]:
        return [hit for hit in self.hits if _RESULT_LISTS[hit.context_type] == name]


def find(
    index: SearchIndex,
    query: str,
    *,
    uris: Sequence[str] = (),
    limit: int = 10,
    level: int | None = None,
    type: str | None = None,
    category: str | None = None,
    owner: str | None = None,
    threshold: float | None = None,
    since: str | None = None,
    until: str | None = None,
    ranking: Ranking = DEFAULT_RANKING,
) -> Results:
    """The best ``limit`` answers to ``query`` in a refreshed ``index``.

    Args:
        index: after its ``refresh``.
        query: words, a question, an identifier, a quoted phrase.
        uris: paths in the tree, e.g. ``user/default/memories``; an answer lies at or below one of them.
        limit: answers at most.
        level: only L0, L1 or L2.
        type: only memory, resource, skill or session.
        category: only memories of this category.
        owner: only what belongs to this space.
        threshold: least score.
        since: earliest time, ISO 8601 or the beginning of one (``2026-11``).
        until: latest time, likewise; ``2026-11`` is all of November.
        ranking: how scores are put together, where the default is not wanted.

    Raises:
        InvalidContent: an empty query, or a filter that cannot be.
    """
    if not query.strip():
        raise InvalidContent("an empty query finds nothing")
    if type is not None and type not in TYPES:
        raise InvalidContent(f"unknown type {type!r}", hint=f"one of {', '.join(TYPES)}")
    filters = Filters([u.strip("/") for u in uris], level, type, category, owner, _moment(since), _moment(until))
    hits = index.answer(lambda: _hits(index, query, filters, ranking, limit, threshold or 0.0))
    return Results(hits, index.degraded)


def _hits(
    index: SearchIndex, query: str, filters: Filters, ranking: Ranking, limit: int, threshold: float
) -> tuple[Hit, ...]:
    scores, facts = _scores(index, query, index.allowed(filters), ranking)
    passed = (row for row, score in scores.items() if score >= threshold)
    ranked = sorted(passed, key=lambda row: (-scores[row], facts[row].group, row))
    chosen = _one_each(ranked, facts, limit, directories=filters.level is not None)
    records = index.records(chosen)
    return tuple(_hit(records[row], scores[row]) for row in chosen)


def _scores(
    index: SearchIndex, query: str, allowed: list[int] | None, ranking: Ranking
) -> tuple[dict[int, float], dict[int, Facts]]:
    parsed = parse_query(query)
    # Words first: meanwhile the model is loading.
    words = index.words(parsed.match, WORDS_POOL, allowed)
    exact = index.exact(parsed.exact, WORDS_POOL, allowed) if parsed.exact else None
    vector = index.query_vector(query)
    cosines: dict[int, float] = {}
    if vector is not None:
        cosines = index.nearest(vector, VECTOR_POOL, allowed)
        cosines |= index.cosines(vector, (words.keys() | (exact or {}).keys()) - cosines.keys())
    facts = index.facts(words.keys() | cosines.keys() | (exact or {}).keys())
    kinds = {row: fact.kind for row, fact in facts.items()}
    scores = fuse(cosines, words, kinds, exact, ranking.vector_weights)
    chats = {row: fact.directory for row, fact in facts.items() if fact.kind == "chat"}
    return with_siblings(scores, chats, ranking.siblings), facts


def _one_each(ranked: Iterable[int], facts: Mapping[int, Facts], limit: int, *, directories: bool) -> list[int]:
    """The first row of each group; of directories only those that say something of their own, and only where nothing
    below them came first, unless ``directories`` are what is wanted.
    """
    chosen: list[int] = []
    groups: set[str] = set()
    above: set[str] = set()
    for row in ranked:
        if len(chosen) >= limit:
            break
        group = facts[row].group
        if group in groups or (not directories and (group in above or facts[row].kind == CONTAINER)):
            continue
        groups.add(group)
        chosen.append(row)
        above.update(_ancestors(group))
    return chosen


def _ancestors(group: str) -> Iterable[str]:
    """The groups of the directories that hold ``group``."""
    head = group.rstrip("/")
    while "/" in head:
        head = head.rpartition("/")[0]
        yield f"{head}/"


def _hit(record: Record, score: float) -> Hit:
    text = record.text if len(record.text) <= MATCH_LIMIT else f"{record.text[: MATCH_LIMIT - 1]}…"
    return Hit(
        uri=uri_of(record.path, directory=record.level < 2), fragment=record.fragment,
        context_type=record.type, level=record.level, score=score,
        abstract=record.abstract or clip(record.text, ABSTRACT_LIMIT),
        match=Match(text, record.line_start, record.line_end), owner=record.owner, updated_at=record.updated_at,
        record=record,
    )  # fmt: skip


def _moment(text: str | None) -> str | None:
    """A bound as it is compared: a year, a month or a day as it stands, anything else in UTC."""
    return text if text is None or _DATE.fullmatch(text) else timestamp(text)
