"""Projections that only trunk holds, brought up to date in a commit of their own (``Viking-Refresh: yes``).

Containers, memories' ``.meta.json``, ``memory_diff.json``, sessions' ``.meta.json`` and the summaries of resource
folders above a change are functions of the other files. Branches never write them, so two sessions never conflict.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from viking_git.checks.case import Case, Generators
from viking_git.checks.run import refuse_broken
from viking_git.config import POLICY_FILE, Policy, load_policy
from viking_git.errors import InvalidContent
from viking_git.memory.provenance import SourceRecord, fold, fold_uses
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, META, OVERVIEW
from viking_git.model.layout import archive_number, memory_of, uri_of
from viking_git.model.meta import dump_json, load_json
from viking_git.model.records import Record
from viking_git.pack.foreign import IMPORTED
from viking_git.resources.containers import container_changes, is_container
from viking_git.resources.skills import read_skill
from viking_git.resources.summarize import is_summarised, made_stale, outdated, resource_changes, state
from viking_git.resources.view import is_possible
from viking_git.session.counting import archive_uses, source_record
from viking_git.session.similar import read_memory
from viking_git.session.state import SessionId, archive_meta, archives
from viking_git.session.tools import total_stats
from viking_git.session.trunk import advance_trunk, note_stale
from viking_git.store.kept import record_of
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Build, Store
from viking_git.store.snapshot import Snapshot

TRAILER = "Viking-Refresh: yes"


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """The archive that a path of the tree belongs to."""

    session: SessionId
    number: int

    @property
    def path(self) -> str:
        """Its directory."""
        return self.session.archive(self.number)


def advance_and_refresh(store: Store, ref: str, build: Build, why: str, *, foreign: bool = False) -> tuple[str, ...]:
    """Move trunk by what ``build`` makes, then by the refresh that follows from it: two commits, one move.

    What merges made elsewhere left stale is healed with it: the refresh covers all that changed since the last one.

    Args:
        foreign: whether ``build`` brings what another machine has on its trunk, which no rule can undo any more.

    Returns:
        The directories with layers written by hand that are true no longer: they stay as they are, and that is said.

    Raises:
        BrokenRules: what ``build`` made breaks a rule that holds on every write; nothing was changed.
    """
    stale: tuple[str, ...] = ()

    def build_both(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal stale
        middle = build(writer, tip)
        if middle is None or middle == tip:
            return tip
        base, after = store.snapshot(tip), store.snapshot(middle)
        if not foreign:
            judge(base, after)
        touched = [path for path, _, _ in base.changed(after)]
        stale = made_stale(base, after, touched)
        last = refreshed_base(store, tip)
        if last.tree != base.tree:
            touched = [path for path, _, _ in last.changed(after)]
        return refreshed(store, writer, middle, touched) or middle

    advance_trunk(store, ref, build_both, why)
    note_stale(store, stale)
    return stale


def judge(base: Snapshot, after: Snapshot) -> None:
    """Refuse a tree that breaks, beside trunk's tree ``base``, a rule that holds on every write.

    Raises:
        BrokenRules: it does.
    """
    refuse_broken(Case(after, base, GENERATORS, _policy(base), on_trunk=True))


def refreshed_base(store: Store, tip: str | None) -> Snapshot:
    """The newest tree on trunk's first-parent line whose projections are known to be true; the empty one at worst."""
    for info in store.first_parents(tip):
        if f"\n{TRAILER}" in info.message:
            return store.snapshot(info.oid)
    return Snapshot(store.git, None)


def refreshed(store: Store, writer: ObjectWriter, tip: str, touched: Iterable[str]) -> str | None:
    """A refresh commit on ``tip`` for the files ``touched`` since the last one, None where nothing needs one."""
    view = store.snapshot(tip)
    changes = trunk_projections(view, touched)
    tree = writer.apply(view.tree, changes)
    if tree == view.tree:
        return None
    count = sum(1 for path in changes.paths() if path.endswith((ABSTRACT, OVERVIEW)))
    subject = "refresh: " + ("1 layer" if count == 1 else f"{count} layers")
    return store.commit(writer, tree, [tip], f"{subject}\n\n{TRAILER}\n")


