"""The files of a workspace, by URI: the verbs of a file system, each write one commit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from viking_git.config import CheckPolicy
from viking_git.errors import InvalidName, NotAllowed, NotFound, Refused
from viking_git.memory.guard import Guard
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, CONTENT
from viking_git.model.layout import BRANCH_PREFIX, uri_of
from viking_git.model.messages import timestamp
from viking_git.model.relations import Relation
from viking_git.model.uri import SCOPES, VikingURI, split_fragment
from viking_git.resources.places import check_file, check_linkable, memory_at
from viking_git.resources.summarize import is_summarised, state
from viking_git.session.publish import Published, publish
from viking_git.store import search
from viking_git.store.repo import CommitInfo, Store
from viking_git.store.search import Line
from viking_git.store.snapshot import Snapshot
from viking_git.store.view import View


@dataclass(frozen=True, slots=True)
class Status:
    """What ``stat`` says of a file or a directory.

    Attributes:
        kind: ``file``, ``directory``, ``link`` or ``submodule``.
        size: bytes of a file; entries of a directory, layer files left out.
        oid: git's id of the blob or the tree, "" for what no commit holds.
        layers: of a directory that is summarised ``current``, ``stale``, ``edited`` or ``missing``; else None.
        abstract: L0 of a directory.
        changed: the newest commit on trunk that changed it, None for what no commit holds.
    """

    uri: str
    kind: str
    size: int
    oid: str
    layers: str | None
    abstract: str
    changed: CommitInfo | None

    def to_json(self) -> dict[str, Any]:
        """The value as ``stat --json`` prints it."""
        commit = self.changed
        return {
            "uri": self.uri, "kind": self.kind, "size": self.size, "oid": self.oid, "layers": self.layers,
            "abstract": self.abstract,
            "changed": commit and {
                "commit": commit.oid, "time": commit.time.isoformat(), "author": commit.author,
                "subject": commit.subject,
            },
        }  # fmt: skip


class Files:
    """The file verbs of one workspace. Reading never writes; every write is one commit and its refresh.

    Writes go to trunk, or with ``branch`` to a branch of that name, which starts from trunk if it is new. On other
    branches no layers of containers are written; trunk makes them after the merge.
    """

    def __init__(
        self,
        store: Store,
        trunk_ref: str,
        parse: Callable[[str], VikingURI],
        view: Callable[[], View],
        checks: CheckPolicy,
    ) -> None:
        """Take the repository, trunk, how to read a URI and the tree, and what the policy knows for no secret."""
        self._store = store
        self._trunk_ref = trunk_ref
        self._parse = parse
        self._view = view
        self._checks = checks

    # --- writing

    def write(
        self,
        uri: str,
        data: bytes,
        *,
        append: bool = False,
        branch: str | None = None,
        expected: str | None = None,
        allow_secrets: bool = False,
    ) -> Published:
        """Let a file hold ``data``, or end with it. A memory's content.md is checked first, its layers are made.

        Args:
            allow_secrets: let through what looks like a secret.
            expected: the id of the blob that must still be there, "" for nothing, None for whatever is.

        Raises:
            NotAllowed, InvalidContent: nobody writes that by hand; it would be no memory.
            Refused: something else is there than was expected, or ``data`` has a secret.
        """
        from viking_git.resources.verbs import write_file

        path = self._path(uri)

        def make(base: Snapshot) -> Changes:
            entry = base.entry(path)
            if expected is not None and (entry.oid if entry else "") != expected:
                raise Refused(f"{uri_of(path)} changed meanwhile", hint="look at it, then try again")
            return write_file(base, path, data, append=append)

        return self._publish(make, f"write {path}", branch, self._guard(allow_secrets))

    def mkdir(self, uri: str, *, parents: bool = False, branch: str | None = None) -> Published:
        """Make a directory, with layers.

        Raises:
            Exists, NotFound, NotAllowed: see ``resources.verbs.make_directory``.
        """
        from viking_git.resources.verbs import make_directory

        path = self._path(uri)
        return self._publish(lambda base: make_directory(base, path, parents=parents), f"mkdir {path}", branch)

    def rm(
        self, uris: str | Sequence[str], *, recursive: bool = False, force: bool = False, branch: str | None = None
    ) -> Published:
        """Remove files, and with ``recursive`` directories: all in one commit, or none.

        Args:
            force: be content with what is not there.

        Raises:
            NotFound, NotAllowed: see ``resources.verbs.remove``.
        """
        from viking_git.resources.verbs import remove

        texts = [uris] if isinstance(uris, str) else list(uris)
        paths = [self._path(text) for text in texts]
        if not force:
            self._check_there(paths, branch)
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        return self._publish(
            lambda base: remove(base, paths, recursive=recursive, force=force), f"rm {paths[0]}{more}", branch
        )

    def mv(
        self,
        source: str,
        target: str,
        *,
        force: bool = False,
        branch: str | None = None,
        allow_secrets: bool = False,
    ) -> Published:
        """Move or rename a document, a directory of documents, or a memory; relations and provenance follow.

        Raises:
            NotFound, Exists, NotAllowed: see ``resources.verbs.transfer``.
            Refused: what is moved has a secret, and ``allow_secrets`` is not set.
        """
        guard = self._guard(allow_secrets)
        return self._transfer(source, target, guard, keep=False, recursive=True, force=force, branch=branch)

    def cp(
        self,
        source: str,
        target: str,
        *,
        recursive: bool = False,
        force: bool = False,
        branch: str | None = None,
        allow_secrets: bool = False,
    ) -> Published:
        """Copy a document, a memory's content, or with ``recursive`` a directory.

        Raises:
            NotFound, Exists, NotAllowed: see ``resources.verbs.transfer``.
            Refused: what is copied has a secret, and ``allow_secrets`` is not set.
        """
        guard = self._guard(allow_secrets)
        return self._transfer(source, target, guard, keep=True, recursive=recursive, force=force, branch=branch)

    # --- relations

    def relations(self, uri: str) -> list[Relation]:
        """What the directory ``uri`` (of a file, its directory) is related to, by URI."""
        from viking_git.resources.relations import relations_of

        view = self._view()
        return relations_of(view.trunk, self._directory(view, uri))

    def link(self, uri: str, targets: str | Sequence[str], *, reason: str = "", branch: str | None = None) -> Published:
        """Say that the directory ``uri`` is related to ``targets``, and why.

        Raises:
            NotFound: one of them is not there.
            NotAllowed: a scope that holds no relations, or an archive.
        """
        from viking_git.resources.relations import link_changes

        view = self._view()
        directory = self._directory(view, uri)
        check_linkable(directory)
        names = [self._named(view, text) for text in ([targets] if isinstance(targets, str) else targets)]
        now = timestamp(self._store.clock())
        return self._publish(
            lambda base: link_changes(base, directory, names, reason, now),
            f"link {directory} to {names[0].removeprefix('viking://')}", branch,
        )  # fmt: skip

    def unlink(self, uri: str, targets: str | Sequence[str], *, branch: str | None = None) -> Published:
        """Let the directory ``uri`` be related to ``targets`` no longer.

        Raises:
            NotFound: it is not related to one of them.
        """
        from viking_git.resources.relations import relations_of, unlink_changes

        view = self._view()
        directory = self._directory(view, uri)
        names = [self._typed(text) for text in ([targets] if isinstance(targets, str) else targets)]

        def make(base: Snapshot) -> Changes:
            known = {relation.uri.rstrip("/") for relation in relations_of(base, directory)}
            for name in names:
                if name.rstrip("/") not in known:
                    raise NotFound(f"{uri_of(directory)}/ is not related to {name}", hint="viking-git relations URI")
            return unlink_changes(base, directory, names)

        return self._publish(make, f"unlink {directory} from {names[0].removeprefix('viking://')}", branch)

    # --- reading

    def stat(self, uri: str) -> Status:
        """What a file or a directory is, and which commit changed it last.

        Raises:
            NotFound: nothing is there.
        """
        view, found = self._view(), self._parse(uri)
        entry = view.entry(found)
        if entry is None:
            raise view.missing(found)
        path = found.full_path
        size = len([e for e in view.entries(found) if not e.name.startswith(".")]) if entry.is_dir else 0
        if entry.kind == "file":
            size = view.trunk.size_of(entry.oid, path) if entry.oid else len(view.read(found))
        abstract = view.entry(found.join(ABSTRACT)) if entry.is_dir and path else None
        is_said = abstract is not None and abstract.kind == "file"
        said = view.trunk.read_oid(abstract.oid, f"{path}/{ABSTRACT}") if abstract and is_said else b""
        return Status(
            uri_of(path, directory=entry.is_dir) if path else found.uri,
            entry.kind, size, entry.oid or "",
            state(view.trunk, path) if is_summarised(path) and entry.is_dir else None,
            said.decode("utf-8", "replace").strip(),
            next(self.history(path), None) if entry.oid else None,
        )  # fmt: skip

    def grep(
        self,
        pattern: str,
        uri: str = "viking://",
        *,
        ignore_case: bool = False,
        fixed: bool = False,
        hidden: bool = False,
    ) -> Iterator[Line]:
        """The lines in which a regular expression occurs; see ``store.search.grep``."""
        compiled = search.compile_pattern(pattern, ignore_case=ignore_case, fixed=fixed)
        found, cone = self._parse(uri), self._store.cone
        if search.is_narrowed(found, cone):
            self._store.notice("only this clone's scopes are looked at; a URI outside of them is fetched")
        return search.grep(self._view(), found, compiled, hidden=hidden, cone=cone, told=self._store.notice)

    def glob(self, pattern: str, *, hidden: bool = False) -> list[str]:
        """The URIs that a pattern matches; see ``store.search.glob``."""
        return search.glob(self._view(), self._parse, pattern, hidden=hidden)

    def editable(self, uri: str, *, branch: str | None = None) -> tuple[str, bytes, str]:
        """What ``edit`` opens: the file's URI (of a memory its content.md), its bytes, and its blob's id, "" if new.

        Raises:
            NotAllowed: nobody writes that by hand, or it is a directory.
        """
        from viking_git.resources.verbs import blank

        path = self._path(uri)
        path = f"{path}/{CONTENT}" if memory_at(path) else path
        base = self._base(branch)
        check_file(path)
        entry, data = base.entry(path), base.get(path)
        if entry is not None and data is None:
            raise NotAllowed(f"{uri_of(path)} is a {entry.kind}", hint="name a file")
        if data is None:
            return uri_of(path), blank(path).encode(), ""
        return uri_of(path), data, entry.oid if entry else ""

    def history(self, path: str) -> Iterator[CommitInfo]:
        """The commits on trunk's first-parent line that changed what is at ``path``, newest first."""
        for info in self._store.first_parents(self._store.tip(self._trunk_ref)):
            here = self._store.snapshot(info.oid).entry(path)
            before = self._store.snapshot(info.parents[0] if info.parents else None).entry(path)
            if (here.oid if here else None) != (before.oid if before else None):
                yield info

    # --- inside

    def _guard(self, allow_secrets: bool) -> Guard:
        return Guard(self._checks, allow_secrets)

    def _publish(
        self, make: Callable[[Snapshot], Changes], subject: str, branch: str | None, guard: Guard | None = None
    ) -> Published:
        ref = f"refs/heads/{branch}" if branch else self._trunk_ref
        if branch and self._store.tip(ref) is None:
            self._check_new_branch(branch)
        self._view()  # refuses a clone that has no trunk
        return publish(self._store, ref, self._trunk_ref, make, subject, guard or self._guard(False))

    def _check_new_branch(self, branch: str) -> None:
        if not self._store.is_ref_name(f"refs/heads/{branch}"):
            raise InvalidName(f"{branch!r} cannot be the name of a branch")
        if f"{branch}/".startswith(BRANCH_PREFIX) or branch.split("/")[0] in SCOPES:
            raise InvalidName(
                f"{branch!r} would be mistaken for a session's branch or a path",
                hint=f"edit/{branch.rpartition('/')[2]} is free",
            )

    def _transfer(
        self, source: str, target: str, guard: Guard, *, keep: bool, recursive: bool, force: bool, branch: str | None
    ) -> Published:
        from viking_git.resources.transfer import transfer

        old, new = self._path(source), self._path(target)
        self._check_there([old], branch)
        base = self._base(branch)
        if target.endswith("/") and not base.is_dir(old) and not base.is_dir(new):
            raise NotFound(f"no directory at {uri_of(new, directory=True)}", hint="viking-git mkdir makes one")
        return self._publish(
            lambda tree: transfer(tree, old, new, keep=keep, recursive=recursive, force=force),
            f"{'cp' if keep else 'mv'} {old} to {new}", branch, guard,
        )  # fmt: skip

    def _check_there(self, paths: Sequence[str], branch: str | None) -> None:
        """Raise the error that knows similar names where nothing is on trunk; branches are left to the verbs."""
        view = self._view()
        for path in paths:
            uri = VikingURI(uri_of(path))
            if branch is None and view.entry(uri) is None:
                raise view.missing(uri)

    def _base(self, branch: str | None) -> Snapshot:
        tip = self._store.tip(f"refs/heads/{branch}") if branch else None
        return self._store.snapshot(tip or self._store.tip(self._trunk_ref))

    def _path(self, text: str) -> str:
        return self._parse(text).full_path

    def _directory(self, view: View, text: str) -> str:
        uri = self._parse(text)
        entry = view.entry(uri)
        if entry is None:
            raise view.missing(uri)
        return uri.full_path if entry.is_dir else uri.parent.full_path

    def _named(self, view: View, text: str) -> str:
        """The full URI of something that is there, directories with a slash, a fragment kept."""
        base, fragment = split_fragment(text)
        uri = self._parse(base)
        entry = view.entry(uri)
        if entry is None:
            raise view.missing(uri)
        return uri_of(uri.full_path, directory=entry.is_dir) + (f"#{fragment}" if fragment else "")

    def _typed(self, text: str) -> str:
        base, fragment = split_fragment(text)
        return uri_of(self._path(base)) + (f"#{fragment}" if fragment else "")
