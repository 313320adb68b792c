"""Everything a reader may see under viking://: trunk's tree, private transcripts, live messages, transient scopes."""

from collections.abc import Iterator
from pathlib import Path

from viking_git.errors import NotFound
from viking_git.model.layers import MESSAGES
from viking_git.model.layout import uri_of
from viking_git.model.names import closest
from viking_git.model.uri import SCOPES, TRANSIENT_SCOPES, VikingURI
from viking_git.store.kept import Kept
from viking_git.store.livelog import LiveLog, list_live
from viking_git.store.repo import Store
from viking_git.store.snapshot import Entry, Snapshot

_MIXED_SCOPES = ("session", *TRANSIENT_SCOPES)
"""Scopes of which trunk does not hold all."""


class View:
    """One tree for reading. Where several sources hold a path, trunk comes first."""

    def __init__(self, store: Store, trunk: Snapshot, transcripts: Snapshot) -> None:
        self._store = store
        self.trunk = trunk
        self._transcripts = Kept(trunk, transcripts)

    def entry(self, uri: VikingURI) -> Entry | None:
        """What is at ``uri``, None where nothing is. Scopes are always there."""
        path = uri.full_path
        if not uri.path:
            return Entry(path, "directory", self.trunk_oid(path), 0o40000)
        found = self.trunk.entry(path)
        if found is None and uri.scope == "session":
            found = self._transcripts.entry(path)
        if found is None:
            parent = path.rpartition("/")[0]
            return next((e for e in self._unstored(uri.scope, parent) if e.name == uri.name), None)
        return found

    def entries(self, uri: VikingURI) -> list[Entry]:
        """The entries of the directory ``uri`` by name.

        Raises:
            NotFound: nothing is there, or a file.
        """
        return self.below(uri.full_path, self.directory(uri))

    def directory(self, uri: VikingURI) -> Entry:
        """The entry of the directory ``uri``, where a walk begins that goes on with ``below`` and ``child``.

        Raises:
            NotFound: nothing is there, or a file.
        """
        entry = self.entry(uri)
        if entry is None:
            raise self.missing(uri)
        if not entry.is_dir:
            raise NotFound(f"{uri.uri} is a file, not a directory", hint="viking-git read prints a file")
        return entry

    def below(self, path: str, entry: Entry, *, hidden: bool = True) -> list[Entry]:
        """The entries of the directory ``entry``, at ``path``, by name; costs what that directory holds.

        Args:
            hidden: those whose names begin with a dot too.
        """
        scope = path.partition("/")[0]
        if not path:
            return [Entry(name, "directory", self.trunk_oid(name), 0o40000) for name in SCOPES]
        if scope in _MIXED_SCOPES:
            found = {e.name: e for e in self._unstored(scope, path)}
            found.update((e.name, e) for e in self._transcripts.entries(path))
            found.update((e.name, e) for e in self.trunk.entries(path))
            return [found[name] for name in sorted(found) if hidden or not name.startswith(".")]
        found_there = self.trunk.entries_of(entry.oid, hidden=hidden) if entry.oid else []
        return sorted(found_there, key=lambda e: e.name)

    def child(self, path: str, entry: Entry, name: str) -> Entry | None:
        """The entry ``name`` of the directory ``entry``, which stands at ``path``; None where it has none."""
        if not path or path.partition("/")[0] in _MIXED_SCOPES:
            return next((found for found in self.below(path, entry) if found.name == name), None)
        return self.trunk.child(entry.oid, name) if entry.oid else None

    def bytes_of(self, path: str, entry: Entry) -> bytes:
        """The bytes of the file ``entry``, which stands at ``path``."""
        return self.trunk.read_oid(entry.oid, path) if entry.oid else self.read(VikingURI(uri_of(path)))

    def read(self, uri: VikingURI) -> bytes:
        """The bytes of the file ``uri``.

        Raises:
            NotFound: nothing is there, or a directory.
        """
        entry = self.entry(uri)
        if entry is None:
            raise self.missing(uri)
        if entry.is_dir:
            raise NotFound(f"{uri.uri} is a directory", hint="viking-git ls lists it, viking-git overview describes it")
        if entry.kind == "submodule":
            raise NotFound(f"{uri.uri} is a submodule: no file is here", hint="git submodule says where it comes from")
        if entry.oid:
            return self.trunk.read_oid(entry.oid, uri.full_path)
        if uri.scope == "session":
            _, space, name, _ = uri.full_path.split("/")
            live = LiveLog(self._live / space / name, self._store.notice)
            return b"".join(message.to_line() for message in live.read())
        return (self._store.private_dir / uri.full_path).read_bytes()

    def missing(self, uri: VikingURI) -> NotFound:
        """The error for a URI with nothing at it; its hint names a name like it, or the nearest directory there is."""
        child, parent = uri, uri.parent
        while parent.path and self.entry(parent) is None:
            child, parent = parent, parent.parent
        where = f"{parent.uri}/" if parent.full_path else parent.uri
        hint = f"viking-git ls {where} shows what is there"
        entry = self.entry(parent)
        if uri.name == MESSAGES and entry is not None and parent.parent.name == "history":
            hint = "a private transcript stays on the machine that archived it"
        elif entry is not None and entry.is_dir and (meant := self._like(parent, child.name)):
            hint = f"did you mean {self._below(parent.join(meant.name), uri.full_path[len(child.full_path) :], meant)}"
        return NotFound(f"nothing at {uri.uri}", hint=hint)

    def trunk_oid(self, path: str) -> str:
        """The id of what trunk holds at ``path``, "" where it holds nothing."""
        found = self.trunk.entry(path)
        return found.oid if found else ""

    def _below(self, place: VikingURI, rest: str, found: Entry) -> str:
        """The URI of what lies at ``rest`` below ``place``, where there is such a thing, else of ``place``."""
        whole = place.join(rest) if rest and found.is_dir else place
        entry = self.entry(whole) if whole != place else found
        return f"{whole.uri if entry else place.uri}{'/' if (entry or found).is_dir else ''}"

    def _like(self, directory: VikingURI, name: str) -> Entry | None:
        known = {entry.name: entry for entry in self.entries(directory)}
        meant = closest(name, known)
        return known[meant] if meant else None

    @property
    def _live(self) -> Path:
        return self._store.private_dir / "live"

    def _unstored(self, scope: str, path: str) -> Iterator[Entry]:
        """Entries of ``path`` that are in no tree: live sessions and their messages, files of the transient scopes."""
        if scope in TRANSIENT_SCOPES:
            directory = self._store.private_dir / path
            for file in sorted(directory.iterdir()) if directory.is_dir() else ():
                yield Entry(file.name, "directory" if file.is_dir() else "file", "", 0)
        elif scope == "session":
            below = path.split("/")[1:]
            for space, name in list_live(self._store.private_dir / "live"):
                whole = [space, name, MESSAGES]
                if len(below) < 3 and whole[: len(below)] == below:
                    yield Entry(whole[len(below)], "file" if len(below) == 2 else "directory", "", 0)
