"""What a session is called, and its beginning: names as people type them, live logs as they are filled."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from viking_git.errors import InvalidURI
from viking_git.memory.redact import redact_text
from viking_git.model.identity import Appended
from viking_git.model.messages import Message, timestamp
from viking_git.model.meta import digest
from viking_git.model.names import slug
from viking_git.model.uri import VikingURI
from viking_git.session.identity import Known
from viking_git.session.state import SessionId, live_log
from viking_git.store.livelog import LiveSession
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_SHOWN = 5
"""New ids that are said one by one; the rest is counted."""


def name_session(text: str, parse: Callable[[str], VikingURI], space: str, *, new: bool = False) -> SessionId:
    """The session that ``text`` names: an id, ``SPACE/ID`` or a URI; other text is slugged when ``new``.

    Raises:
        InvalidURI: a URI of something else.
        InvalidName: a name that no tree may hold.
    """
    if text.startswith("viking://"):
        parsed = parse(text)
        parts = parsed.path.split("/")
        if parsed.scope != "session" or len(parts) < 2:
            raise InvalidURI(f"not a session: {text}", hint="viking://session/ID")
        return SessionId(parts[0], parts[1])
    given, _, name = text.rpartition("/")
    found = SessionId(given or space, slug(redact_text(name)[0]) if new else name)
    found.path  # noqa: B018 - refuses names that no tree may hold
    return found


def new_name(store: Store) -> str:
    """A name for a session that nobody named."""
    now = store.clock()
    return f"sess_{hashlib.sha256(f'{timestamp(now)}{now.timestamp()}'.encode()).hexdigest()[:12]}"


def start_session(store: Store, session: SessionId, name: str) -> None:
    """Let the session have a live log that knows the name as it was given; one that is there is carried on.

    Archives name the session, and are published: a secret in the name is redacted.
    """
    said, _ = redact_text(name.rpartition("/")[2])
    live_log(store, session).describe(LiveSession(said, timestamp(store.clock())))


def add_messages(
    store: Store, session: SessionId, trunk: Snapshot, messages: Sequence[Message], *, files: bool = False
) -> Appended:
    """Append messages to a session's live log; those that it or an archive holds already are left out.

    One whose id another message has gets a new id, and that is said. With ``files`` the local files that image parts
    name are kept: not for messages that somebody else wrote. What is returned as new is on disk.
    """
    live = live_log(store, session)
    messages = [_published(message) for message in messages]
    if files and any(part["type"] == "image" for message in messages for part in message.parts):
        from viking_git.session.images import keep_images

        messages = [keep_images(live, message) for message in messages]
    known = Known(store, session, [trunk, store.snapshot(store.tip(session.branch))], messages, space=True)
    done = live.append(messages, known.holds)
    note_renamed(store, done.renamed)
    return done


def _published(message: Message) -> Message:
    """``message`` with another id where its own has a secret: archives list the ids of all messages, in the tree.

    The new one follows from the old, so that a message that comes again is known.
    """
    if redact_text(message.id)[0] == message.id:
        return message
    return replace(message, id=f"msg_{digest([message.id])[:16]}")


def note_renamed(store: Store, renamed: Sequence[tuple[str, str]]) -> None:
    """Say which messages have a new id, because another message has theirs."""
    for old, new in renamed[:_SHOWN]:
        store.notice(f"another message has the id {old}: this one is {new}")
    if len(renamed) > _SHOWN:
        store.notice(f"… and {len(renamed) - _SHOWN:,} more messages have a new id")
