"""``sync``: this clone and a remote end with the same trunk, merged by meaning, and nothing is pushed by force.

Fetch; ask about what the remote had and has no more; merge its trunk into ours; notice sessions that landed over there;
push. A push that lost a race begins anew. Where the remote refuses our trunk, it gets a branch instead. Conversations
stay here unless git config says where they may go.
"""

import random
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from viking_git.config import POLICY_FILE, Policy
from viking_git.errors import NotFound, Refused
from viking_git.memory.guard import Guard
from viking_git.model.layout import BRANCH_PREFIX, TRANSCRIPTS_REF
from viking_git.session.branches import check_related, joined, merge_into
from viking_git.session.hooks import NOTHING, refuse_secrets, refuse_transcripts
from viking_git.session.kept import merge_transcripts
from viking_git.session.land import finish
from viking_git.session.refresh import prefetch, refreshed
from viking_git.session.rewind import Answer, record, refuse, rewind, synced, take
from viking_git.session.state import SessionId, archives, missing_archives, pending, pending_sessions, session_of
from viking_git.store.locks import file_lock
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
        let_go: refs of the remote that were rewound, and are here now.
        brought_back: refs of it that were rewound, and are not any more.
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
    let_go: list[str] = field(default_factory=list)
    brought_back: list[str] = field(default_factory=list)
    left: str | None = None
    transcripts: bool = False
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The object that ``sync --json`` prints."""
        return {
            "remote": self.remote, "received": self.received, "sent": self.sent, "contested": list(self.contested),
            "landed": self.landed, "pushed": self.pushed, "let_go": self.let_go, "brought_back": self.brought_back,
            "left": self.left, "transcripts": self.transcripts, "notes": self.notes,
        }  # fmt: skip


class Sync:
    """One run of ``sync`` with one remote."""

    def __init__(
        self, store: Store, policy: Policy, user: str, remote: str | None = None, answer: Answer | None = None, *,
        allow_secrets: bool = False,
    ) -> None:  # fmt: skip
        """Take the workspace, the name of a remote (trunk's own or the only one without), and what rewinds become."""
        self._guard = Guard(policy.checks, allow_secrets)
        self._store, self._policy = store, policy
        self._trunk = f"{_HEADS}{policy.trunk}"
        self._remote = remote or self._default()
        if self._remote not in store.remotes():
            raise NotFound(f"no remote {self._remote!r}", hint=f"git remote add {self._remote} URL")
        self._top = store.workdir or store.git_dir
        self._theirs = f"refs/remotes/{self._remote}/"
        self._their_transcripts = f"refs/viking/remotes/{self._remote}/transcripts"
        self._left = f"viking-sync/{user}"
        self._exchanges = store.config("viking.transcripts") == self._remote
        self._answer = answer
        self._done = Synced(self._remote)

    def run(self) -> Synced:
        """Sync until both trunks are one.

        Raises:
            RemoteFailed: the remote cannot be reached.
            Refused: it is another workspace, it would get conversations or secrets, it kept moving, or it was rewound
                and nobody said what becomes of that; nothing was merged or pushed then.
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
        if self._exchanges:
            # With the star it is no error if the remote has none.
            fetch(self._top, self._remote, [f"+{TRANSCRIPTS_REF}*:{self._their_transcripts}*"])
        self._ask(before)
        self._receive()
        self._branches(before)
        self._receive_transcripts()
        if not self._send():
            return False
        shared = {self._trunk, TRANSCRIPTS_REF, *(session.branch for session in pending_sessions(self._store))}
        record(self._store, self._remote, {ref: tip for ref, tip in self._seen().items() if ref in shared})
        return True

    def _ask(self, before: dict[str, str]) -> None:
        """Stop where the remote has no more what it had, unless it was said what becomes of that."""
        now = self._seen()
        theirs = now.get(self._trunk)
        found = [
            one for ref, known in self._known(before, now) if (one := rewind(self._store, ref, known, now.get(ref)))
        ]
        is_rewound = any(one.ref == self._trunk for one in found)
        if theirs is not None and not (is_rewound and self._store.snapshot(theirs).exists(POLICY_FILE)):
            check_related(self._store, self._store.resolve(self._trunk), theirs, f"{self._remote}/{self._policy.trunk}")
        if not found:
            return
        names = [one.ref.removeprefix(_HEADS) for one in found]
        if self._answer is None:
            refuse(self._store, self._remote, found)
        if self._answer == "restore":
            self._done.brought_back += [name for name in names if name not in self._done.brought_back]
            return
        for session in pending_sessions(self._store):
            self._take_review(session, before, now)
        self._done.contested += take(self._store, self._trunk, self._remote, found)
        self._done.let_go += names

    def _known(self, before: dict[str, str], now: dict[str, str]) -> Iterator[tuple[str, list[str | None]]]:
        """The refs that we share with the remote, trunk last, and commits that it had there."""
        trunk = self._store.snapshot(now.get(self._trunk))
        for session in pending_sessions(self._store):
            ours, agreed = self._store.tip(session.branch), self._agreed(session.branch, before)
            # A review that it has merged it may well delete; one that we added nothing to is taken as it has it.
            is_gone = session.branch not in now
            if ours is None or (ours == agreed and not is_gone):
                continue
            if not is_gone or any(missing_archives(self._store.snapshot(ours), session, trunk)):
                yield session.branch, [agreed]
        if self._exchanges:
            yield TRANSCRIPTS_REF, [self._agreed(TRANSCRIPTS_REF, before)]
        # What a push or a fetch of plain git saw since then is newer.
        yield self._trunk, [before.get(self._trunk), synced(self._store, self._remote, self._trunk)]

    def _agreed(self, ref: str, before: dict[str, str]) -> str | None:
        """What the remote had at ``ref`` when we last synced; as far as we know, where no sync has noted it."""
        noted, seen, ours = synced(self._store, self._remote, ref), before.get(ref), self._store.tip(ref)
        if noted is None and ours is not None and seen is not None and self._store.merge_base(ours, seen) == seen:
            return seen
        return noted

    def _receive(self) -> None:
        """The remote's trunk into ours."""
        theirs = self._store.tip(f"{self._theirs}{self._policy.trunk}")
        ours = self._store.resolve(self._trunk)
        if theirs is None:
            return
        self._done.received += self._count(theirs, ours)
        merged = merge_into(
            self._store, self._trunk, theirs, f"merge: {self._policy.trunk} of {self._remote}\n", kind="trunk",
            forward=True,
        )  # fmt: skip
        self._done.contested += (*merged.contested, *merged.kept_both)

    def _branches(self, before: dict[str, str]) -> None:
        """Sessions that landed lose their branch; of others, a reviewer's version over there is taken."""
        now = self._seen()
        for session in list(pending_sessions(self._store)):
            if finish(self._store, session, self._trunk):
                self._done.landed.append(str(session))
            elif not self._take_review(session, before, now):
                self._join(session, before, now)

    def _take_review(self, session: SessionId, before: dict[str, str], now: dict[str, str]) -> bool:
        """Take a branch as the remote has it, where that holds all of ours or we added nothing; whether it was so."""
        ours, theirs = self._store.tip(session.branch), now.get(session.branch)
        if ours is None or theirs is None:
            return True
        if ours != self._agreed(session.branch, before) and self._store.merge_base(ours, theirs) != ours:
            return False
        if ours != theirs:
            self._take(session, theirs, ours)
        return True

    def _join(self, session: SessionId, before: dict[str, str], now: dict[str, str]) -> None:
        """Put what the remote has on a session's branch and ours together, under the numbers that trunk has given."""
        ours, theirs = self._store.resolve(session.branch), now[session.branch]
        if self._store.merge_base(ours, theirs) == theirs:
            return
        held = self._store.snapshot(ours)
        is_rewritten = theirs == self._agreed(session.branch, before)
        if is_rewritten and not any(missing_archives(self._store.snapshot(theirs), session, held)):
            # Here: the push takes it there.
            return
        check_related(self._store, ours, theirs, f"{self._remote}/{session.branch.removeprefix(_HEADS)}")
        trunk = self._store.resolve(self._trunk)
        why = f"merge: {session.branch.removeprefix(_HEADS)} of {self._remote}\n"

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            if tip != ours:
                return tip
            # Each gives way to trunk first: what one calls the second archive may be the third beside trunk's second.
            yours, mine = (joined(self._store, writer, trunk, side, why)[0] for side in (theirs, ours))
            both, contested[:] = joined(self._store, writer, yours, mine, why)
            return both

        contested: list[str] = []
        self._store.advance(session.branch, build, why.strip())
        self._done.contested += tuple(contested)

    def _take(self, session: SessionId, theirs: str, ours: str) -> None:
        def build(_writer: object, tip: str | None) -> str | None:
            return theirs if tip == ours else tip

        self._store.advance(session.branch, build, f"sync: {session} as {self._remote} has it")

    def _receive_transcripts(self) -> None:
        if not self._exchanges:
            return
        theirs = self._store.tip(self._their_transcripts)
        if theirs is not None and theirs != self._store.tip(TRANSCRIPTS_REF):
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
        if self._exchanges and self._store.tip(TRANSCRIPTS_REF) != self._store.tip(self._their_transcripts):
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
            session = session_of(ref.removeprefix(self._theirs), partial(self._store.skip, ref))
            if session is None:
                continue
            branch = self._store.snapshot(self._store.tip(ref))
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
                elif ref == TRANSCRIPTS_REF:
                    # Git follows what it pushed on branches alone.
                    self._store.advance(self._their_transcripts, lambda *_: self._store.tip(TRANSCRIPTS_REF), "sync")
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
        joint, _ = joined(self._store, writer, trunk, left, f"merge: {self._left} of {self._remote}\n")
        if joint in (trunk, left):
            return joint
        base = self._store.snapshot(self._store.merge_base(trunk, left))
        changed = base.changed(self._store.snapshot(joint))
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
        """What the remote has, as far as it is known here: full name of a ref there → commit."""
        names = {ref: f"{_HEADS}{ref.removeprefix(self._theirs)}" for ref in self._store.refs(self._theirs)}
        if self._exchanges:
            names[self._their_transcripts] = TRANSCRIPTS_REF
        return {name: tip for ref, name in names.items() if (tip := self._store.tip(ref)) is not None}

    def _default(self) -> str:
        configured = self._store.config(f"branch.{self._policy.trunk}.remote")
        remotes = self._store.remotes()
        if configured or len(remotes) == 1:
            return configured or remotes[0]
        if "origin" in remotes:
            return "origin"
        raise NotFound("no remote to sync with", hint="git remote add origin URL, or viking-git sync REMOTE")
