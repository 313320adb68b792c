"""What ``--explain`` prints: how the query was read, what a score is made of, what was left out and why."""

from collections.abc import Mapping
from typing import Any

from viking_git.cli.output import dim, plural, printable

_LEFT_OUT = 10


def print_explanation(found: Mapping[str, Any]) -> None:
    """Print an explanation (``retrieval.explain.explain``), or those of several typed queries."""
    if "queries" not in found:
        _print_one(found)
        return
    for query in found["queries"]:
        kind = query["context_type"] or "anything"
        print(f"\nquery {printable(query['query'])!r} for {kind}, priority {query['priority']}: {query['intent']}")
        _print_one({**query, "query": {**_EMPTY, "text": query["query"]}})


_EMPTY: Mapping[str, Any] = {"terms": [], "phrases": [], "exact": []}


def _print_one(found: Mapping[str, Any]) -> None:
    query, units, candidates = found["query"], found["units"], found["candidates"]
    print()
    for name in ("terms", "phrases", "exact"):
        if query[name]:
            print(f"{name + ':':11}{printable(', '.join(query[name]))}")
    if found["filters"]:
        filters = ", ".join(f"{name} {value}" for name, value in found["filters"].items())
        print(f"filters:   {printable(filters)}; {units['pass']:,} of {plural(units['all'], 'unit')} pass")
    print(f"looked at: {candidates['words']} by words, {candidates['vectors']} by vectors, "
          f"{candidates['exact']} to the letter, of {plural(units['pass'], 'unit')}")  # fmt: skip
    print("score  = vector + words + exact + place")
    for hit in found["hits"]:
        print(_row(hit))
    if found["left_out"]:
        print("left out:")
    for one in found["left_out"][:_LEFT_OUT]:
        print(f"{_row(one)}  {dim(one['why'])}")
    print("seconds:   " + ", ".join(f"{stage} {taken:.3f}" for stage, taken in found["seconds"].items()))


def _row(shown: Mapping[str, Any]) -> str:
    parts = shown["parts"]
    numbers = "  ".join(f"{parts[name]:6.3f}" for name in ("vector", "words", "exact", "place"))
    return f"{shown['score']:6.3f} = {numbers}  {shown['kind']:9} {printable(shown['address'])}"
