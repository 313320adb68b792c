"""Documents and the file verbs into a branch: one commit with the change and its layers, and on trunk the refresh."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from viking_git.config import POLICY_FILE
from viking_git.errors import InvalidURI, NotFound, Refused
from viking_git.memory.guard import HINT, Guard
from viking_git.model.changes import Changes
from viking_git.model.names import slug
from viking_git.model.uri import TRACKED_SCOPES, VikingURI
from viking_git.resources.ingest import AddOptions, AddReport, add_changes, read_sources
from viking_git.resources.origins import load_places, save_places
from viking_git.resources.summarize import made_stale, resource_changes
from viking_git.session.refresh import advance_and_refresh, memory_layers
from viking_git.session.trunk import advance_trunk, note_stale
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_OWN = (*TRACKED_SCOPES, POLICY_FILE, ".gitignore")
"""What of the work tree is the workspace's, and no document to bring in."""
_PLACES = "sources.json"
Make = Callable[[Snapshot], Changes]
"""What to change in the tree that it is given; called again when somebody else moved the branch first."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a file verb did.

    Attributes:
        commit: its commit, None where nothing was to be changed.
        subject: the first line of its message.
        changed: the paths it changed, layers left out.
        stale: directories with layers written by hand that are true no longer: they stay as they are.
    """

    commit: str | None
    subject: str
    changed: tuple[str, ...]
    stale: tuple[str, ...] = ()


def add_documents(
    store: Store,
    trunk_ref: str,
    paths: Sequence[Path],
    to: VikingURI | None,
    progress: Callable[[int, int], None],
    guard: Guard,
    replacing: bool = False,
    yes: bool = False,
) -> AddReport:
    """Add files and folders at the directory ``to``; ``progress`` is told how many of the changed files are read.

    Args:
        to: None for the place that is called like the folder or file.
        guard: says which files have a secret; they are left out before any object is written.
        replacing: let them take the place of documents that came from elsewhere.
        yes: delete even more than half of what these folders brought before.

    Raises:
        InvalidURI: several paths and no ``to``, or one that is not below ``resources``.
        NotFound, InvalidContent, InvalidName: a source that cannot be added; nothing was changed.
        Refused: trunk's work tree cannot take it now, all there is was withheld, or ``add_changes`` refuses; nothing
            was changed.
    """
    place = to or VikingURI(f"viking://resources/{resource_name(paths)}")
    if place.scope != "resources" or not place.path:
        raise InvalidURI(f"documents go below viking://resources/, not to {place.uri}")
    target, known = place.full_path, store.private_dir / _PLACES
    options = AddOptions(to is not None, replacing, yes, load_places(known), guard)
    store.signatures()
    top = store.workdir.resolve() if store.workdir else None
    sources = read_sources(paths, [top / name for name in _OWN] if top else ())
    report = AddReport()

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal report
        base = store.snapshot(tip)
        changes, report = add_changes(base, sources, target, options)
        if report.withheld and len(report.withheld) == len(sources.files):
            path, reason = report.withheld[0]
            raise Refused(f"nothing was added: {path} {reason}", hint=HINT)
        touched = [*report.added, *report.changed, *report.removed]
        changes.update(resource_changes(base, changes, touched, _counting(touched, progress)))
        tree = writer.apply(base.tree, changes)
        if tree == base.tree:
            return tip
        return store.commit(writer, tree, [tip] if tip else [], f"add: {target} ({report.counts})\n")

    stale = advance_and_refresh(store, trunk_ref, build, f"add {target}")
    save_places(known, sources.places)
    return replace(report, stale=stale)


def _counting(touched: Sequence[str], progress: Callable[[int, int], None]) -> Callable[[str], None]:
    """Told of directories that are done, tells ``progress`` of the touched files in them."""
    files = Counter(path.rpartition("/")[0] for path in touched)
    done = 0

    def told(directory: str) -> None:
        nonlocal done
        done += files[directory]
        progress(done, len(touched))

    return told


def add_file(store: Store, trunk_ref: str, path: str, text: str) -> bool:
    """Commit a file of another tool's, outside the scopes, to trunk; whether it was not there before.

    Raises:
        Refused: trunk's work tree cannot take it now; nothing was changed.
    """
    store.signatures()
    added = False

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal added
        base = store.snapshot(tip)
        added = not base.exists(path)
        if not added:
            return tip
        tree = writer.apply(base.tree, Changes({path: text.encode()}))
        return store.commit(writer, tree, [tip] if tip else [], f"edit: {path}\n")

    advance_trunk(store, trunk_ref, build, f"add {path}")
    return added


def publish(store: Store, ref: str, trunk_ref: str, make: Make, subject: str, guard: Guard) -> Published:
    """Commit what ``make`` changes, with the layers that follow from it, onto the branch ``ref``.

    Other branches than trunk start from it, and get no layers of containers or of folders above the change: two
    branches must not conflict on what neither of them means, and trunk makes them after the merge (design section 3).

    Raises:
        Refused: ``guard`` withholds a file, or a work tree that has the branch checked out cannot take it now; nothing
            was changed.
    """
    store.signatures()
    on_trunk = ref == trunk_ref
    done = Published(None, subject, ())

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal done
        parent = tip or (None if on_trunk else store.tip(trunk_ref))
        if parent is None:
            raise NotFound(f"the branch {trunk_ref.removeprefix('refs/heads/')!r} does not exist")
        base = store.snapshot(parent)
        changes = make(base)
        guard.refuse({path: (file.data, base.get(path)) for path, file in changes.files()})
        middle = Snapshot(store.git, writer.apply(base.tree, changes))
        touched = [path for path, _, _ in base.changed(middle)]
        tree = writer.apply(middle.tree, _layers(middle, touched, whole=on_trunk))
        if tree == base.tree:
            done = Published(None, subject, ())
            return tip
        commit = store.commit(writer, tree, [parent], f"edit: {subject}\n")
        known = () if on_trunk else made_stale(base, Snapshot(store.git, tree), touched)
        done = Published(commit, f"edit: {subject}", tuple(touched), known)
        return commit

    if on_trunk:
        stale = advance_and_refresh(store, ref, build, subject)
        return replace(done, stale=stale)
    store.advance(ref, build, subject)
    note_stale(store, done.stale)
    return done


def _layers(view: Snapshot, touched: list[str], *, whole: bool) -> Changes:
    layers = memory_layers(view, touched)
    summaries = resource_changes(view, Changes(), touched)
    directories = {path.rpartition("/")[0] for path in touched}
    for path, file in summaries.files():
        if whole or path.rpartition("/")[0] in directories:
            layers.write(path, file.data)
    return layers


def resource_name(paths: Sequence[Path]) -> str:
    """What documents are called that nobody named a place for: the name of their folder, or of the file.

    Raises:
        InvalidURI: several paths have no one name.
    """
    if len(paths) != 1:
        raise InvalidURI("several paths need a target", hint="--to viking://resources/NAME")
    path = Path(os.path.realpath(paths[0]))
    return slug(path.name if path.is_dir() else path.stem)
