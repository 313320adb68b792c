"""Keeping an index true to its trees, whatever happens to its files and whoever else is at it.

A refresh commits the words first and then the vectors, chunk by chunk: a kill costs one chunk. Another process
answers meanwhile with what is there and, in memory, with the words of what is not there yet.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from viking_git.errors import ModelUnavailable, RemoteFailed
from viking_git.private import make_private, secure
from viking_git.retrieval import generation as generations
from viking_git.retrieval.changes import Applied, Trees, apply_changes
from viking_git.retrieval.database import State
from viking_git.retrieval.embed import Embedder, Notice
from viking_git.retrieval.generation import Damaged, Generation
from viking_git.retrieval.locks import file_lock
from viking_git.retrieval.nearest import Arranged, Nearest
from viking_git.retrieval.report import Bounds, Progress, RefreshReport
from viking_git.retrieval.rows import Matrix
from viking_git.retrieval.vectors import CHUNK, VectorCache

_FEW_DEAD = 1_000
_PATIENCE = 1.0
"""Seconds to wait for another process: most refreshes take less."""
_FIRST_WORDS = 10.0
"""Seconds to wait for another process while there is no index at all, and what it has written of one does not grow."""
_BESIDE = Bounds(texts=512, documents=1_000)
"""What a search adds in memory while another process writes: seconds. Memories and conversations are added always."""


_ANOTHER = "another process is refreshing the search index"


class Upkeep:
    """The files of one index. ``generation``, ``state`` and ``nearest`` are what to read, after a ``refresh``.

    Attributes:
        computed: texts embedded through this instance; those met before are not embedded again.
    """

    generation: Generation
    state: State
    nearest: Arranged

    def __init__(
        self,
        home: Path,
        cache: Path,
        embedder: Callable[[], Embedder],
        notice: Notice,
        progress: Progress,
        seed: Path | None = None,
        backend: str = "auto",
    ) -> None:
        """Take the directory of the index and that of all caches; nothing is opened yet.

        Where there is no index in ``home`` and one in ``seed``, it begins as a copy of that.
        """
        self._seed = seed
        self._backend = backend
        self._bounds: Bounds | None = None
        self.computed = 0
        self._home = home
        self._cache = cache
        self._embedder = embedder
        self._notice = notice
        self._progress = progress
        self._is_beside = False
        self._opened: Generation | None = None
        self._arranged: Generation | None = None
        self._cached: VectorCache | None = None

    def sibling(self, home: Path) -> "Upkeep":
        """One for ``home``, in all else like this; where there is no index it begins as a copy of this one."""
        return Upkeep(home, self._cache, self._embedder, self._notice, self._progress, self._home, self._backend)

    def refresh(self, trees: Trees, bounds: Bounds | None = None) -> RefreshReport:
        """Make the index say what ``trees`` say, and hold on to that state; never fails. See ``Bounds``."""
        self._bounds = bounds
        if self._is_beside:
            # The copy was for as long as another process writes.
            self.close()
        if self._opened is not None and not self._opened.number:
            return self._write(trees, self._opened, self.state)
        if bounds is not None and self._has_more_documents(trees, bounds.documents):
            return RefreshReport(behind="many documents are new to the search index", waits=True)
        try:
            secure(self._home, self._cache, self._notice)
            make_private(self._home)
            return self._refresh(trees)
        except generations.UNWRITABLE as error:
            return self._unwritable(trees, error)
        except (Damaged, sqlite3.DatabaseError) as error:
            return self.rebuild(trees, error)

    def rebuild(self, trees: Trees, why: Exception) -> RefreshReport:
        """Begin the index anew because the present one is damaged."""
        state = "of another version" if isinstance(why, generations.OtherFormat) else "damaged"
        self._notice(f"the search index is {state} and built anew ({why})")
        self.close()
        try:
            with file_lock(self._home / "lock"):
                return self._write(trees, generations.begin(self._home), None)
        except (OSError, sqlite3.Error) as again:
            return self._unwritable(trees, again)

    def compact(self, trees: Trees) -> RefreshReport:
        """Write the index anew without dead rows and let its files shrink; vectors come from the cache.

        Raises:
            OSError, sqlite3.Error: it cannot be written; the present one stays.
        """
        self.close()
        with file_lock(self._home / "lock"):
            report = self._write(trees, generations.begin(self._home), None)
            self.generation.database.compact()
            if self._cached is not None:
                self._cached.compact()
            self._hold(self.generation)
        return report

    def embed(self, texts: Sequence[str]) -> Matrix:
        """The vectors of ``texts``, through the cache.

        Raises:
            ModelUnavailable: there is no model.
        """
        return self._vectors(self._embedder()).embed(texts, self._embedder())

    def close(self) -> None:
        """Close the files."""
        if self._cached is not None:
            self._cached.close()
            self._cached = None
        if self._arranged is not None:
            self.nearest.close()
            self._arranged = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        self._is_beside = False

    def _refresh(self, trees: Trees) -> RefreshReport:
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = self._open()
            if found is not None:
                self._hold(found)
                if self._is_true(trees):
                    return RefreshReport()
            with file_lock(self._home / "lock", wait=False) as mine:
                if mine:
                    # Another process may have replaced it since.
                    found = self._open()
                    if found is None:
                        return self._write(trees, *self._begun(generations.begin(self._home)))
                    return self._write(trees, found, found.database.begin_read())
            if time.monotonic() > deadline:
                return self._read_beside(trees)
            time.sleep(0.02)

    def _open(self) -> Generation | None:
        number = generations.current_number(self._home)
        if self._opened is None or self._opened.number != number:
            self.close()
            self._opened = generations.open_current(self._home)
        return self._opened

    def _hold(self, generation: Generation) -> None:
        if self._arranged is not generation:
            if self._arranged is not None:
                self.nearest.close()
            self.nearest = self._nearest(generation)
            self._arranged = generation
        self._opened = self.generation = generation
        self.state = generation.database.begin_read()

    def _nearest(self, generation: Generation) -> Arranged:
        kind, _, address = self._backend.partition("@")
        path = generation.rows.path
        if kind != "milvus":
            return Nearest(path, self._backend, self._notice)
        from viking_git.retrieval.milvus import MilvusNearest

        marker = path.with_suffix(".milvus") if path is not None else None
        address = address or str(self._home / "milvus.db")
        return MilvusNearest(address, self._home.name, generation.database, marker, self._notice)

    def _arrange(self) -> None:
        """Let the index over the vectors, if there is one, cover what has come; without it search is exact."""
        if self.state.vectors:
            try:
                self.nearest.extend(self.generation.rows.view(self.state.vectors, self.state.dim))
            except OSError as error:
                self._notice(f"the vectors cannot be arranged for a faster search ({error})")

    def _is_true(self, trees: Trees) -> bool:
        state = self.state
        same = (state.trunk, state.transcripts) == (trees.trunk.tree, trees.transcripts.tree)
        return same and state.vectors == state.rows

    def _write(self, trees: Trees, generation: Generation, state: State | None) -> RefreshReport:
        """Bring ``generation``, which was at ``state`` (None: is new), to ``trees``. The lock is held."""
        paths = self._changed(trees, state) if state is not None else None
        if paths is None and state is not None:
            generation.close()
            generation = generations.begin(self._home) if generation.number else generations.begin_in_memory()
        wanted = paths if paths is not None else trees.all()
        try:
            trees.bring(wanted)
        except RemoteFailed as error:
            if paths is None:
                raise
            self._hold(generation)
            return RefreshReport(behind=f"the newest changes are not searched: {error.message}")
        applied = self._apply(trees, wanted, generation)
        if generation.number and generation.number != generations.current_number(self._home):
            generations.make_current(self._home, generation)
        left = self._beyond(generation)
        computed, behind = (0, f"{left:,} texts have no vector yet") if left else self._embed(generation)
        self._hold(generation)
        self._arrange()
        return RefreshReport(applied.added, applied.removed, computed, applied.left_out, behind, left)

    def _changed(self, trees: Trees, state: State) -> set[str] | None:
        """The files to look at, None when it is better to begin anew."""
        # Rows are never reused: when most are dead, a new generation is smaller, and its vectors are in the cache.
        if state.rows - state.units > max(_FEW_DEAD, state.units):
            return None
        old = trees.older(state.trunk, state.transcripts)
        try:
            return None if old is None else old.changed(trees)
        except KeyError:
            # Git has dropped a part of the older tree.
            return None

    def _has_more_documents(self, trees: Trees, most: int) -> bool:
        """Whether more than ``most`` documents are new to the index; counted no further than that."""
        old: Trees | None = None
        with suppress(Damaged, OSError, sqlite3.Error):
            found = self._open()
            state = found.database.begin_read() if found is not None else None
            old = trees.older(state.trunk, state.transcripts) if state is not None else None
        return sum(1 for _ in islice(trees.documents(old), most + 1)) > most

    def _apply(self, trees: Trees, paths: set[str], generation: Generation, *, whole: bool = True) -> Applied:
        database = generation.database
        database.begin_write()
        try:
            applied = apply_changes(database, trees, paths)
            if whole:
                database.set_state(trunk=trees.trunk.tree, transcripts=trees.transcripts.tree)
            database.commit()
        except BaseException:
            database.end()
            raise
        return applied

    def _beyond(self, generation: Generation) -> int:
        """How many texts lack their vectors where they are more than this refresh may embed, else 0."""
        state = generation.database.begin_read()
        missing = state.rows - state.vectors
        return missing if self._bounds is not None and missing > self._bounds.texts else 0

    def _embed(self, generation: Generation) -> tuple[int, str]:
        """Compute the vectors that are missing: how many texts were embedded, and what is wrong."""
        database = generation.database
        state = database.begin_read()
        if state.vectors == state.rows:
            return 0, ""
        try:
            embedder = self._embedder()
        except ModelUnavailable as error:
            return 0, f"searched by words only: {error.message}"
        if state.dim not in {0, embedder.dim}:
            raise Damaged(f"its vectors have {state.dim} dimensions, not {embedder.dim}")
        cache = self._vectors(embedder)
        before = cache.computed
        behind = ""
        try:
            while state.vectors < state.rows:
                state = self._embed_chunk(generation, state, cache, embedder)
                self._progress(state.vectors, state.rows)
        except ModelUnavailable as error:
            behind = f"{state.rows - state.vectors:,} texts are searched by words only: {error.message}"
        self.computed += cache.computed - before
        return cache.computed - before, behind

    def _embed_chunk(self, generation: Generation, state: State, cache: VectorCache, embedder: Embedder) -> State:
        database = generation.database
        count = min(CHUNK, state.rows - state.vectors)
        texts = database.embedded_texts(state.vectors, count)
        block = np.zeros((count, embedder.dim), dtype=np.float32)
        if texts:
            block[[row - state.vectors - 1 for row in texts]] = cache.embed(list(texts.values()), embedder)
        generation.rows.write(state.vectors, block)
        database.begin_write()
        state = database.set_state(vectors=state.vectors + count, dim=embedder.dim)
        database.commit()
        return state

    def _vectors(self, embedder: Embedder) -> VectorCache:
        if self._cached is None:
            self._cached = VectorCache(self._cache / "vectors", embedder.id, embedder.dim, self._notice)
        return self._cached

    def _read_beside(self, trees: Trees) -> RefreshReport:
        """Another process writes: read what it has committed."""
        written, deadline = -1, 0.0
        while (found := self._open()) is None:
            before, written = written, self._written()
            if written != before:
                deadline = time.monotonic() + _FIRST_WORDS
            if time.monotonic() > deadline:
                self._notice(
                    "another process is building the search index and does not get on; it is built for this run"
                )
                return self._in_memory(trees)
            time.sleep(0.05)
        self._hold(found)
        if self._is_true(trees):
            return RefreshReport()
        if (self.state.trunk, self.state.transcripts) != (trees.trunk.tree, trees.transcripts.tree):
            return self._write_beside(trees)
        missing = self.state.rows - self.state.vectors
        return RefreshReport(behind=f"{_ANOTHER}: {missing:,} of {self.state.units:,} texts have no vector yet")

    def _write_beside(self, trees: Trees) -> RefreshReport:
        """Add what the index lacks to a copy in memory: what was just learnt must be found, and the lock is held."""
        self._bounds = self._bounds or _BESIDE
        generation, state = self._begun(generations.begin_in_memory())
        self.close()
        paths = self._changed(trees, state) if state is not None else None
        documents = sorted(path for path in paths or () if path.startswith("resources/"))
        late = documents[_BESIDE.documents :]
        if paths is None or state is None or not late:
            report = self._write(trees, generation, state)
            lacks = report.behind
        else:
            trees.bring(paths.difference(late))
            applied = self._apply(trees, paths.difference(late), generation, whole=False)
            self._hold(generation)
            report = RefreshReport(applied.added, applied.removed, 0, applied.left_out)
            lacks = f"{len(late):,} files are not searched yet"
        self._is_beside = True
        return replace(report, behind=lacks and f"{_ANOTHER}: {lacks}")

    def _written(self) -> int:
        """The bytes of all files of the index, whoever writes them."""
        total = 0
        for path in self._home.iterdir():
            with suppress(OSError):
                total += path.stat().st_size
        return total

    def _begun(self, generation: Generation) -> tuple[Generation, State | None]:
        """``generation``, which is new, as a copy of one that stands for other trees, if there is one; its state."""
        for home in filter(None, (self._home, self._seed)):
            for read_only in (False, True):
                with suppress(Damaged, OSError, sqlite3.Error):
                    secure(home, self._cache, self._notice)
                    found = generations.open_current(home, read_only=read_only)
                    if found is not None:
                        with closing(found):
                            return generation, generations.copy(found, generation)
        return generation, None

    def _unwritable(self, trees: Trees, error: Exception) -> RefreshReport:
        """Nothing can be written: read the index if it is true, else go on in memory."""
        self.close()
        with suppress(Damaged, OSError, sqlite3.Error):
            secure(self._home, self._cache, self._notice)
            found = generations.open_current(self._home, read_only=True)
            if found is not None:
                self._hold(found)
                if self._is_true(trees):
                    return RefreshReport()
        self._notice(f"the search index cannot be kept in {self._home} ({error}); it is built for this run")
        return self._in_memory(trees)

    def _in_memory(self, trees: Trees) -> RefreshReport:
        self.close()
        return self._write(trees, *self._begun(generations.begin_in_memory()))
