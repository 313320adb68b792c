"""Listing and reading what a ``View`` shows: ``ls``, ``tree``, layers, and parts of files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from viking_git.errors import NotFound
from viking_git.model.layers import ABSTRACT
from viking_git.model.layout import uri_of
from viking_git.model.uri import VikingURI
from viking_git.store.snapshot import Entry
from viking_git.store.view import View


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of ``ls``: a file or a directory, its size in bytes (0 for directories), its L0 where it has one.

    In a clone of some scopes, the size of a file that is not here is None, and no L0 is fetched.
    """

    name: str
    uri: str
    is_dir: bool
    size: int | None
    abstract: str

    def to_json(self) -> dict[str, Any]:
        """The entry as ``ls --json`` prints it."""
        return {
            "name": self.name, "uri": self.uri, "is_dir": self.is_dir, "size": self.size, "abstract": self.abstract,
        }  # fmt: skip


def ls(view: View, uri: VikingURI, *, hidden: bool = False, details: bool = True) -> list[Listed]:
    """The entries of a directory; layer files and other dotfiles only with ``hidden``.

    Args:
        details: fill in sizes and abstracts, which have to be read.

    Raises:
        NotFound: nothing is there, or a file.
    """
    path, top = uri.full_path, view.directory(uri)
    return [
        _listed(view, f"{path}/{entry.name}" if path else entry.name, entry, details)
        for entry in view.below(path, top, hidden=hidden)
    ]


def tree(
    view: View, uri: VikingURI, depth: int | None = None, *, details: bool = True
) -> Iterator[tuple[tuple[bool, ...], Listed]]:
    """What is below a directory, depth first.

    Yields:
        For each entry and each directory above it whether it is the last of its directory, and the entry.
    """
    yield from _branches(view, uri.full_path, view.directory(uri), (), depth, details)


def branches(rows: Sequence[tuple[tuple[bool, ...], Listed]], show: Callable[[str], str] = str) -> Iterator[str]:
    """The lines that show the rows of ``tree`` as branches, without the top; names as ``show`` makes them."""
    for lasts, entry in rows:
        indent = "".join("    " if last else "│   " for last in lasts[:-1])
        yield f"{indent}{'└── ' if lasts[-1] else '├── '}{show(entry.name)}{'/' if entry.is_dir else ''}"


def layer(view: View, uri: VikingURI, name: str) -> str:
    """The layer file ``name`` of the directory ``uri``; of a file, its directory's.

    Raises:
        NotFound: nothing is there, or it has no such layer.
    """
    entry = view.entry(uri)
    if entry is None:
        raise view.missing(uri)
    directory = uri if entry.is_dir else uri.parent
    found = view.entry(directory.join(name)) if directory.full_path else None
    if found is None or found.kind != "file":
        raise NotFound(f"{directory.uri} has no {name}", hint="viking-git refresh writes missing layers")
    return view.trunk.read_oid(found.oid, f"{directory.full_path}/{name}").decode("utf-8", "replace")


def part(data: bytes, fragment: str, uri: str) -> bytes:
    """The lines (``L40-L58``) or the message (``msg_…``) of a file that ``fragment`` names.

    Raises:
        NotFound: the file has no such part.
    """
    lines = data.splitlines(keepends=True)
    if fragment.startswith("msg_"):
        marker = f'"id": "{fragment}"'.encode()
        found = [line for line in lines if marker in line]
    else:
        first, _, last = fragment.replace("L", "").partition("-")
        found = lines[int(first) - 1 : int(last or first)]
    if not found:
        count = f"{len(lines):,} line{'' if len(lines) == 1 else 's'}"
        raise NotFound(f"no such part: {uri}", hint=None if fragment.startswith("msg_") else f"it has {count}")
    return b"".join(found)


def _listed(view: View, path: str, entry: Entry, details: bool) -> Listed:
    """One entry with its size, or its L0 where it is a directory that has one."""
    abstract = ""
    size: int | None = 0
    if details and entry.is_dir:
        found = view.child(path, entry, ABSTRACT)
        if found is not None and found.kind == "file" and found.oid and view.trunk.is_here(found.oid):
            abstract = view.trunk.read_oid(found.oid).decode("utf-8", "replace").strip()
    elif details and entry.kind == "file" and entry.oid:
        size = view.trunk.size_of(entry.oid) if view.trunk.is_here(entry.oid) else None
    return Listed(entry.name, uri_of(path, directory=entry.is_dir), entry.is_dir, size, abstract)


def _branches(
    view: View, path: str, top: Entry, lasts: tuple[bool, ...], depth: int | None, details: bool
) -> Iterator[tuple[tuple[bool, ...], Listed]]:
    if depth is not None and len(lasts) >= depth:
        return
    shown = view.below(path, top, hidden=False)
    for position, entry in enumerate(shown, start=1):
        child = f"{path}/{entry.name}" if path else entry.name
        here = (*lasts, position == len(shown))
        yield here, _listed(view, child, entry, details)
        if entry.is_dir:
            yield from _branches(view, child, entry, here, depth, details)
