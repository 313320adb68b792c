"""Patterns of ``.gitignore`` and ``.gitattributes`` (gitignore(5)), in time path times pattern.

A translation of a whole pattern into one regular expression backtracks: ``*a*a*a…b`` and ``**/a/**/a/…`` take time
that is exponential in the number of stars. Here a path is matched segment by segment, a star never gives back to the
star before it, and so the earliest place where the rest between two stars fits is the only one that is tried.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Segment = re.Pattern[str] | None
"""What one segment of a path must match; None for ``**``, any number of segments."""

_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": r" \t", "cntrl": r"\0-\x1f\x7f", "digit": "0-9", "graph": "!-~",
    "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_BRACKET = re.compile(r"\[([!^]?)(\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]", re.DOTALL)
_ANY = re.compile(r"\*\*+")
_PIECE = re.compile(rf"{_BRACKET.pattern}|\\?/|\\.|.", re.DOTALL)
_IN_BRACKET = re.compile(r"\[:([a-z]+):\]|\\(.)|(.)", re.DOTALL)


_LONGEST = 4096
"""Characters of a pattern; no path that is taken is as long."""


class _NoMatch(Exception):
    """A pattern that git never matches."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of an ignore file, or the first word of a line of an attributes file.

    Attributes:
        negated: it takes back what an earlier pattern ignored.
        directory: it matches directories alone.
        anchored: it is matched with the whole path; otherwise with the last segment.
        segments: what the segments must match.
    """

    negated: bool
    directory: bool
    anchored: bool
    segments: tuple[Segment, ...]

    def matches(self, path: str, *, directory: bool = False) -> bool:
        """Whether ``path``, relative to the file's directory and without slashes at its ends, is meant."""
        if self.directory and not directory:
            return False
        parts = path.split("/")
        return _matches(self.segments, parts if self.anchored else parts[-1:])


def parse_pattern(line: str) -> Pattern | None:
    """The pattern in one line; None for a remark, an empty line, and what git passes over because it never matches."""
    text = _trimmed(line)
    if not text or text.startswith("#") or len(text) > _LONGEST:
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    directory = text.endswith("/")
    text = text[:-1] if directory else text
    anchored = "/" in text
    text = text.removeprefix("/")
    if not text:
        return None
    try:
        segments = tuple(None if _ANY.fullmatch(part) and anchored else _segment(part) for part in _split(text))
    except _NoMatch:
        return None
    if anchored and segments[-1] is None:
        # "a/**" is what is in a, not a itself.
        segments = (*segments, _segment("*"))
    return Pattern(negated, directory, anchored, segments)


def parse_patterns(lines: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns of a file's lines."""
    return tuple(found for line in lines if (found := parse_pattern(line)) is not None)


def is_ignored(patterns: Sequence[Pattern], path: str, *, directory: bool = False) -> bool | None:
    """What the last pattern that matches says of ``path``: ignored or taken back; None where none matches."""
    for pattern in reversed(patterns):
        if pattern.matches(path, directory=directory):
            return not pattern.negated
    return None


def _matches(segments: Sequence[Segment], parts: Sequence[str]) -> bool:
    """Whether the segments match all parts: the earliest fit between two ``**`` is as good as any later one."""
    at = mark = 0
    star = -1
    here = 0
    while here < len(parts):
        segment = segments[at] if at < len(segments) else ...
        if segment is None:
            star, mark = at, here
            at += 1
        elif isinstance(segment, re.Pattern) and segment.fullmatch(parts[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return all(segment is None for segment in segments[at:])


def _split(text: str) -> list[str]:
    """The segments of a pattern; a slash in brackets parts nothing, and matches nothing."""
    parts = [""]
    for piece in _PIECE.finditer(text):
        if piece[0] in {"/", "\\/"}:
            parts.append("")
        else:
            parts[-1] += piece[0]
    return parts


def _segment(text: str) -> re.Pattern[str]:
    """A segment with ``*``, ``?``, brackets and escapes as a regular expression that gives nothing back.

    An atomic group (``(?>…)``) around each star and what follows it up to the next: as fnmatch does since Python 3.11.

    Raises:
        _NoMatch: a bracket without its end, or a backslash at the end.
    """
    fixed: list[str] = [""]
    at = 0
    while at < len(text):
        token, at = _token(text, at)
        if token is None:
            if len(fixed) == 1 or fixed[-1]:
                fixed.append("")
        else:
            fixed[-1] += token
    head, *rest = fixed
    if not rest:
        return re.compile(head, re.DOTALL)
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(f"{head}{middle}.*{rest[-1]}", re.DOTALL)


def _token(text: str, at: int) -> tuple[str | None, int]:
    """The regular expression of what begins at ``at``, None for a star, and where the next begins."""
    char = text[at]
    if char == "*":
        return None, at + 1
    if char == "?":
        return ".", at + 1
    if char == "\\":
        if at + 1 == len(text):
            raise _NoMatch
        return re.escape(text[at + 1]), at + 2
    if char == "[":
        bracket = _BRACKET.match(text, at)
        if bracket is None:
            raise _NoMatch
        return _set(bracket), bracket.end()
    return re.escape(char), at + 1


def _set(bracket: re.Match[str]) -> str:
    """A bracket of a pattern as one of a regular expression."""
    found = list(_IN_BRACKET.finditer(bracket[2]))
    parts: list[str] = []
    at = 0
    while at < len(found):
        low = _char(found[at])
        is_range = low is not None and at + 2 < len(found) and found[at + 1][0] == "-"
        high = _char(found[at + 2]) if is_range else None
        if low is not None and high is not None:
            # Of a range that runs backwards git matches the first end alone.
            parts.append(f"{_escaped(low)}-{_escaped(high)}" if low <= high else _escaped(low))
            at += 3
            continue
        parts.append(_CLASSES.get(found[at][1], "") if low is None else _escaped(low))
        at += 1
    if not parts:
        return "." if bracket[1] else "(?!)"
    return f"[{'^' if bracket[1] else ''}{''.join(parts)}]"


def _char(item: re.Match[str]) -> str | None:
    return item[2] or item[3]


def _escaped(char: str) -> str:
    return f"\\{char}" if char in r"\]^-[&~|" else char


def _trimmed(line: str) -> str:
    """The line without its end and the spaces before that, one that a backslash escapes excepted."""
    text = line.rstrip("\r\n")
    bare = text.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if slashes % 2 and len(bare) < len(text) else bare
