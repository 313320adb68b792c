"""The workspace: everything the command line and a program can ask of viking-git, as methods of one class."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from viking_git.config import POLICY_FILE, Environment, Policy, load_policy, read_environment
from viking_git.errors import InvalidURI, NotAWorkspace
from viking_git.model.layers import ABSTRACT, OVERVIEW
from viking_git.model.messages import Message, timestamp
from viking_git.model.names import slug
from viking_git.model.uri import Spaces, VikingURI, split_fragment
from viking_git.session.sessions import (
    SessionInfo,
    all_sessions,
    session_info,
    session_messages,
    unfinished,
    waiting_sessions,
)
from viking_git.session.state import SessionId, archived_ids, live_log, transcripts
from viking_git.store import browse
from viking_git.store.browse import Listed
from viking_git.store.livelog import LiveSession, list_live
from viking_git.store.repo import CommitInfo, Store, discover, global_config, no_step, utc_now
from viking_git.store.snapshot import Snapshot
from viking_git.store.view import View

if TYPE_CHECKING:
    from viking_git.initialise import Initialised
    from viking_git.model.transcripts import Parsed
    from viking_git.resources.ingest import AddReport
    from viking_git.retrieval.context import Context
    from viking_git.retrieval.results import Results
    from viking_git.session.commit import CommitResult
    from viking_git.session.extract import Extraction
    from viking_git.session.mend import Mended
    from viking_git.session.searching import Searching, SearchOptions

Notice = Callable[[str], None]


def _silent(text: str) -> None:
    """The default of ``notice``: a program that wants to hear passes its own."""


class Workspace:
    """One workspace, opened. Reading never writes; every write is a commit on trunk or on a session's branch.

    Attributes:
        store: the repository.
        policy: ``viking.yaml`` as trunk has it.
        notice: called with a line for a person when something takes long or works only in part.
        progress: told how many texts of how many have their vectors, while an index is built.
    """

    def __init__(self, store: Store, policy: Policy, environment: Environment, notice: Notice = _silent) -> None:
        self.store = store
        self.policy = policy
        self.environment = environment
        self.notice = notice
        self.progress: Callable[[int, int], None] = lambda *_: None

    # --- opening

    @classmethod
    def open(
        cls,
        start: Path | None = None,
        *,
        environment: Environment | None = None,
        notice: Notice = _silent,
        clock: Callable[[], datetime] = utc_now,
        step: Callable[[str], None] = no_step,
    ) -> "Workspace":
        """The workspace at ``start`` or above it; without ``start``, ``$VIKING_WORKSPACE``, from here upwards, or the
        one that git config ``viking.workspace`` names.

        Raises:
            NotAWorkspace: none of these is one.
        """
        environment = environment or read_environment()
        for place, up in _places(start, environment):
            found = discover(place) if up else (place if place.exists() else None)
            if found is None:
                continue
            store = _open_store(found, environment, clock=clock, step=step)
            policy = _policy(store)
            if policy is not None:
                return cls(store, policy, environment, notice)
        where = start or environment.workspace or Path.cwd()
        raise NotAWorkspace(
            f"not a viking-git workspace: {where}", hint="viking-git init makes one; -C DIR names one elsewhere"
        )

    @classmethod
    def init(
        cls,
        directory: Path,
        *,
        transcripts: Literal["private", "tracked"] = "private",
        environment: Environment | None = None,
        notice: Notice = _silent,
    ) -> tuple["Workspace", "Initialised"]:
        """Make ``directory`` a workspace, or take part in the one it is. See ``initialise``."""
        from viking_git.initialise import initialise

        environment = environment or read_environment()
        made = initialise(directory, environment, transcripts=transcripts, open_store=_open_store)
        return cls(made.store, made.policy, environment, notice), made

    @property
    def trunk(self) -> str:
        """The full name of the branch that memories land on."""
        return f"refs/heads/{self.policy.trunk}"

    @cached_property
    def spaces(self) -> Spaces:
        """The spaces that shorthands stand for here."""
        user = self.store.config("viking.user") or self.policy.spaces.user
        agent = self.store.config("viking.agent") or self.policy.spaces.agent
        known = {entry.name for entry in self.snapshot().entries("session") if entry.is_dir}
        known.update(space for space, _ in list_live(self.store.private_dir / "live"))
        return Spaces(user, agent, frozenset(known))

    # --- reading

    def snapshot(self) -> Snapshot:
        """Trunk's tree as it is now."""
        return self.store.snapshot(self.store.tip(self.trunk))

    def view(self) -> View:
        """Everything under ``viking://``: trunk, private transcripts, live messages."""
        return View(self.store, self.snapshot(), transcripts(self.store))

    def uri(self, text: str) -> VikingURI:
        """A URI from what a person typed, shorthands filled in."""
        return VikingURI.parse(text, self.spaces)

    def ls(self, uri: str = "viking://", *, hidden: bool = False) -> list[Listed]:
        """The entries of a directory; layer files and other dotfiles only with ``hidden``.

        Raises:
            NotFound: nothing is there, or a file.
        """
        return browse.ls(self.view(), self.uri(uri), hidden=hidden)

    def tree(self, uri: str = "viking://", *, depth: int | None = None) -> Iterator[tuple[tuple[bool, ...], Listed]]:
        """What is below a directory, depth first; see ``store.browse.tree``."""
        return browse.tree(self.view(), self.uri(uri), depth)

    def read(self, uri: str) -> bytes:
        """The bytes of a file; with a fragment (``#L40-L58``, ``#msg_…``) those lines or that message."""
        base, fragment = split_fragment(uri)
        data = self.view().read(self.uri(base))
        return data if fragment is None else browse.part(data, fragment, uri)

    def abstract(self, uri: str) -> str:
        """L0 of a directory."""
        return browse.layer(self.view(), self.uri(uri), ABSTRACT)

    def overview(self, uri: str) -> str:
        """L1 of a directory."""
        return browse.layer(self.view(), self.uri(uri), OVERVIEW)

    def log(self, uri: str | None = None, *, limit: int | None = None) -> Iterator[CommitInfo]:
        """Trunk's history by first parent, newest first; with ``uri`` the commits that changed what is there."""
        path = self._known(uri).full_path if uri else ""
        shown = 0
        for info in self.store.first_parents(self.store.tip(self.trunk)):
            if limit is not None and shown >= limit:
                return
            if path and not self._differs(info, path):
                continue
            shown += 1
            yield info

    # --- documents

    def add(self, paths: Sequence[Path], to: str | None = None) -> "AddReport":
        """Bring files and folders in as resources with layers: one commit on trunk, and the refresh that follows."""
        from viking_git.session.publish import add_documents

        target = self.uri(to) if to else VikingURI(f"viking://resources/{_resource_name(paths)}")
        if target.scope != "resources" or not target.path:
            raise InvalidURI(f"documents go below viking://resources/, not to {target.uri}")
        return add_documents(self.store, self.trunk, paths, target.full_path)

    def refresh(self, uri: str | None = None, *, accept: bool = False, rewrite: bool = False) -> "Mended":
        """Bring every layer up to date with what it is made of; see ``session.mend``."""
        from viking_git.session.mend import mend

        path = self.uri(uri).full_path if uri else ""
        return mend(self.store, self.trunk, path, accept=accept, rewrite=rewrite)

    # --- sessions

    def session_id(self, text: str, *, new: bool = False) -> SessionId:
        """The session that ``text`` names: an id, ``SPACE/ID`` or a URI; other text is slugged when ``new``."""
        if text.startswith("viking://"):
            parsed = self.uri(text)
            parts = parsed.path.split("/")
            if parsed.scope != "session" or len(parts) < 2:
                raise InvalidURI(f"not a session: {text}", hint="viking://session/ID")
            return SessionId(parts[0], parts[1])
        space, _, name = text.rpartition("/")
        found = SessionId(space or self.spaces.user, slug(name) if new else name)
        found.path  # noqa: B018 - refuses names that no tree may hold
        return found

    def new_session(self, name: str | None = None) -> SessionId:
        """Start a session, named or not; one that is there is carried on."""
        now = timestamp(self.store.clock())
        name = name or f"sess_{hashlib.sha256(f'{now}{self.store.clock().timestamp()}'.encode()).hexdigest()[:12]}"
        session = self.session_id(name, new=True)
        live_log(self.store, session).describe(LiveSession(name.rpartition("/")[2], now))
        return session

    def add_messages(self, session: SessionId, messages: Sequence[Message]) -> int:
        """Append messages to a session's live log; those that it or an archive holds already are left out.

        Returns:
            How many were new. They are on disk.
        """
        live = live_log(self.store, session)
        views = [self.snapshot(), self.store.snapshot(self.store.tip(session.branch))]
        return live.append(messages, archived_ids(views, session))

    def import_session(self, parsed: "Parsed", name: str) -> tuple[SessionId, int]:
        """Take a parsed transcript in: the session, and how many of its messages were new."""
        session = self.new_session(name)
        return session, self.add_messages(session, parsed.messages)

    def sessions(self) -> list[SessionInfo]:
        """Every session, by space and id."""
        return all_sessions(self.store, self.snapshot())

    def waiting(self) -> list[SessionInfo]:
        """The sessions with messages to commit or a branch that trunk lacks."""
        return waiting_sessions(self.store, self.snapshot())

    def session_info(self, session: SessionId) -> SessionInfo:
        """Where one session stands.

        Raises:
            NotFound: there is no such session.
        """
        return session_info(self.store, session, self.snapshot())

    def messages(self, session: SessionId) -> list[Message]:
        """All messages of a session that are on this machine, archived ones first."""
        return session_messages(self.store, session, self.snapshot(), self.notice)

    def unfinished(self) -> list[SessionId]:
        """The sessions that ``commit`` without a name takes: new messages, or a branch that an earlier one left."""
        return unfinished(self.store, self.snapshot())

    def commit(self, session: SessionId, *, review: bool = False) -> "CommitResult":
        """Archive a session's new messages, extract memories, merge into trunk. See ``session.commit``."""
        from viking_git.session.commit import commit

        self.session_info(session)
        self.store.signatures()
        result = commit(self.store, self.policy, session, self._extraction, review=review)
        if result.merge:
            # What was just learnt is found at once, and the next search embeds nothing.
            self.searching.trunk()
        return result

    # --- searching

    def find(self, query: str, **options: "Unpack[SearchOptions]") -> "Results":
        """Hybrid search over trunk and the transcripts of this machine; see ``session.searching.SearchOptions``."""
        return self.searching.find(query, **options)

    def search(self, query: str, session: SessionId, **options: "Unpack[SearchOptions]") -> "Results":
        """As ``find``, asked in a session: what was said there last is part of the question."""
        return self.searching.search(query, session, **options)

    def context(
        self,
        query: str,
        budget: int,
        form: Literal["markdown", "json"] = "markdown",
        **options: "Unpack[SearchOptions]",
    ) -> "Context":
        """What is known about ``query`` in at most ``budget`` tokens, for a prompt."""
        return self.searching.context(query, budget, self.spaces.user, form, **options)

    @cached_property
    def searching(self) -> "Searching":
        """The searches of this workspace and their indexes."""
        from viking_git.session.searching import Searching, Setting

        return Searching(
            Setting(
                self.store, self.trunk, self.environment.cache, self.embedder, self.policy.index, self.uri, self.notice,
                self.progress,
            )
        )  # fmt: skip

    def close(self) -> None:
        """Close the indexes, if any was opened."""
        if "searching" in self.__dict__:
            self.searching.close()

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def embedder(self) -> str:
        """The name of the embedder: ``$VIKING_EMBEDDER``, git config ``viking.embedder``, else the packaged model."""
        return self.environment.embedder or self.store.config("viking.embedder") or "minilm"

    def _extraction(self) -> "Extraction":
        from viking_git.memory.decide import load_decider
        from viking_git.memory.extract import load_extractor
        from viking_git.session.extract import Extraction
        from viking_git.session.similar import Similar

        index, policy, spaces = self.searching.trunk(), self.policy, self.spaces
        return Extraction(
            extractor=load_extractor(policy.sessions.extractor, spaces.user),
            decider=load_decider(policy.sessions.decider),
            similar=Similar(index.similar, index.compare),
            user=spaces.user,
            agent=spaces.agent,
            isolated=policy.isolate_agent_by_user,
            quotes=policy.sessions.quotes,
        )

    # --- inside

    def _known(self, text: str) -> VikingURI:
        uri, view = self.uri(text), self.view()
        if view.entry(uri) is None:
            raise view.missing(uri)
        return uri

    def _differs(self, info: CommitInfo, path: str) -> bool:
        here = self.store.snapshot(info.oid).entry(path)
        before = self.store.snapshot(info.parents[0] if info.parents else None).entry(path)
        return (here.oid if here else None) != (before.oid if before else None)


