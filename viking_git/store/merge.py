"""The exact three-way merge of trees (design section 4, "Merging").

A walk that recurses only where all three trees differ, so its cost follows the changes and the width of their
directories. Files merge by what they are; where no merge is right, both versions stay, the second under another name. A
conflict marker is never written, and nothing is lost that neither side deleted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from pygit2.enums import FileMode

from viking_git.errors import InvalidContent
from viking_git.model.filemerge import memory_at, merge_file
from viking_git.model.layers import ABSTRACT, CONTENT, META, OVERVIEW
from viking_git.model.memory import Memory, parse_memory
from viking_git.model.meta import load_json
from viking_git.model.names import MAX_SEGMENT_BYTES
from viking_git.store.numbering import renumbered
from viking_git.store.objects import ObjectWriter
from viking_git.store.promised import read_blob, settled
from viking_git.store.relinking import relink
from viking_git.store.renames import PROJECTIONS, Side, follow_renames, respell
from viking_git.store.snapshot import Snapshot
from viking_git.store.treeform import Entries, TreeEntry, entries_of

_KEPT = re.compile(r"\.theirs-[0-9a-f]{8,}(?=\.|$)")
_LAYERS = (ABSTRACT, OVERVIEW)
_FILES = {FileMode.BLOB, FileMode.BLOB_EXECUTABLE}
_WEIGHTS = {"llm": 1, "agent": 2, "human": 3}
"""Whose summary stands against another's; the extractive default weighs nothing."""
_BY_HAND = 2


@dataclass(frozen=True, slots=True)
class MergeResult:
    """A merged tree, None for the empty one, and what a person may want to look at.

    Attributes:
        contested: paths of files in which variants of both sides stand, or which one side deleted and the other edited.
        kept_both: paths that could not be merged: theirs stands beside ours as ``name.theirs-<hash>.ext``; of two
            submodules, ours alone stands.
    """

    tree: str | None
    contested: tuple[str, ...]
    kept_both: tuple[str, ...]


def unkept(path: str) -> str:
    """The path that a file had before a merge kept it beside another one (see ``MergeResult.kept_both``)."""
    return _KEPT.sub("", path)


def merge_trees(writer: ObjectWriter, base: str | None, ours: str | None, theirs: str | None) -> MergeResult:
    """Merge three trees, given by id (None: the empty tree); only what changed is written.

    What one side renamed and the other edited is merged under its new name. Names that differ by case alone are one
    name, and archives that two machines gave the same number are two archives. Where the sides of a memory differ, its
    projections are made again from its merged content.md. Other summaries that both sides changed stay as the side
    whose writer weighs more has them: trunk refreshes them afterwards.
    """
    return settled(writer.git, partial(_merged, writer, base, ours, theirs))


def _merged(writer: ObjectWriter, base: str | None, ours: str | None, theirs: str | None) -> MergeResult:
    merge = _Merge(writer)
    if theirs in (base, ours):
        return MergeResult(ours, (), ())
    old = Snapshot(writer.git, base)
    one, other = Side(old, Snapshot(writer.git, ours)), Side(old, Snapshot(writer.git, theirs))
    one, other = renumbered(writer, one, other)
    if base == ours:
        return MergeResult(other.tree.tree, (), ())
    tree = relink(writer, (one, other), merge.directory("", *follow_renames(writer, one, other)))
    return MergeResult(tree, tuple(sorted(merge.contested)), tuple(sorted(merge.kept_both)))


class _Three(NamedTuple):
    """What base, ours and theirs have under one name."""

    base: TreeEntry | None
    ours: TreeEntry | None
    theirs: TreeEntry | None

    @property
    def is_settled(self) -> bool:
        return self.ours == self.theirs or self.base in (self.ours, self.theirs)

    @property
    def settled(self) -> TreeEntry | None:
        return self.theirs if self.ours == self.base else self.ours


