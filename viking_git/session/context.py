"""What a model should have before it of a session: the newest messages, and overviews of what was archived."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viking_git.model.layers import ABSTRACT, OVERVIEW
from viking_git.model.messages import Message
from viking_git.model.text import estimate_tokens
from viking_git.session.state import SessionId, archives, live_log
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_SHARE = 4
"""The newest archive's overview may take a quarter of the budget before the messages; more if they leave room."""


@dataclass(frozen=True, slots=True)
class Summary:
    """An archive in a context: its URI, and its overview or, where that does not fit, its abstract."""

    uri: str
    text: str


@dataclass(frozen=True, slots=True)
class SessionContext:
    """What fits into a budget, oldest first.

    Attributes:
        tokens: how many of the budget are used, about.
        left_out: how many archives and messages did not fit.
    """

    session: SessionId
    budget: int
    tokens: int
    archives: tuple[Summary, ...]
    messages: tuple[Message, ...]
    left_out: tuple[int, int]

    def to_json(self) -> dict[str, Any]:
        """The object that ``session context --json`` prints."""
        return {
            "session_id": self.session.id, "budget": self.budget, "tokens": self.tokens,
            "archives": [{"uri": found.uri, "text": found.text} for found in self.archives],
            "messages": [message.to_json() for message in self.messages],
            "left_out": {"archives": self.left_out[0], "messages": self.left_out[1]},
        }  # fmt: skip


def session_context(store: Store, session: SessionId, trunk: Snapshot, budget: int) -> SessionContext:
    """The live messages, newest first, and the overviews of archives, newest first, as far as ``budget`` tokens go.

    The newest archive comes before all others and before the messages, for it says what they go on from.
    """
    views = [store.snapshot(store.tip(session.branch)), trunk]
    numbers = sorted({number for view in views for number in archives(view, session)}, reverse=True)
    rest = budget
    summaries: dict[int, Summary] = {}

    def summarise(number: int, room: int) -> None:
        nonlocal rest
        for name in (OVERVIEW, ABSTRACT):
            text = _layer(views, f"{session.archive(number)}/{name}")
            if text and estimate_tokens(text) <= room:
                summaries[number] = Summary(f"viking://{session.archive(number)}/", text)
                rest -= estimate_tokens(text)
                return

    if numbers:
        summarise(numbers[0], budget // _SHARE)
    live = live_log(store, session).read()
    messages = _newest(live, rest)
    rest -= sum(map(_size, messages))
    for number in numbers:
        if number not in summaries:
            summarise(number, rest)
    kept = tuple(summaries[number] for number in sorted(summaries))
    left_out = (len(numbers) - len(kept), len(live) - len(messages))
    return SessionContext(session, budget, budget - rest, kept, tuple(messages), left_out)


def shown(message: Message) -> str:
    """A message as a context prints it."""
    text = message.text or ", ".join(
        f"[{part['type']} {part.get('tool_name', '')}".rstrip() + "]" for part in message.parts
    )
    return f"{message.speaker}: {text}"


def _newest(live: Sequence[Message], room: int) -> list[Message]:
    kept: list[Message] = []
    for message in reversed(live):
        room -= _size(message)
        if room < 0:
            break
        kept.append(message)
    return kept[::-1]


def _size(message: Message) -> int:
    return estimate_tokens(shown(message))


def _layer(views: Sequence[Snapshot], path: str) -> str:
    data = next((found for view in views if (found := view.get(path)) is not None), b"")
    return data.decode("utf-8", "replace").strip()
