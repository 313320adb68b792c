"""Lines of JSON of which some are damaged: the values that are whole in each, and the reason why the rest is not.

A killed writer cuts a line, and the next one writes on after it. A full disk or a crash leaves NULs. An editor or a
wrong encoding leaves a bad byte. None of these may cost more than the line that it is in.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from viking_git.model.text import clean_json

LINE_LIMIT = 64 * 2**20
"""Bytes of one line. A longer one is not read."""

_BETWEEN_LINES = "{"
_BETWEEN_ITEMS = ",]}{"
"""The signs that may follow a whole object where the text around it is damaged; its end may too."""
_GAP = re.compile(r"[\s\0]*")
_OBJECT = re.compile(r'\{\s*["}]')
_LEAST_COST = 400
"""Characters that one attempt to read an object counts at least: it has a price of its own."""
_ATTEMPTS = 20
"""How often, about, a damaged text is read over in search of whole objects."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        number: counted from 1.
        values: its one value; of a damaged line the objects in it that are whole, often none.
        problem: the reason why it is damaged, "" where it is not.
        is_whole: whether its value could be read all the same, with U+FFFD for bad bytes.
    """

    number: int
    values: list[Any]
    problem: str = ""
    is_whole: bool = True


def json_lines(data: bytes) -> Iterator[Line]:
    """The lines of ``data`` that are not blank; never raises."""
    start, number, size = 0, 0, len(data)
    while start < size:
        end = data.find(b"\n", start)
        end = size if end < 0 else end
        number += 1
        line = json_line(data[start:end], number)
        start = end + 1
        if line is not None:
            yield line


def json_line(raw: bytes, number: int = 1) -> Line | None:
    """One line, None where it is blank."""
    if len(raw) > LINE_LIMIT:
        return Line(number, [], f"longer than {LINE_LIMIT >> 20} MiB", is_whole=False)
    return _read(raw, number, _BETWEEN_LINES) if raw.strip() else None


def json_document(raw: bytes) -> Line:
    """A whole file that is one value; ``problem`` names the line."""
    return _read(raw, 1, _BETWEEN_ITEMS)


def _read(raw: bytes, number: int, between: str) -> Line:
    try:
        text, problem = raw.decode(), ""
    except UnicodeDecodeError:
        # The words around a bad byte are worth more than its place.
        text, problem = raw.decode(errors="replace"), "not UTF-8"
    try:
        return Line(number, [clean_json(json.loads(text, parse_constant=_no_constant))], problem)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, " if error.lineno > 1 else ""
        problem = problem or f"not JSON: {error.msg}, {where}column {error.colno}"
    except ValueError as error:
        problem = problem or f"not JSON: {error}"
    except RecursionError:
        problem = "nested too deeply"
    return Line(number, list(_whole_objects(text, between)), problem, is_whole=False)


def _whole_objects(text: str, between: str) -> Iterator[dict[str, Any]]:
    """The outermost objects in a damaged text that are whole, where another begins after them or the text ends.

    What an object holds is so left alone, as a rule. The cost is bounded: an object that is nested a million times
    would be read a million times.
    """
    decode = json.JSONDecoder(parse_constant=_no_constant).raw_decode
    left = _ATTEMPTS * (len(text) + _LEAST_COST)
    found = _OBJECT.search(text)
    while found is not None and left > 0:
        at = found.start()
        try:
            value, end = decode(text, at)
            gap = _GAP.match(text, end)
            follows = text[gap.end() : gap.end() + 1] if gap else ""
            if value and (not follows or follows in between):
                yield clean_json(value)
        except json.JSONDecodeError as error:
            # An error counts the lines above it, so its price grows with its place.
            left -= max(error.pos - at, _LEAST_COST + at // _ATTEMPTS)
            end = at + 1
        except (ValueError, RecursionError):
            left -= len(text) - at
            end = at + 1
        found = _OBJECT.search(text, end)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")
