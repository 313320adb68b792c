"""``session delete``: the live log and the branch go; archives only when asked for, by a commit that goes forward."""

from dataclasses import dataclass

from viking_git.errors import Refused
from viking_git.model.changes import Changes
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.session.refresh import advance_and_refresh
from viking_git.session.state import SessionId, archives, live_log
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.transcripts import clear_transcripts


@dataclass(frozen=True, slots=True)
class Deleted:
    """What ``delete`` did.

    Attributes:
        live: whether there was a live log.
        branch: the commit that the branch named, for ``git branch`` to bring it back; None without one.
        archives: how many archives trunk lost.
    """

    live: bool
    branch: str | None
    archives: int


def delete_session(store: Store, session: SessionId, trunk_ref: str, *, with_archives: bool) -> Deleted:
    """Delete a session; memories that came from it stay, and so does what git's history holds.

    Trunk is first: a refusal there leaves everything, and a kill after it leaves what deleting again takes.

    Raises:
        Refused: trunk's work tree cannot take the change now, or the branch is checked out; nothing was deleted.
    """
    live = live_log(store, session)
    with live.lock(notice=store.notice):
        if store.tip(session.branch) is not None and store.is_checked_out(session.branch):
            name = session.branch.removeprefix("refs/heads/")
            raise Refused(f"the branch {name} is checked out", hint="git switch to another one, then delete")
        gone = _delete_archives(store, session, trunk_ref) if with_archives else 0
        tip = store.tip(session.branch)
        if tip is not None:
            store.delete_ref(session.branch, tip)
            store.step("branch-deleted")
        return Deleted(live.delete(), tip, gone)


def _delete_archives(store: Store, session: SessionId, trunk_ref: str) -> int:
    count = len(archives(store.snapshot(store.tip(trunk_ref)), session))
    text = "1 archive" if count == 1 else f"{count} archives"
    why = f"session: delete {session.id} ({text})"
    changes = Changes()
    changes.delete(session.path)

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        before = store.tree(tip)
        tree = writer.apply(before, changes)
        if tip is None or tree == before:
            return tip
        return store.commit(writer, tree, [tip], f"{why}\n\nViking-Session: {session.uri}\n")

    advance_and_refresh(store, trunk_ref, build, why)
    store.step("archives-deleted")
    clear_transcripts(store, trunk_ref, TRANSCRIPTS_REF, session.path)
    store.advance(TRANSCRIPTS_REF, build, why)
    store.step("transcripts-deleted")
    return count
