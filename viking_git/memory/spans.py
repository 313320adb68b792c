"""Where the secrets of a text are: every finder run over it, and of what overlaps the more exact one.

The order of the finders is their rank: keys with a form of their own come before what only its name gives away. Each
takes linear time on any text, since a pull request brings any text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter

from viking_git.memory.assignments import assigned_secrets
from viking_git.memory.material import key_bodies, kube_secrets, seed_phrases
from viking_git.memory.phrases import spoken_secrets
from viking_git.memory.secrets import ELSEWHERE, IN_RUNS, SecretPattern, foreign_patterns, long_runs, private_keys
from viking_git.memory.urls import url_secrets
from viking_git.memory.values import is_published, is_sample

MARK = "[redacted:"
"""How a placeholder begins."""

Span = tuple[int, int, str]
"""Where a secret begins and ends, and its kind."""

_SHORTEST = 6
_CHUNK, _OVERLAP = 4096, 512


def secret_spans(text: str) -> list[Span]:
    """The secrets of ``text`` in the order in which they stand there; none overlaps another."""
    if len(text) < _SHORTEST:
        return []
    low = text.replace("\u0130", "i").lower()  # the one letter whose lower case is longer
    found = _added([], private_keys(text), text)
    runs = long_runs(text)
    for pattern in (*(IN_RUNS if runs else ()), *ELSEWHERE):
        hay = low if pattern.lower else text
        if _has_hint(pattern.hints, runs if pattern.in_runs else hay):
            found = _added(found, _matches(pattern, pattern.regex.finditer(hay), text), text)
    for pattern in foreign_patterns(low):
        found = _added(found, _matches(pattern, _scan(pattern.regex, text), text), text)
    for finder in (key_bodies, url_secrets, kube_secrets, assigned_secrets, spoken_secrets, seed_phrases):
        found = _added(found, finder(text, low), text)
    return found


def _added(found: list[Span], more: Iterable[Span], text: str) -> list[Span]:
    """``found`` and those of ``more`` that overlap none of it and no placeholder."""
    new: list[Span] = []
    end = 0
    for span in more:
        if span[0] >= end and not _overlaps(found, span) and MARK not in text[span[0] : span[1]]:
            new.append(span)
            end = span[1]
    return sorted([*found, *new], key=itemgetter(0)) if new else found


def _has_hint(hints: Iterable[str], text: str) -> bool:
    # A loop, since it runs a hundred times for each text, most of which are short.
    for hint in hints:  # noqa: SIM110
        if hint in text:
            return True
    return False


def _overlaps(found: list[Span], span: Span) -> bool:
    before = bisect_right(found, span[0], key=itemgetter(0))
    return (before > 0 and found[before - 1][1] > span[0]) or (before < len(found) and found[before][0] < span[1])


def _matches(pattern: SecretPattern, matches: Iterable[re.Match[str]], text: str) -> Iterable[Span]:
    for match in matches:
        group = match.re.groups and next((i for i in range(1, match.re.groups + 1) if match[i]), 0)
        start, end = match.span(group)
        value = text[start:end]
        mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
        if (mixed or not pattern.mixed) and not is_published(value) and not (pattern.named and is_sample(value)):
            yield start, end, pattern.kind


def _scan(regex: re.Pattern[str], text: str) -> Iterable[re.Match[str]]:
    """Matches in overlapping pieces: an expression that is not ours may take the square of what it is given."""
    for start in range(0, max(len(text) - _OVERLAP, 1), _CHUNK - _OVERLAP):
        yield from regex.finditer(text, start, start + _CHUNK)
