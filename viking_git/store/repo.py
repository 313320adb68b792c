"""One repository: its refs, its commits, and the one path by which they change.

``Changes`` on a base tree become one commit, and one compare-and-swap moves one ref. libgit2 compares only when it is
asked to: ``Reference.set_target``, ``create`` and ``delete`` fail on a stale value; forcing would overwrite it blindly,
so nothing here forces.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import pygit2

from viking_git.config import Person
from viking_git.errors import Busy, NoIdentity, NotFound, RefMoved
from viking_git.store.cone import Cone, held_by
from viking_git.store.failures import TRANSIENT, storage_error
from viking_git.store.heads import checkouts_of
from viking_git.store.landing import Landing
from viking_git.store.locate import open_repository
from viking_git.store.locks import file_lock
from viking_git.store.objects import ObjectWriter, common_dir
from viking_git.store.promised import go_no_further, settled
from viking_git.store.refs import Refs
from viking_git.store.remote import git_program
from viking_git.store.repack import join_small_packs
from viking_git.store.signing import Signer
from viking_git.store.snapshot import Skipped, Snapshot

ATTEMPTS = 20
"""How often a write is tried again on a ref that others keep moving."""
_GLITCHES = 4
"""How often it is tried again after an error of a repository that is being packed."""


T = TypeVar("T")
Build = Callable[[ObjectWriter, str | None], str | None]
"""Makes the new tip of a branch from the old one, None for a branch not born yet."""


def utc_now() -> datetime:
    """The time, with the local zone's offset, as git writes it into commits."""
    return datetime.now(UTC).astimezone()


