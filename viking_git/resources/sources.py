"""Reading files and folders from disk, to be added as they are.

Reading never follows a link and never opens what is no regular file; what is left out is named with its reason.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from viking_git.errors import InvalidContent, InvalidName, NotFound
from viking_git.model.ignore import Pattern, is_ignored, parse_patterns
from viking_git.model.layers import LAYER_FILES
from viking_git.model.names import check_segment, fold, is_dot_git
from viking_git.model.text import decode_text, readable_text
from viking_git.resources.origins import ids_of
from viking_git.resources.parsers import MARKDOWN_SUFFIXES

SIZE_LIMIT = 95_000_000
"""Bytes of the largest file that is added; hosting sites refuse a push with one of 100 MB."""

DEPTH_LIMIT = 100
"""Folders in folders that are read."""

IGNORE_FILES = (".gitignore", ".vikingignore")

_ADDRESS = re.compile(r"https?:/", re.IGNORECASE)
Skipped = tuple[str, str]
"""A path relative to its source, and why it is left out."""

_LAYER_NAMES = frozenset(map(fold, LAYER_FILES))
_GIT_NAMES = frozenset({".gitattributes", ".gitmodules"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it is on disk; its path is relative to where it is to lie."""

    path: str
    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """What ``read_sources`` found, by path.

    Attributes:
        files: the files to add.
        skipped: what was left out, and why.
        origins: for each folder or file named, where it lands ("" for a single folder) and what it is called.
        folders: the origins that are folders.
        ids: who each origin is, the best id first, by where it lands.
        places: where on this machine each of these ids is.
    """

    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()
    folders: frozenset[str] = field(default_factory=frozenset)
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


def read_sources(paths: Sequence[Path], own: Collection[Path] = ()) -> Sources:
    """Read files and folders from disk, in an order that depends on names alone.

    A single folder's files keep their paths relative to it. Of several paths, each folder keeps its name. Folders are
    read with their ``.gitignore`` and ``.vikingignore`` in force.

    Args:
        own: directories of the workspace that the documents are for; what lies in them is there already.

    Raises:
        NotFound: a path that is not there.
        InvalidContent: a file that was named and cannot be added, Markdown that is binary among them; two sources of
            one name; nothing to add.
    """
    files: list[SourceFile] = []
    skipped: list[Skipped] = []
    origins: list[tuple[str, str]] = []
    folders: set[str] = set()
    ids: dict[str, tuple[str, ...]] = {}
    places: dict[str, str] = {}
    for path in paths:
        name = Path(os.path.abspath(path)).name  # noqa: PTH100 - a link must not be resolved to its target's name
        if not os.path.lexists(path):
            hint = "documents are files here: fetch it first" if _ADDRESS.match(str(path)) else None
            raise NotFound(f"no file or folder at {str(path)!r}", hint=hint)
        real = Path(os.path.realpath(path))  # Path.resolve raises where links lead round in a circle
        if any(real.is_relative_to(directory) for directory in own):
            raise InvalidContent(f"{str(path)!r} is in the workspace already", hint="viking-git cp copies it")
        if path.is_symlink():
            raise InvalidContent(f"{str(path)!r} is a symbolic link", hint=f"add what it points to: {real}")
        if path.is_dir():
            inside = "" if len(paths) == 1 else check_segment(name)
            origins.append((inside, name))
            folders.add(inside)
            _read_folder(path, inside, own, files, skipped)
        else:
            files.append(_named_file(path, name))
            origins.append((name, name))
        ids[origins[-1][0]] = ids_of(path)
        places |= dict.fromkeys(ids[origins[-1][0]], _shown(str(real)))
    landed = [inside for inside, _ in origins]
    if len(set(landed)) < len(landed):
        raise InvalidContent("two of the sources have one name", hint="add them one by one, each with its own --to")
    if not files:
        raise InvalidContent("there is nothing to add", hint=_why_nothing(skipped))
    files.sort(key=lambda file: file.path)
    return Sources(tuple(files), tuple(sorted(skipped)), tuple(origins), frozenset(folders), ids, places)


