"""Documents into the tree, as they came (design section 3)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from viking_git.errors import InvalidContent, InvalidName, Refused, WouldDelete
from viking_git.memory.guard import OPEN, Guard
from viking_git.model.changes import Changes
from viking_git.model.layers import LAYER_FILES, META
from viking_git.model.meta import dump_json, load_json
from viking_git.model.names import MAX_PATH_BYTES
from viking_git.model.text import readable_text
from viking_git.resources.origins import ORIGINS, Mirror, Owners
from viking_git.resources.sources import Skipped, SourceFile, Sources, read_sources
from viking_git.resources.view import BLOB_MODE, EXECUTABLE_MODE, blob_oid
from viking_git.store.snapshot import Entry, Snapshot

__all__ = ["AddReport", "SourceFile", "Sources", "add_changes", "read_sources", "withheld"]


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
        withheld: files that a guard against secrets left out, and why.
        stale: directories with layers written by hand that are true no longer: they stay as they are.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    kept: tuple[str, ...] = ()
    not_searchable: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    withheld: tuple[Skipped, ...] = ()
    stale: tuple[str, ...] = ()
    bad_bytes: tuple[Skipped, ...] = ()

    @property
    def counts(self) -> str:
        """``+3 ~2 -1``: documents added, changed and removed."""
        return f"+{len(self.added)} ~{len(self.changed)} -{len(self.removed)}"


@dataclass(frozen=True, slots=True)
class AddOptions:
    """How to add.

    Attributes:
        named: whether somebody chose the target; else it is called like the source, as others may be.
        replace: let the documents take the place of those that came from elsewhere.
        yes: delete even more than half of what came from a source.
        places: where sources are on this machine, by their ids.
        guard: says which files are not taken.
    """

    named: bool = True
    replace: bool = False
    yes: bool = False
    places: Mapping[str, str] = field(default_factory=dict)
    guard: Guard = OPEN


def add_changes(
    base: Snapshot, sources: Sources, target: str, options: AddOptions | None = None
) -> tuple[Changes, AddReport]:
    """What adding ``sources`` at the directory ``target`` changes: documents as they came, and where they came from.

    A folder that is added again is mirrored: documents that it brought and has no longer are removed. What another
    source brought stays, and so does what was written here. Layers go only with their directory. A file that the guard
    withholds is not taken; what the tree has in its place stays.

    Args:
        base: the tree to change.
        sources: what ``read_sources`` found.
        target: a path in the repository below ``resources/``.

    Raises:
        InvalidContent: a target that is not below ``resources/``.
        InvalidName: a document that would take the place of a directory of other documents, or the other way round.
        Refused: a document would take the place of one that came from elsewhere, or a folder that of one of its name.
        WouldDelete: more than half of what the sources brought before would go.
    """
    if not target.startswith("resources/"):
        raise InvalidContent(
            f"documents go below resources/, not to {target!r}", hint="name a directory, e.g. viking://resources/docs"
        )
    return _Adding(base, sources, target, options or AddOptions()).run()


def withheld(base: Snapshot, path: str, file: SourceFile, guard: Guard) -> str:
    """Why ``guard`` keeps ``file`` from becoming ``path``, "" where it does not; what is there already is no news."""
    entry = base.entry(path)
    if entry is None or entry.kind != "file":
        return guard.reason(path, file.data)
    return "" if _same(entry, file) else guard.reason(path, file.data, base.read_oid(entry.oid))


class _Adding:
    """One run of ``add_changes``: the changes and the report as they grow."""

    def __init__(self, base: Snapshot, sources: Sources, target: str, options: AddOptions) -> None:
        self.base, self.sources, self.target, self.options = base, sources, target, options
        self.owners = Owners(base)
        self.changes = Changes()
        self.skipped = list(sources.skipped)
        self.files: dict[str, SourceFile] = {}
        self.ids: dict[str, tuple[str, ...]] = {}
        self.withheld: dict[str, Skipped] = {}
        for file in sources.files:
            path = f"{target}/{file.path}"
            if len(path.encode()) > MAX_PATH_BYTES:
                self.skipped.append((file.path, f"its path is longer than {MAX_PATH_BYTES} bytes"))
            elif reason := withheld(base, path, file, options.guard):
                self.withheld[path] = (file.path, reason)
            else:
                self.files[path] = file
                # Of several sources each lands under its own name.
                self.ids[path] = sources.ids.get("") or sources.ids.get(file.path.partition("/")[0], ())
        self.directories = {str(parent) for path in self.files for parent in PurePosixPath(path).parents}
        self.mirrors = [Mirror(self.owners, *origin) for origin in self._folders()]
        self.added: list[str] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.unchanged = 0

    def _folders(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for inside, name in self.sources.origins:
            if inside in self.sources.folders:
                yield f"{self.target}/{inside}".rstrip("/"), name, self.sources.ids.get(inside, ())

    def run(self) -> tuple[Changes, AddReport]:
        for mirror in self.mirrors:
            mirror.look(self.base)
            self._refuse_strangers(mirror)
        here = self.files.keys() | self.withheld.keys()
        gone = {path for mirror in self.mirrors for path in mirror.gone(here, replace=self.options.replace)}
        self._refuse_loss(gone)
        # Deletions first: a document may take the place of a directory that goes.
        self._prune(gone)
        self._refuse_collisions()
        self._refuse_replacing()
        for path, file in self.files.items():
            self._place(path, file)
        self._name_sources()
        self._name_origins(gone)
        kept = sorted({path for mirror in self.mirrors for path in mirror.documents} - gone - here)
        dark: list[str] = []
        bad: list[Skipped] = []
        for path, file in self.files.items():
            text, problem = readable_text(file.data)
            dark += [path] if text is None else []
            bad += [(path, problem)] if problem else []
        return self.changes, AddReport(
            tuple(self.added), tuple(self.changed), tuple(self.removed), self.unchanged, tuple(kept), tuple(dark),
            tuple(sorted(self.skipped)), tuple(sorted(self.withheld.values())), bad_bytes=tuple(bad),
        )  # fmt: skip

    def _refuse_strangers(self, mirror: Mirror) -> None:
        """Refuse a folder that is called like one whose documents are there: it is another project's."""
        if self.options.replace or mirror.ours:
            return
        # Of an older viking-git's folder the name alone is known: it is the same one where most documents are.
        common = [path for path in mirror.old if path in self.files]
        is_like = 2 * sum(map(self._is_same, common)) > len(common)
        if (mirror.others and not self.options.named) or (mirror.old and not is_like):
            known = (self.options.places.get(source) for path in mirror.others for source in self.owners.of(path))
            whose = next((f"those of {place}" for place in known if place), "those of another source")
            raise Refused(
                f"the documents at viking://{mirror.top}/ are {whose}",
                hint="--to viking://resources/NAME puts these elsewhere; --replace lets them take the place of those",
            )

    def _refuse_loss(self, gone: Collection[str]) -> None:
        if not gone or self.options.yes or self.options.replace:
            return
        # What is here under another name was moved.
        moved = {blob_oid(file.data) for file in self.files.values()}
        lost = sum(1 for path in gone if (entry := self.base.entry(path)) is not None and entry.oid not in moved)
        whole = sum(len(mirror.ours) for mirror in self.mirrors)
        if 2 * lost > whole:
            raise WouldDelete(
                f"{lost:,} of the {whole:,} documents from here are gone and would be deleted",
                hint="--yes deletes them; git keeps them in its history",
            )

    def _prune(self, gone: Collection[str]) -> None:
        """Delete what is gone, and each directory with its layers that has nothing else."""
        doomed = {str(parent) for path in gone for parent in PurePosixPath(path).parents}
        for mirror in self.mirrors:
            if not self._prune_directory(mirror.top, gone, doomed):
                self._remove(mirror.top)

    def _prune_directory(self, path: str, gone: Collection[str], doomed: Collection[str]) -> bool:
        """Delete what is gone below ``path``; whether ``path`` stays."""
        if path not in doomed:
            return True
        stays = path in self.directories
        victims: list[str] = []
        for entry in self.base.entries(path):
            inside = f"{path}/{entry.name}"
            if inside in gone or (entry.is_dir and not self._prune_directory(inside, gone, doomed)):
                victims.append(inside)
            elif entry.name not in LAYER_FILES:
                stays = True
        for victim in victims if stays else ():
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

    def _refuse_replacing(self) -> None:
        """Refuse to write over what did not come from here."""
        old = {path for mirror in self.mirrors for path in mirror.old}
        strange = [path for path in self.files if path not in old and self._is_strange(path)]
        if strange and not self.options.replace:
            more = f" (and {len(strange) - 1:,} more)" if len(strange) > 1 else ""
            raise Refused(
                f"viking://{strange[0]}{more} did not come from here and says something else",
                hint="--to viking://resources/NAME puts yours elsewhere; --replace lets it take the place of that",
            )

    def _is_strange(self, path: str) -> bool:
        entry = self.base.entry(path)
        if entry is None or entry.is_dir or self.owners.of(path) & set(self.ids[path]) or self._is_same(path):
            return False
        directory, _, name = path.rpartition("/")
        # A file that an older viking-git brought by itself.
        return not self.owners.is_old(directory, name)

    def _is_same(self, path: str) -> bool:
        entry = self.base.entry(path)
        return entry is not None and _same(entry, self.files[path])

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
        meta = self.owners.meta(path)
        is_new = not any(entry.name not in LAYER_FILES for entry in self.base.entries(path))
        if self.options.replace or ("source" not in meta and is_new):
            self._write_meta(path, "source", source)

    def _name_origins(self, gone: set[str]) -> None:
        """Write into each directory which of its files came from where."""
        brought: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for path, ids in self.ids.items():
            directory, _, name = path.rpartition("/")
            brought[directory][name] = ids
        # Every directory of a folder says so, with no file of its own too: else it looks like an older viking-git's.
        seen = {path.rpartition("/")[0] for path in gone.union(*(mirror.old for mirror in self.mirrors))}
        seen |= {path for path in self.directories if any(mirror.holds(path) for mirror in self.mirrors)}
        for directory in sorted(brought.keys() | {path for path in seen if not self._is_deleted(path)}):
            names = brought[directory]
            found = {source: set(known) for source, known in self.owners.origins(directory).items()}
            for source in found:
                lost = {name for name, ids in names.items() if source in ids or self.options.replace}
                found[source] -= lost | {name for name in found[source] if f"{directory}/{name}" in gone}
            for name, ids in names.items():
                for source in ids[:1]:
                    found.setdefault(source, set()).add(name)
            written = {source: sorted(found[source]) for source in sorted(found) if found[source]}
            if written != self.owners.meta(directory).get(ORIGINS):
                self._write_meta(directory, ORIGINS, written)

    def _write_meta(self, path: str, key: str, value: object) -> None:
        pending = self.changes.get(f"{path}/{META}")
        meta = load_json(pending, META) if pending is not None else self.owners.meta(path)
        if meta.get(key) != value:
            self.changes.write(f"{path}/{META}", dump_json({**meta, key: value}))

    def _is_deleted(self, path: str) -> bool:
        return any(f"{path}/".startswith(f"{deleted}/") for deleted in self.changes.deleted)


def _same(entry: Entry, file: SourceFile) -> bool:
    mode = EXECUTABLE_MODE if file.executable else BLOB_MODE
    return entry.mode == mode and entry.oid == blob_oid(file.data)
