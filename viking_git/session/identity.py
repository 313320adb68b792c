"""Whether a message is in an archive already: the one with the same id and the same content, not just any of that id.

A private archive tracks no word of what was said, and its ``.meta.json`` must not give one away: a plain hash of a
short message is found by guessing it. So the digest of each message is keyed (HMAC-SHA-256) with 256 random bits that
never leave this repository's own directory. To everybody else it is noise. This machine compares exactly with it, also
what redaction replaced, without reading a transcript.

Where the key is another machine's, or an older version wrote no digest, there are other ways, and none needs more
than is tracked already. The transcript, where it is here, is compared message by message. Where it is not, the
messages at hand are put in the archive's order and redacted: when their SHA-256 is the transcript's, they are the
same. A UUID with the same role and time is one message too. What can be
compared in no way is another message: it is better kept twice than lost.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from viking_git.config import POLICY_FILE, Policy, load_policy
from viking_git.errors import InvalidContent, NotFound
from viking_git.memory.rules.requests import without
from viking_git.model.identity import content, given_id, own_id
from viking_git.model.layers import META
from viking_git.model.messages import Message
from viking_git.session.state import SessionId, archive_meta, archives, read_transcript, transcripts
from viking_git.store.locks import sync
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

if TYPE_CHECKING:
    from viking_git.session.register import Register

DIGESTS = "digests"
"""The field of an archive's ``.meta.json`` with the keyed digests, in the order of its messages."""

_KEY_FILE = "digest.key"
_KEY_BYTES = 32
_RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUID in an id: its 122 random bits are given once."""


class DigestKey:
    """The key of this repository, and what it makes of messages."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.id = hashlib.sha256(key).hexdigest()[:16]
        """Names the key and gives nothing of it away, for it has 256 random bits."""

    def digest(self, message: Message) -> str:
        """The keyed digest of id and content, 128 bits in hex."""
        data = message.id.encode() + b"\n" + content(message)
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()[:32]

    def digests(self, messages: Iterable[Message]) -> dict[str, Any]:
        """What an archive of ``messages``, as they were before redaction, keeps of them in its ``.meta.json``."""
        return {"key": self.id, "messages": [self.digest(message) for message in messages]}


def digest_key(store: Store) -> DigestKey:
    """The key of this repository, made when it is first asked for; it is on disk when this returns.

    Losing it loses no message: archives are then compared as those of another machine.
    """
    path = store.private_dir / _KEY_FILE
    key = _read_key(path)
    if key is not None:
        return key
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{_KEY_FILE}.{uuid4().hex}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, secrets.token_bytes(_KEY_BYTES))
        os.fsync(fd)
    finally:
        os.close(fd)
    # A link never replaces: of two processes the first one's key stands, and both read it.
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
    sync(path.parent)
    return DigestKey(path.read_bytes())


def _read_key(path: Path) -> DigestKey | None:
    try:
        return DigestKey(path.read_bytes())
    except FileNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class _Listed:
    """What an archive's ``.meta.json`` says of one message; ``digest`` is "" where it has none of this key's."""

    id: str
    role: str
    created_at: str
    digest: str = ""


@dataclass(slots=True)
class _Archive:
    """One archive as messages are compared with it; ``same`` is filled when the keyed digests cannot be used."""

    session: SessionId
    number: int
    view: Snapshot
    sha256: object
    messages: list[_Listed]
    same: set[tuple[str, bytes]] | None = None