def _named_file(path: Path, name: str) -> SourceFile:
    """A file that was named on its own: what would be skipped in a folder is an error here."""
    reason = _refused(name)
    found = reason or _read_file(path)
    if isinstance(found, str):
        raise InvalidContent(f"cannot add {str(path)!r}: {found}")
    data, executable = found
    if name.casefold().endswith(MARKDOWN_SUFFIXES) and readable_text(data)[0] is None:
        raise InvalidContent(
            f"{str(path)!r} is called Markdown and is no text", hint="save it as UTF-8, or give it its true suffix"
        )
    return SourceFile(name, data, executable)


def _read_folder(
    root: Path, inside: str, own: Collection[Path], files: list[SourceFile], skipped: list[Skipped]
) -> None:
    prefix = f"{inside}/" if inside else ""
    top = root.resolve()
    ours = {str(directory.relative_to(top)) for directory in own if directory.is_relative_to(top)}
    for relative, reason in _walk(root, "", [], ours):
        found = reason or _read_file(root / relative)
        if isinstance(found, str):
            skipped.append((_shown(prefix + relative), found))
        else:
            files.append(SourceFile(prefix + relative, *found))


Ignore = tuple[str, str, tuple[Pattern, ...]]
"""The folder that an ignore file lies in with a slash ("" for the source), the file's name, and its patterns."""


def _walk(root: Path, relative: str, ignores: list[Ignore], ours: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every file below ``root``, with "" or the reason to leave it (or its whole folder) out, by name."""
    if relative.count("/") >= DEPTH_LIMIT:
        yield relative, f"nested deeper than {DEPTH_LIMIT} folders"
        return
    try:
        entries = sorted(os.scandir(root / relative), key=lambda entry: entry.name)
    except OSError as error:
        yield relative or ".", f"cannot be read: {error.strerror}"
        return
    prefix = f"{relative}/" if relative else ""
    ignores = [*ignores, *_ignores(root, prefix, {entry.name for entry in entries})]
    for entry in entries:
        path = prefix + entry.name
        is_dir = entry.is_dir(follow_symlinks=False)
        known = "it is the workspace's own" if path in ours else ""
        reason = known or _refused(entry.name) or _ignored_by(path, ignores, directory=is_dir)
        if is_dir and not reason:
            yield from _walk(root, path, ignores, ours)
        else:
            yield path, reason


def _refused(name: str) -> str:
    """Why no document may be called so, "" where it may."""
    if is_dot_git(name):
        return "git's own"
    if fold(name) in _LAYER_NAMES:
        return "its name is a layer's; layers are made here"
    if fold(name) in _GIT_NAMES:
        return "git would apply it to the workspace"
    try:
        check_segment(name)
    except InvalidName as error:
        return f"its name cannot be kept: {_shown(error.message)}"
    return ""


def _ignores(root: Path, prefix: str, names: set[str]) -> Iterator[Ignore]:
    for name in IGNORE_FILES:
        found = _read_file(root / f"{prefix}{name}") if name in names else ""
        text = decode_text(found[0]) if not isinstance(found, str) else None
        if text:
            yield prefix, name, parse_patterns(text.split("\n"))


def _ignored_by(path: str, ignores: Sequence[Ignore], *, directory: bool) -> str:
    """Why ``path`` is ignored, "" where it is not: the last pattern that matches decides, as with git."""
    for prefix, name, patterns in reversed(ignores):
        ignored = is_ignored(patterns, path[len(prefix) :], directory=directory)
        if ignored is not None:
            return f"ignored by {prefix}{name}" if ignored else ""
    return ""


def _read_file(path: Path) -> tuple[bytes, bool] | str:
    """A regular file's bytes and whether it may be executed, or the reason why it cannot be added."""
    try:
        # Without blocking on a pipe, and without following a link that took the file's place since it was listed.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return "a symbolic link" if path.is_symlink() else f"cannot be read: {error.strerror}"
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"
        try:
            data = file.read(SIZE_LIMIT + 1) if status.st_size <= SIZE_LIMIT else b""
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        if status.st_size > SIZE_LIMIT or len(data) > SIZE_LIMIT:
            return f"too large for git: {status.st_size:,} bytes, {SIZE_LIMIT:,} at most"
        return data, bool(status.st_mode & stat.S_IXUSR)


def _why_nothing(skipped: Sequence[Skipped]) -> str | None:
    return f"left out: {skipped[0][0]} ({skipped[0][1]}), {len(skipped)} in all" if skipped else None


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
