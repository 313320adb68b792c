"""Where things lie in the tree, and what refs are called (design sections 3 and 4)."""

import re

from viking_git.model.categories import Category
from viking_git.model.names import check_name, is_holdable

TRANSCRIPTS_REF = "refs/viking/transcripts"
BRANCH_PREFIX = "viking/"
ATTRIBUTES, IGNORED = ".gitattributes", ".gitignore"
BLOCK = re.compile(r"^# viking-git \{\r?\n.*?^# \}(?:\r?\n|\Z)", re.MULTILINE | re.DOTALL)
"""The marked block of ours in a file that is otherwise a person's."""
QUARANTINE = ".quarantine"
"""The directory below ``memories/`` for what may be poison: in no search and no layer until a person moves it back."""

_ARCHIVE = re.compile(r"archive_(\d{3,})")
_MEMORY = re.compile(r"^(?:user/[^/]+|agent/[^/]+(?:/user/[^/]+)?)/memories/([^/]+)/")


def session_path(space: str, session_id: str) -> str:
    """The directory of a session."""
    return f"session/{check_name(space, 'space')}/{check_name(session_id, 'session')}"


def archive_path(space: str, session_id: str, number: int) -> str:
    """The directory of a session's archive, numbered from 1."""
    return f"{session_path(space, session_id)}/history/archive_{number:03d}"


def archive_number(name: str) -> int | None:
    """The number in ``archive_001``, None for other names."""
    match = _ARCHIVE.fullmatch(name)
    return int(match[1]) if match else None


def archive_of(path: str) -> str | None:
    """The directory of the archive that the file ``path`` is part of, None for other files.

    A directory that no tree of ours may hold is none: nothing is made of it.
    """
    parts = path.split("/")
    if len(parts) < 6 or parts[0] != "session" or parts[3] != "history" or archive_number(parts[4]) is None:
        return None
    place = "/".join(parts[:5])
    return place if is_holdable(place) else None


def session_branch(space: str, session_id: str) -> str:
    """The ref that a session's commits lie on until they land."""
    return f"refs/heads/{BRANCH_PREFIX}{check_name(space, 'space')}/{check_name(session_id, 'session')}"


def memories_path(kind: Category, user: str, agent: str, *, isolated: bool = False) -> str:
    """The ``memories`` directory of the space that owns memories of ``kind``.

    Args:
        isolated: the policy ``isolate_agent_by_user``: an agent's memories are kept apart for every user.
    """
    if kind.owner == "user":
        return f"user/{user}/memories"
    return f"agent/{agent}/user/{user}/memories" if isolated else f"agent/{agent}/memories"


def memory_of(path: str) -> tuple[str, str, str] | None:
    """The memory directory that the file ``path`` is part of: directory, category, name; None for other files.

    A directory that no tree of ours may hold is none: nothing is made of it.
    """
    match = _MEMORY.match(path)
    if not match or match[1] == QUARANTINE:
        return None
    depth = 3 if match[1] == "events" else 2
    head = path[: match.end(1) - len(match[1])]
    parts = path[len(head) :].split("/")
    if len(parts) <= depth:
        return None
    inside = parts[:depth]
    place = head + "/".join(inside)
    return (place, match[1], inside[-1]) if is_holdable(place) else None


def uri_of(path: str, *, directory: bool = False) -> str:
    """The URI of a path in the repository."""
    return f"viking://{path}/" if directory else f"viking://{path}"
