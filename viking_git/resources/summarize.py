"""Extractive layers of resource directories, and the stamp that says whether layers are still true (design section 3).

Layers are made of nothing but what the stamp names: the directory's own L2 entries and the abstracts of its child
directories. So a stamp that fits means layers that fit, and a directory that is renamed keeps both.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from viking_git.errors import InvalidContent
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, ABSTRACT_LIMIT, META, OVERVIEW, Layers, clip
from viking_git.model.meta import dump_json, load_json
from viking_git.model.names import is_holdable
from viking_git.model.text import decode_text
from viking_git.resources.archives import archive_layers
from viking_git.resources.described import Described
from viking_git.resources.listing import (
    CHILD_LIMIT,
    Item,
    Section,
    count,
    fit_sections,
    name_list,
    own_entries,
    read_line,
    write_layers,
)
from viking_git.resources.parsers import describe
from viking_git.resources.view import Tree, View
from viking_git.store.snapshot import Entry, Snapshot

__all__ = [
    "FORMAT", "RefreshReport", "State", "accept_layers", "archive_layers", "directory_layers", "is_summarised",
    "make_layers", "refresh_resources", "resource_changes", "stamp", "state",
]  # fmt: skip

FORMAT = 1
"""The version of these layers; raising it makes every extractive layer stale."""
EXTRACTIVE = "extractive"
EMPTY = "Nothing here yet."

State = Literal["current", "stale", "edited", "missing"]
Read = Callable[[str], bytes | None]

_LEADS = ("readme", "index", "skill", "overview", "introduction", "about", "__init__")
_PROSE = ("markdown", "notebook", "text")


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What ``refresh_resources`` did with each directory.

    Attributes:
        written: directories whose layers were made.
        accepted: directories whose layers were stamped as still true.
        kept: directories whose layers a person or a model wrote, and why they need a look: stale or edited.
        current: the number of directories in which nothing was to be done.
    """

    written: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    kept: tuple[tuple[str, State], ...] = ()
    current: int = 0


def is_summarised(path: str) -> bool:
    """Whether the directory ``path`` has layers of its own that no projection makes.

    These are the directories below ``resources/``, and those below an agent's ``skills/`` and ``instructions/``, less
    those that no tree of ours may hold.
    """
    parts = path.split("/")
    below = len(parts) > 3 and parts[2] in {"skills", "instructions"} if parts[0] == "agent" else len(parts) > 1
    return parts[0] in {"resources", "agent"} and below and is_holdable(path)


def directory_layers(tree: Tree, path: str, read: Read | None = None) -> Layers:
    """L0 and L1 of the directory ``path``, taken from its files and the abstracts of its child directories.

    L0 is the description of a README or index, of the only file, or else the titles of its documents. L1 has a line a
    file and a line a child directory, the first 64 of each. The directory's own name is not used.

    Args:
        tree: where ``path`` lies.
        read: the bytes of a file by its path, None where none is; ``tree.get`` when left out.
    """
    read = read or tree.get
    files, directories = own_entries(tree, path)
    files.sort(key=lambda entry: (_lead(entry.name), entry.name))
    found = {entry.name: _described(path, entry, read) for entry in files[:CHILD_LIMIT]}
    abstracts = {entry.name: read_line(read(f"{path}/{entry.name}/{ABSTRACT}")) for entry in directories[:CHILD_LIMIT]}
    abstract = _abstract(found, len(files), abstracts, len(directories))
    leaders = (d.title for name, d in found.items() if _lead(name) < len(_LEADS) and d.title != name)
    title = next(leaders, "Contents")
    file_items = [Item(name, _said(name, d), _sections_of(d)) for name, d in sorted(found.items())]
    directory_items = [Item(f"{name}/", line) for name, line in abstracts.items()]
    sections = [Section("Files", file_items, len(files)), Section("Directories", directory_items, len(directories))]
    sections = [section for section in sections if section.total]
    return Layers(abstract, fit_sections(f"# {title}\n\n{abstract}", sections))


def stamp(tree: Tree, path: str) -> str:
    """The hash of everything that the layers of ``path`` are made of; the value of ``summarizes``.

    SHA-256 over JSON: the format's version, name, mode and blob id of each L2 entry, and per child directory its name
    and the id of its abstract, or of its tree where it has none.
    """
    files, directories = own_entries(tree, path)
    children = []
    for entry in directories:
        abstract = tree.entry(f"{path}/{entry.name}/{ABSTRACT}")
        children.append([entry.name, abstract.oid if abstract else entry.oid])
    value = [FORMAT, [[entry.name, f"{entry.mode:o}", entry.oid] for entry in files], children]
    return hashlib.sha256(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")
    ).hexdigest()


