"""Which bytes are text, and which text can be written."""

import re
from typing import Any

DEPTH_LIMIT = 100
"""Levels of nested JSON that are taken from outside; the interpreter's own limit is not far beyond."""

_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def decode_text(data: bytes) -> str | None:
    """The text of a file, None when it is binary: UTF-8, or UTF-16 with a byte order mark; no NUL, lines end in LF."""
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")


def estimate_tokens(text: str) -> int:
    """About how many tokens a model counts for ``text``: a quarter of its bytes, rounded up."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def clean_json(value: Any, depth: int = DEPTH_LIMIT) -> Any:
    """A JSON value with U+FFFD for what no text file holds: NULs, and halves of characters that a limit cut in two.

    Raises:
        RecursionError: more than ``depth`` levels.
        ValueError: a number too large for JSON readers.
    """
    if isinstance(value, str):
        return _UNWRITABLE.sub("\ufffd", value)
    if isinstance(value, dict | list):
        if depth == 0:
            raise RecursionError
        if isinstance(value, list):
            return [clean_json(item, depth - 1) for item in value]
        return {clean_json(key): clean_json(item, depth - 1) for key, item in value.items()}
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        raise ValueError("a number beyond all bounds")
    return value
