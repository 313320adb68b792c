"""How much of trunk a search in a clone of some scopes does not see; counting walks the tree, so the count is kept."""

from contextlib import suppress
from pathlib import Path

from viking_git.private import write_private
from viking_git.retrieval.changes import Trees

_NOTE = "outside"


def note_outside(home: Path, trees: Trees) -> str:
    """A sentence about the files that the cone leaves out of the index in ``home``, "" where it leaves none."""
    if trees.cone is None:
        return ""
    count = _count(home / _NOTE, trees)
    files, are = ("1 file", "is") if count == 1 else (f"{count:,} files", "are")
    way = "git sparse-checkout add DIRECTORY"
    return f"{files} outside of this clone's scopes {are} not searched ({way})" if count else ""


def _count(note: Path, trees: Trees) -> int:
    with suppress(OSError, ValueError):
        tree, count = note.read_text(encoding="utf-8").split()
        if tree == trees.trunk.tree:
            return int(count)
    found = trees.outside()
    with suppress(OSError):
        write_private(note, f"{trees.trunk.tree} {found}\n".encode())
    return found
