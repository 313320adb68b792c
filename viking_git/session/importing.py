"""``import``: a pack into the tree, checked to its last byte before the first one is written.

What is checked goes, as it is checked, into a file beside the repository; only when all of it is sound does that file
become git's. One commit on trunk and the refresh that follows, or one commit on a branch to review.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from viking_git.config import Policy
from viking_git.errors import BadPack, InvalidName, NotFound, RefMoved, Refused, VikingError
from viking_git.memory.guard import Guard
from viking_git.model.changes import Changes
from viking_git.model.layout import BRANCH_PREFIX, TRANSCRIPTS_REF
from viking_git.model.uri import TRACKED_SCOPES
from viking_git.pack.manifest import GENERATOR, Manifest, content_sha256
from viking_git.pack.mapping import Moved, Skills, check_target, home_of
from viking_git.pack.read import Checked, Pack, open_pack
from viking_git.session.adopting import adopt
from viking_git.session.occupied import Occupied, OnConflict, in_the_way
from viking_git.session.placing import Layout, Plan, make_plan
from viking_git.session.refresh import advance_and_refresh, archive_of
from viking_git.session.sidecars import complete_archives
from viking_git.session.unplaced import hold_directories, set_aside
from viking_git.session.withheld import of_pack
from viking_git.store.objects import ObjectWriter
from viking_git.store.packfile import BlobPack, blob_pack
from viking_git.store.repo import Build, Store
from viking_git.store.snapshot import Snapshot
from viking_git.store.transcripts import lay_transcripts


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import.

    Attributes:
        on_conflict: what to do where something is already: refuse, replace it, or leave it and not import that.
        as_is: move and rewrite nothing.
        skills: where a user's skills go.
        branch: the short name of a new branch to commit to instead of trunk.
        dry_run: write nothing.
        allow_secrets: take files that look like they hold a secret too.
    """

    on_conflict: OnConflict = "fail"
    as_is: bool = False
    skills: Skills = "agent"
    branch: str | None = None
    dry_run: bool = False
    allow_secrets: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or with ``dry_run`` would do.

    Attributes:
        uri: where the pack's root lies now.
        manifest: of the pack.
        commit: the import's commit, None where nothing was written.
        files: how many files of the pack were taken; the commit's subject says the same.
        remade: of these, layers of containers: projections, which trunk makes anew.
        private: of these, transcripts, which are on their ref and not in the tree.
        added: layers and sidecars that were made.
        moved: files that lie elsewhere than the pack has them.
        replaced: what was there and is not any more.
        skipped: what was there and was left.
        notes: what else was not taken as it came.
        withheld: files of the pack that the guard against secrets left out, and why.
    """

    uri: str
    manifest: Manifest
    commit: str | None
    files: int
    remade: int
    private: int
    added: tuple[str, ...]
    moved: tuple[Moved, ...]
    replaced: tuple[str, ...]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]
    withheld: tuple[tuple[str, str], ...] = ()


def import_pack(
    store: Store, policy: Policy, file: Path, parent: str | None, options: ImportOptions, *, agent: str
) -> ImportReport:
    """Import the pack ``file`` into the directory ``parent``: "" for ``viking://``, None for where it came from.

    Args:
        agent: the agent's space that a user's skills go to.

    Raises:
        NotFound: no such file.
        BadPack: it is damaged or hostile, or does not belong there; nothing was written.
        Refused: something is there already, or trunk's work tree cannot take it now; nothing was written.
    """
    with open_pack(file, policy.packs) as pack, blob_pack(store) as blobs:
        manifest = pack.manifest
        if manifest.is_backup:
            raise BadPack("a backup of all scopes", hint=f"viking-git restore {file}")
        if parent is None:
            parent = home_of(manifest.root.uri)
        target = check_target(manifest.root.name, manifest.root.uri.removeprefix("viking://"), parent)
        _check_scope(target)
        return _Importing(store, policy, pack, blobs, target, options, agent).run()


def restore_pack(store: Store, policy: Policy, file: Path, options: ImportOptions, *, agent: str) -> ImportReport:
    """Import the backup ``file``. With ``overwrite`` its files replace those of the same paths; others stay.

    Raises:
        BadPack: no backup, or as ``import_pack``.
        Refused: a scope holds something already.
    """
    with open_pack(file, policy.packs) as pack, blob_pack(store) as blobs:
        if not pack.manifest.is_backup:
            uri = pack.manifest.root.uri
            of = f"a pack of {uri}" if uri else "a pack of one directory"
            raise BadPack(
                f"{of}, no backup of all scopes", hint=f"viking-git import {file} {uri.rpartition('/')[0] or 'URI'}/"
            )
        for path in [*pack.files, *pack.directories]:
            _check_scope(path)
        return _Importing(store, policy, pack, blobs, "", options, agent).run()


class _Importing:
    """One run of an import."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        pack: Pack,
        blobs: BlobPack,
        target: str,
        options: ImportOptions,
        agent: str,
    ) -> None:
        self.store, self.policy, self.options = store, policy, options
        self.pack, self.blobs, self.target = pack, blobs, target
        self.trunk = f"refs/heads/{policy.trunk}"
        self.private = policy.sessions.transcripts == "private"
        self.occupied = Occupied(target, options.on_conflict)
        self.layout = Layout(options.as_is, agent, options.skills, self.private)
        self.added: list[str] = []
        self.notes: list[str] = []

    def run(self) -> ImportReport:
        store = self.store
        store.signatures()
        branch = self._branch_ref()
        # Read once more than an import needs: what is withheld must not become an object of the repository.
        withheld = of_pack(self.pack, self.target, Guard(self.policy.checks, self.options.allow_secrets))
        files = list(self.pack.check(self.blobs, withheld))
        manifest = _with_content(self.pack.manifest, files)
        files = [file for file in files if file.path not in withheld]
        plan = make_plan(files, self.pack.directories, self.target, self.layout, self.blobs)
        set_aside(plan, self.blobs, as_is=self.options.as_is)
        directories = [f"{self.target}/{d}".lstrip("/") for d in self.pack.directories]
        hold_directories(plan, directories, self.layout, self.blobs)
        whole = not (self.target.startswith("session/") and self.target.count("/") > 2)
        complete_archives(plan, self.blobs, as_is=self.options.as_is, whole=whole)
        self.occupied.settle(store.snapshot(store.tip(self.trunk)), plan)
        commit = None
        if not self.options.dry_run and (plan.count or plan.empty):
            store.step("checked")
            with self.blobs.install(store), self._kept_transcripts(plan):
                commit = self._commit(plan, manifest, branch)
                plan.notes = self.notes
        uri = f"viking://{self.target}" if self.target else "viking://"
        return ImportReport(
            uri, manifest, commit, plan.count, len(plan.layers), len(plan.transcripts), tuple(self.added),
            tuple(plan.moved), tuple(self.occupied.replaced), tuple(self.occupied.skipped), tuple(plan.notes),
            tuple(sorted(withheld.items())),
        )  # fmt: skip

    # --- writing

    def _branch_ref(self) -> str | None:
        name = self.options.branch
        if name is None:
            return None
        ref = f"refs/heads/{name}"
        if f"{name}/".startswith((BRANCH_PREFIX, "-")) or not self.store.is_ref_name(ref):
            raise InvalidName(f"{name!r} cannot be a branch of an import", hint="try import/NAME")
        if self.store.tip(ref) is not None:
            raise Refused(f"the branch {name!r} exists", hint=f"git branch -D {name}, or choose another name")
        return ref

    @contextmanager
    def _kept_transcripts(self, plan: Plan) -> Iterator[None]:
        """Private transcripts on their ref, before trunk names them; taken back if the block fails."""
        store = self.store
        before = store.tip(TRANSCRIPTS_REF)

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            base = store.snapshot(tip)
            tree = writer.graft(base.tree, plan.transcripts)
            if tree is None or tree == base.tree:
                return tip
            return store.commit(writer, tree, [tip] if tip else [], "import: transcripts\n")

        after = store.advance(TRANSCRIPTS_REF, build, "import: transcripts") if plan.transcripts else before
        try:
            yield
        except VikingError:
            if after is not None and after != before:
                self._take_back(before, after)
            raise

    def _take_back(self, before: str | None, after: str) -> None:
        # Where somebody has put more on top, theirs stays, and ours with it: nothing names it, and nothing is lost.
        with suppress(RefMoved):
            if before is None:
                self.store.delete_ref(TRANSCRIPTS_REF, after)
            else:
                self.store.publish(self.store.writer(), TRANSCRIPTS_REF, before, after, "import: taken back")

    def _commit(self, plan: Plan, manifest: Manifest, branch: str | None) -> str | None:
        commits: list[str] = []
        own = manifest.generator == GENERATOR

        def build(writer: ObjectWriter, tip: str | None) -> str | None:
            base = self.store.snapshot(tip)
            self.occupied.refuse_newcomers(base, plan)
            grafted = self._grafted(writer, base, plan)
            attempt = plan.copy()
            changes = adopt(grafted, attempt, as_is=self.options.as_is, own=own)
            self.notes = attempt.notes
            self.added = sorted(path for path in changes.paths() if path not in plan.files)
            if branch is not None:
                changes = self._within(changes, attempt)
            tree = writer.apply(grafted.tree, changes)
            if tree == base.tree:
                return tip
            commits.append(self.store.commit(writer, tree, [tip] if tip else [], self._message(manifest, plan)))
            return commits[-1]

        if branch is None:
            advance_and_refresh(self.store, self.trunk, build, "import")
            archives = {place.path for path in plan.transcripts if (place := archive_of(path))}
            lay_transcripts(self.store, self.trunk, TRANSCRIPTS_REF, sorted(archives))
        else:
            self._start_branch(branch, build)
        return commits[-1] if commits else None

    def _start_branch(self, branch: str, build: Build) -> None:
        writer = self.store.writer()
        tip = self.store.tip(self.trunk)
        new = build(writer, tip)
        if new is not None and new != tip:
            self.store.publish(writer, branch, new, None, "import")

    def _grafted(self, writer: ObjectWriter, base: Snapshot, plan: Plan) -> Snapshot:
        deleted = self.occupied.replaced if self.target else in_the_way(base, plan.files)
        found = base.other(writer.graft(base.tree, plan.files, deleted))
        if found is None:
            raise NotFound("the tree of the import is gone", hint="something pruned the repository; try again")
        return found

    def _within(self, changes: Changes, plan: Plan) -> Changes:
        """What lies in what is imported, and what is kept verbatim: summaries above it are trunk's to write."""
        units = {self.occupied.unit(path) for path in self.occupied.paths(plan)}
        kept = Changes()
        for path in changes.deleted:
            if self.occupied.unit(path) in units:
                kept.delete(path)
        for path, file in changes.files():
            unit = self.occupied.unit(path)
            if path in plan.holders or (unit in units and path.startswith(f"{unit}/")):
                kept.write(path, file.data, executable=file.executable)
        return kept

    def _message(self, manifest: Manifest, plan: Plan) -> str:
        where = f"viking://{self.target}" if self.target else "a backup"
        lines = [f"import: {where} ({plan.count:,} {'file' if plan.count == 1 else 'files'})", ""]
        if plan.layers:
            lines += [
                f"Of these, {len(plan.layers):,} are layers that follow from other files; trunk makes them anew.",
                "",
            ]
        if plan.transcripts:
            lines += [f"Of these, {len(plan.transcripts):,} are private transcripts, which are not in the tree.", ""]
        if plan.moved:
            lines += [f"{len(plan.moved)} moved: their places here differ from the pack's.", ""]
        if manifest.root.uri:
            lines.append(f"Viking-Source: {manifest.root.uri}")
        lines.append(f"Viking-Pack: {manifest.sha256}")
        return "\n".join(lines) + "\n"


def _with_content(manifest: Manifest, files: list[Checked]) -> Manifest:
    """A v1 pack's manifest with the checksums that its files turned out to have."""
    if manifest.version != 1:
        return manifest
    sums = {file.path: file.sha256 for file in files}
    entries = tuple(msgspec.structs.replace(entry, sha256=sums.get(entry.path, "")) for entry in manifest.entries)
    content = content_sha256(entries)
    return replace(manifest, entries=entries, content_sha256=content, sha256=content)


def _check_scope(path: str) -> None:
    scope = path.partition("/")[0]
    if scope not in TRACKED_SCOPES:
        raise BadPack(
            f"belongs to no scope that is tracked: {', '.join(TRACKED_SCOPES)}", member=path,
            hint="name a directory to import into, e.g. viking://resources/",
        )  # fmt: skip
