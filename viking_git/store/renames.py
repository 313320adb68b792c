"""One side of a merge put into the names that the other gave, so that what belongs together meets.

A rename is no entry in git: it is seen where one side lacks what the other changed, or where both added what both
lack under its old name. Its cost is that of what both sides changed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pygit2.enums import FileMode
from rapidfuzz import fuzz

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.filemerge import memory_at
from viking_git.model.frontmatter import split_front_matter
from viking_git.model.layers import ABSTRACT, CONTENT, META, OVERVIEW
from viking_git.model.layout import memory_of
from viking_git.model.memory import renamed_content
from viking_git.model.names import fold
from viking_git.store.graft import Placed
from viking_git.store.objects import ObjectWriter
from viking_git.store.promised import read_blob
from viking_git.store.snapshot import Entry, Snapshot
from viking_git.store.treeform import Entries, TreeEntry, entries_of

PROJECTIONS = frozenset({ABSTRACT, OVERVIEW, META})
ALIKE = 60
"""Percent of equal characters from which a new file is a deleted one under another name, as git takes half."""
_TEXT_LIMIT = 100_000
"""Bytes of a file up to which it is compared by its text; a larger one is found only where no byte changed."""


@dataclass(frozen=True)
class Side:
    """What one side of a merge made of the base."""

    base: Snapshot
    tree: Snapshot

    @cached_property
    def changed(self) -> list[tuple[str, Entry | None, Entry | None]]:
        """The files that differ: path, entry in the base, entry here."""
        return list(self.base.changed(self.tree))

    @cached_property
    def removed(self) -> dict[str, Entry]:
        """The base's files that are not here."""
        return {path: old for path, old, new in self.changed if old and not new}

    @cached_property
    def added(self) -> dict[str, Entry]:
        """The files that the base has not."""
        return {path: new for path, old, new in self.changed if new and not old}

    def home(self, path: str, taken: Iterable[str] = (), edited: Snapshot | None = None) -> str | None:
        """Where a memory, a file or a directory of the base is here, None where it is not.

        Args:
            taken: places that are something else's.
            edited: a tree that has it too, in other words perhaps.
        """
        texts = [side for side in (self.base, edited) if side is not None]
        if memory_at(path):
            new = {found[0] for at in self.added if at.endswith(f"/{CONTENT}") and (found := memory_of(at))}
            old = [text for side in texts if (text := _content(side, path))]
            return _best((at, _alike(old, _content(self.tree, at))) for at in new.difference(taken))
        if path not in self.removed:
            return self._directory_home(path)
        free = {at: entry for at, entry in self.added.items() if entry.kind == "file" and at not in taken}
        name, oid = path.rpartition("/")[2], self.removed[path].oid
        same = {at: 100.0 + (at.rpartition("/")[2] == name) for at, entry in free.items() if entry.oid == oid}
        if same:
            return _best(same.items())
        old = [text for side in texts if (text := _text(side, path))]
        documents = (at for at in free if at.rpartition("/")[2] not in PROJECTIONS and memory_of(at) is None)
        return _best((at, _alike(old, _text(self.tree, at))) for at in documents)

    def _directory_home(self, path: str) -> str | None:
        """Where most of a directory's files are now, under their names and unchanged."""
        names = {at.rpartition("/")[2]: e.oid for at, e in self.removed.items() if at.rpartition("/")[0] == path}
        places = {(entry.oid, at.rpartition("/")[2]): at.rpartition("/")[0] for at, entry in self.added.items()}
        votes = Counter(places[key] for n, oid in names.items() if n not in PROJECTIONS and (key := (oid, n)) in places)
        return min(votes, key=lambda place: (-votes[place], place)) if votes else None


def follow_renames(writer: ObjectWriter, ours: Side, theirs: Side) -> tuple[str | None, str | None, str | None]:
    """Base, ours and theirs, with what one side renamed and the other edited under its new name in all three.

    Memories move as a whole, other files one by one; a file that is new in a directory moves with it.
    """
    to_ours, to_theirs, to_both = _moves(ours, theirs), _moves(theirs, ours), _common_moves(ours, theirs)
    # What one side moved into a directory that the other renamed is in the renamed one.
    to_ours, to_theirs = (
        {old: to_theirs.get(new, new) for old, new in to_ours.items()},
        {old: to_ours.get(new, new) for old, new in to_theirs.items()},
    )
    return (
        _moved(writer, ours.base, {**to_both, **to_ours, **to_theirs}),
        _moved(writer, ours.tree, to_theirs),
        _moved(writer, theirs.tree, to_ours),
    )


def respell(
    writer: ObjectWriter, path: str, base: Entries, ours: Entries, theirs: Entries
) -> tuple[dict[str, TreeEntry], dict[str, TreeEntry], dict[str, TreeEntry]]:
    """Base and sides of a directory, with names that differ by case or Unicode form alone spelled the same way.

    A side that spells a name of the base anew has its way; of two new spellings the smaller one stands.
    """
    trees = dict(base), dict(ours), dict(theirs)
    known = {fold(name): name for name in ours.keys() - theirs.keys()}
    for name in sorted(theirs.keys() - ours.keys()):
        twin = known.get(fold(name))
        if twin is None or (name in base and twin in base):
            continue
        spelling = twin if name in base else name if twin in base else min(name, twin)
        for tree in trees:
            for called in {name, twin} & tree.keys():
                tree[spelling] = _called(writer, path, tree.pop(called), spelling)
    return trees


