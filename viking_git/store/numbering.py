"""Archives of one session that two machines made at once, and each called by the same number."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.layers import MESSAGES, META, RELATIONS
from viking_git.model.layout import archive_number, archive_of
from viking_git.model.meta import dump_json, load_json
from viking_git.model.names import fold
from viking_git.model.relations import dump_relations, load_relations
from viking_git.model.uri import SCHEME
from viking_git.store.graft import Placed
from viking_git.store.objects import ObjectWriter
from viking_git.store.renames import Side
from viking_git.store.snapshot import Snapshot

_HISTORY = "/history/"
_CALL = re.compile(r"(session/[^/]+/[^/]+)/tools/[^/]+/[^/]+\.json")
"""The record of a tool call."""


def renumbered(writer: ObjectWriter, ours: Side, theirs: Side) -> Side:
    """Their side, its archives under numbers that ours has not given to others.

    Two machines may archive one session at once, and each calls its archive the next. What trunk holds is not
    rewritten, so theirs takes the next number that is free, and what names it follows: the sources and uses of
    memories, the records of tool calls, relations.
    """
    given = dict(_given(ours, theirs))
    if not given:
        return theirs
    files: dict[str, Placed] = {}
    for old, new in given.items():
        files |= {f"{new}{path[len(old) :]}": (entry.oid, entry.mode) for path, entry in theirs.tree.walk(old)}
    for path, _, entry in theirs.changed:
        if entry is None or entry.kind != "file" or archive_of(path) in given:
            continue
        data = _retold(theirs.tree, path, given, in_ours=ours.tree.exists(path))
        if data is not None:
            files[path] = writer.blob(data), entry.mode
    return Side(theirs.base, Snapshot(writer.git, writer.graft(theirs.tree.tree, files, given)))


def _given(ours: Side, theirs: Side) -> Iterator[tuple[str, str]]:
    """The archives of theirs that need another number: directory now, directory then."""
    mine, other = _new_archives(ours), _new_archives(theirs)
    for session in sorted(mine.keys() & other.keys()):
        (here, made), (there, added) = mine[session], other[session]
        if made.isdisjoint(added):
            continue
        known = set(ours.tree.names(here))
        said = {_transcript(ours.tree, f"{here}/{name}"): name for name in known}
        last = max(archive_number(name) or 0 for name in known.union(theirs.tree.names(there)))
        for name in sorted(made & added):
            transcript = _transcript(theirs.tree, f"{there}/{name}")
            if transcript == _transcript(ours.tree, f"{here}/{name}"):
                continue
            if transcript not in said:
                last += 1
                said[transcript] = f"archive_{last:03d}"
            yield f"{there}/{name}", f"{there}/{said[transcript]}"


def _new_archives(side: Side) -> dict[str, tuple[str, set[str]]]:
    """The archives that the base has not: by session, case aside, the directory of its history and their names."""
    found: dict[str, tuple[str, set[str]]] = {}
    for archive in {archive for path in side.added if (archive := archive_of(path))}:
        history, _, name = archive.rpartition("/")
        if not side.base.exists(archive):
            found.setdefault(fold(history), (history, set()))[1].add(name)
    return found


def _transcript(tree: Snapshot, archive: str) -> str:
    """What tells an archive from others: the id of its transcript, from its stamp where it is private."""
    transcript = tree.entry(f"{archive}/{MESSAGES}")
    if transcript is not None:
        return transcript.oid
    try:
        meta = load_json(tree.get(f"{archive}/{META}") or b"", META)
    except InvalidContent:
        meta = {}
    entry = tree.entry(archive)
    return str(meta.get("summarizes", entry.oid if entry else ""))


def _retold(tree: Snapshot, path: str, given: Mapping[str, str], *, in_ours: bool) -> bytes | None:
    """What a file says with the archives by the names they have then, None where it names none of them."""
    name, call = path.rpartition("/")[2], _CALL.fullmatch(path)
    try:
        if name == RELATIONS:
            relations = load_relations(tree.read(path), path)
            moved = [replace(relation, uri=_moved(relation.uri, given)) for relation in relations]
            return dump_relations(moved) if moved != relations else None
        # A call that ours has too is told as ours tells it.
        if name == META or (call and not in_ours):
            record = load_json(tree.read(path), path)
            told = _told(record, call[1] if call else "", given)
            return dump_json(told) if told != record else None
    except InvalidContent:
        pass
    return None


def _told(value: Any, session: str, given: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_told(item, session, given) for item in value]
    if not isinstance(value, dict):
        return value
    place = str(value.get("session", session)).removeprefix(SCHEME).strip("/")
    new = given.get(f"{place}{_HISTORY}{value.get('archive')}")
    told = {key: _told(item, session, given) for key, item in value.items()}
    return told | {"archive": new.rpartition("/")[2]} if new else told


def _moved(uri: str, given: Mapping[str, str]) -> str:
    path = uri.removeprefix(SCHEME)
    archive = "/".join(path.split("/")[:5])
    return f"{SCHEME}{given[archive]}{path[len(archive) :]}" if archive in given else uri
