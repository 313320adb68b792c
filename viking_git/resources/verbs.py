"""File verbs as functions of a tree: ``write``, ``mkdir``, ``rm`` (design section 3); ``transfer`` has the others.

Each returns the ``Changes`` it makes, relations included; layers are made of the result by whoever commits it. Errors
are those of the POSIX cousins, raised before anything is written.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from viking_git.errors import Exists, InvalidContent, InvalidName, NotAllowed, NotFound
from viking_git.model.categories import category
from viking_git.model.changes import Changes
from viking_git.model.frontmatter import join_front_matter
from viking_git.model.layers import ABSTRACT, CONTENT, OVERVIEW
from viking_git.model.layout import memory_of, uri_of
from viking_git.model.memory import parse_memory
from viking_git.model.names import fold
from viking_git.resources.places import check_directory, check_file, check_removable, memory_at
from viking_git.resources.relations import forget
from viking_git.resources.sources import SIZE_LIMIT
from viking_git.resources.summarize import accept_layers, is_summarised, make_layers
from viking_git.resources.view import EXECUTABLE_MODE, View
from viking_git.store.snapshot import Snapshot


def write_file(base: Snapshot, path: str, data: bytes, *, append: bool = False) -> Changes:
    """Let the file ``path`` hold ``data``, or end with it; directories above it come with it.

    What git keeps as text has its line ends made LF. A memory's content.md must be one.

    Raises:
        NotAllowed, InvalidName, InvalidContent: see ``check_file``; a memory that is none; a directory is there.
    """
    check_file(path)
    view = View(base)
    entry = base.entry(path)
    if entry is not None and entry.is_dir:
        raise NotAllowed(f"{uri_of(path)} is a directory", hint=f"name a file in it, e.g. {_example(path)}")
    check_parents(base, path)
    check_unique(base, path)
    whole = (base.get(path) or b"") + data if append else data
    if not path.startswith("resources/") and path.endswith(".md"):
        whole = whole.replace(b"\r\n", b"\n")
    if len(whole) > SIZE_LIMIT:
        raise InvalidContent(f"too large for git: {len(whole):,} bytes, {SIZE_LIMIT:,} at most")
    check_memory(path, whole)
    view.write(path, whole, executable=entry is not None and entry.mode == EXECUTABLE_MODE)
    directory, _, name = path.rpartition("/")
    if name in {ABSTRACT, OVERVIEW} and whole != base.get(path):
        accept_layers(view, directory)
    return view.changes


def blank(path: str) -> str:
    """What a person who makes the file ``path`` begins with: of a memory, its form; of others, nothing."""
    found = memory_of(path)
    if found is None:
        return ""
    front = {"name": found[2], "category": found[1], **dict.fromkeys(category(found[1]).required, "")}
    body = "# Title\n\nOne paragraph that says it all: the abstract.\n\nThe facts, one a paragraph.\n"
    return join_front_matter(front | {"status": "active"}, body)


def make_directory(base: Snapshot, path: str, *, parents: bool = False) -> Changes:
    """Make the directory ``path``, which has layers from the start, since git keeps no empty one.

    Args:
        parents: make what is missing above it too, and be content with a directory that is there.

    Raises:
        Exists: something is there.
        NotFound: the directory above is missing.
        NotAllowed: see ``check_directory``.
    """
    check_directory(path)
    check_parents(base, path)
    entry = base.entry(path)
    if entry is not None:
        if parents and entry.is_dir:
            return Changes()
        raise Exists(f"{uri_of(path)} is there already")
    parent = path.rpartition("/")[0]
    if is_summarised(parent) and base.entry(parent) is None and not parents:
        raise NotFound(f"nothing at {uri_of(parent)}", hint="viking-git mkdir -p makes the directories above it too")
    view = View(base)
    while is_summarised(path) and base.entry(path) is None:
        make_layers(view, path)
        path = path.rpartition("/")[0]
    return view.changes


def remove(base: Snapshot, paths: Sequence[str], *, recursive: bool = False, force: bool = False) -> Changes:
    """Remove files, and with ``recursive`` directories; relations that name them are forgotten.

    A memory goes as a whole with its content.md. A directory that a file is taken from stays, and has its layers.

    Args:
        force: pass over what is not there.

    Raises:
        NotFound: nothing is there.
        NotAllowed: a directory without ``recursive``, or see ``check_removable``.
    """
    view = View(base)
    for path in paths:
        check_removable(path)
        entry = view.entry(path)
        if entry is None and force:
            continue
        if entry is None:
            raise NotFound(f"nothing at {uri_of(path)}")
        if entry.is_dir and not recursive:
            raise NotAllowed(
                f"{uri_of(path, directory=True)} is a directory", hint="viking-git rm -r removes directories"
            )
        forget(view, delete(view, path))
    return view.changes


def delete(view: View, path: str) -> str:
    """Delete ``path``; a memory whose content.md goes, goes as a whole. What was deleted."""
    found = memory_of(path)
    whole = found[0] if found and path == f"{found[0]}/{CONTENT}" else path
    view.delete(whole)
    return whole


def check_memory(path: str, data: bytes) -> None:
    """Make sure that ``data`` is a memory if ``path`` is a memory's content.md.

    Raises:
        InvalidContent: it is none; the message says why.
    """
    found = memory_of(path)
    if found is None or path != f"{found[0]}/{CONTENT}":
        return
    try:
        parse_memory(data.decode(), category_name=found[1], name=found[2])
    except UnicodeDecodeError:
        raise InvalidContent(f"{uri_of(path)} would be no memory: not UTF-8") from None
    except InvalidContent as error:
        raise InvalidContent(f"{uri_of(path)} would be no memory: {error.message}", hint=error.hint) from None


def check_parents(base: Snapshot, path: str) -> None:
    """Make sure that no file stands where ``path`` needs a directory.

    Raises:
        InvalidName: one does.
    """
    for parent in PurePosixPath(path).parents:
        entry = base.entry(str(parent)) if str(parent) != "." else None
        if entry is not None and not entry.is_dir:
            raise InvalidName(f"{uri_of(str(parent))} is a file, not a directory")


def check_unique(base: Snapshot, path: str, leaving: str = "") -> None:
    """Make sure that no space or memory differs from a sibling by case or Unicode form alone: file systems fold both.

    Args:
        leaving: a directory that is about to go.

    Raises:
        Exists: one does.
    """
    found = memory_of(path)
    parts = path.split("/")
    named = ["/".join(parts[:2])] if parts[0] in {"user", "agent"} else []
    for one in [*named, *([found[0]] if found else [])]:
        parent, _, name = one.rpartition("/")
        if base.entry(one) is not None:
            continue
        for entry in base.entries(parent):
            if entry.is_dir and fold(entry.name) == fold(name) and f"{parent}/{entry.name}" != leaving:
                raise Exists(f"{uri_of(parent)}/{entry.name} is there already, and {name!r} differs by case alone")


def _example(path: str) -> str:
    return f"{uri_of(path)}/{CONTENT if memory_at(path) else 'notes.md'}"
