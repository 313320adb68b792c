"""The life of a workspace's indexes: what there is, building, compacting and clearing it."""

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from viking_git.retrieval.collect import Held, Kept, collect, held, kept, remove
from viking_git.retrieval.embed import load_embedder
from viking_git.retrieval.index import id_of, index_name
from viking_git.retrieval.report import RefreshReport
from viking_git.session.searching import Searching


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What there is of a workspace's indexes.

    Attributes:
        embedder: its name, and ``fingerprint`` what that stands for now.
        home: where the index of trunk lies.
        held: what that holds, None while there is none.
        size: its bytes on disk.
        others: indexes of other commits and other embedders.
        vectors: bytes of the cache of vectors of this embedder, which all workspaces share.
    """

    embedder: str
    fingerprint: str
    home: Path
    held: Held | None
    size: int
    others: tuple[Kept, ...]
    vectors: int

    def to_json(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return {
            "embedder": self.embedder, "fingerprint": self.fingerprint, "home": str(self.home),
            "index": asdict(self.held) if self.held else None, "bytes": self.size, "vector_cache_bytes": self.vectors,
            "others": [
                {"home": str(one.home), "bytes": one.size, "past": one.past, "embedder": one.embedder}
                for one in self.others
            ],
        }  # fmt: skip


def status(searching: Searching) -> IndexStatus:
    """What there is; nothing is built, loaded or written."""
    name = id_of(searching.setting.embedder)
    home = searching.directory / index_name(searching.setting.embedder, searching.setting.store.cone)
    found = kept(searching.directory)
    size = next((one.size for one in found if one.home == home), 0)
    others = tuple(one for one in found if one.home != home)
    vectors = sum(path.stat().st_size for path in _vector_files(searching, name))
    return IndexStatus(searching.setting.embedder, name, home, held(home, searching.trees()), size, others, vectors)


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: units there are, what changed, texts embedded, seconds."""

    units: int
    report: RefreshReport
    seconds: float


def build(searching: Searching, embedder: str | None = None) -> Built:
    """Bring the index of trunk up to date; with ``embedder``, that one is the workspace's from now on.

    Raises:
        ModelUnavailable: there is no such embedder, or it does not load; nothing is changed then.
    """
    if embedder is not None:
        load_embedder(embedder, cache=searching.setting.cache, notice=searching.setting.notice)
        searching.change_embedder(embedder)
    start = time.perf_counter()
    index = searching.trunk()
    assert searching.report is not None  # noqa: S101 - trunk() has just refreshed
    return Built(index.state.units, searching.report, time.perf_counter() - start)


def compact(searching: Searching) -> tuple[int, int]:
    """Write the index of trunk anew without what is gone, and remove old indexes: bytes before and after."""
    before = _size(searching)
    index, trees = searching.trunk(), searching.trees()
    index.compact(trees.trunk, trees.transcripts)
    collect(searching.root, index.home, 0)
    return before, _size(searching)


def clear(searching: Searching, *, vectors: bool = False) -> int:
    """Remove every index of this workspace, and with ``vectors`` the cache of vectors of its embedder: bytes freed."""
    searching.close()
    freed = 0
    for one in kept(searching.directory):
        if remove(one.home):
            freed += one.size
    if vectors:
        for path in _vector_files(searching, id_of(searching.setting.embedder)):
            freed += path.stat().st_size
            path.unlink(missing_ok=True)
    return freed


def _size(searching: Searching) -> int:
    return sum(one.size for one in kept(searching.directory))


def _vector_files(searching: Searching, name: str) -> list[Path]:
    found: list[Path] = []
    with suppress(OSError):
        found = [
            path for path in (searching.setting.cache / "vectors").iterdir() if path.name.startswith(f"{name}.sqlite")
        ]
    return found
