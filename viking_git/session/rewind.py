"""What a remote had when we last synced with it and has no more: asked about before anything is merged or pushed.

Somebody who rewinds a shared trunk takes something out on purpose, a secret perhaps. A clone that merged and pushed as
ever would put it back. What a remote had is kept on refs of our own, for any ``git fetch`` moves the remote's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn

from viking_git.errors import Refused
from viking_git.model.layout import BRANCH_PREFIX, TRANSCRIPTS_REF, archive_of
from viking_git.session.kept import place_transcripts, sessions_of
from viking_git.session.refresh import advance_and_refresh
from viking_git.session.state import pending_sessions
from viking_git.store.arranging import merge_kept
from viking_git.store.objects import ObjectWriter
from viking_git.store.remote import git_program
from viking_git.store.replay import Replay
from viking_git.store.repo import Store
from viking_git.store.transcripts import clear_transcripts

Answer = Literal["take", "restore"]
"""What becomes of a rewind: it is taken over here, or what it took out goes back."""

_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Rewind:
    """A ref of a remote that lost commits which we have.

    Attributes:
        ref: the full name of the ref here and there.
        known: the commit that it named when we last synced.
        theirs: the one that it names now, None where it was deleted.
    """

    ref: str
    known: str
    theirs: str | None

    @property
    def is_all_gone(self) -> bool:
        """Whether it is no rewind but the end of trunk, or of the transcripts: there is nothing to go back to."""
        return self.theirs is None and not self.ref.startswith(f"{_HEADS}{BRANCH_PREFIX}")

    def said(self, remote: str) -> str:
        """How it is, in words that name the way to look at it."""
        name = "what it keeps of transcripts" if self.ref == TRANSCRIPTS_REF else self.ref.removeprefix(_HEADS)
        if self.theirs is None:
            return f"{name} of {remote} was deleted there (git log {self.known[:8]})"
        lost = f"git log {self.theirs[:8]}..{self.known[:8]}"
        return f"{name} of {remote} was rewound or rewritten, and commits that are here are gone from it ({lost})"


def rewind(store: Store, ref: str, known: Iterable[str | None], theirs: str | None) -> Rewind | None:
    """What a sync of our ``ref`` would bring back to a remote that has the commit ``theirs``, None for nothing.

    Args:
        store: the workspace.
        ref: the full name of the ref here and there.
        known: commits that the remote's ref named before, as far as that is known.
        theirs: the commit that it names now, None where it is no more.
    """
    ours = store.tip(ref)
    for commit in known:
        if ours is None or commit is None or commit == theirs:
            continue
        if theirs is None or _loses(store, ours, commit, theirs):
            return Rewind(ref, commit, theirs)
    return None


def refuse(store: Store, remote: str, found: list[Rewind]) -> NoReturn:
    """Ask: stop, and name the ways out; the next sync asks again.

    Raises:
        Refused: always.
    """
    # The fetch has moved the refs by which this was seen.
    record(store, remote, {**_noted(store, remote), **{one.ref: one.known for one in found}})
    command = f"viking-git sync {remote}"
    ways = [f"{command} --take-rewind lets them go here too and keeps your own commits on top"]
    if any(one.is_all_gone for one in found):
        ways = []
    ways.append(f"{command} --restore brings them back to {remote}")
    if any(one.ref == TRANSCRIPTS_REF for one in found):
        ways.append("git config --unset viking.transcripts leaves transcripts out")
    said = "; ".join(one.said(remote) for one in found)
    raise Refused(f"{said}. Nothing was merged or pushed", hint="; ".join(ways))


def take(store: Store, trunk: str, remote: str, found: list[Rewind]) -> tuple[str, ...]:
    """Let go here what a remote let go; what it never had is made again on what it has now.

    Returns:
        The paths in which variants of both sides stand now.

    Raises:
        Refused: the remote has no trunk, or no transcripts, any more: that would let go all there is.
        DirtyWorkTree, Busy: trunk's work tree cannot take it now.
    """
    if any(one.is_all_gone for one in found):
        refuse(store, remote, found)
    contested: list[str] = []
    for one in found:
        if one.ref == TRANSCRIPTS_REF:
            _take_transcripts(store, trunk, one)
        elif one.ref == trunk:
            contested += _take_trunk(store, one)
        else:
            _take_branch(store, one.ref, one.known, one.theirs or store.resolve(trunk))
    record(store, remote, {**_noted(store, remote), **{one.ref: one.theirs for one in found if one.theirs}})
    return tuple(contested)


def synced(store: Store, remote: str, ref: str) -> str | None:
    """The commit that the remote's ``ref`` named when we last synced with it."""
    return store.tip(_record(remote, ref))