def stale_directories(store: Store, tip: str) -> list[str]:
    """The URIs of the directories whose layers a refresh of the commit ``tip`` would make anew; reads no document.

    Its cost follows what changed since the last refresh commit, as that of the refresh does. A clone of some scopes
    names none: most of what layers are made of would have to be fetched first.
    """
    if store.cone is not None:
        return []
    view = store.snapshot(tip)
    touched = [path for path, _, _ in refreshed_base(store, tip).changed(view)]
    made = Changes()
    made.update(memory_layers(view, touched))
    made.update(container_changes(view, touched, made))
    layers = [path for path in made.paths() if path.endswith((ABSTRACT, OVERVIEW))]
    found = sorted({*outdated(view, touched), *(path.rpartition("/")[0] for path in layers)})
    return [uri_of(path, directory=True) for path in found]


def trunk_projections(view: Snapshot, touched: Iterable[str]) -> Changes:
    """What trunk's projections must become, given the paths of the files that changed to make ``view``."""
    paths = list(touched)
    changes = Changes()
    changes.update(memory_layers(view, paths))
    changes.update(_provenance(view, paths))
    changes.update(_sessions(view, paths))
    changes = _possible(view, changes)
    changes.update(resource_changes(view, changes, paths))
    changes.update(container_changes(view, [*paths, *changes.paths()], changes))
    return changes


def _possible(view: Snapshot, changes: Changes) -> Changes:
    """Those of ``changes`` that no directory is in the way of, which plain git may have put where a file of ours is."""
    possible = Changes()
    for path in changes.deleted:
        possible.delete(path)
    for path, file in changes.files():
        if is_possible(view, path):
            possible.write(path, file.data)
    return possible


def prefetch(store: Store, trunk_ref: str) -> None:
    """In a clone of some scopes, have what a write in them reads beside them here, so that it needs no remote.

    Raises:
        RemoteFailed: it cannot be fetched now.
    """
    cone = store.cone
    if cone is not None:
        view = store.snapshot(store.tip(trunk_ref))
        store.settled(lambda: trunk_projections(view, [f"{path}/{ABSTRACT}" for path in cone.whole]))


def memory_layers(view: Snapshot, paths: Iterable[str]) -> Changes:
    """The two projections of every memory among ``paths`` whose content.md says otherwise; unreadable ones are left."""
    changes = Changes()
    for directory in dict.fromkeys(found[0] for path in paths if (found := memory_of(path))):
        memory = read_memory(view, directory)
        if memory is None:
            continue
        layers = memory.layers()
        for name, text in ((ABSTRACT, layers.abstract), (OVERVIEW, layers.overview)):
            data = f"{text}\n".encode()
            if view.get(f"{directory}/{name}") != data:
                changes.write(f"{directory}/{name}", data)
    return changes


def summaries(view: Snapshot, directories: Iterable[str]) -> Changes:
    """The layers of exactly the summarised ``directories``; a person's or a model's words are left alone."""
    wanted = set(directories)
    made = resource_changes(view, Changes(), [f"{directory}/{ABSTRACT}" for directory in sorted(wanted)])
    return Changes({path: file.data for path, file in made.files() if path.rpartition("/")[0] in wanted})


def skill_problems(data: bytes | None, directory: str) -> tuple[str, ...]:
    """Where a SKILL.md departs from its specification."""
    return read_skill(data, directory).problems


GENERATORS = Generators(is_summarised, state, summaries, is_container, trunk_projections, skill_problems)
"""What makes layers, for the rules to compare with."""


def _policy(base: Snapshot) -> Policy:
    try:
        return load_policy(base.get(POLICY_FILE) or b"")
    except InvalidContent:
        return Policy()


def archive_of(path: str) -> ArchivePlace | None:
    """The archive that ``path`` is a file of, None for other files."""
    parts = path.split("/")
    if len(parts) < 6 or parts[0] != "session" or parts[3] != "history":
        return None
    number, session = archive_number(parts[4]), SessionId.found(parts[1], parts[2])
    return ArchivePlace(session, number) if number is not None and session is not None else None


def _provenance(view: Snapshot, paths: list[str]) -> Changes:
    """``memory_diff.json`` of archives new in ``view``, and ``.meta.json`` of the memories and of what they used."""
    changes = Changes()
    records: dict[str, list[SourceRecord]] = {}
    for place in dict.fromkeys(place for path in paths if (place := archive_of(path))):
        if _is_rest(view, place):
            changes.delete(f"{place.path}/memory_diff.json")
        elif view.exists(place.path):
            decisions = list(_decisions(view, place))
            changes.write(f"{place.path}/memory_diff.json", dump_json(_diff([record for _, record in decisions])))
            for uri, source in _archive_sources(view, place, decisions):
                records.setdefault(uri, []).append(source)
    for directory in dict.fromkeys(found[0] for path in paths if (found := memory_of(path))):
        records.setdefault(uri_of(directory), [])
    for uri, sources in records.items():
        directory = uri.removeprefix("viking://")
        meta = _folded(view, directory, sources)
        if meta is not None:
            changes.write(f"{directory}/{META}", dump_json(meta))
    return changes


