"""Everything a workspace does with packs, as methods of one object; ``Workspace.packs`` is it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from viking_git.config import PackPolicy, Policy
from viking_git.errors import InvalidURI
from viking_git.model.layers import RELATIONS
from viking_git.model.uri import Spaces, VikingURI
from viking_git.pack.read import open_pack
from viking_git.session.export import ExportOptions, ExportReport, export, export_backup
from viking_git.session.importing import ImportOptions, ImportReport, import_pack, restore_pack
from viking_git.store.remote import create_bundle
from viking_git.store.repo import Store

if TYPE_CHECKING:
    from viking_git.session.packvectors import PackVectors

BUNDLE_SUFFIX = ".bundle"
Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that two packs, or a pack and a tree, do not have alike: ``A`` added, ``D`` gone, ``M`` changed."""

    status: str
    path: str


@dataclass(frozen=True, slots=True)
class Search:
    """What packs need of search: whose vectors, where they are cached, and how to bring the index up to date."""

    embedder: str
    cache: Path
    notice: Notice
    update: Callable[[], None]

    @property
    def vectors(self) -> "PackVectors":
        """The vectors of this embedder."""
        from viking_git.session.packvectors import PackVectors

        return PackVectors(self.embedder, self.cache, self.notice)


class Packs:
    """Packs in and out of one workspace."""

    def __init__(self, store: Store, policy: Policy, spaces: Spaces, search: Search) -> None:
        self._store, self._policy, self._spaces, self._search = store, policy, spaces, search

    def export_ovpack(self, uri: VikingURI, to: Path, *, include_vectors: bool = False) -> str:
        """As OpenViking's clients have it: trunk's tree, the current format; the file's path."""
        return str(self.export(uri, to, ExportOptions(), include_vectors=include_vectors).file)

    def import_ovpack(self, file: Path, parent: VikingURI, *, force: bool = False, vectorize: bool = True) -> str:
        """As OpenViking's clients have it; the URI at which the pack's root lies now."""
        options = ImportOptions(on_conflict="overwrite" if force else "fail")
        return self.import_(file, parent, options, vectorize=vectorize).uri

    @property
    def limits(self) -> PackPolicy:
        """What a pack may cost here."""
        return self._policy.packs

    def export(
        self, uri: VikingURI, file: Path, options: ExportOptions, *, include_vectors: bool = False
    ) -> ExportReport:
        """Write what is at ``uri`` to ``file``; see ``session.export``."""
        options = self._with_vectors(options, include_vectors)
        return export(self._store, self._policy, self._trunk, uri.full_path, file, options)

    def backup(
        self, file: Path, options: ExportOptions, *, include_vectors: bool = False, with_history: bool = False
    ) -> ExportReport:
        """Write all scopes to ``file``, and with ``with_history`` every branch and tag to a bundle beside it.

        The ref of private transcripts goes into the bundle only with them.
        """
        report = export_backup(
            self._store, self._policy, self._trunk, file, self._with_vectors(options, include_vectors)
        )
        if with_history:
            refs = [ref for ref in self._store.refs("refs/") if _travels(ref, options.with_transcripts)]
            create_bundle(self._store.common_dir, bundle_of(file), refs)
        return report

    def import_(
        self, file: Path, parent: VikingURI | None, options: ImportOptions, *, vectorize: bool = True
    ) -> ImportReport:
        """Import ``file`` into the directory ``parent``, None for where it came from; see ``session.importing``."""
        into = parent.full_path if parent is not None else None
        report = import_pack(self._store, self._policy, file, into, options, agent=self._spaces.agent)
        self._vectorize(file, options, report, vectorize)
        return report

    def restore(self, file: Path, options: ImportOptions, *, vectorize: bool = True) -> ImportReport:
        """Import the backup ``file``."""
        report = restore_pack(self._store, self._policy, file, options, agent=self._spaces.agent)
        self._vectorize(file, options, report, vectorize)
        return report

    def differences(self, file: Path, other: Path | VikingURI | None = None) -> list[Difference]:
        """What ``other`` (a pack, or what lies at a URI; where ``file`` comes from if None) has other than ``file``.

        Raises:
            BadPack: a pack that is not sound.
            InvalidURI: ``file`` does not say where it comes from, and nothing was named.
        """
        before, uri = sums(file, self.limits)
        if isinstance(other, Path):
            after = sums(other, self.limits)[0]
        else:
            if other is None and not uri:
                raise InvalidURI(f"{file.name} does not say where it comes from", hint="name a URI to compare with")
            after = self._tree_sums(other or VikingURI(uri))
        return [
            Difference("A" if path not in before else "D" if path not in after else "M", path)
            for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path)
        ]

    @property
    def _trunk(self) -> str:
        return f"refs/heads/{self._policy.trunk}"

    def _with_vectors(self, options: ExportOptions, wanted: bool) -> ExportOptions:
        return replace(options, vectors=self._search.vectors.make) if wanted else options

    def _vectorize(self, file: Path, options: ImportOptions, report: ImportReport, wanted: bool) -> None:
        if not wanted or report.commit is None:
            return
        if report.manifest.index.dense is not None:
            with open_pack(file, self.limits) as pack:
                self._search.vectors.take(pack)
        if options.branch is None:
            self._search.update()

    def _tree_sums(self, uri: VikingURI) -> dict[str, str]:
        snapshot = self._store.snapshot(self._store.tip(self._trunk))
        top = uri.full_path
        snapshot.bring(snapshot.walk(top))
        return {
            path[len(top) + 1 :] if top else path: hashlib.sha256(snapshot.read_oid(entry.oid)).hexdigest()
            for path, entry in snapshot.walk(top)
            if entry.kind == "file" and (top or "/" in path) and entry.name != RELATIONS
        }


def bundle_of(file: Path) -> Path:
    """Where the history that belongs to a backup lies."""
    return file.with_name(file.name + BUNDLE_SUFFIX)


def sums(file: Path, limits: PackPolicy) -> tuple[dict[str, str], str]:
    """Path → sha256 of every file of a pack, each unpacked and checked; and the URI that was packed.

    Raises:
        BadPack: it is not sound.
    """
    with open_pack(file, limits) as pack:
        return {checked.path: checked.sha256 for checked in pack.check()}, pack.manifest.root.uri


def _travels(ref: str, with_transcripts: bool) -> bool:
    if ref.startswith(("refs/heads/", "refs/tags/")):
        return True
    return with_transcripts and ref.startswith("refs/viking/")
