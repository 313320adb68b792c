"""The prefilter of dedup: the memories of trunk and of the session's branch that are most like a candidate."""

from collections.abc import Callable, Sequence
from typing import Protocol

from viking_git.errors import InvalidContent
from viking_git.memory.dedup import Existing
from viking_git.model.layers import ABSTRACT, CONTENT
from viking_git.model.layout import memory_of, uri_of
from viking_git.model.memory import Candidate, Memory, parse_memory
from viking_git.model.names import fold
from viking_git.store.snapshot import Snapshot

OFFERED = 5
"""How many memories a decider is shown at most."""

Cosines = Callable[[str, Sequence[str]], Sequence[float]]
"""The cosine of one text to each of several."""


class Nearest(Protocol):
    """The search index as this module needs it: memories of trunk below a directory, by cosine of their L0."""

    def __call__(self, text: str, prefix: str, limit: int) -> Sequence[tuple[str, float]]:
        """Paths of memory directories and cosines, best first."""


class FromTree:
    """``Nearest`` without an index: the L0 of every memory below a directory, read from the tree once."""

    def __init__(self, trunk: Snapshot, cosines: Cosines) -> None:
        """Take the tree and the way to compare texts."""
        self._trunk = trunk
        self._cosines = cosines
        self._known: dict[str, dict[str, str]] = {}

    def __call__(self, text: str, prefix: str, limit: int) -> list[tuple[str, float]]:
        """Paths of memory directories and cosines, best first."""
        if prefix not in self._known:
            self._known[prefix] = {
                found[0]: self._trunk.read_oid(entry.oid).decode("utf-8", "replace").strip()
                for path, entry in self._trunk.walk(prefix)
                if entry.kind == "file" and (found := memory_of(path)) and path == f"{found[0]}/{ABSTRACT}"
            }
        abstracts = self._known[prefix]
        scores = zip(abstracts, self._cosines(text, list(abstracts.values())), strict=True)
        return sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:limit]


class Similar:
    """Offers a decider what exists: from the index for trunk, by direct comparison for what the branch changed."""

    def __init__(self, nearest: Nearest, cosines: Cosines) -> None:
        """Take the two ways to compare texts."""
        self._nearest = nearest
        self._cosines = cosines

    def offered(self, candidate: Candidate, root: str, trunk: Snapshot, view: Snapshot) -> list[Existing]:
        """At most five memories of the candidate's category as ``view`` holds them, most similar first.

        A memory that bears the candidate's own name is always among them.

        Args:
            root: the ``memories`` directory that the candidate belongs into.
            trunk: the tree that the index stands for.
            view: trunk plus the branch plus what this batch decided so far.
        """
        directory = f"{root}/{candidate.category}"
        changed = {found[0] for path, _, _ in trunk.changed(view, directory) if (found := memory_of(path)) is not None}
        scores = {
            path: score
            for path, score in self._nearest(candidate.abstract, directory, OFFERED + len(changed))
            if path not in changed
        }
        compare = {path: memory for path in changed if (memory := read_memory(view, path)) is not None}
        named = self._namesake(candidate, root, view)
        if named is not None and named not in scores and (memory := read_memory(view, named)) is not None:
            compare[named] = memory
        texts = [memory.abstract for memory in compare.values()]
        if texts:
            scores.update(zip(compare, self._cosines(candidate.abstract, texts), strict=True))
        ranked = sorted(scores.items(), key=lambda item: (item[0] != named, -item[1], item[0]))
        offered = [
            Existing(uri_of(path, directory=True), memory, float(score))
            for path, score in ranked
            if (memory := compare.get(path) or read_memory(view, path)) is not None
        ][:OFFERED]
        return sorted(offered, key=lambda existing: -existing.score)

    def _namesake(self, candidate: Candidate, root: str, view: Snapshot) -> str | None:
        path = f"{root}/{candidate.kind.path(candidate.name)}"
        parent, _, name = path.rpartition("/")
        meant = fold(name)
        found = (f"{parent}/{other}" for other in view.names(parent) if fold(other) == meant)
        return next((other for other in found if view.is_dir(other)), None)


def read_memory(view: Snapshot, path: str) -> Memory | None:
    """The memory in the directory ``path``; None where there is none, or a person left it unreadable."""
    data = view.get(f"{path}/{CONTENT}")
    found = memory_of(f"{path}/{CONTENT}")
    if data is None or found is None:
        return None
    try:
        return parse_memory(data.decode(), category_name=found[1], name=found[2])
    except (InvalidContent, UnicodeDecodeError):
        return None
