"""``merge`` and ``update``: branches into trunk and trunk into branches, by the merge of a session's commit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from viking_git.config import POLICY_FILE, Policy
from viking_git.errors import BrokenRules, NotFound, Refused
from viking_git.model.layout import BRANCH_PREFIX
from viking_git.model.names import closest
from viking_git.session.kept import place_transcripts, sessions_of
from viking_git.session.land import finish, on_branch
from viking_git.session.refresh import advance_and_refresh
from viking_git.session.state import SessionId, archives, session_of
from viking_git.store.bases import base_tree
from viking_git.store.extent import refuse_large
from viking_git.store.merge import MergeResult, merge_trees
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store

if TYPE_CHECKING:
    from viking_git.session.rewind import Answer
    from viking_git.session.sync import Synced

Kind = Literal["branch", "trunk", "plain"]

_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"
_SHOWN = 5
"""Branches that a hint names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did, or would do.

    Attributes:
        branch: what was merged, as it was named.
        commit: the commit that holds it, None where it was there already, and for a mere look.
        changed: paths that it changes, refreshed containers left out.
        contested: of these, memories in which variants of both sides stand.
        kept_both: paths that could not be merged; both versions stand, under two names.
    """

    branch: str
    commit: str | None
    changed: tuple[str, ...] = ()
    contested: tuple[str, ...] = ()
    kept_both: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nobody has to choose between variants."""
        return not self.contested and not self.kept_both

    def to_json(self) -> dict[str, Any]:
        """The entry as ``merge --json`` prints it."""
        return {
            "branch": self.branch, "commit": self.commit, "clean": self.is_clean, "changed": list(self.changed),
            "contested": list(self.contested), "kept_both": list(self.kept_both),
        }  # fmt: skip


class Branches:
    """The branches of one workspace, and the merges between them and trunk."""

    def __init__(self, store: Store, policy: Policy, user: str) -> None:
        self._store, self._policy, self._user = store, policy, user
        self._trunk = f"{_HEADS}{policy.trunk}"

    def merge(self, branch: str, *, check: bool = False) -> Merged:
        """Merge ``branch``, any revision, into trunk; a session's branch is deleted once it has landed.

        Args:
            check: only say what a merge would do.

        Raises:
            NotFound: there is no such revision; the hint names the branches that wait.
            Refused: it shares no history with trunk, or is no workspace.
            DirtyWorkTree, Busy: trunk's work tree cannot take it now; nothing was changed.
        """
        tip = self._resolve(branch)
        if check:
            return self._look(branch, tip)
        session = session_of(branch.removeprefix(_HEADS))
        kind: Kind = "trunk" if self._is_shared_trunk(branch) else "branch"
        try:
            merged = merge_into(self._store, self._trunk, tip, self._subject(branch, session, tip), kind=kind)
        except BrokenRules as error:
            name = branch.removeprefix(_HEADS)
            is_here = self._store.tip(f"{_HEADS}{name}") is not None
            raise (on_branch(error, name, self._policy.trunk) if is_here else error) from None
        if session is not None:
            finish(self._store, session, self._trunk)
        return Merged(branch, merged.commit, merged.changed, merged.contested, merged.kept_both)

    def update(self, branch: str) -> Merged:
        """Bring trunk into ``branch``, so that whoever merges it, by whatever means, finds nothing in the way.

        Raises:
            NotFound: there is no such branch here.
            Refused, DirtyWorkTree, Busy: as ``merge``.
        """
        ref = branch if branch.startswith(_HEADS) else f"{_HEADS}{branch}"
        if ref == self._trunk or self._store.tip(ref) is None:
            raise NotFound(f"no branch {branch!r} to update", hint=self._meant(branch, [_HEADS]))
        self._resolve(ref)
        name = self._trunk.removeprefix(_HEADS)
        return merge_into(
            self._store, ref, self._store.resolve(self._trunk), f"merge: {name} into {ref.removeprefix(_HEADS)}\n",
            kind="plain", forward=True,
        )  # fmt: skip

    def sync(
        self, remote: str | None = None, answer: "Answer | None" = None, *, allow_secrets: bool = False
    ) -> "Synced":
        """Fetch, merge trunk by meaning, push; see ``session.sync``.

        Args:
            remote: its name; trunk's own or the only one if left out.
            answer: what becomes of what the remote had and has no more; without one, that is asked about.
            allow_secrets: push files that look like they hold a secret.
        """
        from viking_git.session.sync import Sync

        return Sync(self._store, self._policy, self._user, remote, answer, allow_secrets=allow_secrets).run()

    def _is_shared_trunk(self, branch: str) -> bool:
        """Whether ``branch`` is what a remote has as trunk, as ``origin/main``."""
        return branch.endswith(f"/{self._policy.trunk}") and self._store.tip(f"{_REMOTES}{branch}") is not None

    def _resolve(self, branch: str) -> str:
        try:
            tip = self._store.resolve(branch)
        except NotFound:
            hint = self._meant(branch, [_HEADS, _REMOTES])
            raise NotFound(f"no branch {branch!r}, nor any other revision of that name", hint=hint) from None
        check_related(self._store, self._store.resolve(self._trunk), tip, branch)
        return tip

    def _meant(self, branch: str, places: list[str]) -> str:
        """A hint: which branch in ``places`` may be meant by a name that is none, and which ones wait."""
        known = {ref.removeprefix(place) for place in places for ref in self._store.refs(place) if ref != self._trunk}
        waiting = sorted(name for name in known if name.startswith(BRANCH_PREFIX))
        short = branch.removeprefix(_HEADS)
        meant = next((name for name in waiting if name.endswith(f"/{short}")), None) or closest(short, known)
        more = f" and {len(waiting) - _SHOWN:,} more" if len(waiting) > _SHOWN else ""
        wait = f"{', '.join(waiting[:_SHOWN])}{more} {'waits' if len(waiting) == 1 else 'wait'}"
        said = ([f"did you mean {meant}"] if meant else []) + [wait if waiting else "no session's branch waits"]
        return "; ".join(said) + ("" if meant or waiting else "; git branch --all shows the others")

    def _look(self, branch: str, tip: str) -> Merged:
        """What a merge would do; its objects are never written into the repository."""
        ours, writer = self._store.resolve(self._trunk), self._store.writer()
        base = base_tree(self._store, writer, ours, tip)
        one, other = (tip, ours) if self._is_shared_trunk(branch) else (ours, tip)
        result = merge_trees(writer, base, self._store.tree(one), self._store.tree(other))
        before = self._store.snapshot(ours)
        after = before.other(result.tree) or before
        return Merged(
            branch, None, tuple(path for path, _, _ in before.changed(after)), result.contested, result.kept_both
        )

    def _subject(self, branch: str, session: SessionId | None, tip: str) -> str:
        numbers = archives(self._store.snapshot(tip), session) if session else []
        if session is None or not numbers:
            return f"merge: {branch}\n"
        last = f"archive_{numbers[-1]:03d}"
        return f"session: merge {session.id}\n\nViking-Session: {session.uri}\nViking-Archive: {last}\n"


