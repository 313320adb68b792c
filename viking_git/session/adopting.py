"""Layers of an import: foreign ones become ours, missing ones are made, and nothing of them is lost."""

from collections.abc import Mapping
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.changes import Changes
from viking_git.model.layers import (
    ABSTRACT,
    ABSTRACT_LIMIT,
    CONTENT,
    LAYER_FILES,
    META,
    OVERVIEW,
    OVERVIEW_LIMIT,
    Layers,
)
from viking_git.model.layout import archive_of, memory_of
from viking_git.model.memory import Memory
from viking_git.model.meta import dump_json, load_json
from viking_git.pack.foreign import IMPORTED, foreign_layer
from viking_git.resources.containers import container_layers
from viking_git.resources.listing import write_layers
from viking_git.resources.summarize import directory_layers, is_summarised, resource_changes, stamp
from viking_git.resources.view import View
from viking_git.session.placing import Plan
from viking_git.session.refresh import session_meta
from viking_git.session.similar import read_memory
from viking_git.session.state import SessionId
from viking_git.store.snapshot import Snapshot

_LIMITS = {ABSTRACT: ABSTRACT_LIMIT, OVERVIEW: OVERVIEW_LIMIT - 1}


def adopt(grafted: Snapshot, plan: Plan, *, as_is: bool, own: bool) -> Changes:
    """What is to change in ``grafted``, the tree with the plan's files in it, so that its layers are ours.

    Args:
        plan: what was put in; what is kept verbatim is added to it.
        as_is: leave the pack's layers as they came; missing ones are made all the same.
        own: the pack was written by viking-git, so its containers' layers are projections and nothing is lost.
    """
    view = View(grafted)
    directories = sorted({path.rpartition("/")[0] for path in plan.files}, key=_deepest_first)
    makers = {} if as_is else {path: maker for path in directories if (maker := _clean(grafted, view, plan, path))}
    for path in sorted(plan.empty, key=_deepest_first):
        write_layers(view, path, directory_layers(view, path))
        makers[path] = "extractive"
    if not own:
        _keep_projections(view, plan)
    changes = Changes()
    changes.update(view.changes)
    changes.update(resource_changes(grafted, view.changes, [*plan.files, *(f"{path}/{META}" for path in plan.empty)]))
    final = View(grafted, changes)
    for path, maker in makers.items():
        _complete(final, path, maker)
    changes.update(final.changes)
    if as_is:
        return _only_added(grafted, changes, plan)
    if not own:
        _keep_sidecars(grafted, View(grafted, changes), plan)
    final = View(grafted, changes)
    for path, items in plan.kept.items():
        holder = _holder(final, path)
        plan.holders.add(f"{holder}/{META}")
        _write_kept(grafted, final, holder, items)
    changes.update(final.changes)
    return changes


def _write_kept(grafted: Snapshot, view: View, path: str, items: Mapping[str, Any]) -> None:
    """Write files that stand verbatim into the ``.meta.json`` of ``path``; a session's lists its archives besides."""
    session = SessionId(*path.split("/")[1:]) if _is_session(path) else None
    meta = (session_meta(grafted, session) if session else None) or _meta(view, path)
    before = meta.get(IMPORTED)
    meta[IMPORTED] = {**(before if isinstance(before, dict) else {}), **items}
    view.write(f"{path}/{META}", dump_json(meta))


def _only_added(grafted: Snapshot, changes: Changes, plan: Plan) -> Changes:
    """``changes`` without those to files that the pack brought; what is kept of containers' layers is added to it."""
    added = Changes()
    for path, file in changes.files():
        if path not in plan.files:
            added.write(path, file.data, executable=file.executable)
    view = View(grafted, added)
    for path, items in plan.kept.items():
        if f"{path}/{META}" not in plan.files:
            _write_kept(grafted, view, path, items)
    added.update(view.changes)
    return added


def _keep_sidecars(grafted: Snapshot, final: View, plan: Plan) -> None:
    """Keep a ``.meta.json`` of the pack that was written over with anything left out."""
    for path in plan.files:
        if not path.endswith(f"/{META}") or final.get(path) == grafted.get(path):
            continue
        data = grafted.get(path) or b""
        after = load_json(final.get(path) or b"{}", path)
        try:
            lost = any(after.get(key) != value for key, value in load_json(data, path).items())
        except InvalidContent:
            lost = True
        if lost:
            plan.keep(path.rpartition("/")[0], plan.sources[path], data)


