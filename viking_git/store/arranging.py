"""The tree of private transcripts, written: each under the number of its archive, and merged by what they are.

Numbers change when trunks merge, so paths say little here: a transcript is known by its id, and what lies beside it
goes where it goes. The merge of other trees would follow renames, and put one conversation's images beside another's.
"""

from collections.abc import Iterator, Mapping

from viking_git.model.layout import archive_number, archive_of
from viking_git.store.graft import Placed
from viking_git.store.kept import EMPTY, transcript_at
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot


def is_arranged(kept: Snapshot, history: str, stamps: Mapping[str, str]) -> bool:
    """Whether ``arranged`` would leave ``kept`` as it is."""
    return not _moves(_transcripts(kept, history), stamps)


def arranged(
    writer: ObjectWriter, kept: Snapshot, history: str, stamps: Mapping[str, str], *, vacate: str | None = None
) -> str | None:
    """The tree ``kept`` with the transcripts below ``history`` under the names that their archives have.

    What stands where another belongs goes under the next number that is free: its archive may be on a branch, or not
    here yet.

    Args:
        writer: writes the trees.
        kept: the tree of private transcripts.
        history: the directory of a session's archives.
        stamps: what archives are called, and the ids of their transcripts; those that are not here do not matter.
        vacate: a name that must be free afterwards.
    """
    have = _transcripts(kept, history)
    moves = _moves(have, stamps)
    wanted = {*moves.values(), *([vacate] if vacate else [])}
    last = max((archive_number(name) or 0 for name in {*have, *stamps, *wanted}), default=0)
    for number, name in enumerate(sorted(wanted & have.keys() - moves.keys()), start=last + 1):
        moves[name] = f"archive_{number:03d}"
    files: dict[str, Placed] = {}
    for source, target in moves.items():
        files |= _files(kept, f"{history}/{source}", f"{history}/{target}")
    deleted = {f"{history}/{name}" for name in {*moves, *moves.values()}}
    return writer.graft(kept.tree, files, deleted) if moves else kept.tree


def _transcripts(kept: Snapshot, history: str) -> dict[str, str | None]:
    return {e.name: transcript_at(kept, f"{history}/{e.name}") for e in kept.entries(history) if e.is_dir}


def _moves(have: Mapping[str, str | None], stamps: Mapping[str, str]) -> dict[str, str]:
    """From which name to which, where an archive's transcript is here and has another one."""
    moves: dict[str, str] = {}
    for name, stamp in stamps.items():
        if stamp in {EMPTY, have.get(name)}:
            continue
        source = next((n for n, at in have.items() if at == stamp and stamps.get(n) != stamp and n not in moves), None)
        if source is not None:
            moves[source] = name
    return moves


def merge_kept(writer: ObjectWriter, base: Snapshot, ours: Snapshot, theirs: Snapshot) -> str | None:
    """The merged tree of private transcripts, None for the empty one.

    Every conversation of either side is there, less what a side deleted: under our number where we have it, else under
    theirs or, where that is another's here, under the next one that is free. Cost follows what they changed.
    """
    files: dict[str, Placed] = {}
    deleted: set[str] = set()
    histories: dict[str, None] = {}
    for path, old, new in base.changed(theirs):
        archive = archive_of(path)
        if archive is not None:
            histories[archive.rpartition("/")[0]] = None
        elif ours.entry(path) == old:
            deleted.add(path)
            files |= {path: (new.oid, new.mode)} if new is not None else {}
    for history in histories:
        deleted.add(history)
        for source, place, target in _merged_history(base, ours, theirs, history):
            files |= _files(source, place, f"{history}/{target}")
    return writer.graft(ours.tree, files, deleted)


def _merged_history(
    base: Snapshot, ours: Snapshot, theirs: Snapshot, history: str
) -> Iterator[tuple[Snapshot, str, str]]:
    """What the archives of one session are put together of: a tree, a directory there, and the name it gets."""
    old, one, other = (_conversations(side, history) for side in (base, ours, theirs))
    kept = {key: name for key, name in one.items() if key in other or key not in old}
    taken = {*kept.values()}
    last = max((archive_number(name) or 0 for name in {*taken, *other.values()}), default=0)
    for key, name in other.items():
        target = kept.get(key)
        if target is None and key not in old:
            target = name
            if target in taken:
                last += 1
                target = f"archive_{last:03d}"
            taken.add(target)
        if target is not None:
            yield theirs, f"{history}/{name}", target
    # Ours last: what both sides have in other words stays as we have it.
    for name in kept.values():
        yield ours, f"{history}/{name}", name


def _conversations(kept: Snapshot, history: str) -> dict[str, str]:
    """What tells the archives of a session apart → what they are called."""
    found = {}
    for entry in kept.entries(history):
        transcript = transcript_at(kept, f"{history}/{entry.name}")
        found[entry.oid if transcript in {None, EMPTY} else str(transcript)] = entry.name
    return found


def _files(kept: Snapshot, place: str, target: str) -> dict[str, Placed]:
    """The files below the directory ``place`` by their paths below ``target``."""
    return {f"{target}{path[len(place) :]}": (entry.oid, entry.mode) for path, entry in kept.walk(place)}