def _is_rest(view: Snapshot, place: ArchivePlace) -> bool:
    """Whether a revert left of an archive only what trunk wrote into it; before others, that holds its number."""
    is_alone = [entry.name for entry in view.entries(place.path)] == ["memory_diff.json"]
    return is_alone and place.number == archives(view, place.session)[-1]


def _archive_sources(
    view: Snapshot, place: ArchivePlace, decisions: list[tuple[str, Record]]
) -> Iterator[tuple[str, SourceRecord]]:
    for name, record in decisions:
        source = _source(place, name, record)
        for uri in record.texts("uris"):
            yield uri.rstrip("/"), source
    for directory, use in archive_uses(view, place.session, place.number).items():
        yield uri_of(directory), source_record(place.session, place.number, use)


def _folded(view: Snapshot, directory: str, sources: list[SourceRecord]) -> dict[str, object] | None:
    """The ``.meta.json`` of what was written or used, None for what is not there (any more) or cannot be read."""
    path = f"{directory}/{META}"
    old = view.get(path)
    try:
        meta = load_json(old, path) if old else {}
    except InvalidContent as error:
        # It may be a person's slip: written over, it would be lost.
        view.skip(path, error.message)
        return None
    memory = read_memory(view, directory)
    if memory is not None:
        return fold(meta or {"created_at": memory.created_at}, sources)
    if not is_summarised(directory) or not view.is_dir(directory):
        return None
    stats = meta.get("stats")
    return {**meta, "stats": fold_uses(stats if isinstance(stats, dict) else {}, sources)}


def _decisions(view: Snapshot, place: ArchivePlace) -> Iterator[tuple[str, Record]]:
    for entry in view.entries(f"{place.path}/decisions"):
        if entry.kind == "file":
            yield entry.name, view.record(f"{place.path}/decisions/{entry.name}")


def _source(place: ArchivePlace, name: str, record: Record) -> SourceRecord:
    ids = tuple(found for message in record.records("messages") if (found := message.text("id")))
    at, archive = record.record("candidate").text("created_at"), place.path.rpartition("/")[2]
    return SourceRecord(place.session.uri, archive, at, name.removesuffix(".json"), ids)


def _diff(records: list[Record]) -> dict[str, object]:
    """``memory_diff.json``: what the archive did to memory, by kind of change."""
    diff: dict[str, list[str]] = {"created": [], "merged": [], "deleted": []}
    for record in records:
        named = {uri: action.text("action") for action in record.records("actions") if (uri := action.text("uri"))}
        for uri, action in named.items():
            diff["merged" if action == "merge" else "deleted"].append(uri)
        if record.text("decision") == "create":
            diff["created"] += [uri for uri in record.texts("uris") if uri not in named]
    return {kind: sorted(set(uris)) for kind, uris in diff.items()}


def _sessions(view: Snapshot, paths: list[str]) -> Changes:
    """The ``.meta.json`` of every session of which an archive is among ``paths``."""
    changes = Changes()
    for session in dict.fromkeys(place.session for path in paths if (place := archive_of(path))):
        meta, path = session_meta(view, session), f"{session.path}/{META}"
        if meta is None:
            changes.delete(path)
        else:
            changes.write(path, dump_json(meta))
    return changes


def session_meta(view: Snapshot, session: SessionId) -> dict[str, object] | None:
    """A session's ``.meta.json``: the name as it was given, how many archives and messages, since when until when.

    None where the session has no archive.
    """
    numbers = [n for n in archives(view, session) if not _is_rest(view, ArchivePlace(session, n))]
    metas = [archive_meta(view, session, number) for number in numbers]
    if not metas:
        return None
    messages = [message for meta in metas for message in meta.records("messages")]
    times = sorted(time for message in messages if (time := message.text("created_at")))
    meta: dict[str, object] = {
        "session": session.id,
        "name": next((name for meta in metas if (name := meta.text("name"))), session.id),
        "archives": len(numbers),
        "messages": len(messages),
    }
    before = record_of(view, session.path)
    # Not projected: a person's choice, by session publish or privatise, and what a pack brought and no file holds.
    meta |= {key: value for key in ("transcripts", IMPORTED) if (value := before.get(key))}
    if tools := total_stats([found.get("tools") for found in metas]):
        meta["tools"] = tools
    if times:
        meta["created_at"], meta["updated_at"] = times[0], times[-1]
    return meta
