"""``find``: one query, no session, the best units of an index, one for each memory, message, file or directory."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict, Unpack

from viking_git.errors import InvalidContent
from viking_git.model.layers import ABSTRACT_LIMIT, clip
from viking_git.model.layout import uri_of
from viking_git.model.messages import timestamp
from viking_git.model.spoken import FORMS
from viking_git.retrieval.database import Facts, Record
from viking_git.retrieval.explain import explain
from viking_git.retrieval.filters import Filters
from viking_git.retrieval.fuse import Ranking
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.look import DEFAULT_RANKING, look, measured
from viking_git.retrieval.places import TYPES
from viking_git.retrieval.results import Hit, Match, Results
from viking_git.retrieval.units import CONTAINER, NOT_TEXT

MATCH_LIMIT = 1_000
"""Characters of a hit's text that are shown."""

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class FindOptions(TypedDict, total=False):
    """What narrows a search; anything may be left out.

    Keys:
        uris: paths in the tree, e.g. ``user/default/memories``; an answer lies at or below one of them.
        limit: answers at most, 10 if not given.
        level: only L0, L1 or L2.
        type: only memory, resource, skill or session.
        category: only memories of this category.
        owner: only what belongs to this space.
        threshold: least score.
        since: earliest time, ISO 8601 or the beginning of one (``2026-11``).
        until: latest time, likewise; ``2026-11`` is all of November.
        ranking: how scores are put together, where the default is not wanted.
        explain: whether the results say how they came about.
    """

    uris: Sequence[str]
    limit: int
    level: int | None
    type: str | None
    category: str | None
    owner: str | None
    threshold: float | None
    since: str | None
    until: str | None
    ranking: Ranking
    explain: bool


def find(index: SearchIndex, query: str, **options: Unpack[FindOptions]) -> Results:
    """The best answers to ``query`` in a refreshed ``index``.

    Args:
        index: after its ``refresh``.
        query: words, a question, an identifier, a quoted phrase.
        options: see ``FindOptions``.

    Raises:
        InvalidContent: an empty query, or a filter that cannot be.
    """
    if not query.strip():
        raise InvalidContent("an empty query finds nothing")
    return index.answer(lambda: _find(index, query, options))


def filters_of(options: FindOptions) -> Filters:
    """The filters among ``options``.

    Raises:
        InvalidContent: one that cannot be.
    """
    type_, level = options.get("type"), options.get("level")
    if type_ is not None and type_ not in TYPES:
        raise InvalidContent(f"unknown type {type_!r}", hint=f"one of {', '.join(TYPES)}")
    if level not in {None, 0, 1, 2}:
        raise InvalidContent(f"unknown level {level}", hint="0 abstract, 1 overview, 2 detail")
    return Filters(
        [uri.strip("/") for uri in options.get("uris", ())], level, type_, options.get("category"),
        options.get("owner"), moment(options.get("since")), moment(options.get("until")),
    )  # fmt: skip


def _find(index: SearchIndex, query: str, options: FindOptions) -> Results:
    filters = filters_of(options)
    looked = look(index, query, filters, options.get("ranking", DEFAULT_RANKING))
    threshold, limit = options.get("threshold") or 0.0, options.get("limit", 10)
    scores, facts = looked.scores, looked.facts
    passed = (row for row, score in scores.items() if score >= threshold)
    looked.ranked = sorted(passed, key=lambda row: (-scores[row], facts[row].group, row))
    looked.chosen = _one_each(looked.ranked, facts, limit, directories=filters.level is not None)
    with measured(looked.seconds, "read"):
        records = index.records(looked.chosen)
        hits = tuple(_hit(records[row], scores[row]) for row in looked.chosen)
    explanation = explain(index, query, filters, threshold, looked) if options.get("explain") else None
    left_out = {path: reason for path, reason in index.left_out().items() if _may_hold(filters.paths, path, reason)}
    return Results(hits, index.degraded, seconds=looked.seconds, explanation=explanation, left_out=left_out)


def _may_hold(places: Sequence[str], path: str, reason: str) -> bool:
    """Whether a file that is not searched in full belongs to what was asked; nobody misses the words of a picture."""
    return reason != NOT_TEXT and (not places or any(f"{path}/".startswith(f"{place}/") for place in places))


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


def moment(text: str | None) -> str | None:
    """A bound as it is compared: a year, a month or a day as it stands, anything else in UTC."""
    try:
        return text if text is None or _DATE.fullmatch(text) else timestamp(text)
    except InvalidContent as error:
        raise InvalidContent(error.message, hint=f"2026-11, 2026-11-02, 2026-11-02T18:00Z, or {FORMS}") from None