def _places(start: Path | None, environment: Environment) -> Iterator[tuple[Path, bool]]:
    if start is not None:
        yield start, True
        return
    if environment.workspace is not None:
        yield environment.workspace, True
        return
    yield Path.cwd(), True
    configured = global_config("viking.workspace")
    if configured:
        yield Path(configured).expanduser(), True


def _open_store(
    path: Path,
    environment: Environment,
    *,
    clock: Callable[[], datetime] = utc_now,
    step: Callable[[str], None] = no_step,
) -> Store:
    return Store(path, clock=clock, author=environment.author, committer=environment.committer, step=step)


def _policy(store: Store) -> Policy | None:
    """The policy of trunk, found through the branch that is checked out or the work tree's file; None where none is."""
    head = store.head_branch()
    candidates = [store.tip(f"refs/heads/{head}") if head else store.tip("HEAD")]
    data = next((found for tip in candidates if (found := store.snapshot(tip).get(POLICY_FILE))), None)
    if data is None:
        for name in ("main", "master"):
            data = store.snapshot(store.tip(f"refs/heads/{name}")).get(POLICY_FILE)
            if data is not None:
                break
    if data is None:
        return None
    policy = load_policy(data)
    trunk = store.snapshot(store.tip(f"refs/heads/{policy.trunk}")).get(POLICY_FILE)
    return load_policy(trunk) if trunk is not None else policy


def _resource_name(paths: Sequence[Path]) -> str:
    if len(paths) != 1:
        raise InvalidURI("several paths need a target", hint="--to viking://resources/NAME")
    path = paths[0].resolve()
    return slug(path.name if path.is_dir() else path.stem)