class Known:
    """Messages beside what the archives of their session hold, and those of the other sessions of its space.

    A copy in another session has the same time too: a session that is resumed under another name copies the times of
    its history, and two conversations that begin alike do not share them.
    """

    def __init__(
        self, store: Store, session: SessionId, views: Sequence[Snapshot], given: Sequence[Message], *,
        space: bool = False,
    ) -> None:  # fmt: skip
        """Take the trees with the session's archives, trunk first, and the messages that will be asked about.

        Args:
            space: compare with the other sessions of the space too; needs what a write may make, the register.
        """
        self._store, self._session, self._views, self._given = store, session, views, given
        self._space = space
        self._found: dict[str, list[tuple[_Archive, _Listed]]] = {}
        self._others: dict[tuple[str | None, SessionId, int], _Archive] = {}
        for archive in self._distinct():
            for listed in archive.messages:
                self._found.setdefault(listed.id, []).append((archive, listed))

    def holds(self, message: Message) -> bool | None:
        """Whether an archive holds the message; None where its id is free in this session, False where it is not."""
        found = self._found.get(message.id, [])
        if any(self._is_same(message, archive, listed) for archive, listed in found):
            return True
        if self._space and any(self._is_same(message, *other) for other in self._elsewhere(message)):
            return True
        return False if found else None

    def is_archived(self, message: Message) -> bool:
        """Whether an archive holds the message, under its id or under the new one that it got there."""
        return own_id(message, self.holds)[1]

    def fresh(self) -> list[tuple[Message, Message]]:
        """The given messages that no archive holds: each as given, and under the id that an archive may give it."""
        ids = {message.id for message in self._given}
        taken: set[str] = set()
        new: list[tuple[Message, Message]] = []
        for message in self._given:
            own, is_known = own_id(message, self.holds)
            if is_known:
                continue
            if own.id != message.id or own.id in taken:
                own, _ = own_id(message, partial(self._is_free, message, ids, taken))
            taken.add(own.id)
            new.append((message, own))
        return new

    def _is_free(self, given: Message, ids: set[str], taken: set[str], found: Message) -> bool | None:
        if found.id in taken or (found.id != given.id and found.id in ids):
            return False
        return None if self.holds(found) is None else False

    def _is_same(self, message: Message, archive: _Archive, listed: _Listed) -> bool:
        if listed.digest and self._key is not None:
            return listed.digest == self._key.digest(message)
        if archive.same is None:
            archive.same = self._compared(archive)
        return (message.id, content(message)) in archive.same

    def _compared(self, archive: _Archive) -> set[tuple[str, bytes]]:
        """The ids that the archive lists, each with the content of the given message that it is."""
        try:
            held = read_transcript(archive.view, self._kept, archive.session, archive.number)
        except (NotFound, InvalidContent):
            pairs = [(listed, found[0]) for listed in archive.messages if (found := self._candidates(listed))]
            whole = len(pairs) == len(archive.messages) and archive.sha256 == _sha256(self._redacted(pairs))
            return {(listed.id, content(m)) for listed, m in pairs if whole or _is_given_once(listed, m)}
        theirs = {message.id: content(message) for message in held}
        pairs = [(listed, message) for listed in archive.messages for message in self._candidates(listed)]
        return {
            (listed.id, content(message))
            for (listed, message), clean in zip(pairs, self._redacted(pairs), strict=True)
            if theirs.get(listed.id) in {content(message), content(clean)}
            or _is_withheld(theirs.get(listed.id), listed, message)
        }

    def _candidates(self, listed: _Listed) -> list[Message]:
        """The given messages that may be the listed one: of its id, or of the id that it had; the likeliest first."""
        if listed.id in self._by_id:
            return self._by_id[listed.id]
        old, number = given_id(listed.id)
        found = self._by_id.get(old, [])
        return found[number - 1 :] + found[: number - 1]

    def _redacted(self, pairs: Sequence[tuple[_Listed, Message]]) -> list[Message]:
        """The messages as the archive would have them: under its ids, with its times, without secrets."""
        from viking_git.memory.redact import allowed, redact_messages

        listed = [_as_listed(message, listed) for listed, message in pairs]
        return redact_messages(listed, allowed(self._policy.checks.allow_secrets))[0]

    @cached_property
    def _by_id(self) -> dict[str, list[Message]]:
        found: dict[str, list[Message]] = {}
        for message in self._given:
            found.setdefault(message.id, []).append(message)
        return found

    def _elsewhere(self, message: Message) -> Iterator[tuple[_Archive, _Listed]]:
        for view, session, number in self._register.places(message.id, message.created_at):
            if session == self._session:
                continue
            place = (view.tree, session, number)
            if place not in self._others:
                self._others[place] = self._archive(session, number, view)
            for listed in self._others[place].messages:
                if (listed.id, listed.role, listed.created_at) == (message.id, message.role, message.created_at):
                    yield self._others[place], listed

    def _distinct(self) -> Iterator[_Archive]:
        seen: set[str] = set()
        for view in self._views:
            for number in archives(view, self._session):
                entry = view.entry(f"{self._session.archive(number)}/{META}")
                if entry is not None and entry.oid not in seen:
                    seen.add(entry.oid)
                    yield self._archive(self._session, number, view)

    def _archive(self, session: SessionId, number: int, view: Snapshot) -> _Archive:
        meta = archive_meta(view, session, number)
        messages, transcript, digests = (meta.get(key) for key in ("messages", "transcript", DIGESTS))
        records = messages if isinstance(messages, list) else []
        mine = digests if isinstance(digests, dict) and self._key and digests.get("key") == self._key.id else {}
        hashes = mine.get("messages")
        if not isinstance(hashes, list) or len(hashes) != len(records):
            hashes = [""] * len(records)
        listed = [
            _Listed(_text(record, "id"), _text(record, "role"), _text(record, "created_at"), str(found))
            for record, found in zip(records, hashes, strict=True)
            if isinstance(record, dict)
        ]
        sha256 = transcript.get("sha256") if isinstance(transcript, dict) else None
        return _Archive(session, number, view, sha256, listed)

    @cached_property
    def _key(self) -> DigestKey | None:
        return _read_key(self._store.private_dir / _KEY_FILE)

    @cached_property
    def _kept(self) -> Snapshot:
        return transcripts(self._store)

    @cached_property
    def _policy(self) -> Policy:
        try:
            return load_policy(self._views[0].get(POLICY_FILE) or b"")
        except InvalidContent:
            return Policy()

    @cached_property
    def _register(self) -> "Register":
        from viking_git.session.register import Register

        return Register(self._store, self._session.space, self._views[0])


def _text(record: Mapping[str, Any], key: str) -> str:
    return str(record.get(key, ""))


def _as_listed(message: Message, listed: _Listed) -> Message:
    """The message as the archive would have it: under its id, with its time."""
    with suppress(InvalidContent):
        return replace(message, id=listed.id, created_at=listed.created_at)
    return message


def _sha256(messages: Iterable[Message]) -> str:
    return hashlib.sha256(b"".join(message.to_line() for message in messages)).hexdigest()


def _is_withheld(theirs: bytes | None, listed: _Listed, message: Message) -> bool:
    """Whether the archive has the message without its words, as somebody asked. Its time is all that tells it then."""
    return listed.created_at == message.created_at and theirs == content(without([message], frozenset({0}))[0])


def _is_given_once(listed: _Listed, message: Message) -> bool:
    """Whether id, role and time alone tell that two messages are one: of a UUID, which nobody gives twice.

    An import on a machine without the transcript has part of an archive's messages when its file is an older copy.
    """
    same = (listed.role, listed.created_at) == (message.role, message.created_at)
    return same and _RANDOM.search(listed.id) is not None
