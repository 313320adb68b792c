"""Which of two messages is the other one: that has the same id and the same content.

An id alone says little. Clients number messages from ``msg_1`` in each conversation, on each machine.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from viking_git.model.messages import Message
from viking_git.model.meta import dump_line

REWOUND = "rewound"
"""The field of a message on a branch of the conversation that was left: it stays, and founds no memory."""

Holds = Callable[[Message], bool | None]
"""Whether a place holds a message: None where its id is free there, False where another message has it."""

_SUFFIX = re.compile(r"\.[0-9]+$")
_ROOM = 120
"""Characters of an id that stay before a suffix, so that the whole is an id too."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of messages that were to be added.

    Attributes:
        messages: the new ones, under the ids that they have now.
        renamed: the id that was given, and the new one, of each whose id another message has.
        known: the messages that are there already, under the ids that they have there.
    """

    messages: list[Message] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    known: list[Message] = field(default_factory=list)


def content(message: Message) -> bytes:
    """What a message says and who says it, to be compared byte by byte.

    Neither the id nor the time is part of it: a client that adds a message again, because it heard no answer, has
    another time. Of the fields that are not ours only the id that another program gave counts: notes that it adds to
    a message later, a rating or a mark that the branch was left, make no other message of it.
    """
    return said(message) + dump_line({"source_id": message.extra.get("source_id")})


def said(message: Message) -> bytes:
    """What a message says and who says it, whatever id another program gave it."""
    parts = [dict(part) for part in message.parts]
    return dump_line({"role": message.role, "speaker": message.speaker, "parts": parts})


def own_id(message: Message, holds: Holds) -> tuple[Message, bool]:
    """The message under an id that no other message has, and whether it is there already.

    The new id is the old one with the first suffix ``.2``, ``.3``… that is free or is this message's: so a file that
    is imported again finds its messages under the ids that they got the first time.
    """
    number, found = 1, message
    while (same := holds(found)) is False:
        number += 1
        found = replace(message, id=f"{message.id[:_ROOM]}.{number}")
    return found, same is True


def given_id(message_id: str) -> tuple[str, int]:
    """The id that a message was given, and the number of the suffix, where ``own_id`` made this one of it; else 1."""
    suffix = _SUFFIX.search(message_id)
    return (message_id, 1) if suffix is None else (message_id[: suffix.start()], max(int(suffix[0][1:9]), 1))
