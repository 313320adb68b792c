"""The prefilter of dedup: the memories of trunk and of the session's branch that are most like a candidate.

What a batch of decisions costs is linear in their number, but for one product of vectors and one look at names each:
every memory is read and embedded once, and what a decision writes is noted, not looked for in the tree.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from viking_git.errors import InvalidContent
from viking_git.memory.dedup import Existing
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, CONTENT
from viking_git.model.layout import memory_of, uri_of
from viking_git.model.memory import Candidate, Memory, parse_memory
from viking_git.model.names import fold
from viking_git.store.snapshot import Snapshot

if TYPE_CHECKING:
    from viking_git.retrieval.rows import Matrix

OFFERED = 5
"""How many memories a decider is shown at most."""
_NAMED = 3
_ALIKE = 0.5
"""The least cosine of a memory that a person may mean."""

Vectors = Callable[[Sequence[str]], "Matrix"]
"""The unit vectors of texts, one a row: their products are cosines."""


class Nearest(Protocol):
    """The search index as this module needs it: memories of trunk below a directory, by cosine of their L0."""

    def __call__(self, text: str, prefix: str, limit: int) -> Sequence[tuple[str, float]]:
        """Paths of memory directories and cosines, best first."""


class Rows:
    """Texts by path, and which of them are most like another one; room doubles, so that adding is cheap."""

    def __init__(self, vectors: Vectors, texts: Iterable[tuple[str, str]] = ()) -> None:
        """Take the way to make vectors, and the first paths and texts."""
        self._vectors = vectors
        self._paths: list[str | None] = []
        self._at: dict[str, int] = {}
        first = dict(texts)
        if first:
            self._matrix = vectors(list(first.values()))
            self._paths = list(first)
            self._at = {path: row for row, path in enumerate(first)}

    def put(self, path: str, text: str | None) -> None:
        """Let ``path`` have this text; None for none."""
        row = self._at.pop(path, None)
        if row is not None:
            self._paths[row] = None
        if text is None:
            return
        (vector,) = self._vectors([text])
        row = len(self._paths)
        if not row:
            self._matrix = vector.reshape(1, -1).copy()
        elif row == len(self._matrix):
            import numpy as np

            self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
        self._matrix[row] = vector
        self._paths.append(path)
        self._at[path] = row

    def cosine(self, path: str, text: str) -> float:
        """The cosine of ``text`` to what ``path`` has."""
        return float(self._matrix[self._at[path]] @ self._vectors([text])[0])

    def nearest(self, text: str, limit: int) -> list[tuple[str, float]]:
        """The paths whose texts are nearest to ``text``, and their cosines: the best first, of equal ones by path."""
        if not self._at:
            return []
        import numpy as np

        # Products of one vector differ in their last digits by where it lies.
        cosines = np.round((self._matrix[: len(self._paths)] @ self._vectors([text])[0]).astype(float), 6)
        gone = [row for row, path in enumerate(self._paths) if path is None] if len(self._at) < len(self._paths) else []
        cosines[gone] = -np.inf
        least = -np.partition(-cosines, limit - 1)[limit - 1] if limit < len(cosines) else -np.inf
        rows = np.flatnonzero(cosines >= least)
        found = [(path, float(cosines[row])) for row in rows if (path := self._paths[row]) is not None]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]


class FromTree:
    """``Nearest`` without an index: the L0 of every memory below a directory, read from the tree once."""

    def __init__(self, trunk: Snapshot, vectors: Vectors) -> None:
        """Take the tree and the way to compare texts."""
        self._trunk = trunk
        self._vectors = vectors
        self._known: dict[str, Rows] = {}

    def __call__(self, text: str, prefix: str, limit: int) -> list[tuple[str, float]]:
        """Paths of memory directories and cosines, best first."""
        if prefix not in self._known:
            abstracts = (
                (found[0], self._trunk.read_oid(entry.oid).decode("utf-8", "replace").strip())
                for path, entry in self._trunk.walk(prefix)
                if entry.kind == "file" and (found := memory_of(path)) and path == f"{found[0]}/{ABSTRACT}"
            )
            self._known[prefix] = Rows(self._vectors, abstracts)
        return self._known[prefix].nearest(text, limit)


class Similar:
    """Offers a decider what exists: from the index for trunk, by direct comparison for what the branch changed."""

    def __init__(self, nearest: Nearest, vectors: Vectors) -> None:
        """Take the two ways to compare texts."""
        self._nearest = nearest
        self._vectors = vectors

    def about(self, text: str, directory: str) -> list[str]:
        """URIs of at most three memories on trunk below ``directory`` whose L0 is like ``text``, most similar first."""
        near = self._nearest(text, directory, _NAMED)
        return [uri_of(path, directory=True) for path, score in near if score >= _ALIKE]

    def beside(self, trunk: Snapshot, view: Snapshot) -> "Offers":
        """For one batch of decisions that begins at ``view``, trunk plus the branch; the index stands for ``trunk``."""
        return Offers(self._nearest, self._vectors, trunk, view)


class Offers:
    """What there is beside a batch of decisions, those taken so far among it."""

    def __init__(self, nearest: Nearest, vectors: Vectors, trunk: Snapshot, view: Snapshot) -> None:
        self._nearest, self._vectors = nearest, vectors
        self._trunk, self._view = trunk, view
        self._memories: dict[str, Memory | None] = {}
        """Memories that were read, by directory; None for what is gone or cannot be read."""
        self._written: dict[str, Rows] = {}
        """What is otherwise than on trunk, by the directory of its category."""
        self._changed: dict[str, dict[str, bool]] = {}
        """The memories among these and those that are gone, likewise; whether trunk has them."""
        self._names: dict[str, dict[str, set[str]]] = {}
        """Of directories that hold memories, the names in them by what they are under case folding."""

    def to(self, candidate: Candidate, root: str) -> list[Existing]:
        """At most five memories of the candidate's category, most similar first.

        A memory that bears the candidate's own name is always among them.

        Args:
            root: the ``memories`` directory that the candidate belongs into.
        """
        directory = f"{root}/{candidate.category}"
        written, changed = self._of(directory)
        # What trunk has and the batch changed takes places in the index's answer that others need.
        limit = OFFERED + sum(changed.values())
        near = self._nearest(candidate.abstract, directory, limit)
        scores = {path: score for path, score in near if path not in changed}
        scores.update(written.nearest(candidate.abstract, OFFERED))
        named = self._namesake(candidate, root)
        if named is not None and named not in scores and (memory := self._read(named)) is not None:
            scores[named] = (
                written.cosine(named, candidate.abstract)
                if named in changed
                else float(self._vectors([memory.abstract])[0] @ self._vectors([candidate.abstract])[0])
            )
        ranked = sorted(scores.items(), key=lambda item: (item[0] != named, -item[1], item[0]))
        offered = [
            Existing(uri_of(path, directory=True), memory, float(score))
            for path, score in ranked
            if (memory := self._read(path)) is not None
        ][:OFFERED]
        return sorted(offered, key=lambda existing: -existing.score)

    def note(self, changes: Changes) -> None:
        """Take in what a decision writes and deletes."""
        written = {path.removesuffix(f"/{CONTENT}") for path in changes.paths() if path.endswith(f"/{CONTENT}")}
        for directory in sorted(written | changes.deleted):
            data = changes.get(f"{directory}/{CONTENT}")
            parent, _, name = directory.rpartition("/")
            alike = self._named(parent).setdefault(fold(name), set())
            (alike.discard if data is None else alike.add)(name)
            # What is in quarantine takes a name there, and is offered to nobody.
            if memory_of(f"{directory}/{CONTENT}") is not None:
                self._put(directory, None if data is None else _parsed(directory, data))

    def _put(self, directory: str, memory: Memory | None) -> None:
        rows, changed = self._of(_category_of(directory))
        self._memories[directory] = memory
        if directory not in changed:
            changed[directory] = self._trunk.is_dir(directory)
        rows.put(directory, memory.abstract if memory is not None else None)

    def is_taken(self, path: str) -> bool:
        """Whether a memory of that name is there, under case folding too."""
        parent, _, name = path.rpartition("/")
        return bool(self._named(parent).get(fold(name)))

    def _of(self, directory: str) -> tuple[Rows, dict[str, bool]]:
        """The memories of a category that are otherwise than on trunk, and the directories of all that differs."""
        if directory not in self._written:
            differing = self._trunk.changed(self._view, directory)
            found = {place[0] for path, _, _ in differing if (place := memory_of(path)) is not None}
            changed = {path: self._trunk.is_dir(path) for path in found}
            there = ((path, memory.abstract) for path in sorted(changed) if (memory := self._read(path)) is not None)
            self._written[directory], self._changed[directory] = Rows(self._vectors, there), changed
        return self._written[directory], self._changed[directory]

    def _read(self, path: str) -> Memory | None:
        if path not in self._memories:
            self._memories[path] = read_memory(self._view, path)
        return self._memories[path]

    def _named(self, parent: str) -> dict[str, set[str]]:
        if parent not in self._names:
            names = self._names[parent] = {}
            for name in self._view.names(parent):
                names.setdefault(fold(name), set()).add(name)
        return self._names[parent]

    def _namesake(self, candidate: Candidate, root: str) -> str | None:
        parent, _, name = f"{root}/{candidate.kind.path(candidate.name)}".rpartition("/")
        found = (f"{parent}/{other}" for other in sorted(self._named(parent).get(fold(name), ())))
        return next((path for path in found if path in self._memories or self._view.is_dir(path)), None)


def read_memory(view: Snapshot, path: str) -> Memory | None:
    """The memory in the directory ``path``; None where there is none, or a person left it unreadable."""
    data = view.get(f"{path}/{CONTENT}")
    return None if data is None else _parsed(path, data)


def _parsed(path: str, data: bytes) -> Memory | None:
    found = memory_of(f"{path}/{CONTENT}")
    if found is None:
        return None
    try:
        return parse_memory(data.decode(), category_name=found[1], name=found[2])
    except (InvalidContent, UnicodeDecodeError):
        return None


def _category_of(directory: str) -> str:
    """The directory of the category that the memory in ``directory`` is of."""
    root, _, inside = directory.partition("/memories/")
    return f"{root}/memories/{inside.partition('/')[0]}"