def state(tree: Tree, path: str) -> State:
    """Whether the layers of ``path`` are there, untouched since they were stamped, and true.

    From the tree alone. ``edited`` says that a layer is not the one that ``.meta.json`` names, whether or not it is
    also stale.
    """
    oids = _layer_oids(tree, path)
    if len(oids) < 2:
        return "missing"
    meta = _meta(tree, path)
    if meta.get("layers") != oids:
        return "edited"
    return "current" if meta.get("summarizes") == stamp(tree, path) else "stale"


def resource_changes(
    snapshot: Snapshot, changes: Changes, touched: Iterable[str], told: Callable[[str], None] = lambda _: None
) -> Changes:
    """The layers that ``changes`` ask for: of every summarised directory on a touched path, deepest first.

    Args:
        snapshot: the tree before ``changes``.
        changes: what is about to be written; it is not altered.
        touched: paths of files or directories, changed or deleted.
        told: hears of each directory whose files have been read.

    Returns:
        Layers and stamps only. Layers that a person or a model wrote stay as they are.
    """
    view = View(snapshot, changes)
    for path in _above(touched, view):
        if state(view, path) != "current" and _may_generate(view, path):
            make_layers(view, path)
        told(path)
    return view.changes


def outdated(snapshot: Snapshot, touched: Iterable[str]) -> list[str]:
    """The directories on touched paths whose layers ``resource_changes`` would make anew; no document is read."""
    view = View(snapshot)
    return [path for path in _above(touched, view) if state(view, path) != "current" and _may_generate(view, path)]


def made_stale(before: Snapshot, after: Snapshot, touched: Iterable[str]) -> tuple[str, ...]:
    """The directories whose layers were true, and are no longer, because a person or a model wrote them."""
    view = View(after)
    found = [path for path in _above(touched, view) if not _may_generate(view, path) and not _is_stamped(after, path)]
    return tuple(sorted(path for path in found if not before.is_dir(path) or _is_stamped(before, path)))


def refresh_resources(
    snapshot: Snapshot, paths: Iterable[str], *, accept: bool = False, rewrite: bool = False
) -> tuple[Changes, RefreshReport]:
    """Mend the layers of all summarised directories in and above ``paths``.

    Args:
        snapshot: the tree.
        paths: directories or files; ``resources`` stands for all of them.
        accept: stamp layers that a person or a model wrote as still true.
        rewrite: replace them by extractive ones.

    Raises:
        InvalidContent: ``accept`` meets a layer that is empty, no text, or over its budget.
    """
    view = View(snapshot)
    roots = list(paths)
    below = [path for root in roots for path in snapshot.directories(root) if is_summarised(path)]
    written, accepted, current = [], [], 0
    kept: list[tuple[str, State]] = []
    for path in sorted({*below, *_above(roots, view)}, key=_deepest_first):
        now = state(view, path)
        if now == "current" and not (rewrite and not _is_extractive(view, path)):
            current += 1
        elif rewrite or _may_generate(view, path):
            make_layers(view, path)
            written.append(path)
        elif accept:
            accept_layers(view, path)
            accepted.append(path)
        else:
            kept.append((path, now))
    return view.changes, RefreshReport(tuple(written), tuple(accepted), tuple(kept), current)


def _described(path: str, entry: Entry, read: Read) -> Described:
    if entry.kind != "file":
        return Described("binary", entry.name, "Symbolic link" if entry.kind == "link" else "Submodule")
    return describe(entry.name, read(f"{path}/{entry.name}") or b"")


def _lead(name: str) -> int:
    """How early a file stands among those that describe their directory; files that do not come last."""
    stem = name.casefold().partition(".")[0]
    return _LEADS.index(stem) if stem in _LEADS else len(_LEADS)


def _said(name: str, described: Described) -> str:
    if described.abstract and described.title not in {name, described.abstract} and described.kind in _PROSE:
        return f"{described.title}: {described.abstract}"
    return described.best


