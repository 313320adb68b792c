"""``context``: what an agent should read before it answers, within a budget of tokens.

The best fragments come first, not whole files: messages and chunks hold the evidence in a quarter of the tokens (design
section 5).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from viking_git.errors import InvalidContent
from viking_git.retrieval.database import Record
from viking_git.retrieval.explain import address
from viking_git.retrieval.find import FindOptions, filters_of
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.look import DEFAULT_RANKING, look
from viking_git.retrieval.units import CONTAINER
from viking_git.retrieval.words import parse_query

Form = Literal["markdown", "json"]

CANDIDATES = 300
"""Fragments that are tried, best first; small ones further down may fill what is left of a budget."""
PRIVATE = frozenset({"profile", "preferences"})
"""Categories of which another person's memories stay out (design section 3)."""

_LEAST_TEXT = 80
"""Characters below which a first fragment is not cut to fit."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One piece of a context.

    Attributes:
        uri: with its fragment, e.g. ``…/guide.md#L40-L58``.
        updated_at: ISO 8601, "" where none is known.
        abstract: L0 of the directory that it lies in, where no fragment before it has said that; else "".
        text: what it says, a message with its speaker in front.
        score: 0 to 1.
        contested: whether two sides said different things and nobody has chosen yet.
    """

    uri: str
    updated_at: str
    abstract: str
    text: str
    score: float
    contested: bool = False

    def render(self, form: Form) -> str:
        """The fragment as it stands in a prompt, a blank line at its end, or as one JSON object."""
        if form == "json":
            return json.dumps(self.to_json(), ensure_ascii=False)
        notes = [self.updated_at[:10]] * bool(self.updated_at) + ["contested"] * self.contested
        when = f" ({', '.join(notes)})" if notes else ""
        abstract = f"> {self.abstract}\n" if self.abstract else ""
        return f"### {self.uri}{when}\n{abstract}\n{self.text}\n\n"

    def to_json(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return {
            "uri": self.uri, "updated_at": self.updated_at or None, "abstract": self.abstract or None,
            "text": self.text, "score": round(self.score, 4), "contested": self.contested,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """Fragments that fit into ``budget`` tokens; ``tokens`` is what they take in ``form``."""

    fragments: tuple[Fragment, ...]
    budget: int
    tokens: int
    form: Form
    degraded: str | None = None

    def render(self) -> str:
        """All of it as text: Markdown, or one JSON object."""
        if self.form == "json":
            rows = ",\n".join(fragment.render("json") for fragment in self.fragments)
            return f'{{"fragments": [\n{rows}\n], "tokens": {self.tokens}, "budget": {self.budget}}}\n'
        return "".join(fragment.render("markdown") for fragment in self.fragments).rstrip("\n") + "\n"


def assemble(
    index: SearchIndex, query: str, budget: int, user: str, form: Form = "markdown", options: FindOptions | None = None
) -> Context:
    """What is known about ``query`` in at most ``budget`` tokens.

    Args:
        index: after its ``refresh``.
        query: as for ``find``.
        budget: tokens of the whole rendered text.
        user: the reader's own space: other people's profile and preferences stay out.
        form: how it will be rendered; the budget holds for that.
        options: filters, as for ``find``.

    Raises:
        InvalidContent: an empty query, a budget below 1, or a filter that cannot be.
    """
    if not query.strip():
        raise InvalidContent("an empty query finds nothing")
    if budget < 1:
        raise InvalidContent(f"a budget of {budget} tokens", hint="--budget 1000")
    return index.answer(lambda: _assemble(index, query, budget, user, form, options or {}))


def _assemble(index: SearchIndex, query: str, budget: int, user: str, form: Form, options: FindOptions) -> Context:
    frame = index.count_tokens(Context((), budget, budget, form).render().strip())
    left = budget - frame
    taken: list[Fragment] = []
    for fragment in _candidates(index, query, user, options):
        known = any(fragment.text in other.text for other in taken)
        if known or left <= 0:
            continue
        shown = _oriented(fragment, taken)
        size = _size(index, shown, form)
        if size > left and not taken:
            shown = _cut(index, shown, query, left, form)
            size = _size(index, shown, form)
        if size <= left and shown.text:
            taken.append(shown)
            left -= size
    return _within(index, taken, budget, form)


def _within(index: SearchIndex, taken: list[Fragment], budget: int, form: Form) -> Context:
    """The context, its tokens counted as a whole; the sum of the parts is no promise of every tokenizer."""
    while True:
        whole = Context(tuple(taken), budget, budget, form)
        tokens = index.count_tokens(whole.render()) if taken else 0
        if tokens <= budget:
            return Context(tuple(taken), budget, tokens, form, index.degraded)
        taken = taken[:-1]


def _candidates(index: SearchIndex, query: str, user: str, options: FindOptions) -> Iterator[Fragment]:
    """Fragments, best first. A memory's layers are part of its detail, and a directory's own words stand only where
    nothing in it is a better answer.
    """
    looked = look(index, query, filters_of(options), options.get("ranking", DEFAULT_RANKING))
    scores = looked.scores
    rows = sorted(scores, key=lambda row: (-scores[row], looked.facts[row].group, row))
    rows = [row for row in rows if looked.facts[row].kind != CONTAINER][:CANDIDATES]
    records = index.records(rows)
    detailed = {looked.facts[row].group for row in rows if records[row].level == 2}
    said: set[str] = set()
    for row in rows:
        record = records[row]
        above = record.level < 2 and (record.directory in said or looked.facts[row].group in detailed)
        if above or not _is_for(record, user):
            continue
        said.add(record.directory)
        text = f"{record.who}: {record.text}" if record.who else record.text
        contested = record.status == "contested"
        yield Fragment(address(record), record.updated_at, record.abstract, text.strip(), scores[row], contested)


def _is_for(record: Record, user: str) -> bool:
    foreign = record.category in PRIVATE and record.owner != user
    return not foreign and record.status != "superseded"


def _oriented(fragment: Fragment, taken: list[Fragment]) -> Fragment:
    """``fragment`` with its directory's L0 unless that was said, by itself or before."""
    abstract = _one_line(fragment.abstract)
    place = fragment.uri.partition("#")[0].rpartition("/")[0]
    said = any(other.uri.startswith(f"{place}/") for other in taken)
    shown = "" if said or abstract in _one_line(fragment.text) else abstract
    return replace(fragment, abstract=shown)


def _cut(index: SearchIndex, fragment: Fragment, query: str, left: int, form: Form) -> Fragment:
    """What of ``fragment`` fits, without its L0, the line that answers in it; "" where hardly anything would fit."""
    start, end = _best_line(fragment.text, query)
    low, high = 0, len(fragment.text)
    while low < high:
        middle = (low + high + 1) // 2
        if _size(index, _excerpt(fragment, middle, start, end), form) <= left:
            low = middle
        else:
            high = middle - 1
    return _excerpt(fragment, low if low >= _LEAST_TEXT else 0, start, end)


def _best_line(text: str, query: str) -> tuple[int, int]:
    """Where the first of the lines with most of the query's words begins and ends."""
    terms = parse_query(query).terms
    best, most, start = (0, 0), 0, 0
    for line in text.split("\n"):
        folded = line.casefold()
        count = sum(1 for term in terms if term in folded)
        if count > most:
            best, most = (start, start + len(line)), count
        start += len(line) + 1
    return best


def _excerpt(fragment: Fragment, length: int, start: int, end: int) -> Fragment:
    """``length`` characters of a fragment: from its beginning if ``start`` to ``end`` is among these, else from there,
    and with what is before it where there is room for more.
    """
    text = fragment.text
    begin = 0 if end <= length else max(0, min(start, len(text) - length))
    cut = text[begin : begin + length]
    if begin and begin != start:
        cut = cut.partition(" ")[2]
    if begin + length < len(text):
        cut = cut.rsplit(" ", 1)[0].rstrip() + " …"
    cut = cut if cut.strip(" …") else ""
    return replace(fragment, abstract="", text=f"… {cut}" if begin and cut else cut)


def _size(index: SearchIndex, fragment: Fragment, form: Form) -> int:
    return index.count_tokens(fragment.render(form)) + (1 if form == "json" else 0)


def _one_line(text: str) -> str:
    return " ".join(text.split())