def record(store: Store, remote: str, tips: dict[str, str]) -> None:
    """Keep what the remote's refs, full names, name now that both sides are one."""
    old = _noted(store, remote)
    lines = [f"update {_record(remote, ref)} {tip}\n" for ref, tip in tips.items() if old.get(ref) != tip]
    lines += [f"delete {_record(remote, ref)}\n" for ref in old.keys() - tips.keys()]
    if lines:
        # In one go: a workspace may have thousands of reviews.
        git_program(store.common_dir, ["update-ref", "--stdin"], "".join(lines))


def _noted(store: Store, remote: str) -> dict[str, str]:
    prefix = _record(remote, "refs/")
    return {f"refs/{ref.removeprefix(prefix)}": tip for ref in store.refs(prefix) if (tip := store.tip(ref))}


def _record(remote: str, ref: str) -> str:
    return f"refs/viking/synced/{remote}/{ref.removeprefix('refs/')}"


def _loses(store: Store, ours: str, known: str, theirs: str) -> bool:
    """Whether ``ours`` has a commit that ``known`` has and ``theirs`` has not."""
    base = store.merge_base(known, theirs)
    if base == known or (base is None and store.is_shallow):
        return False
    return next(_lost(store, ours, known, theirs), None) is not None


def _lost(store: Store, ours: str, known: str, theirs: str) -> Iterator[str]:
    own = set(store.beyond(ours, [known]))
    return (oid for oid in store.beyond(ours, [theirs]) if oid not in own)


def _take_trunk(store: Store, one: Rewind) -> tuple[str, ...]:
    theirs = one.theirs or one.known
    waiting = [session.branch for session in pending_sessions(store)]
    contested: tuple[str, ...] = ()

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal contested
        if tip is None:
            return theirs
        replay = Replay(store, writer, one.known, theirs)
        merged = replay.merged(tip)
        contested = (*merged.contested, *merged.kept_both)
        return replay.tip(tip)

    before = store.resolve(one.ref)
    advance_and_refresh(store, one.ref, build, "sync: the remote's rewind is taken over", foreign=True)
    changed = store.snapshot(before).changed(store.snapshot(store.tip(one.ref)))
    place_transcripts(store, one.ref, sessions_of(path for path, _, _ in changed))
    for branch in waiting:
        # What waits was begun on commits that are gone, and its next push would bring them back.
        if _loses(store, store.resolve(branch), one.known, theirs):
            _take_branch(store, branch, one.known, theirs)
    return contested


def _take_branch(store: Store, ref: str, known: str, onto: str) -> None:
    tip = store.advance(
        ref, lambda writer, old: Replay(store, writer, known, onto).tip(old) if old else None,
        "sync: the remote's rewind is taken over",
    )  # fmt: skip
    if tip == onto:
        store.delete_ref(ref, tip)


def _take_transcripts(store: Store, trunk: str, one: Rewind) -> None:
    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        if tip is None or one.theirs is None:
            return tip
        ours = store.snapshot(tip)
        tree = merge_kept(writer, store.snapshot(one.known), store.snapshot(one.theirs), ours)
        if tree == store.tree(one.theirs):
            return one.theirs
        return store.commit(writer, tree, [one.theirs], "session: transcripts that the remote never had\n")

    before = store.snapshot(store.tip(one.ref))
    theirs = store.snapshot(one.theirs)
    gone = [path for path, _, new in store.snapshot(one.known).changed(theirs) if new is None]
    for archive in dict.fromkeys(archive for path in gone if (archive := archive_of(path))):
        clear_transcripts(store, trunk, one.ref, archive)
    after = store.snapshot(store.advance(one.ref, build, "sync: the remote's rewind is taken over"))
    place_transcripts(store, trunk, sessions_of(path for path, _, _ in before.changed(after)))
