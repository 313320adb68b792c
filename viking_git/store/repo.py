"""One repository: its refs, its commits, and the one path by which they change.

``Changes`` on a base tree become one commit, and one compare-and-swap moves one ref. libgit2 compares only when it is
asked to: ``Reference.set_target``, ``create`` and ``delete`` fail on a stale value; forcing would overwrite it blindly,
so nothing here forces.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, RepositoryOpenFlag

from viking_git.config import Person
from viking_git.errors import NoIdentity, NotFound, RefMoved, UnsupportedRepository
from viking_git.store.locks import file_lock
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot
from viking_git.store.worktree import Checkout, checkouts_of

ATTEMPTS = 20
"""How often a write is tried again on a ref that others keep moving."""


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
    ) -> None:
        """Open the repository at ``path``, a work tree or a git directory.

        Args:
            path: its top, or its git directory.
            clock: the time of commits.
            author, committer: who signs commits; None for what git config says.
            step: called with a name between any two durable steps; tests kill the process there.

        Raises:
            UnsupportedRepository: libgit2 cannot open it.
        """
        self.git = open_repository(path)
        self.clock = clock
        self.step = step
        self._people = (author, committer)

    @property
    def common_dir(self) -> Path:
        """The git directory that all work trees share."""
        marker = Path(self.git.path) / "commondir"
        if marker.is_file():
            return (Path(self.git.path) / marker.read_text().strip()).resolve()
        return Path(self.git.path).resolve()

    @property
    def git_dir(self) -> Path:
        """The git directory of this work tree, which holds its HEAD and staging index."""
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

    def set_config(self, key: str, value: str) -> None:
        """Set a git config value in this repository's own config."""
        self.git.config[key] = value

    def unset_config(self, key: str) -> None:
        """Take a git config value out of this repository's own config, if it is there."""
        with suppress(KeyError):
            del self.git.config[key]

    def head_branch(self) -> str | None:
        """The short name of the branch that is checked out here, born or not; None when HEAD is detached."""
        head = self.git.references["HEAD"].target
        return head.removeprefix("refs/heads/") if isinstance(head, str) else None

    # --- reading

    def tip(self, ref: str) -> str | None:
        """The commit that the full ref name ``ref`` names, None where there is no such ref."""
        found = self.git.references.get(ref)
        return str(found.peel(pygit2.Commit).id) if found is not None else None

    def refs(self, prefix: str) -> Iterator[str]:
        """The full names of refs below ``prefix``, sorted."""
        yield from sorted(ref.name for ref in self.git.references.iterator() if ref.name.startswith(prefix))

    def tree(self, commit: str | None) -> str | None:
        """The tree of a commit, None for no commit."""
        if commit is None:
            return None
        return str(self._commit(commit).tree_id)

    def snapshot(self, commit: str | None) -> Snapshot:
        """The tree of a commit, ready to be read; the empty one for None."""
        return Snapshot(self.git, self.tree(commit))

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

    def edited_paths(self) -> list[str]:
        """Tracked or new files of the work tree that differ from HEAD, staged or not, sorted."""
        return sorted(self.git.status(untracked_files="all"))

    def is_ref_name(self, ref: str) -> bool:
        """Whether git takes ``ref`` for the full name of a ref."""
        return bool(pygit2.reference_is_valid_name(ref))

    # --- writing

    def writer(self) -> ObjectWriter:
        """A writer of objects into this repository."""
        return ObjectWriter(self.git)

    def commit(self, writer: ObjectWriter, tree: str | None, parents: list[str], message: str) -> str:
        """Write a commit that no ref names yet; its id.

        Raises:
            NoIdentity: git knows no name or e-mail.
        """
        author, committer = self.signatures()
        if tree is None:
            tree = str(self.git.write(ObjectType.TREE, b""))
        return writer.commit(tree, parents, message, author, committer)

    def signatures(self) -> tuple[pygit2.Signature, pygit2.Signature]:
        """Author and committer at this moment.

        Raises:
            NoIdentity: neither the environment nor git config names them.
        """
        now = self.clock()
        offset = int((now.utcoffset() or UTC.utcoffset(None)).total_seconds() // 60)
        author, committer = (
            pygit2.Signature(person.name, person.email, int(now.timestamp()), offset)
            for person in (given or self._configured_person() for given in self._people)
        )
        return author, committer

    def move_ref(self, ref: str, new: str, old: str | None, why: str) -> None:
        """Let ``ref`` name ``new`` if it names ``old`` now (None: if it does not exist).

        Raises:
            RefMoved: it names something else, or the ref is locked by somebody.
        """
        try:
            if old is None:
                self.git.create_reference_direct(ref, pygit2.Oid(hex=new), False, f"viking-git: {why}")
                return
            found = self.git.references.get(ref)
            if found is None or str(found.target) != old:
                raise RefMoved(f"{ref} moved meanwhile")
            found.set_target(pygit2.Oid(hex=new), f"viking-git: {why}")
        except (pygit2.GitError, ValueError, OSError) as error:
            # libgit2 has no type for a lost race or a held *.lock; either way the ref stands where it stood.
            raise RefMoved(f"cannot move {ref}: {error}", hint="somebody else writes to it; try again") from None

    def delete_ref(self, ref: str, old: str) -> None:
        """Delete ``ref`` if it still names ``old``; one that is gone or has moved stays as it is."""
        found = self.git.references.get(ref)
        if found is None or str(found.target) != old:
            return
        try:
            found.delete()
        except pygit2.GitError:
            return

    def advance(self, ref: str, build: Callable[[ObjectWriter, str | None], str | None], why: str) -> str | None:
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
            for attempt in range(ATTEMPTS):
                writer = self.writer()
                old = self.tip(ref)
                new = build(writer, old)
                if new is None or new == old:
                    return old
                self.step("built")
                try:
                    self._land(writer, ref, new, old, why)
                except RefMoved:
                    time.sleep(min(0.01 * 2**attempt, 0.5))
                    continue
                return new
        raise RefMoved(f"{ref} kept moving", hint="other processes write to it; try again")

    def _land(self, writer: ObjectWriter, ref: str, new: str, old: str | None, why: str) -> None:
        writer.recheck()
        before, after = self.snapshot(old), self.snapshot(new)
        with _entered([Checkout(git, before, after) for git in checkouts_of(self.git, ref)]) as checkouts:
            self.step("locked")
            writer.recheck()
            if self.tip(ref) != old:
                raise RefMoved(f"{ref} moved meanwhile")
            try:
                for checkout in checkouts:
                    checkout.write(self.step)
                self.move_ref(ref, new, old, why)
            except RefMoved:
                for checkout in checkouts:
                    checkout.rollback()
                raise
            self.step("ref-moved")
        writer.forget()

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


def open_repository(path: Path) -> pygit2.Repository:
    """The repository at ``path`` exactly, not one above it.

    Raises:
        UnsupportedRepository: not a repository, or one that libgit2 cannot read; the hint names the way out.
    """
    try:
        return pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH)
    except (pygit2.GitError, KeyError, ValueError) as error:
        text = str(error)
        hint = None
        if "sha256" in text or "object format" in text:
            hint = "libgit2 reads SHA-1 repositories only: git init --object-format=sha1"
        elif "refstorage" in text or "extension" in text:
            hint = "this repository uses a git extension that libgit2 lacks, such as reftable; use --ref-format=files"
        elif "owner" in text:
            hint = f"the repository belongs to somebody else: git config --global --add safe.directory {path}"
        raise UnsupportedRepository(f"cannot open the repository at {path}: {text}", hint=hint) from None


def global_config(key: str) -> str | None:
    """A value of the user's own git config, outside of any repository; None where it is not set."""
    try:
        return str(pygit2.Config.get_global_config()[key])
    except (KeyError, OSError):
        return None


def discover(start: Path) -> Path | None:
    """The git directory of the repository that ``start`` lies in, None outside of any."""
    found = pygit2.discover_repository(str(start))
    return Path(found) if found else None


@contextmanager
def _entered(checkouts: list[Checkout]) -> Iterator[list[Checkout]]:
    """All of ``checkouts`` locked, verified and, whatever happens, unlocked."""
    held: list[Checkout] = []
    try:
        for checkout in checkouts:
            checkout.lock()
            held.append(checkout)
            checkout.verify()
        yield held
    finally:
        for checkout in held:
            checkout.unlock()
