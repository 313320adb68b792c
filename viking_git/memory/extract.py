"""Messages in, candidates out: the port for extractors, and those there are."""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Protocol

from viking_git.errors import InvalidContent
from viking_git.memory.rules import RulesExtractor
from viking_git.model.memory import Candidate
from viking_git.model.messages import Message

ENTRY_POINTS = "viking_git.extractors"


class Extractor(Protocol):
    """Finds what is worth remembering in messages. ``id`` names it and its version in decisions' records."""

    id: str

    def extract(self, messages: Sequence[Message]) -> list[Candidate]:
        """The candidates of a conversation; every one quotes the messages that it was read from."""
        ...


class NoExtractor:
    """Remembers nothing: sessions are archived and that is all."""

    id = "none"

    def extract(self, messages: Sequence[Message]) -> list[Candidate]:  # noqa: ARG002 - the port's signature
        """No candidates."""
        return []


EXTRACTORS: dict[str, Callable[[str], Extractor]] = {"rules": RulesExtractor, "none": lambda _user: NoExtractor()}
"""Extractors by name, each made with the user's name; others come from the entry points ``viking_git.extractors``."""


def load_extractor(name: str, user: str = "") -> Extractor:
    """The extractor called ``name``.

    Args:
        name: ``rules``, ``none``, or the name of an entry point in ``viking_git.extractors``.
        user: under which name the workspace's owner speaks in chats of several people, "" where it is not known.

    Raises:
        InvalidContent: there is none; the hint lists those there are.
    """
    if name in EXTRACTORS:
        return EXTRACTORS[name](user)
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in found:
        known = ", ".join([*EXTRACTORS, *sorted(found)])
        raise InvalidContent(f"unknown extractor {name!r}", hint=f"the extractors are {known}")
    extractor: Extractor = found[name].load()(user)
    return extractor
