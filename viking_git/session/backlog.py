"""What waits on trunk and beside it for a person: memories with two variants, and branches that trunk lacks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from viking_git.model.layers import CONTENT
from viking_git.model.layout import memory_of, uri_of
from viking_git.model.markdown import front_matter_end
from viking_git.model.uri import TRACKED_SCOPES
from viking_git.session.refresh import stale_directories
from viking_git.session.state import SessionId, pending, pending_sessions
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_HEADS = "refs/heads/"
_CONTESTED = re.compile(r"""^status:[ \t]*["']?contested["']?[ \t]*$""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits.

    Attributes:
        trunk: the short name of the branch that lacks it.
        stale: directories whose layers a merge made elsewhere left behind what they are made of; URIs.
        contested: memories of which two variants stand and nobody has chosen; URIs.
        branches: other branches than a session's with knowledge that trunk lacks.
        landed: sessions whose branch is still there though trunk holds all of it.
    """

    trunk: str
    stale: tuple[str, ...]
    contested: tuple[str, ...]
    branches: tuple[str, ...]
    landed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.stale or self.contested or self.branches or self.landed)


def backlog(store: Store, trunk_ref: str) -> Backlog:
    """What waits on trunk and beside it; nothing is written."""
    tip = store.tip(trunk_ref)
    view = store.snapshot(tip)
    stale = stale_directories(store, tip) if tip else []
    ahead = branches_ahead(store, trunk_ref)
    names = tuple(str(session) for session in landed(store, view))
    return Backlog(trunk_ref.removeprefix(_HEADS), tuple(stale), tuple(contested(store, view)), tuple(ahead), names)


def contested(store: Store, view: Snapshot) -> list[str]:
    """The URIs of the memories of which two variants stand and nobody has chosen.

    Every memory's file is read, none is parsed: 20 microseconds each. A clone of some scopes looks at what it holds.
    """
    cone = store.cone
    return [
        uri_of(path.rpartition("/")[0], directory=True)
        for scope in ("user", "agent")
        for path, entry in view.walk(scope)
        if path.endswith(f"/{CONTENT}") and entry.kind == "file" and memory_of(path)
        if (cone is None or cone.holds(path)) and _is_contested(view.read_oid(entry.oid))
    ]


def _is_contested(data: bytes) -> bool:
    if b"contested" not in data:
        return False
    text = data.decode(errors="replace").replace("\r\n", "\n")
    return _CONTESTED.search(text[: front_matter_end(text)]) is not None


def branches_ahead(store: Store, trunk_ref: str) -> list[str]:
    """The short names of the branches, those of sessions excepted, with knowledge that trunk lacks."""
    tip = store.tip(trunk_ref)
    if tip is None:
        return []
    known = {trunk_ref, *(session.branch for session in pending_sessions(store))}
    return [
        ref.removeprefix(_HEADS)
        for ref in sorted(store.refs(_HEADS))
        if ref not in known and _is_ahead(store, ref, tip)
    ]


def _is_ahead(store: Store, ref: str, trunk: str) -> bool:
    own = store.tip(ref)
    if own is None or _knowledge(store, own) == _knowledge(store, trunk):
        return False
    base = store.merge_base(own, trunk)
    # A branch of another history, such as one of pages, holds no knowledge of this workspace.
    return base is not None and _knowledge(store, own) != _knowledge(store, base)


def _knowledge(store: Store, commit: str) -> dict[str, str]:
    entries = store.snapshot(commit).entries("")
    return {entry.name: entry.oid for entry in entries if entry.name in TRACKED_SCOPES}


def landed(store: Store, trunk: Snapshot) -> Iterator[SessionId]:
    """The sessions whose branch is still there though trunk holds all of it."""
    for session in pending_sessions(store):
        waiting = pending(store, session, trunk)
        if waiting is not None and not waiting.archives:
            yield session
