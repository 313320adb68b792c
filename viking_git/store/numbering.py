"""Archives of one session that two machines made at once, and each called by the same number."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from itertools import count
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

_CALL = re.compile(r"(session/[^/]+/[^/]+)/tools/[^/]+/[^/]+\.json")
"""The record of a tool call."""
_GONE = ".gone"
"""What follows the name of an archive that the merge is to remove."""


def renumbered(writer: ObjectWriter, ours: Side, theirs: Side) -> tuple[Side, Side]:
    """Both sides, archives of base and theirs under the numbers that ours has for them, or has given to no other.

    Two machines may archive one session at once, and each calls its archive the next. What ours holds is not
    rewritten, so theirs takes the next number that is free, and what names it follows: the sources and uses of
    memories, the records of tool calls, relations. Ours need not have changed the session for that: two branches that
    met elsewhere may call an archive of trunk's by another number than trunk, which stood still, does.
    """
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    mine = _histories(ours)
    for session, there in sorted(_histories(theirs).items()):
        here = mine.get(session, there)
        root = here if ours.base.exists(here) else there
        old, new = _numbers((ours.base, root), (ours.tree, here), (theirs.tree, there))
        before |= {f"{root}/{name}": f"{root}/{number}" for name, number in old.items()}
        after |= {f"{there}/{name}": f"{there}/{number}" for name, number in new.items()}
    if not before and not after:
        return ours, theirs
    told: dict[str, Placed] = {}
    named = {old: new for old, new in after.items() if not new.endswith(_GONE)}
    for path, _, entry in theirs.changed:
        data = _retold(theirs.tree, path, named) if entry is not None and entry.kind == "file" else None
        if entry is not None and data is not None:
            told[path] = writer.blob(data), entry.mode
    base = _moved(writer, ours.base, before, {})
    return Side(base, ours.tree), Side(base, _moved(writer, theirs.tree, after, told))


def _histories(side: Side) -> dict[str, str]:
    """The directories of archives that a side changed, by their names, case aside."""
    found = {archive.rpartition("/")[0] for path, _, _ in side.changed if (archive := archive_of(path))}
    return {fold(history): history for history in sorted(found)}


def _numbers(*sides: tuple[Snapshot, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What archives of base and theirs are called beside ours, where that is another name; three trees, three places.

    Archives are known by their transcripts: after an earlier merge, an archive may have one number here and another
    one there, and its number there may be another archive's here.
    """
    histories = [{entry.name: entry for entry in tree.entries(place)} for tree, place in sides]
    first, second, third = histories
    same = {name for name, entry in first.items() if entry == second.get(name) == third.get(name)}
    said = [_archives(*side, history.keys() - same) for side, history in zip(sides, histories, strict=True)]
    old, one, other = said[0], _known(said[0], said[1]), _known(said[0], said[2])
    held = {archive: name for name, archive in old.items()}
    called = {archive: name for name, archive in one.items()}
    # What ours removed and theirs left as it was is going to be gone, and leaves no hole behind it.
    left = {
        archive: name
        for name, archive in other.items()
        if archive in held and archive not in called and third[name].oid == first[held[archive]].oid
    }
    new = {archive: name for name, archive in other.items() if archive not in called and archive not in left}
    called |= _given(new, [*one, *same])
    taken = set(called.values())
    # What neither side has is not to meet another archive under its number.
    gone = {name: f"{name}{_GONE}" for name, archive in old.items() if archive not in called and name in taken}
    before = {name: called[archive] for name, archive in old.items() if archive in called} | gone
    after = {name: called[archive] for name, archive in other.items() if archive in called}
    after |= {name: gone.get(held[archive], held[archive]) for archive, name in left.items()}
    return _differing(before), _differing(after)


