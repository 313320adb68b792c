"""``sync``: this clone and a remote end with the same trunk, merged by meaning, and nothing is pushed by force.

Fetch; merge the remote's trunk into ours; notice sessions that landed over there; push. A push that lost a race begins
anew. Where the remote refuses our trunk, it gets a branch instead. Conversations stay here unless git config says where
they may go.
"""

import random
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from viking_git.config import Policy
from viking_git.errors import NotFound, Refused
from viking_git.memory.guard import Guard
from viking_git.model.layout import BRANCH_PREFIX, TRANSCRIPTS_REF
from viking_git.session.branches import check_related, merge_into
from viking_git.session.hooks import NOTHING, refuse_secrets, refuse_transcripts
from viking_git.session.kept import merge_transcripts
from viking_git.session.land import finish
from viking_git.session.refresh import prefetch, refreshed
from viking_git.session.state import SessionId, archives, missing_archives, pending, pending_sessions
from viking_git.store.bases import base_tree
from viking_git.store.locks import file_lock
from viking_git.store.merge import merge_trees
from viking_git.store.objects import ObjectWriter
from viking_git.store.remote import Pushed, fetch, push
from viking_git.store.repo import Store

_HEADS = "refs/heads/"
_ROUNDS = 20
"""How often a push that lost a race is tried again."""


