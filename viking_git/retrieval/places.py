"""What a path says about what lies there: its type, category, owner, and what it is a part of."""

from dataclasses import dataclass

from viking_git.model.categories import CATEGORIES

TYPES = ("memory", "resource", "skill", "session")
"""The values of ``context_type``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Facts that follow from a path in the tree.

    Attributes:
        type: one of ``TYPES``.
        category: a memory's category, else "".
        owner: the space that it belongs to, "" for resources.
        item: the directory of the memory or the skill that the path lies in or is, else "".
        names: the parts of the path that people chose, for the words index.
    """

    type: str
    category: str
    owner: str
    item: str
    names: tuple[str, ...]


def place(path: str) -> Place:
    """The facts about ``path``, which lies in one of the tracked scopes."""
    parts = path.split("/")
    scope, owner, rest = parts[0], "".join(parts[1:2]), 2
    if scope == "resources":
        return Place("resource", "", "", "", tuple(parts[1:]))
    if scope == "session":
        return Place("session", "", owner, "", tuple(parts[2:3]))
    if scope == "agent" and parts[2:3] == ["user"] and len(parts) > 3:
        owner, rest = parts[3], 4
    head = "".join(parts[rest : rest + 1])
    if head == "skills" and scope == "agent":
        item = "/".join(parts[: rest + 2]) if len(parts) > rest + 1 else ""
        return Place("skill", "", owner, item, tuple(parts[rest + 1 :]))
    if head == "instructions":
        return Place("resource", "", owner, "", tuple(parts[rest + 1 :]))
    category = CATEGORIES.get("".join(parts[rest + 1 : rest + 2])) if head == "memories" else None
    if category is None:
        return Place("memory", "", owner, "", tuple(parts[rest + 1 :]))
    depth = rest + (4 if category.dated else 3)
    item = "/".join(parts[:depth]) if len(parts) >= depth else ""
    return Place("memory", category.name, owner, item, tuple(parts[rest + 1 :]))
