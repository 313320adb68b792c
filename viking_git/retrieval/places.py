"""What a path says about what lies there: its type, category, owner, and what it is a part of."""

from dataclasses import dataclass

from viking_git.model.categories import CATEGORIES

TYPES = ("memory", "resource", "skill", "session")
"""The values of ``context_type``."""

_ARCHIVE_DEPTH = len(("session", "space", "id", "history", "archive_001"))


@dataclass(frozen=True, slots=True)
class Place:
    """Facts that follow from a path in the tree.

    Attributes:
        type: one of ``TYPES``.
        category: a memory's category, else "".
        owner: the space that it belongs to, "" for resources.
        item: the directory of the memory or the skill that the path lies in or is, else "".
        names: the parts of the path that people chose, for the words index.
        container: whether, for a directory, it only lists what it holds: scopes, spaces, categories, sessions.
    """

    type: str
    category: str
    owner: str
    item: str
    names: tuple[str, ...]
    container: bool


def place(path: str) -> Place:
    """The facts about ``path``, which lies in one of the tracked scopes."""
    parts = path.split("/")
    scope, owner = parts[0], "".join(parts[1:2])
    if scope == "resources":
        return Place("resource", "", "", "", tuple(parts[1:]), len(parts) == 1)
    if scope == "session":
        return Place("session", "", owner, "", tuple(parts[2:3]), len(parts) < _ARCHIVE_DEPTH)
    if scope == "agent" and parts[2:3] == ["user"] and len(parts) > 3:
        return _in_space(parts, parts[3], parts[4:])
    return _in_space(parts, owner, parts[2:])


def _in_space(parts: list[str], owner: str, inside: list[str]) -> Place:
    """The facts about a path in a user's or an agent's space; ``inside`` is what of it lies in the space."""
    head, names = "".join(inside[:1]), tuple(inside[1:])
    if head == "instructions":
        return Place("resource", "", owner, "", names, len(inside) == 1)
    category, depth = "", 0
    if head == "skills" and parts[0] == "agent":
        depth = 2
    elif head == "memories" and (known := CATEGORIES.get("".join(inside[1:2]))):
        category, depth = known.name, 4 if known.dated else 3
    item = "/".join(parts[: len(parts) - len(inside) + depth]) if 0 < depth <= len(inside) else ""
    return Place("skill" if head == "skills" and depth else "memory", category, owner, item, names, not item)
