"""How an answer came about, as values for JSON: the query as it was read, each part of a score, what was left out."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from viking_git.retrieval.database import Record
from viking_git.retrieval.filters import Filters
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.look import DEFAULT_RANKING, Looked, look
from viking_git.retrieval.units import CONTAINER

SHOWN = 20
"""Candidates that are listed beside the hits."""


def explain(index: SearchIndex, query: str, filters: Filters, threshold: float, looked: Looked) -> dict[str, Any]:
    """The trajectory of one query.

    Returns:
        ``query`` (text, terms, phrases, exact), ``filters``, ``ranking``, ``units`` (all, and those that pass),
        ``candidates`` (how many by words, by vectors, to the letter), ``hits`` and ``left_out`` (candidates with
        address, score, its parts and, if left out, why), ``seconds`` by stage.
    """
    shown = [row for row in looked.ranked if row not in set(looked.chosen)][:SHOWN]
    below = sorted((row for row in looked.scores.keys() - {*looked.ranked}), key=lambda row: -looked.scores[row])[
        :SHOWN
    ]
    units = index.state.units
    outside = _outside(index, query, filters, looked)
    records = index.records([*looked.chosen, *shown, *below])
    why = {**dict.fromkeys(below, f"below the threshold {threshold}"), **_crowded(looked, shown, records)}
    return {
        "query": {
            "text": query, "terms": list(looked.query.terms), "phrases": list(looked.query.phrases),
            "exact": list(looked.query.exact),
        },
        "filters": dict(_filter_items(filters)),
        "ranking": {f.name: v for f in fields(looked.ranking) if (v := getattr(looked.ranking, f.name))},
        "units": {"all": units, "pass": units if looked.allowed is None else len(looked.allowed)},
        "candidates": {
            "words": len(looked.evidence.words), "vectors": len(looked.evidence.cosines),
            "exact": len(looked.evidence.exact or {}),
        },
        "hits": [_shown(looked, row, records[row]) for row in looked.chosen],
        "left_out": [{**_shown(looked, row, records[row]), "why": why[row]} for row in [*shown, *below]] + outside,
        "seconds": {stage: round(taken, 5) for stage, taken in looked.seconds.items()},
    }  # fmt: skip


def address(record: Record) -> str:
    """URI and fragment of a unit."""
    path = f"viking://{record.path}" if record.level == 2 else f"viking://{record.path}/"
    return f"{path}#{record.fragment}" if record.fragment else path


def _shown(looked: Looked, row: int, record: Record) -> dict[str, Any]:
    evidence, facts = looked.evidence, looked.facts[row]
    parts = evidence.parts(row, facts.kind)
    numbers = {
        "vector": parts.vector, "words": parts.words, "exact": parts.exact,
        "place": looked.scores[row] - parts.score,
    }  # fmt: skip
    return {
        "address": address(record),
        "level": record.level,
        "score": round(looked.scores[row], 4),
        "parts": {name: round(value, 4) for name, value in numbers.items()},
        "cosine": round(evidence.cosines[row], 4) if row in evidence.cosines else None,
        "bm25": round(evidence.words[row], 3) if row in evidence.words else None,
        "kind": facts.kind,
    }


def _crowded(looked: Looked, rows: list[int], records: dict[int, Record]) -> dict[int, str]:
    """Why rows that scored are no hits: another unit stands for them, or there was no room."""
    groups = {looked.facts[row].group: number for number, row in enumerate(looked.chosen, start=1)}
    found: dict[int, str] = {}
    for row in rows:
        facts = looked.facts[row]
        if facts.group in groups:
            found[row] = f"hit {groups[facts.group]} is of the same memory, file or directory"
        elif facts.kind == CONTAINER:
            found[row] = "a list of what a directory holds; --level shows it"
        elif records[row].level < 2 and any(group.startswith(facts.group) for group in groups):
            found[row] = "something below it is a hit"
        else:
            found[row] = "the limit was reached"
    return found


def _outside(index: SearchIndex, query: str, filters: Filters, looked: Looked) -> list[dict[str, Any]]:
    """The best candidates that a filter kept out, each with the filters that did."""
    if looked.allowed is None:
        return []
    allowed = set(looked.allowed)
    free = look(index, query, Filters(), DEFAULT_RANKING)
    rows = sorted((row for row in free.scores if row not in allowed), key=lambda row: (-free.scores[row], row))[:SHOWN]
    passed = {name: set(index.allowed(one) or ()) for name, one in _one_by_one(filters)}
    return [
        {
            **_shown(free, row, record),
            "why": "filtered: " + ", ".join(name for name, among in passed.items() if row not in among),
        }
        for row, record in ((row, index.records([row])[row]) for row in rows)
    ]


def _filter_items(filters: Filters) -> Iterator[tuple[str, object]]:
    for field in fields(filters):
        value = getattr(filters, field.name)
        if value is not None and (field.name != "paths" or value):
            yield field.name, list(value) if field.name == "paths" else value


def _one_by_one(filters: Filters) -> Iterator[tuple[str, Filters]]:
    """Each filter alone."""
    nothing = Filters()
    for name, _ in _filter_items(filters):
        others: dict[str, Any] = {f.name: getattr(nothing, f.name) for f in fields(filters) if f.name != name}
        yield name, replace(filters, **others)