def merge_into(
    store: Store, ref: str, tip: str, message: str, *, kind: Kind = "branch", forward: bool = False
) -> Merged:
    """Merge the commit ``tip`` into the branch ``ref`` and, for trunk, refresh what follows from it.

    Args:
        kind: ``trunk`` if ``tip`` is another machine's trunk, and ``ref`` is ours; ``plain`` if ``ref`` is not trunk,
            which alone has projections of many files.
        forward: whether a branch without commits of its own moves to ``tip`` as it is.
    """
    done: list[Merged] = []
    name = ref.removeprefix(_HEADS)

    def build(writer: ObjectWriter, old: str | None) -> str | None:
        base = store.merge_base(old, tip) if old else None
        if old is not None and base == tip:
            done[:] = [Merged(name, None)]
            return old
        result = MergeResult(store.tree(tip), (), ())
        commit = tip
        if old is not None and not (forward and base == old):
            start = base_tree(store, writer, old, tip)
            # The side that others build on keeps its names and numbers: trunk, and of two trunks the shared one.
            ours, theirs = (old, tip) if kind == "branch" else (tip, old)
            result = merge_trees(writer, start, store.tree(ours), store.tree(theirs))
            notes = "".join(f"Viking-Contested: {path}\n" for path in (*result.contested, *result.kept_both))
            joint = "" if not notes or "\n\n" in message else "\n"
            commit = store.commit(writer, result.tree, [old, tip], f"{message}{joint}{notes}")
        paths = store.snapshot(old).changed(store.snapshot(commit))
        done[:] = [Merged(name, commit, tuple(p for p, _, _ in paths), result.contested, result.kept_both)]
        return commit

    why = message.partition("\n")[0]
    if kind == "plain":
        store.advance(ref, build, why)
    else:
        advance_and_refresh(store, ref, build, why, foreign=kind == "trunk")
        place_transcripts(store, ref, sessions_of(done[0].changed))
    return done[0]


def joined(store: Store, writer: ObjectWriter, first: str, second: str, message: str) -> tuple[str, tuple[str, ...]]:
    """A commit with the commits ``first``, whose archives keep their numbers, and ``second``: one of them, if that has
    the other. And the paths in which variants of both stand.
    """
    base = store.merge_base(first, second)
    if base in (first, second):
        return (second if base == first else first), ()
    start = base_tree(store, writer, first, second)
    merged = merge_trees(writer, start, store.tree(first), store.tree(second))
    return store.commit(writer, merged.tree, [first, second], message), (*merged.contested, *merged.kept_both)


def check_related(store: Store, ours: str, theirs: str, name: str) -> None:
    """Make sure that two commits can be merged.

    Raises:
        Refused: ``theirs`` shares no history with ``ours``, holds no workspace, or more files than can be looked at.
    """
    refuse_large(store.snapshot(ours), store.snapshot(theirs), name)
    if not store.snapshot(theirs).exists(POLICY_FILE):
        raise Refused(f"{name} is no workspace: it has no {POLICY_FILE}", hint="viking-git add brings documents in")
    if store.merge_base(ours, theirs) is None:
        if store.is_shallow:
            raise Refused(
                f"{name} and trunk part before the history that this shallow clone has", hint="git fetch --unshallow"
            )
        raise Refused(
            f"{name} shares no history with trunk: it is another workspace",
            hint="clone it beside this one, or export from it and import here",
        )