def _given(new: Mapping[str, str], ours: Iterable[str]) -> dict[str, str]:
    """The names that archives get beside those of ``ours``: the old one where it is free and leaves out no number."""
    last = max((archive_number(name) or 0 for name in ours), default=0)
    given: dict[str, str] = {}
    numbers = set(range(last + 1))
    for archive, name in new.items():
        number = archive_number(name) or 0
        if number not in numbers and number - 1 in numbers:
            given[archive] = name
            numbers.add(number)
    # Nor does it fill a hole in ours: what names the archive that was there would name this one.
    free = (number for number in count(last + 1) if number not in numbers)
    return given | {archive: f"archive_{next(free):03d}" for archive in new if archive not in given}


def _differing(names: Mapping[str, str]) -> dict[str, str]:
    return {old: new for old, new in names.items() if old != new}


def _archives(tree: Snapshot, history: str, names: Set[str]) -> dict[str, str]:
    """What tells each of the archives ``names`` from the others, in their order, were the same said in two of them."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    for name in sorted((name for name in names if archive_number(name)), key=lambda name: archive_number(name) or 0):
        transcript = _transcript(tree, f"{history}/{name}")
        if transcript is None:
            # Plain git left other files of it alone: they go with whatever archive has the number.
            continue
        found[name] = f"{transcript} {times[transcript]}"
        times[transcript] += 1
    return found


def _known(base: Mapping[str, str], side: Mapping[str, str]) -> dict[str, str]:
    """The archives of a side; one whose transcript was rewritten is still the base's."""
    known, here = set(base.values()), set(side.values())
    return {
        name: base[name] if name in base and archive not in known and base[name] not in here else archive
        for name, archive in side.items()
    }


def _transcript(tree: Snapshot, archive: str) -> str | None:
    """The id of an archive's transcript, from its stamp where that is private; None for what has no record."""
    transcript = tree.entry(f"{archive}/{MESSAGES}")
    if transcript is not None:
        return transcript.oid
    data = tree.get(f"{archive}/{META}")
    if data is None:
        return None
    try:
        meta = load_json(data, META)
    except InvalidContent:
        meta = {}
    entry = tree.entry(archive)
    return str(meta.get("summarizes", entry.oid if entry else ""))


def _moved(writer: ObjectWriter, tree: Snapshot, moves: Mapping[str, str], told: Mapping[str, Placed]) -> Snapshot:
    """The tree with directories elsewhere, and files, ``told``, that say something else."""
    files = {path: placed for path, placed in told.items() if archive_of(path) not in moves}
    for old, new in moves.items():
        for path, entry in tree.walk(old):
            files[f"{new}{path[len(old) :]}"] = told.get(path, (entry.oid, entry.mode))
    return Snapshot(writer.git, writer.graft(tree.tree, files, moves)) if files or moves else tree


def _retold(tree: Snapshot, path: str, given: Mapping[str, str]) -> bytes | None:
    """What a file says with the archives by the names they have then, None where it names none of them."""
    name, call = path.rpartition("/")[2], _CALL.fullmatch(path)
    try:
        if name == RELATIONS:
            relations = load_relations(tree.read(path), path)
            follow = [replace(relation, uri=_followed(relation.uri, given)) for relation in relations]
            return dump_relations(follow) if follow != relations else None
        if name == META or call:
            record = load_json(tree.read(path), path)
            told = _told(record, call[1] if call else "", given)
            return dump_json(told) if told != record else None
    except (InvalidContent, RecursionError):
        # What no program of ours wrote names no archive.
        return None
    return None


def _told(value: Any, session: str, given: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_told(item, session, given) for item in value]
    if not isinstance(value, dict):
        return value
    place = str(value.get("session", session)).removeprefix(SCHEME).strip("/")
    new = given.get(f"{place}/history/{value.get('archive')}")
    told = {key: _told(item, session, given) for key, item in value.items()}
    return told | {"archive": new.rpartition("/")[2]} if new else told


def _followed(uri: str, given: Mapping[str, str]) -> str:
    path = uri.removeprefix(SCHEME)
    archive = "/".join(path.split("/")[:5])
    return f"{SCHEME}{given[archive]}{path[len(archive) :]}" if archive in given else uri
