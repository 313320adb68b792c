"""Where a session stands, read from its live log, its branch and the trunk; nothing is kept in a database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from viking_git.errors import InvalidContent, NotFound
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
from viking_git.model.meta import load_json, load_lines
from viking_git.store.kept import place_of, stamp_of, transcript_at
from viking_git.store.livelog import LiveLog, list_live
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

EXTRACTION = "extraction.json"
"""The record in an archive that extraction ran to its end, and by what."""


@dataclass(frozen=True, slots=True, order=True)
class SessionId:
    """A session: the space it belongs to and its id."""

    space: str
    id: str

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


def archive_meta(snapshot: Snapshot, session: SessionId, number: int) -> dict[str, object]:
    """An archive's ``.meta.json``, empty where plain git left other files of the archive and took this one."""
    path = f"{session.archive(number)}/{META}"
    data = snapshot.get(path)
    return {} if data is None else load_json(data, path)


def archived_ids(snapshots: Iterable[Snapshot], session: SessionId) -> set[str]:
    """The ids of all messages that some archive of the session holds, whichever of ``snapshots`` it stands in."""
    ids: set[str] = set()
    for snapshot in snapshots:
        for number in archives(snapshot, session):
            ids.update(message_ids(archive_meta(snapshot, session, number)))
    return ids


def message_ids(meta: dict[str, object]) -> Iterator[str]:
    """The message ids that an archive's ``.meta.json`` lists."""
    messages = meta.get("messages", [])
    if not isinstance(messages, list):
        raise InvalidContent("an archive's .meta.json lists its messages")
    for message in messages:
        yield str(message["id"])


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

    Of two machines that gave one name to two conversations each has an ``archive_001``: trunk's may be the other one.
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
        ids = _ids(branch, session, number)
        if there is not None and ids <= _ids(trunk, session, number):
            continue
        # The merge gave it the next number where trunk's own had this one.
        if not ids or not any(ids <= _ids(trunk, session, other) for other in archives(trunk, session)):
            yield number


def _ids(view: Snapshot, session: SessionId, number: int) -> set[str]:
    return set(message_ids(archive_meta(view, session, number)))


def sessions(store: Store, trunk: Snapshot) -> list[SessionId]:
    """Every session there is: with a live log, on a branch, or with archives on trunk; by space and id."""
    found = {SessionId(space, name) for space, name in list_live(store.private_dir / "live")}
    found.update(pending_sessions(store))
    for space in trunk.entries("session"):
        if space.is_dir:
            named = (SessionId(space.name, e.name) for e in trunk.entries(f"session/{space.name}") if e.is_dir)
            found.update(session for session in named if archives(trunk, session))
    return sorted(found)


def pending_sessions(store: Store) -> Iterator[SessionId]:
    """The sessions that have a branch."""
    prefix = f"refs/heads/{BRANCH_PREFIX}"
    for ref in store.refs(prefix):
        space, _, name = ref.removeprefix(prefix).partition("/")
        if name and "/" not in name:
            yield SessionId(space, name)


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
    path = f"{archive}/{MESSAGES}"
    return [message_from_json(value, path) for value in load_lines(view.read(path), path)]