def _sections_of(described: Described) -> str:
    if described.kind in {"binary", "csv", "json"} or not described.outline:
        return ""
    label = "Defines" if described.kind == "code" else "Sections"
    return clip(f"{label}: {' · '.join(described.outline)}", 2 * ABSTRACT_LIMIT)


def _abstract(found: dict[str, Described], files: int, abstracts: dict[str, str], directories: int) -> str:
    for name, item in found.items():
        if item.abstract and item.kind != "binary" and (_lead(name) < len(_LEADS) or (files == 1 and not directories)):
            return item.abstract
    if files == 1 and not directories and "binary" not in (item.kind for item in found.values()):
        return next(iter(found.values())).best
    titles = [item.title for item in found.values() if item.kind in _PROSE]
    titles += [item.title for item in found.values() if item.kind not in _PROSE]
    if not files and directories == 1:
        return next(iter(abstracts.values())) or "One directory."
    if files:
        tail = f" Also {count(directories, 'directory', 'directories')}." if directories else ""
        names = titles + [""] * (files - len(titles))
        return name_list(count(files, "file"), names, ABSTRACT_LIMIT - len(tail)) + tail
    if directories:
        names = [*abstracts, *[""] * (directories - len(abstracts))]
        return name_list(count(directories, "directory", "directories"), names)
    return EMPTY


def _layer_oids(tree: Tree, path: str) -> dict[str, str]:
    found = {"abstract": tree.entry(f"{path}/{ABSTRACT}"), "overview": tree.entry(f"{path}/{OVERVIEW}")}
    return {layer: entry.oid for layer, entry in found.items() if entry is not None}


def _meta(tree: Tree, path: str) -> dict[str, Any]:
    """The directory's ``.meta.json``, {} where it is missing or broken."""
    try:
        return load_json(tree.get(f"{path}/{META}") or b"{}", f"{path}/{META}")
    except InvalidContent:
        return {}


def _is_stamped(tree: Tree, path: str) -> bool:
    return bool(_meta(tree, path).get("summarizes") == stamp(tree, path))


def _is_extractive(tree: Tree, path: str) -> bool:
    return bool(_meta(tree, path).get("generated_by", EXTRACTIVE) == EXTRACTIVE)


def _may_generate(tree: Tree, path: str) -> bool:
    """Whether no person's or model's words are lost by writing extractive layers."""
    oids = _layer_oids(tree, path)
    if not oids:
        return True
    meta = _meta(tree, path)
    ours = meta.get("layers") if meta.get("generated_by") == EXTRACTIVE else None
    return isinstance(ours, dict) and all(ours.get(layer) == oid for layer, oid in oids.items())


def make_layers(view: View, path: str) -> None:
    """Write extractive layers of the directory ``path`` and their stamp, whoever wrote those that are there."""
    write_layers(view, path, directory_layers(view, path))
    _stamp(view, path, EXTRACTIVE)


def accept_layers(view: View, path: str) -> None:
    """Stamp the layers of the directory ``path`` as true; those that changed since the last stamp, as a person's.

    Raises:
        InvalidContent: a layer that is empty, no text, or over its budget.
    """
    texts = {name: decode_text(view.get(f"{path}/{name}") or b"") for name in (ABSTRACT, OVERVIEW)}
    for name, text in texts.items():
        if text is None:
            raise InvalidContent(f"{path}/{name} is not text")
    try:
        Layers((texts[ABSTRACT] or "").strip(), (texts[OVERVIEW] or "").strip())
    except InvalidContent as error:
        raise InvalidContent(f"{path}: {error.message}", hint=error.hint) from None
    meta = _meta(view, path)
    edited = meta.get("layers") != _layer_oids(view, path)
    _stamp(view, path, "human" if edited else str(meta.get("generated_by", "human")))


def _stamp(view: View, path: str, generated_by: str) -> None:
    meta = {**_meta(view, path), "generated_by": generated_by, "summarizes": stamp(view, path)}
    view.write(f"{path}/{META}", dump_json({**meta, "layers": _layer_oids(view, path)}))


def _above(touched: Iterable[str], view: View) -> list[str]:
    """Each summarised directory on the touched paths that is there, deepest first."""
    found: set[str] = set()
    for path in touched:
        head = path
        while head and head not in found:
            if is_summarised(head) and view.is_dir(head):
                found.add(head)
            head = head.rpartition("/")[0]
    return sorted(found, key=_deepest_first)


def _deepest_first(path: str) -> tuple[int, str]:
    return -path.count("/"), path
