"""JSON as the tree keeps it: UTF-8, sorted keys, two-space indent, final newline; JSONL with one object a line."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.text import DEPTH_LIMIT

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be half a character."""


def dump_json(value: Mapping[str, Any]) -> bytes:
    """The bytes of a ``.meta.json``, ``.relations.json`` or decision: the same for equal values."""
    return _encoded(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2))


def dump_line(value: Mapping[str, Any]) -> bytes:
    """One JSONL line, newline included; keys sorted."""
    return _encoded(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(", ", ": ")))


def _encoded(text: str) -> bytes:
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        raise InvalidContent("text with half a character in it cannot be written", hint="put U+FFFD there") from None


def load_json(data: bytes, what: str) -> dict[str, Any]:
    """The object in ``data``.

    Raises:
        InvalidContent: no object, or nothing that ``load_value`` takes; ``what`` names it in the message.
    """
    value = load_value(data, what)
    if not isinstance(value, dict):
        raise InvalidContent(f"{what}: not a JSON object")
    return value


def load_value(data: bytes, what: str) -> Any:
    """The JSON value in ``data``; it can be walked through, and written again as it is.

    Raises:
        InvalidContent: not UTF-8, not JSON, half a character in a text, a number beyond all bounds, or more than
            ``DEPTH_LIMIT`` levels; ``what`` names it in the message.
    """
    try:
        # Not as json decodes bytes: it takes UTF-16, and bytes that are half a character.
        text = data.decode("utf-8-sig")
        value = json.loads(text, parse_float=_finite, parse_constant=_finite)
        if _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
        if text.count("[") + text.count("{") > DEPTH_LIMIT:
            _check_depth(value)
    except UnicodeEncodeError:
        raise InvalidContent(f"{what}: text with half a character in it") from None
    except (ValueError, RecursionError) as error:
        raise InvalidContent(f"{what}: not JSON: {error}") from None
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is a number beyond all bounds")
    return number


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEPTH_LIMIT:
            raise ValueError(f"more than {DEPTH_LIMIT} levels")
        inner = (child for item in level for child in (item.values() if isinstance(item, dict) else item))
        level = [child for child in inner if isinstance(child, dict | list)]


def load_lines(data: bytes, what: str) -> list[dict[str, Any]]:
    """The objects of a JSONL file, blank lines skipped.

    Raises:
        InvalidContent: a line that is no JSON object; the message has its number.
    """
    lines = enumerate(data.split(b"\n"), start=1)
    return [load_json(line, f"{what}, line {number}") for number, line in lines if line.strip()]


def digest(parts: Iterable[str]) -> str:
    """SHA-256 in hex over ``parts``, unambiguous about where each ends."""
    return hashlib.sha256(json.dumps(list(parts), ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
