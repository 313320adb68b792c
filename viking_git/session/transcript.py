"""A parsed transcript taken into its session: what of it is new there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viking_git.model.identity import Appended, content, said
from viking_git.model.messages import Message
from viking_git.model.overlap import overlap
from viking_git.session.identity import Known
from viking_git.session.naming import add_messages
from viking_git.session.sessions import session_messages
from viking_git.session.state import SessionId
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

if TYPE_CHECKING:
    from viking_git.model.transcripts import Parsed


def add_transcript(store: Store, session: SessionId, trunk: Snapshot, parsed: "Parsed") -> Appended:
    """Append the messages of a transcript that are neither in the session nor copied from another one of its space."""
    messages = parsed.messages
    copies = _copies(store, session, trunk, messages) if parsed.format == "openai" else {}
    done = add_messages(store, session, trunk, [m for at, m in enumerate(messages) if at not in copies])
    return Appended(done.messages, done.renamed, [*done.known, *copies.values()])


def _copies(store: Store, session: SessionId, trunk: Snapshot, given: Sequence[Message]) -> dict[int, Message]:
    """The messages of an OpenAI-style chat that are in the session under other ids, by their position.

    The ids that its reader gives hang on all that was said before. So a file that begins elsewhere, or in which one
    message was edited, has other ids from there on. A message with an ``id`` of its own is known by that and what it
    says; another one by what it says and its neighbours.
    """
    from viking_git.memory.redact import redact_messages

    there = session_messages(store, session, trunk, lambda _: None)
    if not there:
        return {}
    known = Known(store, session, [trunk, store.snapshot(store.tip(session.branch))], given)
    places = {message.id: at for at, message in enumerate(there)}
    live = {(message.id, content(message)) for message in there}
    anchors = {
        at: places[message.id]
        for at, message in enumerate(given)
        if message.id in places and ((message.id, content(message)) in live or known.holds(message))
    }
    rest = [at for at in range(len(given)) if at not in anchors]
    if not rest or (anchors and rest[0] > max(anchors) and max(anchors.values()) == len(there) - 1):
        # The file has grown, and nothing is behind what it goes on from: by far the most frequent case.
        return {}
    # What is archived was redacted, so both are compared as an archive has them.
    one, other = ([said(message) for message in redact_messages(several)[0]] for several in (there, given))
    named = {(_own(m), text): at for at, (m, text) in enumerate(zip(there, one, strict=True)) if _own(m) is not None}
    found = {at: named[key] for at in rest if (key := (_own(given[at]), other[at])) in named}
    # One with an id of its own is never known by its neighbours.
    keys = [text if _own(message) is None else None for message, text in zip(given, other, strict=True)]
    found |= overlap(one, keys, anchors | found)
    return {at: there[place] for at, place in found.items()}


def _own(message: Message) -> str | int | None:
    """The id that the chat's program gave the message, None where it gave none."""
    found = message.extra.get("source_id")
    return found if isinstance(found, str | int) else None
