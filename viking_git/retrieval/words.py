"""Words: what FTS5 is given beside the text, and the match expression of a query.

FTS5 cuts at everything that is no letter or digit, so ``snake_case``, ``kebab-case``, ``v1.2.3`` and paths are found
whole as phrases of their parts, and by each part. It cannot cut ``camelCase`` or a run of Chinese, Japanese or Korean;
``extra_terms`` adds the parts of both.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from viking_git.model.uri import SCHEME
from viking_git.retrieval.stopwords import STOPWORDS

MOST_TERMS = 64
"""Terms of a query that are looked up; a pasted log has more than that."""

PASSAGE_WORDS = 3
"""Words from which on a query is also looked for as it stands."""

_CJK_RUN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_CAMEL_WORD = re.compile(r"\b(?=\w*(?:[a-z][A-Z]|[A-Z]{2}[a-z]))[A-Za-z0-9]+\b")
_CAMEL_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|`([^`]+)`")
_WORD = re.compile(r"[^\W_]+")
_COMPOUND = re.compile(r"[^\W_]+(?:[_\-./:\\@#+]+[^\W_]+)*")
_HYPHENATED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_IDENTIFIER = re.compile(r"[_\-./:\\@#+]|[a-z][A-Z]|[A-Z]{2}[a-z]|[A-Za-z]\d|\d[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart.

    Attributes:
        terms: single words to look up, any of which may match.
        phrases: hyphenated words and what ``exact`` holds, looked up whole besides.
        exact: identifiers, paths, versions and quoted phrases: where they stand to the letter, that beats meaning.
        whole: the query itself where it may be a passage, such as a message of an error; "" for one or two words.
    """

    terms: tuple[str, ...]
    phrases: tuple[str, ...]
    exact: tuple[str, ...]
    whole: str = ""

    def match(self, terms: Sequence[str] | None = None) -> str:
        """The FTS5 expression for any of it, or of the phrases and ``terms``; "" when there is no word in it."""
        return " OR ".join(dict.fromkeys(map(fts_string, (*self.phrases, *(self.terms if terms is None else terms)))))


def parse_query(text: str) -> Query:
    """Take ``text`` apart; function words are dropped unless there is nothing else."""
    text = text.replace(SCHEME, "")
    quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]
    compounds = [match[0] for match in _COMPOUND.finditer(text) if _IDENTIFIER.search(match[0])]
    phrases = [found for found in (*quoted, *compounds) if _WORD.search(found)]
    # A hyphen alone makes no identifier of a word of prose, unless somebody asks for nothing else.
    alone = len(text.split()) == 1
    exact = [found for found in phrases if alone or found in quoted or not _HYPHENATED.fullmatch(found)]
    words = [word.casefold() for word in _words(text)]
    terms = [word for word in words if word not in STOPWORDS] or words
    passage = " ".join(text.split())
    is_passage = PASSAGE_WORDS <= len(words) <= MOST_TERMS
    return Query(_first(terms), _first(phrases), _first(exact), passage if is_passage else "")


def extra_terms(text: str) -> str:
    """The parts of camelCase words and the characters and pairs of CJK runs in ``text``, for a column of their own."""
    terms = [part for word in _CAMEL_WORD.findall(text) for part in _CAMEL_PART.findall(word)]
    for run in _CJK_RUN.findall(text):
        terms += run
        terms += _pairs(run)
    return " ".join(terms)


def fts_string(text: str) -> str:
    """``text`` as a string in the match syntax of FTS5: a phrase of the words in it."""
    return '"' + text.replace('"', " ").replace("\0", " ") + '"'


def exact_expression(text: str) -> str:
    """The FTS5 expression for units that may hold ``text`` to the letter; the caller looks."""
    expressions = [f"{{text names}} : {fts_string(text)}"]
    name = text.rpartition("/")[2]
    if name and name != text:
        # The names of a unit are not its whole path; the last one is always among them.
        expressions.append(f"{{names}} : {fts_string(name)}")
    longest: str = max(_CJK_RUN.findall(text), key=len, default="")
    if longest:
        expressions.append(f"{{extra}} : {fts_string(' '.join(longest))}")
    return " OR ".join(f"({expression})" for expression in expressions)


def _words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        for run in _CJK_RUN.findall(match[0]):
            yield from _pairs(run) or run
        yield from _CJK_RUN.sub(" ", match[0]).split()


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _first(terms: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))[:MOST_TERMS]
