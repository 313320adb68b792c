"""One side of a merge put into the names that the other gave, so that what belongs together meets.

A rename is no entry in git: it is seen where one side lacks what the other changed. Then, and only then, the trees
are searched for where it went, at the cost of what that side changed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import pygit2
from pygit2.enums import FileMode
from rapidfuzz import fuzz

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.changes import Changes
from viking_git.model.filemerge import memory_at
from viking_git.model.frontmatter import split_front_matter
from viking_git.model.layers import ABSTRACT, CONTENT, META, OVERVIEW
from viking_git.model.layout import memory_of
from viking_git.model.memory import renamed_content
from viking_git.model.names import fold
from viking_git.store.numbering import Entries, entries_of
from viking_git.store.objects import ObjectWriter, TreeEntry
from viking_git.store.snapshot import Entry, Snapshot

PROJECTIONS = frozenset({ABSTRACT, OVERVIEW, META})
ALIKE = 60
"""Percent of equal characters from which a new file is a deleted one under another name, as git takes half."""
_TEXT_LIMIT = 100_000
"""Bytes of a file up to which it is compared by its text; a larger one is found only where no byte changed."""

Trees = tuple[str | None, str | None, str | None]


def follow_renames(writer: ObjectWriter, base: str | None, ours: str | None, theirs: str | None) -> Trees:
    """Base, ours and theirs, with what one side renamed and the other edited under its new name in all three.

    Memories move as a whole, other files one by one; a file that is new in a directory moves with it.
    """
    base, theirs = _follow(writer, base, ours, theirs)
    base, ours = _follow(writer, base, theirs, ours)
    return base, ours, theirs


def _follow(
    writer: ObjectWriter, base: str | None, renaming: str | None, edited: str | None
) -> tuple[str | None, str | None]:
    """``base`` and ``edited`` with what ``renaming`` renamed."""
    old, gone, kept = (Snapshot(writer.git, tree) for tree in (base, renaming, edited))
    moves = _moves(writer, old, gone, kept)
    if not moves:
        return base, edited
    try:
        return _moved(writer, old, moves), _moved(writer, kept, moves)
    except InvalidName:
        # A tree that was not made by us may hold paths that we do not write; they stay where they are.
        return base, edited


def respell(
    writer: ObjectWriter, path: str, base: Entries, ours: Entries, theirs: Entries
) -> tuple[dict[str, TreeEntry], dict[str, TreeEntry]]:
    """The sides of a directory, with names that differ by case or Unicode form alone spelled the same way."""
    sides = dict(ours), dict(theirs)
    known = {fold(name): name for name in ours.keys() - theirs.keys()}
    for name in sorted(theirs.keys() - ours.keys()):
        twin = known.get(fold(name))
        if twin is None:
            continue
        spelling = name if name in base else twin if twin in base else min(name, twin)
        for side in sides:
            for called in {name, twin} & side.keys():
                side[spelling] = _called(writer, path, side.pop(called), spelling)
    return sides


@dataclass(frozen=True, slots=True)
class _Change:
    """What one side of a merge did since the base."""

    removed: Mapping[str, Entry]
    added: Mapping[str, Entry]


def _moves(writer: ObjectWriter, base: Snapshot, gone: Snapshot, edited: Snapshot) -> dict[str, str]:
    """Where the files and memories are now that ``gone`` lacks and ``edited`` changed: old path to new path."""
    lost = sorted(_lost(writer.git, "", base.tree, gone.tree, edited.tree))
    if not lost:
        return {}
    found = list(base.changed(gone))
    change = _Change(
        {path: old for path, old, new in found if old and not new},
        {path: new for path, old, new in found if new and not old and not edited.exists(path)},
    )
    moves: dict[str, str] = {}
    for path in lost:
        if not base.exists(path):
            target = _new_home(path, change)
        elif memory_at(path):
            target = _memory_home(path, base, gone, change, moves)
        else:
            target = _file_home(path, base, gone, change, moves)
        if target is not None and not base.exists(target) and not edited.exists(target):
            moves[path] = target
    return moves


def _lost(git: pygit2.Repository, path: str, base: str | None, gone: str | None, edited: str | None) -> Iterator[str]:
    """What ``edited`` changed, or put into a directory, and ``gone`` no longer has; only what differs is entered."""
    if gone in (base, edited) or edited == base:
        return
    old, left, kept = ({entry.name: entry for entry in Snapshot(git, tree).entries()} for tree in (base, gone, edited))
    for name in kept.keys() - PROJECTIONS:
        three = old.get(name), left.get(name), kept[name]
        at = f"{path}/{name}" if path else name
        if _is_gone(at, *three) if three[0] else not left:
            yield at
        elif all(entry is None or entry.is_dir for entry in three):
            yield from _lost(git, at, *(entry.oid if entry else None for entry in three))


def _is_gone(path: str, before: Entry | None, there: Entry | None, now: Entry) -> bool:
    """Whether one side lacks a file or a memory that the other changed."""
    if before is None or there is not None or now == before:
        return False
    return before.kind == now.kind == "file" or (before.is_dir and now.is_dir and memory_at(path) is not None)


def _memory_home(path: str, base: Snapshot, gone: Snapshot, change: _Change, taken: Mapping[str, str]) -> str | None:
    new = [found[0] for at in change.added if at.endswith(f"/{CONTENT}") and (found := memory_of(at))]
    old = _content(base, path)
    free = (directory for directory in new if directory not in taken.values())
    return _best((directory, _alike(old, _content(gone, directory))) for directory in free)


def _file_home(path: str, base: Snapshot, gone: Snapshot, change: _Change, taken: Mapping[str, str]) -> str | None:
    old, name = change.removed[path], PurePosixPath(path)
    free = {at: e for at, e in change.added.items() if e.kind == "file" and at not in taken.values()}
    same = {at: 100.0 + (PurePosixPath(at).name == name.name) for at, e in free.items() if e.oid == old.oid}
    if same:
        return _best(same.items())
    alike = {at for at in free if PurePosixPath(at).suffix == name.suffix and at.rpartition("/")[2] not in PROJECTIONS}
    text = _text(base, old)
    return _best((at, _alike(text, _text(gone, free[at]))) for at in sorted(alike) if memory_of(at) is None)


def _new_home(path: str, change: _Change) -> str | None:
    """Where a file goes that is new in a directory whose other files are elsewhere now."""
    directory, _, name = path.rpartition("/")
    here = {at: e.oid for at, e in change.removed.items() if at.rpartition("/")[0] == directory}
    places = {(e.oid, at.rpartition("/")[2]): at.rpartition("/")[0] for at, e in change.added.items()}
    keys = [(oid, at.rpartition("/")[2]) for at, oid in here.items() if at.rpartition("/")[2] not in PROJECTIONS]
    votes = Counter(places[key] for key in keys if key in places)
    return f"{min(votes, key=lambda place: (-votes[place], place))}/{name}" if votes else None


def _best(scored: Iterable[tuple[str, float]]) -> str | None:
    good = [(-score, at) for at, score in scored if score >= ALIKE]
    return min(good)[1] if good else None


def _alike(old: str | None, new: str | None) -> float:
    return fuzz.ratio(old, new, score_cutoff=ALIKE) if old and new else 0.0


def _content(tree: Snapshot, directory: str) -> str | None:
    """A memory's words, without the front matter that names it."""
    text = _text(tree, tree.entry(f"{directory}/{CONTENT}"))
    try:
        return None if text is None else split_front_matter(text)[1]
    except InvalidContent:
        return text


