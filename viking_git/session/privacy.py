"""``session publish`` and ``session privatise``: transcripts into the tree, and out of it again.

An archive stays what it was: only where its transcript is kept changes, in its ``.meta.json`` and in its layers, which
quote nothing of a private one. What is to become of the session's next archives stands in the session's ``.meta.json``
(``transcripts``), which goes before the policy.
"""

from collections.abc import Callable, Sequence

from viking_git.errors import RefMoved, Refused
from viking_git.model.changes import Changes
from viking_git.model.layers import MESSAGES
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.session.blocks import IGNORED, lacking, write_block
from viking_git.session.exposure import exposure
from viking_git.session.kept import place_transcripts, stamps
from viking_git.session.moving import (
    Moved,
    Where,
    conversation,
    move,
    private_archives,
    set_mark,
    set_policy,
    subject,
    tracked_archives,
    usage_apart,
)
from viking_git.session.refresh import advance_and_refresh
from viking_git.session.state import SessionId, archives, pending, pending_sessions, sessions, transcripts
from viking_git.store.arranging import arranged
from viking_git.store.graft import Placed
from viking_git.store.kept import mark_of, place_of, stamp_of
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_Change = Callable[[Snapshot, Moved], tuple[dict[str, Placed], Changes]]
"""What to make of trunk: files that git has already, and changes; it notes what that is."""
_ROUNDS = 5
"""How often it is begun anew when archives land on trunk meanwhile."""


