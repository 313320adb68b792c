"""Files that are given for packs and are something else: what they look like, and which command takes them."""

import json
from pathlib import Path

_BEGINNING = 4096
"""Bytes that are looked at."""
_ZIP = b"PK"
_BUNDLE = (b"# v2 git bundle", b"# v3 git bundle")


def explain(path: Path) -> str | None:
    """A hint that says what ``path`` is and what takes it; None for what may be a pack that was cut off."""
    with path.open("rb") as file:
        data = file.read(_BEGINNING)
    if not data:
        return "it is empty"
    if data.startswith(_ZIP):
        return None
    if data.startswith(_BUNDLE):
        return f"it is a git bundle: git clone {path} DIRECTORY, or viking-git restore --with-history with its backup"
    if b"\0" in data:
        return "it is no pack; viking-git export and backup write packs"
    if _is_object(data.partition(b"\n")[0]):
        return f"it may be a conversation: viking-git session import {path}"
    return f"it is a text file: viking-git add {path} takes documents in"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