@dataclass(slots=True)
class Synced:
    """What ``sync`` did.

    Attributes:
        remote: its name.
        received, sent: commits on trunk that came from there, and that went there.
        contested: paths in which variants of both sides stand, or that stand twice.
        landed: sessions whose branch went because trunk has them.
        pushed: branches for review that the remote has now.
        left: the branch that the remote got because it refuses pushes to trunk, None otherwise.
        transcripts: whether private transcripts were exchanged.
        notes: what was left undone, each a sentence.
    """

    remote: str
    received: int = 0
    sent: int = 0
    contested: tuple[str, ...] = ()
    landed: list[str] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    left: str | None = None
    transcripts: bool = False
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The object that ``sync --json`` prints."""
        return {
            "remote": self.remote, "received": self.received, "sent": self.sent, "contested": list(self.contested),
            "landed": self.landed, "pushed": self.pushed, "left": self.left, "transcripts": self.transcripts,
            "notes": self.notes,
        }  # fmt: skip


class Sync:
    """One run of ``sync`` with one remote."""

    def __init__(
        self, store: Store, policy: Policy, user: str, remote: str | None = None, *, allow_secrets: bool = False
    ) -> None:
        """Take the workspace and the name of a remote; without one, trunk's own or the only one."""
        self._guard = Guard(policy.checks, allow_secrets)
        self._store, self._policy = store, policy
        self._trunk = f"{_HEADS}{policy.trunk}"
        self._remote = remote or self._default()
        if self._remote not in store.remotes():
            raise NotFound(f"no remote {self._remote!r}", hint=f"git remote add {self._remote} URL")
        self._top = store.workdir or store.git_dir
        self._theirs = f"refs/remotes/{self._remote}/"
        self._left = f"viking-sync/{user}"
        self._done = Synced(self._remote)

    def run(self) -> Synced:
        """Sync until both trunks are one.

        Raises:
            RemoteFailed: the remote cannot be reached.
            Refused: it is another workspace, it would get conversations or secrets, or it kept moving.
            DirtyWorkTree, Busy: trunk's work tree cannot take what came, or another sync is under way here.
        """
        self._store.signatures()
        # Two fetches at once would take the remote's refs out of each other's hands.
        with file_lock(self._store.private_dir / "sync.lock"):
            for attempt in range(_ROUNDS):
                if self._round():
                    prefetch(self._store, self._trunk)
                    return self._done
                # Others push as fast as we do: spread out.
                time.sleep(random.random() * min(0.05 * 2**attempt, 2.0))  # noqa: S311 - no secret
        raise Refused(f"{self._remote} kept moving, {_ROUNDS} times", hint="sync again; what came is merged here")

    def _round(self) -> bool:
        before = self._seen()
        fetch(self._top, self._remote)
        self._receive(before.get(self._policy.trunk))
        self._branches(before)
        self._exchange_transcripts()
        return self._send()

    def _receive(self, seen: str | None) -> None:
        """The remote's trunk into ours; ``seen`` is where it stood before."""
        theirs = self._store.tip(f"{self._theirs}{self._policy.trunk}")
        ours = self._store.resolve(self._trunk)
        if theirs is None:
            return
        check_related(self._store, ours, theirs, f"{self._remote}/{self._policy.trunk}")
        if seen is not None and self._store.merge_base(seen, theirs) != seen:
            self._done.notes.append(
                f"{self._policy.trunk} of {self._remote} was rewound or rewritten; what that took out is here and goes "
                f"back there (git log {theirs[:8]}..{seen[:8]})"
            )
        self._done.received += self._count(theirs, ours)
        merged = merge_into(
            self._store, self._trunk, theirs, f"merge: {self._policy.trunk} of {self._remote}\n", kind="trunk",
            forward=True,
        )  # fmt: skip
        self._done.contested += (*merged.contested, *merged.kept_both)

    def _branches(self, seen: dict[str, str]) -> None:
        """Sessions that landed lose their branch; of others, a reviewer's version over there is taken."""
        for session in list(pending_sessions(self._store)):
            if finish(self._store, session, self._trunk):
                self._done.landed.append(str(session))
                continue
            name = session.branch.removeprefix(_HEADS)
            ours, theirs = self._store.tip(session.branch), self._store.tip(f"{self._theirs}{name}")
            if ours is None or theirs is None or ours == theirs:
                continue
            if self._store.merge_base(ours, theirs) == ours or ours == seen.get(name):
                self._take(session, theirs, ours)
            elif any(missing_archives(self._store.snapshot(theirs), session, self._store.snapshot(ours))):
                # Of a conversation on another machine that has this name: a push of ours alone would delete it there.
                merged = merge_into(
                    self._store, session.branch, theirs, f"merge: {name} of {self._remote}\n", kind="plain"
                )  # fmt: skip
                self._done.contested += (*merged.contested, *merged.kept_both)

    def _take(self, session: SessionId, theirs: str, ours: str) -> None:
        def build(_writer: object, tip: str | None) -> str | None:
            return theirs if tip == ours else tip

        self._store.advance(session.branch, build, f"sync: {session} as {self._remote} has it")

    def _exchange_transcripts(self) -> None:
        if self._store.config("viking.transcripts") != self._remote:
            return
        there = f"refs/viking/remotes/{self._remote}/transcripts"
        known = self._store.tip(there)
        # With the star it is no error if the remote has none.
        fetch(self._top, self._remote, [f"+{TRANSCRIPTS_REF}*:{there}*"])
        theirs = self._store.tip(there)
        if theirs is not None and theirs != known:
            merge_transcripts(self._store, self._trunk, theirs, f"merge: transcripts of {self._remote}\n")
        self._done.transcripts = True

    def _send(self) -> bool:
        """Push; whether the remote has all of it, or will not have it."""
        refspecs, leases, reviews = [], [], self._reviews()
        tips = {self._trunk: self._store.resolve(self._trunk)}
        tips |= {f"{_HEADS}{name}": tip for name, tip in reviews.items()}
        lines = [f"{ref} {tip} {ref} {NOTHING}" for ref, tip in tips.items()]
        refuse_transcripts(self._store, self._remote, lines)
        refuse_secrets(self._store, self._remote, lines, self._guard)
        count = self._count(self._store.resolve(self._trunk), self._store.tip(f"{self._theirs}{self._policy.trunk}"))
        if count:
            refspecs.append(f"{self._trunk}:{self._trunk}")
        for name, source in {**self._landed_there(), **{name: f"{_HEADS}{name}" for name in reviews}}.items():
            expected = self._store.tip(f"{self._theirs}{name}") or ""
            if expected != reviews.get(name):
                refspecs.append(f"{source}:{_HEADS}{name}")
                leases.append(f"{_HEADS}{name}:{expected}")
        if self._done.transcripts and self._store.tip(TRANSCRIPTS_REF) != self._store.tip(
            f"refs/viking/remotes/{self._remote}/transcripts"
        ):
            refspecs.append(f"{TRANSCRIPTS_REF}:{TRANSCRIPTS_REF}")
        if not refspecs:
            return True
        results = {found.ref: found for found in push(self._top, self._remote, refspecs, leases)}
        raced = any(found.outcome == "raced" for found in results.values())
        self._note({ref: f for ref, f in results.items() if f.outcome == "done" or not raced}, count, reviews)
        return not raced

    def _landed_there(self) -> dict[str, str]:
        """The remote's branches of ours that have landed: name → nothing, as a push deletes them.

        Of sessions those all of whose archives are on trunk, and what was left for its trunk once that has all of it.
        """
        trunk_tip = self._store.resolve(self._trunk)
        trunk = self._store.snapshot(trunk_tip)
        prefix = f"{self._theirs}{BRANCH_PREFIX}"
        found = {}
        left = self._store.tip(f"{self._theirs}{self._left}")
        # Another machine of this space may have left it: what our trunk lacks of it nobody has merged.
        if left is not None and self._has_all() and self._store.merge_base(left, trunk_tip) is not None:
            joint = self._joint(self._store.writer(), left)
            if self._store.tree(joint) == trunk.tree:
                found[self._left] = ""
        for ref in self._store.refs(prefix):
            space, _, name = ref.removeprefix(prefix).partition("/")
            if not name or "/" in name:
                continue
            session, branch = SessionId(space, name), self._store.snapshot(self._store.tip(ref))
            if archives(branch, session) and not any(missing_archives(branch, session, trunk)):
                found[ref.removeprefix(self._theirs)] = ""
        return found

    def _note(self, results: dict[str, Pushed], count: int, reviews: Collection[str]) -> None:
        for ref, found in results.items():
            name = ref.removeprefix(_HEADS)
            if found.outcome == "done":
                if ref == self._trunk:
                    self._done.sent += count
                elif name in reviews:
                    self._done.pushed.append(name)
            elif ref == self._trunk:
                self._leave_branch(found)
            elif name in reviews or ref == TRANSCRIPTS_REF:
                self._done.notes.append(f"{self._remote} refuses {name}: {found.reason}")

    def _leave_branch(self, refused: Pushed) -> None:
        """The remote's trunk is protected: leave what it lacks on a branch of its own."""
        if self._has_all():
            # A squash over there, in other commits.
            return
        name = self._left
        expected = self._store.tip(f"{self._theirs}{name}") or ""
        with self._joined(expected) as source:
            (result,) = push(self._top, self._remote, [f"{source}:{_HEADS}{name}"], [f"{_HEADS}{name}:{expected}"])
        if result.outcome != "done":
            raise Refused(
                f"{self._remote} refuses {self._policy.trunk} ({refused.reason}) and {name} ({result.reason})",
                hint="ask for the right to push; everything is merged here",
            )
        self._done.left = name
        self._done.notes.append(
            f"{self._remote} refuses pushes to {self._policy.trunk} ({refused.reason}): merge its branch {name} there"
        )

    @contextmanager
    def _joined(self, left: str) -> Iterator[str]:
        """A ref with our trunk and what the branch ``left`` for the remote's trunk holds beyond it, "" for no branch.

        Another machine of this space may have left that, and it is nowhere else over there. It is no part of our trunk
        before somebody has merged it.
        """
        if not left:
            yield self._trunk
            return
        check_related(self._store, self._store.resolve(self._trunk), left, f"{self._remote}/{self._left}")
        ref = f"refs/viking/left/{self._remote}"
        why = f"sync: {self._trunk.removeprefix(_HEADS)} and what {self._remote} has on {self._left}"
        self._store.advance(ref, lambda writer, _: self._joint(writer, left), why)
        try:
            yield ref
        finally:
            self._store.delete_ref(ref, self._store.resolve(ref))

    def _joint(self, writer: ObjectWriter, left: str) -> str:
        """A commit with our trunk and the commit ``left``: one of them, if that has the other."""
        trunk = self._store.resolve(self._trunk)
        base = self._store.merge_base(trunk, left)
        if base in (trunk, left):
            return left if base == trunk else trunk
        before = base_tree(self._store, writer, trunk, left)
        tree = merge_trees(writer, before, self._store.tree(trunk), self._store.tree(left)).tree
        joint = self._store.commit(writer, tree, [trunk, left], f"merge: {self._left} of {self._remote}\n")
        changed = self._store.snapshot(base).changed(self._store.snapshot(joint))
        return refreshed(self._store, writer, joint, [path for path, _, _ in changed]) or joint

    def _has_all(self) -> bool:
        """Whether the remote's trunk holds the same files as ours."""
        theirs = self._store.tip(f"{self._theirs}{self._policy.trunk}")
        return self._store.tree(theirs) == self._store.tree(self._store.tip(self._trunk))

    def _count(self, tip: str, known: str | None) -> int:
        return sum(1 for _ in self._store.beyond(tip, [known]))

    def _reviews(self) -> dict[str, str]:
        """The session branches that wait for a review: name → tip."""
        trunk = self._store.snapshot(self._store.tip(self._trunk))
        found = {}
        for session in pending_sessions(self._store):
            waiting = pending(self._store, session, trunk)
            if waiting is not None and waiting.review and waiting.archives and not waiting.unextracted:
                found[session.branch.removeprefix(_HEADS)] = waiting.tip
        return found

    def _seen(self) -> dict[str, str]:
        """The remote's branches as they were known before this round."""
        return {
            ref.removeprefix(self._theirs): tip
            for ref in self._store.refs(self._theirs)
            if (tip := self._store.tip(ref)) is not None
        }

    def _default(self) -> str:
        configured = self._store.config(f"branch.{self._policy.trunk}.remote")
        remotes = self._store.remotes()
        if configured or len(remotes) == 1:
            return configured or remotes[0]
        if "origin" in remotes:
            return "origin"
        raise NotFound("no remote to sync with", hint="git remote add origin URL, or viking-git sync REMOTE")
