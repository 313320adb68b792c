"""The ref of private transcripts beside a trunk that merges: each transcript under the number of its archive."""

from collections.abc import Iterable

from viking_git.model.layout import TRANSCRIPTS_REF, archive_of
from viking_git.session.state import SessionId, archives
from viking_git.store.arranging import arranged, is_arranged, merge_kept
from viking_git.store.extent import refuse_large
from viking_git.store.kept import stamp_of
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot
from viking_git.store.transcripts import lay_transcripts


def place_transcripts(store: Store, trunk_ref: str, sessions: Iterable[SessionId]) -> None:
    """Put the private transcripts of ``sessions`` where trunk has their archives, and lay them into its work trees.

    Until then readers pass over what lies elsewhere: a kill before it shows too little for a while, never another's.
    """
    tip = store.tip(TRANSCRIPTS_REF)
    if tip is None:
        return
    trunk, kept = store.snapshot(store.tip(trunk_ref)), store.snapshot(tip)
    named = {session: stamps(trunk, session) for session in sessions}
    strange = {s: found for s, found in named.items() if not is_arranged(kept, f"{s.path}/history", found)}

    def build(writer: ObjectWriter, old: str | None) -> str | None:
        tree = before = store.tree(old)
        for session, found in strange.items():
            tree = arranged(writer, Snapshot(writer.git, tree), f"{session.path}/history", found)
        if old is None or tree == before:
            return old
        return store.commit(writer, tree, [old], "session: transcripts under the numbers of their archives\n")

    if strange:
        store.advance(TRANSCRIPTS_REF, build, "transcripts placed")
        store.step("transcripts-placed")
    places = [session.archive(number) for session in named for number in archives(trunk, session)]
    lay_transcripts(store, trunk_ref, TRANSCRIPTS_REF, places)


def merge_transcripts(store: Store, trunk_ref: str, theirs: str, message: str) -> None:
    """Merge another machine's private transcripts, the commit ``theirs``, into ours, and put them in their place."""
    changed: list[str] = []

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        base = store.merge_base(tip, theirs) if tip is not None else None
        if tip is not None and base == theirs:
            return tip
        commit, ours = theirs, store.snapshot(tip)
        refuse_large(ours, store.snapshot(theirs), "the ref of transcripts over there")
        if tip is not None and base != tip:
            tree = merge_kept(writer, store.snapshot(base), ours, store.snapshot(theirs))
            commit = store.commit(writer, tree, [tip, theirs], message)
        changed[:] = [path for path, _, _ in ours.changed(store.snapshot(commit))]
        return commit

    store.advance(TRANSCRIPTS_REF, build, message.strip())
    kept = store.snapshot(store.tip(TRANSCRIPTS_REF))
    kept.bring((path, entry) for path in changed if (entry := kept.entry(path)))
    place_transcripts(store, trunk_ref, sessions_of(changed))


def sessions_of(paths: Iterable[str]) -> list[SessionId]:
    """The sessions of which ``paths`` name files in archives, in the order of their first one."""
    found = (archive.split("/") for path in paths if (archive := archive_of(path)))
    sessions = (SessionId.found(parts[1], parts[2]) for parts in found)
    return list(dict.fromkeys(session for session in sessions if session is not None))


def stamps(trunk: Snapshot, session: SessionId) -> dict[str, str]:
    """What the archives of a session are called, and the ids of the transcripts that they were made of."""
    places = [session.archive(number) for number in archives(trunk, session)]
    found = {place.rpartition("/")[2]: stamp_of(trunk, place) for place in places}
    return {name: stamp for name, stamp in found.items() if stamp is not None}
