"""What git's history holds of transcripts that the tree has no more, and which remotes have been given it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from viking_git.model.layers import MESSAGES
from viking_git.session.state import SessionId
from viking_git.store.livelog import FILES
from viking_git.store.repo import Store
from viking_git.store.snapshot import Entry, Snapshot

_REMOTES = "refs/remotes/"
_HISTORY, _ARCHIVE = 3, 4
"""How deep the archives of a session lie, and what is in one: session/{space}/{id}/history/archive_NNN."""
_NAMES = {_HISTORY - 1: {"history"}, _ARCHIVE: {MESSAGES, FILES}}


@dataclass(frozen=True, slots=True)
class Exposure:
    """Where transcripts still are.

    Attributes:
        commits: how many commits of trunk hold one.
        first, last: the oldest and the newest of these, "" where there is none.
        remotes: the remote-tracking branches, as ``origin/main``, that hold one.
        paths: the files and directories that would have to leave history.
    """

    commits: int = 0
    first: str = ""
    last: str = ""
    remotes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The value of ``history`` in ``session privatise --json``."""
        return {
            "commits": self.commits, "first": self.first or None, "last": self.last or None,
            "remotes": list(self.remotes), "paths": list(self.paths),
        }  # fmt: skip


def exposure(store: Store, tip: str, sessions: Collection[SessionId] | None) -> Exposure:
    """What the commits that ``tip`` reaches, and the remotes' branches as they are known here, hold of ``sessions``.

    Every commit is looked at, and each version of a directory once.

    Args:
        sessions: whose transcripts; None for all.
    """
    look = _Look(sessions)
    holders = [commit for commit in store.beyond(tip, []) if look.holds(store.snapshot(commit))]
    infos = {commit: store.info(commit) for commit in holders}
    below = {parent for info in infos.values() for parent in info.parents}
    roots = [commit for commit, info in infos.items() if not infos.keys() & set(info.parents)]
    tops = [commit for commit in holders if commit not in below]
    remotes = []
    for ref in store.refs(_REMOTES):
        there = None if ref.endswith("/HEAD") else store.tip(ref)
        if there is None:
            continue
        given = any(store.merge_base(root, there) == root for root in roots)
        if given or any(look.holds(store.snapshot(commit)) for commit in store.beyond(there, [tip])):
            remotes.append(ref.removeprefix(_REMOTES))
    return Exposure(
        len(holders), min(roots, key=lambda c: infos[c].time, default=""),
        max(tops, key=lambda c: infos[c].time, default=""), tuple(remotes), tuple(sorted(look.paths)),
    )  # fmt: skip


class _Look:
    """Finds transcripts in trees: what it has seen of a directory it knows by the directory's id."""

    def __init__(self, sessions: Collection[SessionId] | None) -> None:
        self.paths: set[str] = set()
        self._sessions = sessions
        self._seen: dict[tuple[str, str], bool] = {}

    def holds(self, view: Snapshot) -> bool:
        if self._sessions is None:
            starts = [("session", 0)]
        else:
            starts = [(f"{session.path}/history", _HISTORY) for session in self._sessions]
        found = [self._below(view, path, view.entry(path), level) for path, level in starts]
        return any(found)

    def _below(self, view: Snapshot, path: str, entry: Entry | None, level: int) -> bool:
        if entry is None or not entry.is_dir:
            return False
        key = (path, entry.oid)
        if key not in self._seen:
            # All of them, so that every path is met.
            found = [self._in(view, path, child, level) for child in self._children(view, entry, level)]
            self._seen[key] = any(found)
        return self._seen[key]

    def _in(self, view: Snapshot, path: str, child: Entry, level: int) -> bool:
        place = f"{path}/{child.name}"
        if level < _ARCHIVE:
            return self._below(view, place, child, level + 1)
        self.paths.add(place if child.name == MESSAGES else f"{place}/")
        return True

    def _children(self, view: Snapshot, entry: Entry, level: int) -> Iterator[Entry]:
        names = _NAMES.get(level)
        return (child for child in view.entries_of(entry.oid) if names is None or child.name in names)
