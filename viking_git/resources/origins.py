"""Where documents come from: who a folder is, and which files of a directory it brought.

A directory's ``.meta.json`` holds ``origins``: the id of a source → the names of the files that it brought. Folders of
other projects have the same names, and people write files into folders that are mirrored: so neither a name nor a
place in the tree says where a file is from. An id is a digest, for a workspace is shared, and a path or an address
tells of people and of machines.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from viking_git.errors import InvalidContent
from viking_git.model.layers import LAYER_FILES, META
from viking_git.model.meta import dump_json, load_json
from viking_git.store.enclosing import enclosing_repository
from viking_git.store.snapshot import Snapshot

ORIGINS = "origins"
"""The key of ``.meta.json``."""

_DIGITS = 32
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?P<host>[^/:]*)(?::\d*)?/*(?P<path>.*)", re.IGNORECASE | re.DOTALL)
_SCP = re.compile(r"(?:[^/@:]*@)?(?P<host>[^/:]{2,}):/*(?P<path>.*)", re.DOTALL)


def ids_of(path: Path) -> tuple[str, ...]:
    """The ids of the folder or file ``path``, the best first. Two paths that share one are one source.

    In a repository with remotes they are made of a remote's address and the path inside the repository, so that a
    colleague's clone has them too; the last one is made of the path on this machine.
    """
    real = Path(os.path.realpath(path))
    ids = []
    enclosing = enclosing_repository(real)
    if enclosing is not None:
        top, urls = enclosing
        inside = real.relative_to(os.path.realpath(top)).as_posix()
        ids = [_id("git", f"{address(url, top)}\n{inside}") for url in urls]
    return tuple(dict.fromkeys([*ids, _id("path", str(real))]))


def address(url: str, top: Path) -> str:
    """A remote's address without what differs from clone to clone: protocol, credentials, port, ``.git``, capitals."""
    match = _URL.fullmatch(url) or _SCP.fullmatch(url)
    if match is not None and (match["host"] or not url.casefold().startswith("file:")):
        found = f"{match['host']}/{match['path']}"
    else:
        found = os.path.normpath(top / (f"/{match['path']}" if match else url))
    return found.rstrip("/").removesuffix(".git").rstrip("/").casefold()


class Owners:
    """What the directories of a tree say about where their files came from."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        self._metas: dict[str, dict[str, object]] = {}
        self._origins: dict[str, dict[str, frozenset[str]]] = {}

    def of(self, path: str) -> set[str]:
        """The ids of the sources that brought the file ``path``."""
        directory, _, name = path.rpartition("/")
        return {source for source, names in self.origins(directory).items() if name in names}

    def origins(self, directory: str) -> Mapping[str, frozenset[str]]:
        """Id → names, of one directory."""
        if directory not in self._origins:
            found = self.meta(directory).get(ORIGINS)
            named = found.items() if isinstance(found, dict) else ()
            self._origins[directory] = {
                source: frozenset(map(str, names)) for source, names in named if isinstance(names, list)
            }
        return self._origins[directory]

    def is_old(self, directory: str, source: str) -> bool:
        """Whether an older viking-git, which remembered no more than a name, brought ``directory`` from ``source``."""
        meta = self.meta(directory)
        return meta.get("source") == source and ORIGINS not in meta

    def meta(self, directory: str) -> dict[str, object]:
        """The ``.meta.json`` of a directory, {} where there is none that can be read."""
        if directory not in self._metas:
            try:
                self._metas[directory] = load_json(self._base.get(f"{directory}/{META}") or b"{}", META)
            except InvalidContent:
                self._metas[directory] = {}
        return self._metas[directory]


class Mirror:
    """One folder that is added, and what of the documents at its place it brought.

    Attributes:
        top: its place, a path in the tree.
        documents: all that are there.
        ours: those that it brought before.
        others: those that only other sources brought.
        old: those of an older viking-git's folder of the same name, which remembered no more.
    """

    def __init__(self, owners: Owners, top: str, name: str, ids: Sequence[str]) -> None:
        self._owners, self.top, self._name, self._ids = owners, top, name, set(ids)
        self.documents: list[str] = []
        self.ours: list[str] = []
        self.others: list[str] = []
        self.old: list[str] = []

    def look(self, base: Snapshot) -> None:
        """Tell apart what ``base`` has at the place."""
        for path, entry in base.walk(self.top):
            if entry.name in LAYER_FILES:
                continue
            self.documents.append(path)
            directory = path.rpartition("/")[0]
            brought = self._owners.of(path)
            if brought & self._ids:
                self.ours.append(path)
            elif brought:
                self.others.append(path)
            elif self._owners.is_old(directory, self._name + directory[len(self.top) :]):
                self.old.append(path)

    def holds(self, directory: str) -> bool:
        """Whether the directory is the folder's place or lies in it."""
        return f"{directory}/".startswith(f"{self.top}/")

    def gone(self, files: Collection[str], *, replace: bool) -> set[str]:
        """What the folder has no longer and no other source has; with ``replace`` all that any source brought."""
        mine = {path for path in self.ours if self._owners.of(path) <= self._ids}
        return {path for path in (*mine, *(self.others + self.old if replace else ())) if path not in files}


def load_places(file: Path) -> dict[str, str]:
    """Id → path on this machine, of the sources added here; {} where the file is missing or damaged."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def save_places(file: Path, places: Mapping[str, str]) -> None:
    """Remember where sources lie on this machine, beside the repository and in no commit."""
    known = load_places(file)
    if places.items() <= known.items():
        return
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as out:  # noqa: PTH123 - a descriptor, not a path
        out.write(dump_json({**known, **places}))
    scratch.replace(file)


def _id(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:_DIGITS]}"
