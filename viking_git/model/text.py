"""Which bytes are text, and which text can be written."""

import re
from typing import Any

DEPTH_LIMIT = 100
"""Levels of nested JSON that are taken from outside; the interpreter's own limit is not far beyond."""

_FEW_BAD = 0.12
"""The share of signs that may be bad bytes: a language in Latin letters has fewer accents than that."""
_A_FEW = 3
_UTF_16 = frozenset({b"\xff\xfe", b"\xfe\xff"})
_CONTROL = re.compile("[\\x01-\\x08\\x0b\\x0e-\\x1f]")
_LOOKED_AT = 10_000
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def decode_text(data: bytes) -> str | None:
    """The text of a file, None when it is binary: UTF-8, or UTF-16 with a byte order mark; no NUL, lines end in LF."""
    encoding = "utf-16" if data[:2] in _UTF_16 else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")


def readable_text(data: bytes) -> tuple[str | None, str]:
    """The text of a file to be searched, and what of it is not as it was written, "" for nothing.

    A few bytes that are no UTF-8, as an old encoding or a damaged disk leaves them, become U+FFFD: they must not take
    the other words out of a search. None for what ``decode_text`` takes for binary, or where they are more than a few.
    """
    text = decode_text(data)
    if text is not None or b"\0" in data or data[:2] in _UTF_16:
        return text, ""
    text = data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    bad, beginning = text.count("\ufffd"), text[:_LOOKED_AT]
    odd = len(_CONTROL.findall(beginning))
    if bad > max(_A_FEW, _FEW_BAD * len(text)) or odd > _FEW_BAD * len(beginning):
        return None, ""
    return text, f"{bad:,} {'byte is' if bad == 1 else 'bytes are'} no UTF-8, read as U+FFFD"


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
