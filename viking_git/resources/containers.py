"""Layers of containers: scopes, spaces, categories and sessions, as projections of what they hold (design section 3).

A container's layers are a pure function of the names and abstracts of its children, and of the profile for a user's
space. Only trunk writes them, in a commit of its own.
"""

from collections.abc import Iterable, Sequence

from viking_git.model.categories import CATEGORIES
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, ABSTRACT_LIMIT, META, OVERVIEW, Layers, clip
from viking_git.model.layout import QUARANTINE, archive_number, memory_of
from viking_git.model.names import is_holdable
from viking_git.model.text import decode_text
from viking_git.model.uri import TRACKED_SCOPES
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
from viking_git.resources.view import Tree, View
from viking_git.store.snapshot import Entry, Snapshot

PROFILE_LIMIT = 2000
"""Characters of the profile that lead a user's overview."""

_GENERATED = frozenset({ABSTRACT, OVERVIEW, META})
_EMPTY = {
    "agent": "No agents yet.",
    "resources": "No resources yet.",
    "session": "No sessions yet.",
    "user": "No users yet.",
}
_NOUNS = {
    "resources": ("resource", "resources"),
    "user": ("user", "users"),
    "agent": ("agent", "agents"),
    "session": ("space with sessions", "spaces with sessions"),
    "space": ("part", "parts"),
    "sessions": ("session", "sessions"),
    "archives": ("archive", "archives"),
    "memories": ("category of memories", "categories of memories"),
    "profile": ("profile aspect", "profile aspects"),
    "preferences": ("preference", "preferences"),
    "entities": ("entity", "entities"),
    "years": ("year of events", "years of events"),
    "events": ("event", "events"),
    "cases": ("case", "cases"),
    "patterns": ("pattern", "patterns"),
    "tools": ("tool", "tools"),
    "skills": ("skill", "skills"),
    "instructions": ("instruction", "instructions"),
    "other": ("memory", "memories"),
}
_TITLES = {
    "user": "Users",
    "agent": "Agents",
    "session": "Spaces with sessions",
    "space": "Space",
    "archives": "Session",
    "memories": "Memories",
    "years": "Events by year",
    "other": "Memories",
}
_NEWEST_FIRST = frozenset({"sessions", "archives", "years", "events"})


def is_container(path: str) -> bool:
    """Whether the directory ``path`` has layers that are a projection of its children."""
    return _kind(path) is not None and is_holdable(path)


def container_layers(tree: Tree, path: str) -> Layers:
    """L0 and L1 of the container ``path``: how many children, which, and the abstract of each, at most 64.

    A user's space and its memories begin with the profile. The name of the container itself is not used.
    """
    kind = _kind(path) or "other"
    listed, base = _children(tree, path, kind)
    if not listed:
        empty = _EMPTY.get(kind, "Nothing here yet.")
        return Layers(empty, f"# {_title(kind)}\n\n{empty}")
    lines = {entry.name: _line(tree, base, entry) for entry in listed[:CHILD_LIMIT]}
    abstract = _abstract(kind, listed, lines)
    shown = [Item(_target(path, base, entry), lines[entry.name]) for entry in listed[:CHILD_LIMIT]]
    title = f"# {_title(kind)}\n\n{abstract}"
    profile = _profile(tree, path, kind)
    head = f"{profile}\n\n{title}" if profile else title
    return Layers(abstract, fit_sections(head, [Section("", shown, len(listed))]))


def container_changes(snapshot: Snapshot, touched: Iterable[str], pending: Changes | None = None) -> Changes:
    """The layers of all containers above ``touched`` that differ from what they should be, deepest first.

    Containers that hold nothing any more are removed, the four scopes excepted, which always have layers; so is what a
    deleted ``content.md`` leaves of its memory, for all of that is projected from it.

    Args:
        snapshot: the tree with the changes in it.
        touched: paths of the files or directories that changed.
        pending: further changes that are about to be written into ``snapshot``; not altered.
    """
    view = View(snapshot, pending)
    touched = list(touched)
    for memory in sorted({found[0] for path in touched if (found := memory_of(path))}):
        if view.is_dir(memory) and not _holds_something(view, memory):
            view.delete(memory)
    paths = {*TRACKED_SCOPES, *(path for name in touched for path in _containers_above(name))}
    for path in sorted(paths, key=lambda path: (-path.count("/"), path)):
        if path in TRACKED_SCOPES or _holds_something(view, path):
            write_layers(view, path, container_layers(view, path))
        elif view.is_dir(path):
            view.delete(path)
    return view.changes