def no_step(name: str) -> None:
    """The default of ``Store.step``: nothing happens between two steps."""


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit as a reader of history wants it."""

    oid: str
    parents: tuple[str, ...]
    author: str
    email: str
    time: datetime
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class Store:
    """A git repository that viking-git reads and writes."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        author: Person | None = None,
        committer: Person | None = None,
        step: Callable[[str], None] = no_step,
        staging_index: Path | None = None,
    ) -> None:
        """Open the repository at ``path``, a work tree or a git directory.

        Args:
            path: its top, or its git directory.
            clock: the time of commits.
            author, committer: who signs commits; None for what git config says.
            step: called with a name between any two durable steps; tests kill the process there.
            staging_index: the one that git names to a hook, None for the repository's own.

        Raises:
            UnsupportedRepository: libgit2 cannot open it.
        """
        self.git = open_repository(path)
        self._refs = Refs(self.git, self.common_dir)
        self.clock = clock
        self.step = step
        self.staging_index = staging_index
        self.notice: Callable[[str], None] = no_step
        self.skip = Skipped(lambda text: self.notice(text))
        self._people = (author, committer)
        self._signer = Signer(self.workdir or self.common_dir)

    @property
    def common_dir(self) -> Path:
        """The git directory that all work trees share."""
        return common_dir(self.git)

    @property
    def git_dir(self) -> Path:
        """The git directory of this work tree, with its HEAD and staging index."""
        return Path(self.git.path)

    @property
    def private_dir(self) -> Path:
        """Where viking-git keeps what is not tracked: live logs, locks, temporary files."""
        return self.common_dir / "viking"

    @property
    def workdir(self) -> Path | None:
        """The top of the work tree, None in a bare repository."""
        return Path(self.git.workdir) if self.git.workdir else None

    def config(self, key: str) -> str | None:
        """A git config value, None where it is not set."""
        try:
            return str(self.git.config[key])
        except KeyError:
            return None

    def config_flag(self, key: str) -> bool:
        """Whether a git config value is set and true in any of git's spellings."""
        try:
            return self.git.config.get_bool(key)
        except (KeyError, ValueError, pygit2.GitError):
            return False

    def set_config(self, key: str, value: str) -> None:
        """Set a git config value in this repository's own config."""
        self._refs.configure(partial(self.git.config.__setitem__, key, value))

    def unset_config(self, key: str) -> None:
        """Take a git config value out of this repository's own config, if it is there."""
        with suppress(KeyError):
            self._refs.configure(partial(self.git.config.__delitem__, key))

    def head_branch(self) -> str | None:
        """The short name of the branch that is checked out here, born or not; None when HEAD is detached."""
        head = self.git.references["HEAD"].target
        return head.removeprefix("refs/heads/") if isinstance(head, str) else None

    # --- reading

    def tip(self, ref: str) -> str | None:
        """The commit that the full ref name ``ref`` names, None where there is no such ref."""
        return self._refs.tip(ref)

    def refs(self, prefix: str) -> Iterator[str]:
        """The full names of refs below ``prefix``, sorted."""
        return self._refs.below(prefix)

    def tree(self, commit: str | None) -> str | None:
        """The tree of a commit, None for no commit."""
        if commit is None:
            return None
        return str(self._commit(commit).tree_id)

    def snapshot(self, commit: str | None) -> Snapshot:
        """The tree of a commit, ready to be read; the empty one for None."""
        return Snapshot(self.git, self.tree(commit), self.skip)

    def resolve(self, revision: str) -> str:
        """The commit that ``revision`` names.

        Raises:
            NotFound: it names none.
        """
        try:
            return str(self.git.revparse_single(revision).peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError):
            raise NotFound(f"no such revision: {revision!r}") from None

    def info(self, commit: str) -> CommitInfo:
        """What a commit says."""
        found = self._commit(commit)
        when = datetime.fromtimestamp(found.commit_time, UTC)
        parents = tuple(str(parent) for parent in found.parent_ids)
        return CommitInfo(str(found.id), parents, found.author.name, found.author.email, when, found.message)

    def first_parents(self, commit: str | None) -> Iterator[CommitInfo]:
        """A commit and its ancestors by first parent, newest first."""
        while commit is not None:
            info = self.info(commit)
            yield info
            commit = info.parents[0] if info.parents else None

    def merge_base(self, ours: str, theirs: str) -> str | None:
        """The best common ancestor of two commits, None where they share none."""
        base = self.git.merge_base(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs))
        return str(base) if base is not None else None

    def merge_bases(self, ours: str, theirs: str) -> list[str]:
        """The best common ancestors of two commits, by id: several where each side merged the other's at once."""
        base = self.merge_base(ours, theirs)
        if base in (ours, theirs, None):
            return [base] if base is not None else []
        # Not by the git program: what it fails of beside a repack would not be tried again.
        others = set(self.beyond(ours, [base])).intersection(self.beyond(theirs, [base]))
        older = {str(parent) for oid in others for parent in self._commit(oid).parent_ids}
        return sorted({base, *(others - older)})

    def beyond(self, tip: str, known: Iterable[str | None]) -> Iterator[str]:
        """The commits that ``tip`` reaches and none of ``known`` does, newest first."""
        walk = self.git.walk(pygit2.Oid(hex=tip))
        for commit in known:
            if commit is not None:
                walk.hide(pygit2.Oid(hex=commit))
        for found in walk:
            yield str(found.id)

    @property
    def cone(self) -> Cone | None:
        """What a clone of some scopes holds, in its work tree and beside it; None in a clone of everything."""
        return held_by(self.git)

    def settled(self, make: Callable[[], T]) -> T:
        """What ``make``, which only reads, makes once all that it reads is here; see ``promised.settled``."""
        return settled(self.git, make)

    @property
    def is_shallow(self) -> bool:
        """Whether this is a clone without the beginning of its history."""
        return bool(self.git.is_shallow)

    def remotes(self) -> list[str]:
        """The names of the remotes that git config knows."""
        return [str(remote.name) for remote in self.git.remotes]

    def edited_paths(self) -> list[str]:
        """Tracked or new files of the work tree that differ from HEAD, staged or not, sorted."""
        words = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"]
        said = git_program(self.workdir or self.common_dir, words, GIT_OPTIONAL_LOCKS="0")
        return sorted(line[3:] for line in said.split("\0") if line)

    def is_checked_out(self, ref: str) -> bool:
        """Whether a work tree, here or linked, is on the branch ``ref``, or rebases it."""
        try:
            return next(checkouts_of(self.git, ref), None) is not None
        except Busy:
            return True

    def is_ref_name(self, ref: str) -> bool:
        """Whether git takes ``ref`` for the full name of a ref."""
        return bool(pygit2.reference_is_valid_name(ref))

    # --- writing

    def writer(self) -> ObjectWriter:
        """A writer of objects into this repository."""
        return ObjectWriter(self.git)

    def commit(
        self, writer: ObjectWriter, tree: str | None, parents: list[str], message: str, author: Person | None = None
    ) -> str:
        """Write a commit, by ``author`` or us, that no ref names yet, signed where git is configured to sign; its id.

        Raises:
            NoIdentity: git knows no name or e-mail.
        """
        go_no_further()
        by, committer = self.signatures(author)
        tree = tree or writer.empty_tree()
        if self.config_flag("commit.gpgsign"):
            signed = self._signer.sign(writer.places(), tree, parents, message, by, committer, self.notice)
            if signed is not None:
                return writer.adopt(signed)
        return writer.commit(tree, parents, message, by, committer)

    def signatures(self, author: Person | None = None) -> tuple[pygit2.Signature, pygit2.Signature]:
        """Author, of another's commit ``author``, and committer at this moment.

        Raises:
            NoIdentity: neither the environment nor git config names them.
        """
        now = self.clock()
        offset = int((now.utcoffset() or UTC.utcoffset(None)).total_seconds() // 60)
        by, committer = (
            pygit2.Signature(person.name, person.email, int(now.timestamp()), offset)
            for person in (given or self._configured_person() for given in (author or self._people[0], self._people[1]))
        )
        return by, committer

    def publish(self, writer: ObjectWriter, ref: str, new: str, old: str | None, why: str) -> None:
        """Make what ``writer`` made for the commit ``new`` durable, and let ``ref``, which names ``old``, name it.

        For refs of which somebody else is seldom the writer. A work tree that has it checked out is moved with it.

        Raises:
            RefMoved: it names something else by now.
            DirtyWorkTree, Busy: a checked-out work tree cannot take the change now; nothing was changed.
            NotWritable: the disk is full or broken; nothing was changed.
        """
        try:
            with writer.durable(new):
                self.step("durable")
                self.landing().publish(ref, new, old, why)
        except OSError as error:
            raise storage_error(error, "write objects") or error from None
        writer.forget()

    def delete_ref(self, ref: str, old: str) -> None:
        """Delete ``ref`` if it still names ``old``; one that is gone, has moved or is checked out stays as it is."""
        if self.is_checked_out(ref):
            name = ref.removeprefix("refs/heads/")
            self.notice(f"{name} is checked out, so it stays: git switch to another branch, then git branch -d {name}")
        else:
            self._refs.delete(ref, old)

    def advance(self, ref: str, build: Build, why: str) -> str | None:
        """Move a branch by what ``build`` makes of its tip, and every work tree that has it checked out.

        ``build`` gets a writer and the tip (None for a branch not born yet) and returns the new tip, which it wrote,
        or the old one to change nothing. It is called again when somebody else moved the branch first.

        Returns:
            The tip after the move.

        Raises:
            DirtyWorkTree, Busy: a checked-out work tree cannot take the change now; nothing was changed.
            RefMoved: the branch kept moving.
        """
        with file_lock(self.private_dir / "trunk.lock"):
            tip = self._advance(ref, build, why)
        self.tidy()
        return tip

    def tidy(self) -> bool:
        """Join the packs of many small writes once there are enough of them; whether there were."""
        return join_small_packs(self.git, self.private_dir)

    def landing(self) -> Landing:
        """The last step of a write, for who mends what one left."""
        return Landing(self.git, self._refs, self.private_dir, self.step)

    def _advance(self, ref: str, build: Build, why: str) -> str | None:
        landing = self.landing()
        landing.recover(ref)
        if landing.restore(ref):
            self.notice(f"a git reset beside an earlier write took that from {ref}: it is there again")
        for attempt in range(ATTEMPTS):
            writer = self.writer()
            try:
                old = self.tip(ref)
                new = settled(self.git, partial(build, writer, old))
                if new is None or new == old:
                    return old
                self.step("built")
                with writer.durable(new):
                    self.step("durable")
                    landing.land(ref, new, old, why)
            except RefMoved:
                time.sleep(min(0.01 * 2**attempt, 0.5))
                continue
            except TRANSIENT as error:
                if (full := storage_error(error, "write objects")) is not None:
                    raise full from None
                if attempt >= _GLITCHES:
                    raise
                time.sleep(0.05 * 2**attempt)
                continue
            writer.forget()
            return new
        raise RefMoved(f"{ref} kept moving", hint="other processes write to it; try again")

    def _commit(self, commit: str) -> pygit2.Commit:
        try:
            return self.git[commit].peel(pygit2.Commit)
        except (KeyError, ValueError):
            raise NotFound(f"no commit {commit!r}") from None

    def _configured_person(self) -> Person:
        name, email = self.config("user.name"), self.config("user.email")
        if not name or not email:
            raise NoIdentity(
                "git knows no name and e-mail to sign commits with",
                hint='git config --global user.name "Your Name" && git config --global user.email you@example.com',
            )
        return Person(name, email)
