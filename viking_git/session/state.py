"""Where a session stands, read from its live log, its branch and the trunk; nothing is kept in a database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from viking_git.errors import InvalidContent, InvalidName, NotFound
from viking_git.model.layers import MESSAGES, META
from viking_git.model.layout import (
    BRANCH_PREFIX,
    TRANSCRIPTS_REF,
    archive_number,
    archive_path,
    session_branch,
    session_path,
)
from viking_git.model.messages import Message, message_from_json
from viking_git.model.records import Record, Told, unheard
from viking_git.store.kept import EMPTY, place_of, stamp_of, transcript_at
from viking_git.store.livelog import USAGE, LiveLog, list_live
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

EXTRACTION = "extraction.json"
"""The record in an archive that extraction ran to its end, and by what."""


@dataclass(frozen=True, slots=True, order=True)
class SessionId:
    """A session: the space it belongs to and its id. InvalidName where no session may be called so."""

    space: str
    id: str

    def __post_init__(self) -> None:
        session_path(self.space, self.id)

    @classmethod
    def found(cls, space: str, name: str, told: Told = unheard) -> "SessionId | None":
        """The session that a directory or a ref is named after, None where no session may be called so.

        Others name directories and branches too: whoever lists them takes this, and ``told`` hears what is wrong.
        """
        try:
            return cls(space, name)
        except InvalidName as error:
            told(error.message)
            return None

    @property
    def path(self) -> str:
        """Its directory in the tree."""
        return session_path(self.space, self.id)

    @property
    def branch(self) -> str:
        """The full name of the ref its commits lie on until they land."""
        return session_branch(self.space, self.id)

    @property
    def uri(self) -> str:
        """Its URI."""
        return f"viking://{self.path}/"

    def archive(self, number: int) -> str:
        """The directory of one of its archives."""
        return archive_path(self.space, self.id, number)

    def __str__(self) -> str:
        return f"{self.space}/{self.id}"


@dataclass(frozen=True, slots=True)
class Pending:
    """A session's branch that trunk does not hold yet.

    Attributes:
        tip: the commit that the branch names.
        archives: numbers of the archives on it that trunk lacks, ascending; empty when all have landed.
        unextracted: those of them without a record that extraction ran to its end.
        review: whether one of them was committed to wait for a person's merge.
    """

    tip: str
    archives: tuple[int, ...]
    unextracted: tuple[int, ...]
    review: bool


def live_log(store: Store, session: SessionId) -> LiveLog:
    """The session's live log."""
    return LiveLog(store.private_dir / "live" / session.space / session.id, store.notice)


def archives(snapshot: Snapshot, session: SessionId) -> list[int]:
    """The numbers of a session's archives in a tree, ascending."""
    numbers = (archive_number(entry.name) for entry in snapshot.entries(f"{session.path}/history"))
    return sorted(number for number in numbers if number is not None)


def archive_meta(snapshot: Snapshot, session: SessionId, number: int) -> Record:
    """An archive's ``.meta.json``, empty where plain git left other files of the archive and took this one."""
    return snapshot.record(f"{session.archive(number)}/{META}")


def message_ids(meta: Record) -> Iterator[str]:
    """The message ids that an archive's ``.meta.json`` lists."""
    return (found for message in meta.records("messages") if (found := message.text("id")))


def pending(store: Store, session: SessionId, trunk: Snapshot) -> Pending | None:
    """What the session's branch holds beyond trunk, None where it has no branch.

    An archive has landed when trunk holds its directory with its messages, whoever merged it and how.
    """
    tip = store.tip(session.branch)
    if tip is None:
        return None
    branch = store.snapshot(tip)
    ahead = tuple(missing_archives(branch, session, trunk))
    unextracted = tuple(n for n in ahead if not branch.exists(f"{session.archive(n)}/{EXTRACTION}"))
    review = any(archive_meta(branch, session, n).get("review") is True for n in ahead)
    return Pending(tip, ahead, unextracted, review)


def missing_archives(branch: Snapshot, session: SessionId, trunk: Snapshot) -> Iterator[int]:
    """The numbers of a branch's archives that trunk lacks, ascending.

    Of two machines that gave one name to two conversations each has an ``archive_001``: trunk's may be the other one,
    also where both list the same message ids.
    """
    for number in archives(branch, session):
        path = f"{session.archive(number)}/{META}"
        here, there = branch.entry(path), trunk.entry(path)
        if here is None:
            # Plain git took the record and left other files: that has landed where trunk holds such a rest too.
            if not trunk.is_dir(session.archive(number)):
                yield number
            continue
        if here == there:
            continue
        # The merge gave it the next number where trunk's own had this one.
        if not any(_is_same_archive(session, (branch, number), (trunk, other)) for other in archives(trunk, session)):
            yield number