def _kind(path: str) -> str | None:
    """What a container holds, a key of ``_NOUNS``; None for what is no container."""
    scope, *rest = path.split("/")
    if scope not in TRACKED_SCOPES:
        return None
    if not rest:
        return scope
    if scope == "session":
        return {1: "sessions", 2: "archives"}.get(len(rest))
    if scope == "resources":
        return None
    if scope == "agent" and rest[1:2] == ["user"]:
        # What isolate_agent_by_user keeps apart repeats the layout one level deeper.
        return "user" if len(rest) == 2 else _in_space(rest[3:])
    if scope == "agent" and len(rest) == 2 and rest[1] in {"skills", "instructions"}:
        return rest[1]
    return _in_space(rest[1:])


def _in_space(rest: Sequence[str]) -> str | None:
    """The kind of ``rest``, a path relative to a space."""
    match rest:
        case []:
            return "space"
        case ["memories"]:
            return "memories"
        case ["memories", "events"]:
            return "years"
        case ["memories", "events", _]:
            return "events"
        case ["memories", name] if name != QUARANTINE:
            return name if name in CATEGORIES else "other"
    return None


def _containers_above(path: str) -> Iterable[str]:
    while path:
        if is_container(path):
            yield path
        path = path.rpartition("/")[0]


def _children(tree: Tree, path: str, kind: str) -> tuple[list[Entry], str]:
    """What is listed, in its order, and the directory that it lies in."""
    base = f"{path}/history" if kind == "archives" else path
    files, directories = own_entries(tree, base)
    if kind == "archives":
        directories = [entry for entry in directories if archive_number(entry.name) is not None]
        return sorted(directories, key=lambda entry: -(archive_number(entry.name) or 0)), base
    # What may be poison is in no layer, for layers are read before anything else.
    listed = sorted([*files, *(d for d in directories if d.name != QUARANTINE)], key=lambda entry: entry.name)
    return (listed[::-1] if kind in _NEWEST_FIRST else listed), base


def _line(tree: Tree, base: str, entry: Entry) -> str:
    return read_line(tree.get(f"{base}/{entry.name}/{ABSTRACT}")) if entry.is_dir else ""


def _target(path: str, base: str, entry: Entry) -> str:
    return f"{base}/{entry.name}"[len(path) + 1 :] + ("/" if entry.is_dir else "")


def _abstract(kind: str, listed: Sequence[Entry], lines: dict[str, str]) -> str:
    total = count(len(listed), *_NOUNS[kind])
    if kind == "archives":
        latest = lines[listed[0].name]
        return clip(latest if len(listed) == 1 and latest else f"{total}. {latest}".strip(), ABSTRACT_LIMIT)
    if kind == "space" and lines.get("memories"):
        return lines["memories"]
    return name_list(total, [entry.name for entry in listed])


def _profile(tree: Tree, path: str, kind: str) -> str:
    """The overviews of the user's profile memories, as many as the budget holds; "" elsewhere."""
    parts = path.split("/")
    if parts[0] != "user" or kind not in {"space", "memories"}:
        return ""
    base = f"user/{parts[1]}/memories/profile"
    kept: list[str] = []
    used = 0
    for entry in own_entries(tree, base)[1][:CHILD_LIMIT]:
        overview = decode_text(tree.get(f"{base}/{entry.name}/{OVERVIEW}") or b"") or ""
        line = read_line(tree.get(f"{base}/{entry.name}/{ABSTRACT}"))
        text = overview.strip()
        if not text or used + len(text) > PROFILE_LIMIT:
            text = line
        if text and used + len(text) <= PROFILE_LIMIT:
            kept.append(text)
            used += len(text) + 2
    return "\n\n".join(kept)


def _holds_something(view: View, path: str) -> bool:
    return any(name not in _GENERATED for name in view.names(path))


def _title(kind: str) -> str:
    return _TITLES.get(kind) or _NOUNS[kind][1].capitalize()
