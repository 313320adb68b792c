"""The workspace: everything the command line and a program can ask of viking-git, as methods of one class."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from viking_git.config import Environment, Policy, read_environment
from viking_git.files import Files
from viking_git.model.identity import Appended
from viking_git.model.layers import ABSTRACT, OVERVIEW
from viking_git.model.messages import Message
from viking_git.model.uri import Spaces, VikingURI, from_here, split_fragment
from viking_git.opening import Notice, Progress, open_store, open_workspace, silent, spaces_of, trunk_tip, unheard
from viking_git.session import naming, transcript
from viking_git.session.sessions import (
    SessionInfo,
    all_sessions,
    session_info,
    session_messages,
    unfinished,
    waiting_sessions,
)
from viking_git.session.state import SessionId, transcripts
from viking_git.store import browse
from viking_git.store.browse import Listed
from viking_git.store.repo import CommitInfo, Store, no_step, utc_now
from viking_git.store.snapshot import Snapshot
from viking_git.store.view import View

if TYPE_CHECKING:
    from viking_git.initialise import Initialised
    from viking_git.model.transcripts import Parsed
    from viking_git.resources.ingest import AddReport
    from viking_git.retrieval.context import Context, Form
    from viking_git.retrieval.results import Results
    from viking_git.session.backlog import Backlog
    from viking_git.session.branches import Branches
    from viking_git.session.commit import CommitResult
    from viking_git.session.context import SessionContext
    from viking_git.session.delete import Deleted
    from viking_git.session.extract import Extraction
    from viking_git.session.health import Check
    from viking_git.session.mend import Mended
    from viking_git.session.packs import Packs
    from viking_git.session.searching import Searching, SearchOptions
    from viking_git.session.settings import Settings
    from viking_git.session.skills import Skills
    from viking_git.session.tasks import Tasks


class Workspace:
    """One workspace, opened. Reading never writes; every write is a commit on trunk or on a session's branch.

    Attributes:
        store: the repository.
        policy: ``viking.yaml`` as trunk has it.
        notice: called with a line for a person when something takes long or works only in part.
        progress: told how many texts of how many have their vectors, while an index is built.
        here: the directory that plain paths are seen from; None where they begin with a scope.
    """

    def __init__(self, store: Store, policy: Policy, environment: Environment, notice: Notice = silent) -> None:
        self.store = store
        self.policy = policy
        self.environment = environment
        self.notice = store.notice = notice
        self.progress: Progress = unheard
        self.here: Path | None = None

    # --- opening

    @classmethod
    def open(
        cls,
        start: Path | str | None = None,
        *,
        environment: Environment | None = None,
        notice: Notice = silent,
        clock: Callable[[], datetime] = utc_now,
        step: Callable[[str], None] = no_step,
    ) -> "Workspace":
        """The workspace at ``start`` or above it; without ``start``, ``$VIKING_WORKSPACE``, from here upwards, or the
        one that git config ``viking.workspace`` names.

        Raises:
            NotAWorkspace: none of these is one.
        """
        environment = environment or read_environment()
        where = Path(start) if start is not None else None
        store, policy = open_workspace(where, environment, clock=clock, step=step)
        return cls(store, policy, environment, notice)

    @classmethod
    def init(
        cls,
        directory: Path | str,
        *,
        transcripts: Literal["private", "tracked"] = "private",
        environment: Environment | None = None,
        notice: Notice = silent,
    ) -> tuple["Workspace", "Initialised"]:
        """Make ``directory`` a workspace, or take part in the one it is. See ``initialise``."""
        from viking_git.initialise import initialise

        environment = environment or read_environment()
        made = initialise(Path(directory), environment, transcripts=transcripts, open_store=open_store)
        return cls(made.store, made.policy, environment, notice), made

    @classmethod
    def clone(
        cls, url: str, directory: Path | str, *, scopes: Sequence[str] = (), notice: Notice = silent
    ) -> tuple["Workspace", "Initialised"]:
        """Clone the workspace at ``url``, or only ``scopes`` of it, and take part in it; see ``initialise``."""
        from viking_git.initialise import clone_workspace

        environment = read_environment()
        made = clone_workspace(url, Path(directory), environment, scopes, open_store=open_store)
        return cls(made.store, made.policy, environment, notice), made

    @property
    def trunk(self) -> str:
        """The full name of the branch that memories land on."""
        return f"refs/heads/{self.policy.trunk}"

    @cached_property
    def spaces(self) -> Spaces:
        """The spaces that shorthands stand for here."""
        return spaces_of(self.store, self.policy, self.snapshot())

    @cached_property
    def files(self) -> Files:
        """The file verbs: write, mkdir, mv, cp, rm, stat, grep, glob, relations."""
        return Files(self.store, self.trunk, self.uri, self.view, self.policy.checks)

    # --- reading

    def snapshot(self) -> Snapshot:
        """Trunk's tree as it is now; NotFound where this clone has no such branch."""
        return self.store.snapshot(self._tip())

    def view(self) -> View:
        """Everything under ``viking://``: trunk, private transcripts, live messages."""
        return View(self.store, self.snapshot(), transcripts(self.store))

    def uri(self, text: str) -> VikingURI:
        """A URI from what a person typed: shorthands filled in, and with ``here`` set, plain paths seen from there."""
        return VikingURI.parse(from_here(text, self.here, self.store.workdir), self.spaces)

    def ls(self, uri: str = "viking://", *, hidden: bool = False, details: bool = True) -> list[Listed]:
        """The entries of a directory; layer files and other dotfiles only with ``hidden``."""
        return browse.ls(self.view(), self.uri(uri), hidden=hidden, details=details)

    def tree(
        self, uri: str = "viking://", *, depth: int | None = None, details: bool = True
    ) -> Iterator[tuple[tuple[bool, ...], Listed]]:
        """What is below a directory, depth first; see ``store.browse.tree``."""
        return browse.tree(self.view(), self.uri(uri), depth, details=details)

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
        return islice(self.files.history(path) if path else self.store.first_parents(self._tip()), limit)

    # --- documents

    def add(
        self, paths: Sequence[Path], to: str | None = None, progress: Progress = unheard, *,
        replace: bool = False, yes: bool = False, allow_secrets: bool = False,
    ) -> "AddReport":  # fmt: skip
        """Bring files and folders in as resources with layers, in one commit on trunk; see ``session.publish``."""
        from viking_git.memory.guard import Guard
        from viking_git.session.publish import add_documents

        self._tip()
        guard = Guard(self.policy.checks, allow_secrets)
        return add_documents(self.store, self.trunk, paths, self.uri(to) if to else None, progress, guard, replace, yes)

    def refresh(self, uri: str | None = None, *, accept: bool = False, rewrite: bool = False) -> "Mended":
        """Bring every layer up to date with what it is made of; see ``session.mend``."""
        from viking_git.session.mend import mend

        path = self.uri(uri).full_path if uri else ""
        self._tip()
        return mend(self.store, self.trunk, path, accept=accept, rewrite=rewrite)

    @cached_property
    def skills(self) -> "Skills":
        """The skills of the agent's space: ``add``, ``list``, ``show``, ``validate``, ``remove``."""
        from viking_git.session.skills import Skills

        return Skills(self.store, self.trunk, self.spaces.agent, self.policy.checks)

    # --- sessions

    def session_id(self, text: str, *, new: bool = False) -> SessionId:
        """The session that ``text`` names: an id, ``SPACE/ID`` or a URI; other text is slugged when ``new``."""
        return naming.name_session(text, self.uri, self.spaces.user, new=new)

    def new_session(self, name: str | None = None) -> SessionId:
        """Start a session, named or not; one that is there is carried on."""
        name = name or naming.new_name(self.store)
        session = self.session_id(name, new=True)
        naming.start_session(self.store, session, name)
        return session

    def add_messages(self, session: SessionId, messages: Sequence[Message], *, files: bool = False) -> Appended:
        """Append messages to a session's live log; what became of each. See ``session.naming``."""
        return naming.add_messages(self.store, session, self.snapshot(), messages, files=files)

    def import_session(self, parsed: "Parsed", name: str) -> tuple[SessionId, Appended]:
        """Take a parsed transcript in: the session, and what became of its messages."""
        session = self.new_session(name)
        return session, transcript.add_transcript(self.store, session, self.snapshot(), parsed)

    def sessions(self) -> list[SessionInfo]:
        """Every session, by space and id."""
        return all_sessions(self.store, self.snapshot())

    def waiting(self) -> list[SessionInfo]:
        """The sessions with messages to commit or a branch that trunk lacks."""
        return waiting_sessions(self.store, self.snapshot())

    def session_info(self, session: SessionId) -> SessionInfo:
        """Where one session stands; NotFound where there is no such session."""
        return session_info(self.store, session, self.snapshot())

    def messages(self, session: SessionId) -> list[Message]:
        """All messages of a session that are on this machine, archived ones first."""
        return session_messages(self.store, session, self.snapshot(), self.notice)

    def backlog(self) -> "Backlog":
        """What waits for a person beside the sessions: stale layers, contested memories, branches."""
        from viking_git.session.backlog import backlog

        return backlog(self.store, self.trunk)

    def unfinished(self) -> list[SessionId]:
        """The sessions that ``commit`` without a name takes: new messages, or a branch that an earlier one left."""
        return unfinished(self.store, self.snapshot())

    def used(
        self, session: SessionId | str, contexts: Sequence[str] = (), skill: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Record what a session (one of that name is started) used; the commit counts it. See ``session.usage``."""
        from viking_git.session.usage import record_usage, usage_fields

        fields = usage_fields(contexts, skill, lambda uri: self._known(split_fragment(uri)[0]).uri)
        session = self.new_session(session) if isinstance(session, str) else session
        return record_usage(self.store, session, fields)

    def session_context(self, session: SessionId, budget: int) -> "SessionContext":
        """What of a session fits into ``budget`` tokens; see ``session.context``."""
        from viking_git.session.context import session_context

        self.session_info(session)
        return session_context(self.store, session, self.snapshot(), budget)

    def delete_session(self, session: SessionId, *, with_archives: bool = False) -> "Deleted":
        """Delete a session's live log and branch, and its archives on trunk if asked to; memories stay."""
        from viking_git.session.delete import delete_session

        self.session_info(session)
        return delete_session(self.store, session, self.trunk, with_archives=with_archives)

    def commit(
        self, session: SessionId, *, review: bool = False, wait: bool = True, resume: bool = False
    ) -> "CommitResult":
        """Archive a session's new messages, extract memories, merge into trunk; see ``session.commit.Wanted``."""
        from viking_git.session.background import go_on
        from viking_git.session.commit import Wanted, commit

        self.session_info(session)
        self.store.signatures()
        wanted = Wanted(not resume, review, wait)
        result = go_on(self.store, commit(self.store, self.policy, session, self._extraction, wanted))
        if result.merge:
            # What was just learnt is found at once, and the next search embeds nothing.
            self.searching.beside()
        return result

    def is_due(self, session: SessionId) -> bool:
        """Whether the policy wants the session committed by itself (``sessions.auto_commit_…``)."""
        return self.session_info(session).is_due(self.policy.sessions)

    @cached_property
    def tasks(self) -> "Tasks":
        """Archives on their way to memories: ``list``, ``find``."""
        from viking_git.session.tasks import Tasks

        return Tasks(self.store, self.trunk, self.session_id)

    @cached_property
    def branches(self) -> "Branches":
        """Branches and trunk, here and on other machines: ``merge``, ``update``, ``sync``."""
        from viking_git.session.branches import Branches

        return Branches(self.store, self.policy, self.spaces.user)

    # --- settings

    @cached_property
    def settings(self) -> "Settings":
        """The settings, of the policy and of this machine: ``list``, ``get``, ``set``."""
        from viking_git.session.settings import Settings

        return Settings(self.store, self.trunk)

    def doctor(self, *, fix: bool = False) -> "list[Check]":
        """What is well here and what is not, and with ``fix`` what was mended; see ``session.doctor``."""
        from viking_git.session.doctor import examine
        from viking_git.session.remedies import Patient

        patient = Patient(self.store, self.policy, lambda: self.searching, lambda one: self.commit(one, resume=True))
        return examine(patient, fix=fix)

    # --- searching

    def find(self, query: str, **options: "Unpack[SearchOptions]") -> "Results":
        """Hybrid search over trunk and the transcripts of this machine; see ``session.searching.SearchOptions``."""
        return self.searching.find(query, **options)

    def search(self, query: str, session: SessionId, **options: "Unpack[SearchOptions]") -> "Results":
        """As ``find``, asked in a session: what was said there last is part of the question."""
        return self.searching.search(query, session, **options)

    def update_index(self) -> None:
        """Bring the search index up to date with trunk now; every search does it too."""
        self.searching.trunk()

    def context(
        self, query: str, budget: int, form: "Form" = "markdown", **options: "Unpack[SearchOptions]"
    ) -> "Context":
        """What is known about ``query`` in at most ``budget`` tokens, for a prompt."""
        return self.searching.context(query, budget, self.spaces.user, form, **options)

    @cached_property
    def searching(self) -> "Searching":
        """The searches of this workspace and their indexes."""
        from viking_git.session.searching import Searching, Setting

        self._tip()
        cache, embedder, index = self.environment.cache, self.embedder, self.policy.index
        return Searching(Setting(self.store, self.trunk, cache, embedder, index, self.uri, self.notice, self.progress))

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
        from viking_git.session.prepare import prepare

        return prepare(self.policy, self.spaces, self.searching)

    @cached_property
    def packs(self) -> "Packs":
        """Packs: ``export``, ``import_``, ``backup``, ``restore``, ``differences``."""
        from viking_git.session.packs import Packs, Search

        search = Search(self.embedder, self.environment.cache, self.notice, self.update_index)
        return Packs(self.store, self.policy, self.spaces, search)

    # --- inside

    def _known(self, text: str) -> VikingURI:
        uri, view = self.uri(text), self.view()
        if view.entry(uri) is None:
            raise view.missing(uri)
        return uri

    def _tip(self) -> str:
        return trunk_tip(self.store, self.policy.trunk)
