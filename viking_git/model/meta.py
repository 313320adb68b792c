"""JSON as the tree keeps it: UTF-8, sorted keys, two-space indent, final newline; JSONL with one object a line."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from viking_git.errors import InvalidContent


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
        InvalidContent: not UTF-8, not JSON, or no object; ``what`` names it in the message.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidContent(f"{what}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidContent(f"{what}: not a JSON object")
    return value


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