class Privacy:
    """Where the transcripts of one workspace are kept."""

    def __init__(self, store: Store, trunk_ref: str) -> None:
        self._store, self._trunk = store, trunk_ref

    def publish(self, chosen: Sequence[SessionId], *, dry_run: bool = False) -> Moved:
        """Put the transcripts of these sessions that are on this machine into the tree, and those to come.

        Raises:
            Refused: a session without an archive on trunk, or trunk's work tree cannot take it; nothing was changed.
            BrokenRules: a transcript breaks a rule that holds on every write; nothing was changed.
        """
        self._refuse_unarchived(chosen)

        def change(view: Snapshot, done: Moved) -> tuple[dict[str, Placed], Changes]:
            return self._published(view, chosen, done)

        return self._on_trunk(change, subject("publish", chosen), dry_run)

    def publish_all(self, *, dry_run: bool = False) -> Moved:
        """Let the policy track the transcripts of archives to come; those that are private stay so."""

        def change(view: Snapshot, done: Moved) -> tuple[dict[str, Placed], Changes]:
            done.private = sum(1 for one in sessions(self._store, view) if private_archives(view, one))
            changes = Changes()
            done.policy = set_policy(view, "tracked", changes)
            return {}, changes

        return self._on_trunk(change, "edit: policy sessions.transcripts = tracked\n", dry_run)

    def privatise(self, chosen: Sequence[SessionId] | None, *, dry_run: bool = False) -> Moved:
        """Take transcripts out of the tree onto the ref of private ones, where this machine reads them as before.

        Of a kill between the two the ref is left with what the tree still has: nothing is lost, and doing it again
        finishes it. Git's history keeps what it holds; ``history`` of the result says what that is.

        Args:
            chosen: whose; None for all sessions, and the policy.
            dry_run: change nothing.

        Raises:
            Refused: a session without an archive on trunk, or with tracked ones on a branch; or trunk's work tree
                cannot take it.
        """
        self._refuse_unarchived(chosen or ())
        self._refuse_pending(chosen)
        store, done = self._store, Moved()

        def change(view: Snapshot, made: Moved) -> tuple[dict[str, Placed], Changes]:
            return self._privatised(view, chosen, made, dry_run)

        for _ in range(_ROUNDS):
            if not dry_run:
                self._keep(store.snapshot(self._tip()), chosen)
            try:
                done = self._on_trunk(change, subject("privatise", chosen), dry_run)
            except _NotKept:
                continue
            break
        else:
            raise RefMoved(f"{self._trunk} kept moving", hint="other processes write to it; try again")
        if not dry_run:
            place_transcripts(store, self._trunk, self._all(store.snapshot(self._tip()), chosen))
        done.history = exposure(store, self._tip(), chosen)
        return done

    # --- into the tree

    def _published(self, view: Snapshot, chosen: Sequence[SessionId], done: Moved) -> tuple[dict[str, Placed], Changes]:
        kept = transcripts(self._store)
        files: dict[str, Placed] = {}
        changes = Changes()
        for session in chosen:
            for number in private_archives(view, session):
                place = session.archive(number)
                source = place_of(kept, place, stamp_of(view, place))
                if source is None:
                    done.missing.append(place)
                    continue
                for path, entry in kept.walk(source):
                    files[f"{place}{path[len(source) :]}"] = (entry.oid, entry.mode)
                done.add(move(view, kept, session, number, "tracked", changes))
            if set_mark(view, session, "tracked", changes):
                done.marked.append(str(session))
        return files, changes

    # --- out of it

    def _keep(self, view: Snapshot, chosen: Sequence[SessionId] | None) -> None:
        """Put what is about to leave the tree onto the ref of private transcripts."""
        store = self._store
        found = [(session, n) for session in self._all(view, chosen) for n in tracked_archives(view, session)]

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            before = tree = store.tree(tip)
            for session, number in found:
                kept, place = Snapshot(writer.git, tree), session.archive(number)
                history, _, name = place.rpartition("/")
                files = conversation(view, place)
                oid = files[f"{place}/{MESSAGES}"][0]
                if place_of(kept, place, oid) is None:
                    files |= usage_apart(view, place)[0]
                    named = stamps(view, session) | {name: oid}
                    tree = writer.graft(arranged(writer, kept, history, named, vacate=name), files)
            if tree == before:
                return tip
            why = "session: transcripts taken out of the tree\n"
            return store.commit(writer, tree, [tip] if tip else [], why)

        if found:
            store.advance(TRANSCRIPTS_REF, build, "privatise")
            store.step("transcripts-kept")

    def _privatised(
        self, view: Snapshot, chosen: Sequence[SessionId] | None, done: Moved, dry_run: bool
    ) -> tuple[dict[str, Placed], Changes]:
        kept, changes = transcripts(self._store), Changes()
        for session in self._all(view, chosen):
            for number in tracked_archives(view, session):
                done.add(self._taken_out(view, None if dry_run else kept, session, number, changes))
            is_own = chosen is not None or mark_of(view, session.path) == "private"
            mark: Where | None = "private" if is_own else None
            if set_mark(view, session, mark, changes):
                done.marked.append(str(session))
        if chosen is None:
            done.policy = set_policy(view, "private", changes)
        if not done.is_nothing and lacking(view, IGNORED):
            write_block(changes, view, IGNORED)
        return {}, changes

    def _taken_out(
        self, view: Snapshot, kept: Snapshot | None, session: SessionId, number: int, changes: Changes
    ) -> Moved:
        """Take one transcript out of the tree, which ``kept`` must have; None where nothing is going to be changed."""
        place = session.archive(number)
        files = conversation(view, place)
        if kept is not None and place_of(kept, place, files[f"{place}/{MESSAGES}"][0]) is None:
            raise _NotKept
        moved = move(view, view, session, number, "private", changes)
        for path in files:
            changes.delete(path)
        records, tracked = usage_apart(view, place)
        for path in records:
            changes.write(path, tracked)
        return moved

    # --- both

    def _on_trunk(self, change: _Change, message: str, dry_run: bool) -> Moved:
        """Commit what ``change`` makes of trunk, with the refresh that follows from it."""
        store, done = self._store, Moved()
        store.signatures()

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            nonlocal done
            done, view = Moved(), store.snapshot(tip)
            files, changes = change(view, done)
            tree = writer.apply(writer.graft(view.tree, files), changes)
            if tip is None or tree == view.tree:
                return tip
            done.commit = store.commit(writer, tree, [tip], message)
            return done.commit

        if dry_run:
            change(store.snapshot(self._tip()), done)
        else:
            advance_and_refresh(store, self._trunk, build, message.partition("\n")[0])
            store.step("privacy-changed")
        return done

    def _all(self, view: Snapshot, chosen: Sequence[SessionId] | None) -> list[SessionId]:
        if chosen is not None:
            return list(chosen)
        return [session for session in sessions(self._store, view) if archives(view, session)]

    def _tip(self) -> str:
        return self._store.resolve(self._trunk)

    def _refuse_unarchived(self, chosen: Sequence[SessionId]) -> None:
        view = self._store.snapshot(self._tip())
        for session in chosen:
            if archives(view, session):
                continue
            if self._store.tip(session.branch) is None:
                raise Refused(f"{session} has no archive yet", hint=f"viking-git commit {session} makes one")
            branch = session.branch.removeprefix("refs/heads/")
            raise Refused(f"the archives of {session} wait on {branch}", hint=f"viking-git merge {branch}")

    def _refuse_pending(self, chosen: Sequence[SessionId] | None) -> None:
        """A branch with a tracked transcript could not land any more."""
        store = self._store
        trunk = store.snapshot(self._tip())
        for session in list(pending_sessions(store)) if chosen is None else chosen:
            waiting = pending(store, session, trunk)
            if waiting is None:
                continue
            branch = store.snapshot(waiting.tip)
            if any(branch.exists(f"{session.archive(number)}/{MESSAGES}") for number in waiting.archives):
                name = session.branch.removeprefix("refs/heads/")
                raise Refused(
                    f"{session} has a tracked transcript on {name}, which waits",
                    hint=f"viking-git merge {name}, or delete the branch, then privatise",
                )


class _NotKept(Exception):
    """An archive landed on trunk after the ref of private transcripts was written."""