def _clean(grafted: Snapshot, view: View, plan: Plan, path: str) -> str:
    """Bring the foreign layers of ``path`` into our form; who made them, "" where no stamp says so."""
    found = {name: data for name in _LIMITS if (data := view.get(f"{path}/{name}")) is not None}
    if not found or isinstance(_meta(view, path).get("layers"), dict):
        return ""
    memory = read_memory(grafted, path)
    if memory is not None:
        return _clean_memory(memory, view, plan, path, found)
    maker = "openviking"
    for name, data in found.items():
        layer = foreign_layer(data, _LIMITS[name])
        source = plan.sources.get(f"{path}/{name}", f"{path}/{name}")
        if layer is None:
            plan.keep(path, source, data)
            view.delete(f"{path}/{name}")
            continue
        maker = layer.maker or maker
        if layer.changed:
            plan.keep(path, source, data)
            view.write(f"{path}/{name}", layer.text)
    left = any(view.get(f"{path}/{name}") is not None for name in found)
    return f"llm:{maker}" if left and is_summarised(path) else ""


def _clean_memory(memory: Memory, view: View, plan: Plan, path: str, found: Mapping[str, bytes]) -> str:
    """Layers of a memory are projections of its content.md; those that say something else are kept beside it."""
    layers = memory.layers()
    said = {ABSTRACT: f"{layers.abstract}\n".encode(), OVERVIEW: f"{layers.overview}\n".encode()}
    for name, data in found.items():
        if said[name] != data:
            plan.keep(path, plan.sources.get(f"{path}/{name}", name), data)
            view.write(f"{path}/{name}", said[name])
    return ""


def _keep_projections(view: View, plan: Plan) -> None:
    """Keep containers' layers that say something else than the projections which take their place."""
    for path, data in plan.layers.items():
        directory, _, name = path.rpartition("/")
        layers = container_layers(view, directory)
        projected = layers.abstract if name == ABSTRACT else layers.overview
        if data == f"{projected}\n".encode():
            continue
        holder = _holder(view, directory)
        plan.keep(holder, plan.sources[path], data)
        plan.notes.append(f"{path}: made by viking-git itself; the pack's is kept in {holder}/{META}")


def _holder(view: View, path: str) -> str:
    """The nearest directory at or above ``path`` whose ``.meta.json`` stays.

    An empty directory's, an empty memory's and that of a session without archives go with the next refresh.
    """
    while "/" in path and not _stays(view, path):
        path = path.rpartition("/")[0]
    return path


def _stays(view: View, path: str) -> bool:
    names = set(view.names(path))
    if _is_session(path):
        return "history" in names
    if path.startswith("session/") and path.count("/") > 2:
        return archive_of(f"{path}/{META}") == path and META in names
    memory = memory_of(f"{path}/{META}")
    return CONTENT in names if memory is not None and memory[0] == path else not names <= LAYER_FILES


def _is_session(path: str) -> bool:
    return path.startswith("session/") and path.count("/") == 2


def _complete(view: View, path: str, maker: str) -> None:
    """Make the layer that a foreign directory lacks, and stamp both as true of what is there."""
    oids = {name: view.entry(f"{path}/{name}") for name in _LIMITS}
    if None in oids.values():
        made = directory_layers(view, path)
        texts = {
            name: (view.get(f"{path}/{name}") or b"").decode("utf-8", "replace").strip() or text
            for name, text in ((ABSTRACT, made.abstract), (OVERVIEW, made.overview))
        }
        write_layers(view, path, Layers(texts[ABSTRACT], texts[OVERVIEW]))
    layers = {
        layer: entry.oid
        for layer, name in (("abstract", ABSTRACT), ("overview", OVERVIEW))
        if (entry := view.entry(f"{path}/{name}")) is not None
    }
    meta = {**_meta(view, path), "generated_by": maker, "summarizes": stamp(view, path), "layers": layers}
    view.write(f"{path}/{META}", dump_json(meta))


def _meta(view: View, path: str) -> dict[str, Any]:
    try:
        return load_json(view.get(f"{path}/{META}") or b"{}", f"{path}/{META}")
    except InvalidContent:
        return {}


def _deepest_first(path: str) -> tuple[int, str]:
    return -path.count("/"), path
