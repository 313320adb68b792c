"""Searching one workspace: its indexes of now and of other times, kept open; queries with and without a session."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack, cast

from viking_git.config import IndexPolicy
from viking_git.model.layers import ABSTRACT
from viking_git.model.layout import uri_of
from viking_git.model.messages import Message
from viking_git.model.uri import VikingURI
from viking_git.retrieval.changes import Trees
from viking_git.retrieval.collect import PAST, collect, note_workspace, touch
from viking_git.retrieval.context import Context, Form, assemble
from viking_git.retrieval.find import FindOptions, find
from viking_git.retrieval.fuse import Ranking
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.related import related
from viking_git.retrieval.report import Bounds, RefreshReport
from viking_git.retrieval.results import Hit, Results
from viking_git.retrieval.rows import Matrix
from viking_git.session.moment import bound, moment_at
from viking_git.session.queries import RECENT, TypedQuery, merged, typed_queries
from viking_git.session.querylog import QueryLog
from viking_git.session.sessions import session_messages
from viking_git.session.similar import FromTree, Nearest
from viking_git.session.state import SessionId, archives, transcripts
from viking_git.store.cone import SEARCHED, Cone
from viking_git.store.repo import Store
from viking_git.store.view import View

_MOST_OPEN = 4
"""Indexes of past commits that are kept open."""
_BESIDE = Bounds(texts=2_048, documents=256)
"""What is indexed beside a commit: seconds, where a folder of documents would take minutes."""

Notice = Callable[[str], None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a search is made with: where trunk and the caches are, which embedder, what policy says, what
    a person's URIs mean, and who is told."""

    store: Store
    trunk: str
    cache: Path
    embedder: str
    policy: IndexPolicy
    uri: Callable[[str], VikingURI]
    notice: Notice
    progress: Progress


@dataclass(frozen=True, slots=True)
class Asked:
    """An index, true to its trees, and the commit date that it stands for."""

    index: SearchIndex
    trees: Trees
    time: str


class SearchOptions(FindOptions, total=False):
    """What narrows a search of a workspace: the options of ``find``, ``uris`` as a person types them, and two more.

    Keys:
        at: a revision or a date; the search is in the commit that it names.
        links: whether what the hits are linked to is added.
    """

    at: str | None
    links: bool