def _text(tree: Snapshot, entry: Entry | None) -> str | None:
    if entry is None or entry.kind != "file" or tree.size_of(entry.oid) > _TEXT_LIMIT:
        return None
    try:
        return tree.read_oid(entry.oid).decode()
    except UnicodeDecodeError:
        return None


def _moved(writer: ObjectWriter, tree: Snapshot, moves: Mapping[str, str]) -> str | None:
    changes = Changes()
    for source, target in moves.items():
        entry = tree.entry(source)
        if entry is None:
            continue
        files = tree.walk(source) if entry.is_dir else iter([(source, entry)])
        changes.delete(source)
        for path, file in files:
            data, place = tree.read_oid(file.oid), f"{target}{path[len(source) :]}"
            if path == f"{source}/{CONTENT}" and (memory := memory_at(target)):
                data = renamed_content(data, *memory)
            changes.write(place, data, executable=file.mode == FileMode.BLOB_EXECUTABLE)
    return writer.apply(tree.tree, changes)


def _called(writer: ObjectWriter, path: str, entry: TreeEntry, name: str) -> TreeEntry:
    """``entry`` under another name; a memory is told of it."""
    _, oid, mode = entry
    memory = memory_at(f"{path}/{name}")
    if memory and mode == FileMode.TREE:
        files = entries_of(writer.git, entry)
        if CONTENT in files:
            data = renamed_content(bytes(writer.git[files[CONTENT][1]].read_raw()), *memory)
            files[CONTENT] = (CONTENT, writer.blob(data), files[CONTENT][2])
        oid = writer.tree(files.values()) or oid
    return name, oid, mode
