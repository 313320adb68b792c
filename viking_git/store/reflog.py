"""The log of a ref, read from its file and from its end: libgit2 reads all of it, however long it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_TAIL = 1 << 16
"""Bytes of a log that are looked at, some hundred entries."""


class Move(NamedTuple):
    """One entry: what the ref named before, what after, and why in the words of who moved it."""

    old: str
    new: str
    message: str


def moves(git_directory: Path, ref: str) -> Iterator[Move]:
    """The newest entries of the log of ``ref``, newest first; none where git keeps no log."""
    try:
        with (git_directory / "logs" / ref).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().split(b"\n")
    except OSError:
        return
    for line in reversed(lines if size <= _TAIL else lines[1:]):
        signed, _, message = os.fsdecode(line).partition("\t")
        oids = signed.split(" ", 2)
        if len(oids) == 3:
            yield Move(oids[0], oids[1], message)