class _Merge:
    def __init__(self, writer: ObjectWriter) -> None:
        self.contested: set[str] = set()
        self.kept_both: set[str] = set()
        self._writer = writer

    def directory(self, path: str, base: str | None, ours: str | None, theirs: str | None) -> str | None:
        """The merged tree of the directory ``path``, "" for the root."""
        if ours == theirs or theirs == base:
            return ours
        if ours == base:
            return theirs
        old: Entries
        one: Entries
        other: Entries
        old, one, other = self._entries(base), self._entries(ours), self._entries(theirs)
        memory = memory_at(path)
        if memory is not None and not (one and other):
            return self._deleted_memory(path, memory, old, one or other)
        old, one, other = respell(self._writer, path, old, one, other)
        ranks = self._rank(one), self._rank(other)
        prefer_theirs = None if ranks[0] == ranks[1] else ranks[1] > ranks[0]
        threes = {name: _Three(old.get(name), one.get(name), other.get(name)) for name in one.keys() | other.keys()}
        summary = {name: three for name in _LAYERS if (three := threes.get(name)) and all(map(_may_be_file, three))}
        if min(ranks)[0] >= _BY_HAND and not all(three.is_settled for three in summary.values()):
            self.contested.update(f"{path}/{name}" if path else name for name in summary)
        merged: dict[str, TreeEntry] = {}
        beside: list[TreeEntry] = []
        for name in threes.keys() - summary.keys():
            entry, second = self._entry(f"{path}/{name}" if path else name, threes[name], prefer_theirs)
            merged |= {name: entry} if entry else {}
            beside += [second] if second else []
        found = self._memory(merged.get(CONTENT), memory)
        merged |= self._projections(found) if found else _summary(summary, prefer_theirs)
        for entry in sorted(beside):
            _put_beside(merged, entry)
        if not (one and other) and merged.keys() <= PROJECTIONS and old.keys() - PROJECTIONS:
            return self._deleted_directory(path, merged)
        return self._writer.tree(merged.values())

    def _entry(self, path: str, three: _Three, prefer_theirs: bool | None) -> tuple[TreeEntry | None, TreeEntry | None]:
        """The merged entry, and one that must stand beside it under another name."""
        one, other = three.ours, three.theirs
        if three.is_settled:
            return three.settled, None
        if _is_tree(one) or _is_tree(other):
            return self._with_tree(path, three)
        if one is None or other is None:
            self.contested |= {path} if not path.endswith(META) else set()
            return one or other, None
        if one[2] in _FILES and other[2] in _FILES:
            return self._file(path, three.base, one, other, prefer_theirs)
        self.kept_both.add(path)
        return one, other if other[2] != FileMode.COMMIT else None

    def _with_tree(self, path: str, three: _Three) -> tuple[TreeEntry | None, TreeEntry | None]:
        tree = self.directory(path, *(entry[1] if entry and _is_tree(entry) else None for entry in three))
        entry = (path.rpartition("/")[2], tree, int(FileMode.TREE)) if tree else None
        file = next((side for side in (three.ours, three.theirs) if side and not _is_tree(side)), None)
        if file and entry:
            self.kept_both.add(path)
        return (entry, file) if entry else (file, None)

    def _file(
        self, path: str, base: TreeEntry | None, ours: TreeEntry, theirs: TreeEntry, prefer_theirs: bool | None
    ) -> tuple[TreeEntry, TreeEntry | None]:
        if base is None or base[2] not in _FILES:
            base, mode = None, max(ours[2], theirs[2])
        else:
            mode = theirs[2] if ours[2] == base[2] else ours[2]
        if ours[1] == theirs[1]:
            return (ours[0], ours[1], mode), None
        if base is not None and base[1] in (ours[1], theirs[1]):
            return (ours[0], theirs[1] if ours[1] == base[1] else ours[1], mode), None
        old = None if base is None else self._read(base)
        merged = merge_file(path, old, self._read(ours), self._read(theirs), prefer_theirs=prefer_theirs)
        if merged is None:
            self.kept_both.add(path)
            return ours, theirs
        self.contested |= {path} if merged.contested else set()
        return (ours[0], self._writer.blob(merged.data), mode), None

    def _deleted_directory(self, path: str, kept: Entries) -> str | None:
        """A directory that one side deleted and the other only wrote about: gone, unless a person or a model wrote."""
        if not self._rank(kept)[0]:
            return None
        self.contested.update(f"{path}/{name}" if path else name for name in kept if name != META)
        return self._writer.tree(kept.values())

    def _deleted_memory(self, path: str, memory: tuple[str, str], old: Entries, kept: Entries) -> str | None:
        """A memory that one side deleted: gone as a whole, unless the other edited more of it than projections."""
        edited = {name for name, entry in kept.items() if entry != old.get(name)} - PROJECTIONS
        if not edited:
            return None
        self.contested.add(f"{path}/{CONTENT}")
        entries = dict(kept)
        if found := self._memory(kept.get(CONTENT), memory):
            text = replace(found, status="contested").render()
            entries[CONTENT] = (CONTENT, self._writer.blob(text.encode()), kept[CONTENT][2])
        return self._writer.tree(entries.values())

    def _memory(self, content: TreeEntry | None, memory: tuple[str, str] | None) -> Memory | None:
        if memory is None or content is None or content[2] not in _FILES:
            return None
        try:
            return parse_memory(self._read(content).decode(), category_name=memory[0], name=memory[1])
        except (InvalidContent, UnicodeDecodeError):
            return None

    def _projections(self, memory: Memory) -> dict[str, TreeEntry]:
        layers = memory.layers()
        texts = {ABSTRACT: layers.abstract, OVERVIEW: layers.overview}
        return {n: (n, self._writer.blob(f"{text}\n".encode()), int(FileMode.BLOB)) for n, text in texts.items()}

    def _rank(self, entries: Entries) -> tuple[int, list[str]]:
        """Whose summary stands against another's: whose writer weighs more; by its ids where they weigh the same."""
        ids = [entries[name][1] for name in (*_LAYERS, META) if name in entries]
        meta = entries.get(META)
        if meta is None or meta[2] not in _FILES:
            return 0, ids
        try:
            writer = str(load_json(self._read(meta), META).get("generated_by", ""))
        except InvalidContent:
            return 0, ids
        return _WEIGHTS.get(writer.partition(":")[0], 0), ids

    def _entries(self, tree: str | None) -> dict[str, TreeEntry]:
        return {} if tree is None else entries_of(self._writer.git, ("", tree, int(FileMode.TREE)))

    def _read(self, entry: TreeEntry) -> bytes:
        return read_blob(self._writer.git, entry[1])