def _moves(renaming: Side, editing: Side) -> dict[str, str]:
    """What ``renaming`` has elsewhere and ``editing`` changed: old path to new path."""
    moves: dict[str, str] = {}
    # What both have in one place is no move of either.
    added = renaming.added.keys() & editing.added.keys()
    both = {found[0] if (found := memory_of(path)) else path for path in added}
    for path in sorted(set(_lost(renaming, editing))):
        target = renaming.home(path, both.union(moves.values()), editing.tree)
        if target is None and not renaming.base.exists(path):
            target = _with_directory(path, renaming)
        if target is not None and not renaming.base.exists(target) and not editing.tree.exists(target):
            moves[path] = target
    return moves


def _lost(renaming: Side, editing: Side) -> Iterator[str]:
    """The memories and files that ``editing`` changed, or put into a directory, and ``renaming`` no longer has."""
    for path, before, now in editing.changed:
        if now is None or now.kind != "file" or path.rpartition("/")[2] in PROJECTIONS:
            continue
        memory = memory_of(path)
        unit = memory[0] if memory else path
        if before is not None or (memory and renaming.base.exists(unit)):
            if not renaming.tree.exists(unit):
                yield unit
        elif not renaming.tree.exists(unit.rpartition("/")[0]):
            yield unit


def _with_directory(path: str, side: Side) -> str | None:
    """Where a new file goes whose directory is elsewhere now."""
    directory, rest = path.rpartition("/")[0], path.rpartition("/")[2]
    while directory and not side.base.exists(directory):
        directory, _, name = directory.rpartition("/")
        rest = f"{name}/{rest}"
    home = side.home(directory) if directory and not side.tree.exists(directory) else None
    return f"{home}/{rest}" if home else None


def _common_moves(ours: Side, theirs: Side) -> dict[str, str]:
    """What both sides have under the same new name, in other words: old path to new path."""
    moves: dict[str, str] = {}
    for path in sorted(ours.added.keys() & theirs.added.keys()):
        memory = memory_of(path)
        if ours.added[path] == theirs.added[path] or path.rpartition("/")[2] in PROJECTIONS:
            continue
        unit = memory[0] if memory else path
        gone = {found[0] if (found := memory_of(at)) else at for at in ours.removed.keys() & theirs.removed.keys()}
        for old in sorted(gone - moves.keys()):
            if unit in (ours.home(old), theirs.home(old)):
                moves[old] = unit
                break
    return moves


def _best(scored: Iterable[tuple[str, float]]) -> str | None:
    good = [(-score, at) for at, score in scored if score >= ALIKE]
    return min(good)[1] if good else None


def _alike(old: Iterable[str], new: str | None) -> float:
    return max((fuzz.ratio(text, new, score_cutoff=ALIKE) for text in old), default=0.0) if new else 0.0


def _content(tree: Snapshot, directory: str) -> str | None:
    """A memory's words, without the front matter that names it."""
    text = _text(tree, f"{directory}/{CONTENT}")
    try:
        return None if text is None else split_front_matter(text)[1]
    except InvalidContent:
        return text


def _text(tree: Snapshot, path: str) -> str | None:
    entry = tree.entry(path)
    if entry is None or entry.kind != "file" or tree.size_of(entry.oid) > _TEXT_LIMIT:
        return None
    try:
        return tree.read_oid(entry.oid).decode()
    except UnicodeDecodeError:
        return None


def _moved(writer: ObjectWriter, tree: Snapshot, moves: Mapping[str, str]) -> str | None:
    files: dict[str, Placed] = {}
    gone: list[str] = []
    for source, target in moves.items():
        entry = tree.entry(source)
        if entry is None:
            continue
        gone.append(source)
        for path, file in tree.walk(source) if entry.is_dir else [(source, entry)]:
            oid = file.oid
            if path == f"{source}/{CONTENT}" and file.kind == "file" and (memory := memory_at(target)):
                oid = writer.blob(renamed_content(tree.read_oid(oid), *memory))
            files[f"{target}{path[len(source) :]}"] = oid, file.mode
    try:
        return writer.graft(tree.tree, files, gone)
    except InvalidName:
        # What moves there would lie below a file of another name.
        return tree.tree


def _called(writer: ObjectWriter, path: str, entry: TreeEntry, name: str) -> TreeEntry:
    """``entry`` under another name; a memory is told of it."""
    _, oid, mode = entry
    memory = memory_at(f"{path}/{name}")
    if memory and mode == FileMode.TREE:
        files = entries_of(writer.git, entry)
        if CONTENT in files:
            data = renamed_content(read_blob(writer.git, files[CONTENT][1]), *memory)
            files[CONTENT] = (CONTENT, writer.blob(data), files[CONTENT][2])
        oid = writer.tree(files.values()) or oid
    return name, oid, mode