def _is_same_archive(session: SessionId, one: tuple[Snapshot, int], other: tuple[Snapshot, int]) -> bool:
    """Whether ``other`` is the archive ``one``, or holds all of it, however its transcript is kept now.

    Ids alone do not tell: clients number the messages of each conversation from 1, and a record of what was used has
    none. When it was made does, to the millisecond; a person may have taken words out of a tracked transcript since.
    So does a transcript of the same words, which two machines had at once, where what was used is there too.
    """
    ours, theirs = (archive_meta(view, session, number) for view, number in (one, other))
    if not set(message_ids(ours)) <= set(message_ids(theirs)):
        return False
    if ours.get("created_at") == theirs.get("created_at"):
        return True
    stamp = ours.get("summarizes")
    used, there = (_used(view, session.archive(number)) for view, number in (one, other))
    return stamp not in {None, EMPTY} and stamp == theirs.get("summarizes") and used <= there


def _used(view: Snapshot, archive: str) -> set[bytes]:
    return set((view.get(f"{archive}/{USAGE}") or b"").splitlines())


def sessions(store: Store, trunk: Snapshot) -> list[SessionId]:
    """Every session there is: with a live log, on a branch, or with archives on trunk; by space and id."""
    found = {*live_sessions(store), *pending_sessions(store)}
    for space in trunk.entries("session"):
        at = f"session/{space.name}"
        for entry in trunk.entries(at) if space.is_dir else ():
            if entry.is_dir and trunk.is_dir(f"{at}/{entry.name}/history"):
                session = SessionId.found(space.name, entry.name, partial(trunk.skip, f"{at}/{entry.name}"))
                found.update([session] if session is not None and archives(trunk, session) else [])
    return sorted(found)


def live_sessions(store: Store) -> set[SessionId]:
    """The sessions that have a live log."""
    logs = list_live(store.private_dir / "live")
    found = (SessionId.found(space, name, partial(store.skip, f"live/{space}/{name}")) for space, name in logs)
    return {session for session in found if session is not None}


def pending_sessions(store: Store) -> Iterator[SessionId]:
    """The sessions that have a branch."""
    for ref in store.refs(f"refs/heads/{BRANCH_PREFIX}"):
        session = session_of(ref.removeprefix("refs/heads/"), partial(store.skip, ref))
        if session is not None:
            yield session


def session_of(branch: str, told: Told = unheard) -> SessionId | None:
    """The session whose branch is called ``branch``, None for other branches; ``told`` hears of near misses."""
    space, _, name = branch.removeprefix(BRANCH_PREFIX).partition("/")
    if not branch.startswith(BRANCH_PREFIX) or not name or "/" in name:
        return None
    return SessionId.found(space, name, told)


def transcripts(store: Store) -> Snapshot:
    """The tree of private transcripts on this machine, empty where there is none."""
    return store.snapshot(store.tip(TRANSCRIPTS_REF))


def read_transcript(view: Snapshot, kept: Snapshot, session: SessionId, number: int) -> list[Message]:
    """The messages of an archive of ``view``: from the tree, or from the private transcripts ``kept``.

    Of these the one that the archive's ``.meta.json`` names, under whatever number it lies.

    Raises:
        NotFound: it is not on this machine.
    """
    archive = session.archive(number)
    found = view if view.exists(f"{archive}/{MESSAGES}") else kept
    place = archive if found is view else place_of(kept, archive, stamp_of(view, archive))
    if place is None:
        path = f"{archive}/{MESSAGES}"
        raise NotFound(f"the transcript of {path} is not here", hint="it is private to the machine that archived it")
    return _messages(found, place)


def unclaimed(kept: Snapshot, session: SessionId, views: Iterable[Snapshot]) -> list[list[Message]]:
    """The private transcripts of a session that belong to no archive in ``views``: of branches on other machines."""
    stamps = {stamp_of(view, session.archive(number)) for view in views for number in archives(view, session)}
    places = [session.archive(number) for number in archives(kept, session)]
    return [_messages(kept, place) for place in places if transcript_at(kept, place) not in {None, *stamps}]


def _messages(view: Snapshot, archive: str) -> list[Message]:
    """The messages of a transcript; lines that are none are passed over, for the others are still worth reading."""
    path, found = f"{archive}/{MESSAGES}", []
    for line, record in view.lines(path):
        try:
            found.append(message_from_json(record, line))
        except InvalidContent as error:
            view.skip(line, error.message)
    return found