def _summary(threes: Mapping[str, _Three], prefer_theirs: bool | None) -> dict[str, TreeEntry]:
    """L0 and L1, both of one side where either is open: a summary of two hands is nobody's."""
    chosen: dict[str, TreeEntry | None]
    if all(three.is_settled for three in threes.values()):
        chosen = {name: three.settled for name, three in threes.items()}
    elif prefer_theirs:
        chosen = {name: three.theirs or three.ours for name, three in threes.items()}
    else:
        chosen = {name: three.ours or three.theirs for name, three in threes.items()}
    return {name: entry for name, entry in chosen.items() if entry is not None}


def _put_beside(entries: dict[str, TreeEntry], entry: TreeEntry) -> None:
    name, oid, mode = entry
    path = PurePosixPath(name)
    for digits in (8, len(oid)):
        suffix = f".theirs-{oid[:digits]}{path.suffix}"
        stem = path.stem.encode()[: MAX_SEGMENT_BYTES - len(suffix.encode())].decode(errors="ignore")
        free = f"{stem}{suffix}"
        if entries.get(free, (free, oid, mode))[1] == oid:
            break
    entries[free] = (free, oid, mode)


def _is_tree(entry: TreeEntry | None) -> bool:
    return entry is not None and entry[2] == FileMode.TREE


def _may_be_file(entry: TreeEntry | None) -> bool:
    return entry is None or entry[2] in _FILES
