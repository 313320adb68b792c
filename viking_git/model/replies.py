"""The tree of a Claude Code transcript: what replies to what, and which branches were left.

Going back to an earlier prompt and writing another one leaves the old branch in the file. Only the path to the last
leaf is the conversation as the person left it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from viking_git.model.messages import Message


class ReplyTree:
    """What each entry of a transcript replies to."""

    def __init__(self) -> None:
        self._parents: dict[str, str | None] = {}
        self._last: str | None = None

    def take(self, entry: Mapping[str, Any], *, is_turn: bool) -> None:
        """Note an entry, of any type: messages reply to entries that are none, too. A turn may be the last leaf."""
        uuid = entry.get("uuid")
        # After a compaction the chain begins anew, and says beside it what it goes on from.
        parent = entry.get("parentUuid") or entry.get("logicalParentUuid")
        if isinstance(uuid, str) and entry.get("isSidechain") is not True:
            self._parents[uuid] = parent if isinstance(parent, str) else None
            self._last = uuid if is_turn else self._last

    def left(self, messages: Sequence[Message]) -> set[str]:
        """The ids of the messages on branches that were left: beside the path to the last leaf, from a fork on it.

        The results of tools that ran at once are beside it too, and reply to calls on it: they are no such branch.
        """
        path = self._path()
        speaks = {_uuid(message.id) for message in messages if message.role != "tool"}
        left: dict[str, bool] = {}
        for uuid, parent in self._parents.items():
            if uuid not in path and (parent in path or parent in left):
                left[uuid] = uuid in speaks or left.get(parent or "", False)
        return {message.id for message in messages if left.get(_uuid(message.id), False)}

    def _path(self) -> set[str]:
        path: set[str] = set()
        uuid = self._last
        while uuid is not None and uuid not in path:
            path.add(uuid)
            uuid = self._parents.get(uuid)
        return path


def _uuid(message_id: str) -> str:
    return message_id.removeprefix("msg_")
