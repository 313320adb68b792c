"""Documents into the tree, as they came (design section 3)."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.changes import Changes
from viking_git.model.layers import LAYER_FILES, META
from viking_git.model.meta import dump_json, load_json
from viking_git.model.names import MAX_PATH_BYTES
from viking_git.model.text import readable_text
from viking_git.resources.sources import Skipped, SourceFile, Sources, read_sources
from viking_git.resources.view import BLOB_MODE, EXECUTABLE_MODE, blob_oid
from viking_git.store.snapshot import Entry, Snapshot

__all__ = ["AddReport", "SourceFile", "Sources", "add_changes", "read_sources"]


@dataclass(frozen=True, slots=True)
class AddReport:
    """What ``add_changes`` changes. All paths are paths in the repository, those in ``skipped`` relative to the source.

    Attributes:
        added, changed, removed: documents, without layers and their stamps.
        unchanged: the number of documents that are there already, byte for byte.
        kept: documents below the target that the folder does not have and did not bring: they stay.
        not_searchable: documents that are not text.
        bad_bytes: documents of which a few bytes are no text, and how a search reads them.
        skipped: what was left out, and why.
        stale: directories with layers written by hand that are true no longer: they stay as they are.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    kept: tuple[str, ...] = ()
    not_searchable: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    stale: tuple[str, ...] = ()
    bad_bytes: tuple[Skipped, ...] = ()

    @property
    def counts(self) -> str:
        """``+3 ~2 -1``: documents added, changed and removed."""
        return f"+{len(self.added)} ~{len(self.changed)} -{len(self.removed)}"


def add_changes(base: Snapshot, sources: Sources, target: str) -> tuple[Changes, AddReport]:
    """What adding ``sources`` at the directory ``target`` changes: documents as they came, and where they came from.

    A folder that is added again is mirrored: documents that it has no longer are removed, those below a directory that
    another source brought excepted. Which source a directory has stands in its ``.meta.json``. Layers go only with
    their directory.

    Args:
        base: the tree to change.
        sources: what ``read_sources`` found.
        target: a path in the repository below ``resources/``.

    Raises:
        InvalidContent: a target that is not below ``resources/``.
        InvalidName: a document that would take the place of a directory of other documents, or the other way round.
    """
    if not target.startswith("resources/"):
        raise InvalidContent(
            f"documents go below resources/, not to {target!r}", hint="name a directory, e.g. viking://resources/docs"
        )
    return _Adding(base, sources, target).run()


class _Adding:
    """One run of ``add_changes``: the changes and the report as they grow."""

    def __init__(self, base: Snapshot, sources: Sources, target: str) -> None:
        self.base, self.sources, self.target = base, sources, target
        self.changes = Changes()
        self.skipped = list(sources.skipped)
        self.files: dict[str, SourceFile] = {}
        for file in sources.files:
            path = f"{target}/{file.path}"
            if len(path.encode()) > MAX_PATH_BYTES:
                self.skipped.append((file.path, f"its path is longer than {MAX_PATH_BYTES} bytes"))
            else:
                self.files[path] = file
        self.directories = {str(parent) for path in self.files for parent in PurePosixPath(path).parents}
        self.added: list[str] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.kept: list[str] = []
        self.unchanged = 0

    def run(self) -> tuple[Changes, AddReport]:
        # Deletions first: a document may take the place of a directory that goes.
        for inside, name in self.sources.origins:
            if inside in self.sources.folders:
                top = f"{self.target}/{inside}".rstrip("/")
                if not self._mirror(top, name):
                    self._remove(top)
        self._refuse_collisions()
        for path, file in self.files.items():
            self._place(path, file)
        self._name_sources()
        dark: list[str] = []
        bad: list[Skipped] = []
        for path, file in self.files.items():
            text, problem = readable_text(file.data)
            dark += [path] if text is None else []
            bad += [(path, problem)] if problem else []
        return self.changes, AddReport(
            tuple(self.added), tuple(self.changed), tuple(self.removed), self.unchanged, tuple(self.kept), tuple(dark),
            tuple(sorted(self.skipped)), bad_bytes=tuple(bad),
        )  # fmt: skip

    def _mirror(self, path: str, source: str) -> bool:
        """Delete what ``source`` has no longer in the directory ``path``; whether ``path`` stays.

        Only directories that ``source`` brought are mirrored, and they say so in their ``.meta.json``.
        """
        ours = self._source(path) == source
        stays = path in self.directories or not ours
        doomed: list[str] = []
        for entry in self.base.entries(path):
            inside = f"{path}/{entry.name}"
            if entry.is_dir:
                if self._mirror(inside, f"{source}/{entry.name}"):
                    stays = True
                else:
                    doomed.append(inside)
            elif inside not in self.files and entry.name not in LAYER_FILES:
                (doomed if ours else self.kept).append(inside)
        for victim in doomed if stays else ():
            self._remove(victim)
        return stays

    def _remove(self, path: str) -> None:
        entry = self.base.entry(path)
        if entry is not None and entry.is_dir:
            self.removed += [p for p, _ in self.base.walk(path) if PurePosixPath(p).name not in LAYER_FILES]
        else:
            self.removed.append(path)
        self.changes.delete(path)

    def _refuse_collisions(self) -> None:
        deleted = self.changes.deleted
        for path in self.files:
            entry = self.base.entry(path)
            if entry is not None and entry.is_dir and path not in deleted:
                raise InvalidName(f"{path!r} is a directory of other documents", hint="choose another --to")
        for path in self.directories:
            entry = self.base.entry(path) if path.startswith("resources/") else None
            if entry is not None and not entry.is_dir and path not in deleted:
                raise InvalidName(f"{path!r} is a document, not a directory", hint="choose another --to")

    def _place(self, path: str, file: SourceFile) -> None:
        entry = self.base.entry(path)
        here = entry if entry is not None and entry.kind == "file" else None
        if here is not None and _same(here, file):
            self.unchanged += 1
            return
        (self.added if entry is None or entry.is_dir else self.changed).append(path)
        self.changes.write(path, file.data, executable=file.executable)

    def _name_sources(self) -> None:
        """Write into each new directory where it comes from; a directory that is there keeps what it says."""
        for inside, name in self.sources.origins:
            top = f"{self.target}/{inside}".rstrip("/")
            if inside in self.sources.folders:
                prefix = f"{top}/"
                below = sorted(path for path in self.directories if path == top or path.startswith(prefix))
                for path in below:
                    self._name_source(path, name + path[len(top) :])
            elif len(self.sources.origins) == 1:
                self._name_source(self.target, name)

    def _name_source(self, path: str, source: str) -> None:
        if self._source(path) is not None or any(e.name not in LAYER_FILES for e in self.base.entries(path)):
            return
        if self.changes.get(f"{path}/{META}") is None:
            self.changes.write(f"{path}/{META}", dump_json({**self._meta(path), "source": source}))

    def _source(self, path: str) -> object:
        return self._meta(path).get("source")

    def _meta(self, path: str) -> dict[str, object]:
        try:
            return load_json(self.base.get(f"{path}/{META}") or b"{}", META)
        except InvalidContent:
            return {}


def _same(entry: Entry, file: SourceFile) -> bool:
    mode = EXECUTABLE_MODE if file.executable else BLOB_MODE
    return entry.mode == mode and entry.oid == blob_oid(file.data)