class Searching:
    """The searches of one workspace. Opens nothing before the first one; ``close`` closes what was opened."""

    def __init__(self, setting: Setting) -> None:
        """Take what searches are made with."""
        self.setting = setting
        key = hashlib.sha256(str(setting.store.common_dir).encode()).hexdigest()[:16]
        self.root = setting.cache / "index"
        self.directory = self.root / key
        """Where this workspace's indexes lie."""
        self.log = QueryLog.of(setting.store)
        self.report: RefreshReport | None = None
        """What the last refresh of trunk's index did."""
        self._said_left = False
        self._trunk: SearchIndex | None = None
        self._cone: Cone | None = None
        self._past: dict[str, SearchIndex] = {}

    def close(self) -> None:
        """Close every index."""
        for index in [*self._past.values(), *([self._trunk] if self._trunk else [])]:
            index.close()
        self._trunk, self._past = None, {}

    def trees(self) -> Trees:
        """Trunk and the transcripts of this machine as they are now."""
        store = self.setting.store
        return Trees(store.snapshot(store.tip(self.setting.trunk)), transcripts(store), store.cone)

    def trunk(self) -> SearchIndex:
        """The index of trunk, brought up to date."""
        index, trees = self._own(), self.trees()
        self.report = index.refresh(trees.trunk, trees.transcripts)
        touch(index.home)
        return index

    def beside(self) -> SearchIndex:
        """The index of trunk for who does not search: its words up to date, and its vectors if few are missing.

        Where a large folder was added both are left to the next search, and that is said once; ``report`` says
        whether the index stands for trunk at all.
        """
        index, trees = self._own(), self.trees()
        self.report = index.refresh(trees.trunk, trees.transcripts, _BESIDE)
        if (self.report.left or self.report.waits) and not self._said_left:
            self._said_left = True
            texts = f"{self.report.left:,} texts wait for their vectors: the next find computes them"
            self.setting.notice(
                "new documents wait to be indexed: the next find does it" if self.report.waits else texts
            )
        touch(index.home)
        return index

    def hold(self, directories: Iterable[str]) -> None:
        """In a clone of some scopes, fetch ``directories`` of trunk and search them too from now on.

        Raises:
            RemoteFailed: they cannot be fetched now; what is searched stays as it was.
        """
        store, trunk, cone = self.setting.store, self.trees().trunk, self.setting.store.cone
        new = [path for path in directories if trunk.is_dir(path) and not (cone and cone.covers(path))]
        if cone is None or not new:
            return
        trunk.bring(file for path in new for file in trunk.walk(path))
        store.set_config(SEARCHED, "\n".join(sorted({*(store.config(SEARCHED) or "").split("\n"), *new} - {""})))
        said = ", ".join(uri_of(path, directory=True) for path in new)
        self.setting.notice(f"fetched to compare what is learnt with it, and searched here from now on: {said}")

    def nearest(self) -> Nearest:
        """The memories of trunk that are most like a text: from its index, or from the tree where that is behind."""
        index, trees = self.beside(), self.trees()
        behind = self.report is not None and self.report.waits
        return FromTree(trees.trunk, index.vectors) if behind else index.similar

    def vectors(self, texts: Sequence[str]) -> Matrix:
        """The unit vectors of ``texts``, one a row; without the model, those of the hashing embedder."""
        return self._own().vectors(texts)

    def change_embedder(self, name: str) -> None:
        """Let ``name`` be this repository's embedder from now on, in git config ``viking.embedder``."""
        self.close()
        self.setting.store.set_config("viking.embedder", name)
        self.setting = replace(self.setting, embedder=name)

    def asked(self, at: str | None) -> Asked:
        """The index of now, or of the commit that ``at`` names; a past one leaves that of trunk as it is."""
        store = self.setting.store
        if at is None:
            tip = store.tip(self.setting.trunk)
            when = store.info(tip).time.isoformat() if tip else ""
            return Asked(self.trunk(), self.trees(), when)
        moment = moment_at(store, self.setting.trunk, at)
        trees, now = moment.trees, self.trees()
        if (trees.trunk.tree, trees.transcripts.tree) == (now.trunk.tree, now.transcripts.tree):
            return Asked(self.trunk(), trees, moment.time.isoformat())
        scope = f"/{trees.cone.key}" if trees.cone else ""
        name = hashlib.sha256(f"{trees.trunk.tree}/{trees.transcripts.tree}{scope}".encode()).hexdigest()[:16]
        index = self._past.get(name) or self._own().sibling(self.directory / PAST / name)
        self._past[name] = index
        while len(self._past) > _MOST_OPEN:
            self._past.pop(next(iter(self._past))).close()
        index.refresh(trees.trunk, trees.transcripts)
        touch(index.home)
        collect(self.root, index.home)
        return Asked(index, trees, moment.time.isoformat())

    def find(self, query: str, **options: Unpack[SearchOptions]) -> Results:
        """Search trunk, or another commit; see ``SearchOptions``.

        Raises:
            NotFound: one of the URIs is not there (at that time), or ``at`` names nothing.
            InvalidContent: an empty query, or a filter that cannot be.
        """
        start = time.perf_counter()
        asked = self.asked(options.get("at"))
        return self._done(query, find(asked.index, query, **self._narrowed(asked, options)), asked, options, start)

    def ask(self, query: str, **options: Unpack[SearchOptions]) -> Results:
        """As ``find``, for a program's own questions: they are not written into the log, and links are left out."""
        asked = self.asked(options.get("at"))
        return find(asked.index, query, **self._narrowed(asked, options))

    def search(self, query: str, session: SessionId, **options: Unpack[SearchOptions]) -> Results:
        """As ``find``, with what ``session`` is about: several typed queries, their hits merged.

        A filter by type goes before that of a typed query.
        """
        start = time.perf_counter()
        asked = self.asked(options.get("at"))
        chosen = self._narrowed(asked, options)
        wanted = chosen.get("type")
        answers: list[tuple[TypedQuery, Results]] = []
        for one in typed_queries(query, self.said(session)):
            if wanted and one.context_type and one.context_type != wanted:
                continue
            narrowed = chosen.copy()
            narrowed["type"] = wanted or one.context_type
            answers.append((one, find(asked.index, one.query, **narrowed)))
        # What the session lent to the question says nothing new: its summaries, and the messages that were said last.
        own, lent = f"{session.path}/", {message.id for message in self._recent(session)}
        lists = [
            (q, [h for h in a.hits if not h.record.path.startswith(own) or (h.level == 2 and h.fragment not in lent)])
            for q, a in answers
        ]
        found = merged(lists, chosen.get("limit", 10))
        least = chosen.get("threshold") or 0.0
        hits = tuple(replace(hit, score=score) for hit, score, _ in found if score >= least)
        seconds = _sums([answer.seconds for _, answer in answers])
        explanation = _explained(answers, found) if chosen.get("explain") else None
        left_out = answers[0][1].left_out if answers else {}
        results = Results(hits, asked.index.degraded, seconds=seconds, explanation=explanation, left_out=left_out)
        return self._done(query, results, asked, options, start)

    def context(
        self, query: str, budget: int, user: str, form: Form = "markdown", **options: Unpack[SearchOptions]
    ) -> Context:
        """What is known about ``query`` in at most ``budget`` tokens; see ``retrieval.context.assemble``."""
        asked = self.asked(options.get("at"))
        return assemble(asked.index, query, budget, user, form, self._narrowed(asked, options))

    def said(self, session: SessionId) -> list[str]:
        """What was said last in a session; where its transcripts are not here, the abstract of its last archive.

        Raises:
            NotFound: there is no such session.
        """
        trunk = self.trees().trunk
        texts = [message.text for message in self._recent(session)]
        numbers = archives(trunk, session)
        if texts or not numbers:
            return texts
        data = trunk.get(f"{session.archive(numbers[-1])}/{ABSTRACT}")
        return [data.decode("utf-8", "replace")] if data else []

    def _recent(self, session: SessionId) -> list[Message]:
        trunk = self.trees().trunk
        messages = session_messages(self.setting.store, session, trunk, self.setting.notice)
        return [message for message in messages if message.text.strip()][-RECENT:]

    def _narrowed(self, asked: Asked, options: SearchOptions) -> FindOptions:
        """``options`` as ``find`` takes them: paths that are there, and the ranking that policy says."""
        view = View(self.setting.store, asked.trees.trunk, asked.trees.transcripts)
        uris = [self.setting.uri(text) for text in options.get("uris", ())]
        for uri in uris:
            if view.entry(uri) is None:
                raise view.missing(uri)
        policy = self.setting.policy
        ranking = Ranking(
            propagation=policy.propagation, drill_down=policy.drill_down, best_child=policy.best_child,
            hotness=policy.hotness, now=asked.time,
        )  # fmt: skip
        own = {key: value for key, value in options.items() if key in FindOptions.__optional_keys__}
        store = self.setting.store
        bounds = {"since": bound(store, options.get("since")), "until": bound(store, options.get("until"))}
        return cast(FindOptions, {"ranking": ranking, **own, **bounds, "uris": [uri.full_path for uri in uris]})

    def _done(self, query: str, results: Results, asked: Asked, options: SearchOptions, start: float) -> Results:
        """``results`` with their links if they are wanted, written into the log."""
        if options.get("links"):
            linked = partial(related, results.hits, asked.trees.trunk)
            results = replace(results, related=self.setting.store.settled(linked))
        self.log.add(query, results, time.perf_counter() - start)
        return results

    def _own(self) -> SearchIndex:
        """The index of trunk as it is; in a clone of some scopes, of what it holds now."""
        cone = self.setting.store.cone
        if cone != self._cone:
            self.close()
        if self._trunk is None:
            self._cone = cone
            s = self.setting
            note_workspace(self.directory, s.store.common_dir)
            backend: str = s.policy.backend
            if backend == "milvus":
                # Where it is comes from this machine: a clone must not send anything anywhere.
                backend = f"milvus@{s.store.config('viking.milvus') or ''}"
            self._trunk = SearchIndex.open(self.directory, s.embedder, s.cache, s.notice, s.progress, backend, cone)
        return self._trunk


def _explained(
    answers: Sequence[tuple[TypedQuery, Results]], found: Sequence[tuple[Hit, float, TypedQuery]]
) -> dict[str, Any]:
    return {
        "queries": [{**(answer.explanation or {}), **one.to_json()} for one, answer in answers],
        "hits": [
            {"address": hit.address, "score": round(score, 4), "query": one.query, "context_type": one.context_type}
            for hit, score, one in found
        ],
    }


def _sums(stages: Sequence[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for seconds in stages:
        for name, taken in seconds.items():
            total[name] = total.get(name, 0.0) + taken
    return total
