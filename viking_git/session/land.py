"""Step 3 of a commit: the exact three-way merge of a session's branch into trunk, and what follows from it."""

from viking_git.errors import BrokenRules, NotFound, Refused
from viking_git.session.kept import place_transcripts
from viking_git.session.refresh import advance_and_refresh, judge
from viking_git.session.state import SessionId, archives, pending
from viking_git.store.bases import base_tree
from viking_git.store.merge import merge_trees
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot


def land(store: Store, session: SessionId, trunk_ref: str, summary: str) -> tuple[str, tuple[str, ...]]:
    """Merge the session's branch into trunk, refresh, move trunk once, delete the branch.

    Returns:
        The merge commit, and the paths of memories that both sides changed so that both variants were kept.

    Raises:
        DirtyWorkTree, Busy: trunk is checked out and cannot take it now; the session waits on its branch.
    """
    tip = store.tip(session.branch)
    if tip is None:
        raise NotFound(f"session {session.id} has no branch")
    merges: list[str] = []
    contested: list[str] = []

    def build(writer: ObjectWriter, trunk: str | None) -> str | None:
        if trunk is None:
            raise NotFound(f"{trunk_ref} does not exist")
        if store.merge_base(trunk, tip) == tip:
            return trunk
        result = merge_trees(writer, base_tree(store, writer, trunk, tip), store.tree(trunk), store.tree(tip))
        contested[:] = [*result.contested, *result.kept_both]
        merges.append(store.commit(writer, result.tree, [trunk, tip], _message(store, session, summary, contested)))
        return merges[-1]

    try:
        advance_and_refresh(store, trunk_ref, build, f"session {session.id}")
    except BrokenRules as error:
        raise on_branch(error, *(ref.removeprefix("refs/heads/") for ref in (session.branch, trunk_ref))) from None
    except Refused as error:
        branch = session.branch.removeprefix("refs/heads/")
        raise type(error)(f"{error.message}; the session waits on {branch}", hint=error.hint) from None
    finish(store, session, trunk_ref)
    return (merges[-1] if merges else tip), tuple(contested)


def try_landing(store: Store, session: SessionId, trunk_ref: str) -> None:
    """Make the merge that ``land`` would make, and judge it; nothing moves, and nothing of it is kept.

    Raises:
        BrokenRules: trunk would refuse it.
    """
    trunk, tip, writer = store.resolve(trunk_ref), store.resolve(session.branch), store.writer()
    result = merge_trees(writer, base_tree(store, writer, trunk, tip), store.tree(trunk), store.tree(tip))
    branch = session.branch.removeprefix("refs/heads/")
    try:
        judge(store.snapshot(trunk), Snapshot(writer.git, result.tree))
    except BrokenRules as error:
        raise on_branch(error, branch, trunk_ref.removeprefix("refs/heads/")) from None


def on_branch(error: BrokenRules, branch: str, trunk: str) -> BrokenRules:
    """What trunk refuses of ``branch``, with a hint that says where to do what it says, and what comes then."""
    way = f"git switch {branch}; {error.hint}; git commit -a; git switch {trunk}; viking-git merge {branch}"
    return BrokenRules(f"{error.message}; it waits on {branch}", hint=way)


def finish(store: Store, session: SessionId, trunk_ref: str) -> bool:
    """Clean up after a session that trunk holds: put its transcripts in their place, delete its branch.

    Returns:
        Whether there was a branch and all of it had landed.
    """
    tip = store.tip(trunk_ref)
    waiting = pending(store, session, store.snapshot(tip))
    place_transcripts(store, trunk_ref, [session])
    if waiting is None:
        return False
    if waiting.archives and (tip is None or store.merge_base(tip, waiting.tip) != waiting.tip):
        # Otherwise trunk had them and somebody removed them: no merge would bring anything.
        return False
    store.step("landed")
    store.delete_ref(session.branch, waiting.tip)
    return True


def _message(store: Store, session: SessionId, summary: str, contested: list[str]) -> str:
    trunk = store.snapshot(store.tip(session.branch))
    last = archives(trunk, session)[-1]
    notes = "".join(f"Viking-Contested: {path}\n" for path in contested)
    return (
        f"session: merge {session.id} ({summary})\n\n"
        f"Viking-Session: {session.uri}\nViking-Archive: archive_{last:03d}\n{notes}"
    )
