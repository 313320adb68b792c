"""Step 2 of a commit: an archive's messages become decisions, one commit each, on the session's branch.

It may fail and be run again: every decision's file carries its candidate's fingerprint, so what was recorded before an
interruption is not decided twice, and ``extraction.json`` says that it ran to its end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from viking_git.errors import NotFound
from viking_git.memory.apply import decision_changes, decision_record, decision_uris, fingerprint
from viking_git.memory.decide import Decider
from viking_git.memory.dedup import Decision, normalise
from viking_git.memory.extract import Extractor
from viking_git.memory.poison import is_poison
from viking_git.model.categories import category
from viking_git.model.changes import Changes
from viking_git.model.identity import REWOUND
from viking_git.model.layout import QUARANTINE, memories_path, memory_of
from viking_git.model.memory import Candidate
from viking_git.model.messages import Message
from viking_git.model.meta import dump_json
from viking_git.session.similar import Similar
from viking_git.session.state import EXTRACTION, SessionId
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_TIDIED = 200
"""Decisions after which the packs of their commits are joined."""
_MARKS = {"merge": "~", "delete": "-"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One decision as the result of a commit shows it.

    Attributes:
        mark: ``+`` created, ``~`` merged, ``-`` deleted, ``=`` known already.
        memory: path of the memory below ``memories/``, e.g. ``preferences/coding``.
        abstract: L0 of the candidate.
        messages: ids of the messages it was read from.
        positions: where these stand in the archive, from 1.
        commit: the commit on the session's branch that holds it.
    """

    mark: str
    uri: str
    category: str
    memory: str
    abstract: str
    messages: tuple[str, ...]
    positions: tuple[int, ...] = ()
    commit: str = ""


@dataclass(slots=True)
class _Group:
    """Decisions of one batch that touch the same memory: one commit."""

    uris: set[str]
    records: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Extraction:
    """What extraction runs with: the registry's pieces, and the spaces that own what it finds."""

    extractor: Extractor
    decider: Decider
    similar: Similar
    user: str
    agent: str
    isolated: bool
    quotes: bool

    def root(self, candidate: Candidate) -> str:
        """The ``memories`` directory that a candidate belongs into."""
        return memories_path(category(candidate.category), self.user, self.agent, isolated=self.isolated)


def extract(
    store: Store, tools: Extraction, session: SessionId, number: int, messages: Sequence[Message], trunk: Snapshot
) -> list[Outcome]:
    """Decide about everything worth remembering in ``messages``, and commit the decisions to the session's branch."""
    tip = store.tip(session.branch)
    if tip is None:
        raise NotFound(f"session {session.id} has no branch")
    place = session.archive(number)
    branch = store.snapshot(tip)
    recorded = _recorded(branch, place)
    candidates = tools.extractor.extract([message for message in messages if not message.extra.get(REWOUND)])
    groups = _decide(tools, candidates, trunk, branch, recorded, _free_numbers(branch, place))
    outcomes: list[Outcome] = []
    positions = {message.id: position for position, message in enumerate(messages, start=1)}
    for done, group in enumerate(groups, start=1):
        changes = Changes()
        changes.update(group.changes)
        for order, record in group.records:
            changes.write(f"{place}/decisions/{order:02d}.json", dump_json(record))
        tip = _commit(store, session, tip, changes, _decision_message(session, number, group))
        store.step("decision-committed")
        if done % _TIDIED == 0:
            # Each commit is a pack, and every look for an object that is not there goes through all of them.
            store.tidy()
        outcomes += [
            replace(outcome, commit=tip, positions=tuple(positions[m] for m in outcome.messages if m in positions))
            for outcome in group.outcomes
        ]
    total = len(recorded) + sum(len(group.records) for group in groups)
    record = {"extractor": tools.extractor.id, "decider": tools.decider.id, "candidates": total}
    text = "1 decision" if total == 1 else f"{total or 'no'} decisions"
    message = f"session: extracted {session.id}, archive_{number:03d} ({text})\n\n{_trailers(session, number)}"
    _commit(store, session, tip, Changes({f"{place}/{EXTRACTION}": dump_json(record)}), message)
    store.step("extracted")
    return outcomes


def _decide(
    tools: Extraction,
    candidates: Sequence[Candidate],
    trunk: Snapshot,
    view: Snapshot,
    recorded: set[str],
    numbers: Iterator[int],
) -> list[_Group]:
    offers = tools.similar.beside(trunk, view)
    groups = _Groups()
    for candidate in candidates:
        if fingerprint(candidate) in recorded:
            continue
        root = tools.root(candidate)
        # What speaks to the agent that reads it is merged into nothing, and waits where nothing reads it.
        poison = is_poison(candidate.memory().render())
        root = f"{root}/{QUARANTINE}" if poison else root
        offered = [] if poison else offers.to(candidate, root)
        raw = tools.decider.decide(candidate, offered) if offered else {"decision": "create"}
        decision = normalise(raw, candidate, offered)
        changes = decision_changes(decision, candidate, offered, root, offers.is_taken)
        if decision.decision == "none" and not changes:
            # A merge of a fact that is there changes no file: to the person it is known, not merged once more.
            decision = Decision("skip", reason="it is known")
        uris = decision_uris(decision, candidate, root, offers.is_taken)
        record = decision_record(
            decision, candidate, offered, uris, extractor=tools.extractor.id, decider=tools.decider.id,
            quotes=tools.quotes,
        )  # fmt: skip
        offers.note(changes)
        group = groups.of({*uris, *(action.uri for action in decision.actions)})
        group.changes.update(changes)
        group.records.append((next(numbers), record))
        group.outcomes += _outcomes(decision, candidate, uris)
    return groups.all()


class _Groups:
    """The groups of a batch, in the order of their first decisions."""

    def __init__(self) -> None:
        self._groups: dict[int, _Group] = {}
        self._by_uri: dict[str, int] = {}
        self._numbers = count()

    def of(self, uris: set[str]) -> _Group:
        """The group that ``uris`` belong to, joined into the earliest where they touch several."""
        first, *others = sorted({self._by_uri[uri] for uri in uris if uri in self._by_uri}) or [next(self._numbers)]
        group = self._groups.setdefault(first, _Group(set()))
        for other in (self._groups.pop(number) for number in others):
            group.uris |= other.uris
            group.changes.update(other.changes)
            group.records += other.records
            group.outcomes += other.outcomes
            self._by_uri.update(dict.fromkeys(other.uris, first))
        group.uris |= uris
        self._by_uri.update(dict.fromkeys(uris, first))
        return group

    def all(self) -> list[_Group]:
        return [self._groups[number] for number in sorted(self._groups)]


def _outcomes(decision: Decision, candidate: Candidate, uris: Sequence[str]) -> list[Outcome]:
    messages = tuple(dict.fromkeys(quote.message_id for quote in candidate.quotes))

    def outcome(mark: str, uri: str) -> Outcome:
        found = memory_of(uri.removeprefix("viking://").rstrip("/") + "/content.md")
        memory = (found[0] if found else uri).partition("/memories/")[2].rstrip("/") or uri
        return Outcome(mark, uri, candidate.category, memory, candidate.abstract, messages)

    done = [outcome(_MARKS[action.action], action.uri) for action in decision.actions]
    if decision.decision == "create":
        done += [outcome("+", uri) for uri in uris if uri not in {action.uri for action in decision.actions}]
    return done or [
        Outcome("=", "", candidate.category, candidate.kind.path(candidate.name), candidate.abstract, messages)
    ]


def _recorded(view: Snapshot, place: str) -> set[str]:
    """The fingerprints of candidates that an interrupted run decided about already."""
    found: set[str] = set()
    for entry in view.entries(f"{place}/decisions"):
        if entry.kind == "file":
            found.add(view.record(f"{place}/decisions/{entry.name}").record("candidate").text("fingerprint"))
    return found


def _free_numbers(view: Snapshot, place: str) -> Iterator[int]:
    """The numbers of decisions to come: an interrupted run may have recorded the first one and the third together."""
    taken = {entry.name for entry in view.entries(f"{place}/decisions")}
    return (number for number in count(1) if f"{number:02d}.json" not in taken)


def _commit(store: Store, session: SessionId, tip: str, changes: Changes, message: str) -> str:
    writer = store.writer()
    new = store.commit(writer, writer.apply(store.tree(tip), changes), [tip], message)
    store.publish(writer, session.branch, new, tip, message.partition("\n")[0])
    return new


def _decision_message(session: SessionId, number: int, group: _Group) -> str:
    first = group.outcomes[0]
    subject = f"session: {first.mark} {first.memory}: {first.abstract}"
    if len(subject) > 100:
        subject = subject[:99].rstrip() + "…"
    trailers = [_trailers(session, number).rstrip("\n")]
    for _, record in group.records:
        trailers.append(f"Viking-Decision: {record['decision']}")
    for outcome in group.outcomes:
        if outcome.mark in _MARKS.values():
            action = next(name for name, mark in _MARKS.items() if mark == outcome.mark)
            trailers.append(f"Viking-Action: {action}")
        if outcome.uri:
            trailers.append(f"Viking-Memory: {outcome.uri}")
    sources = dict.fromkeys(message for outcome in group.outcomes for message in outcome.messages)
    trailers += [f"Viking-Source: {message}" for message in sources]
    reasons = [str(record["reason"]) for _, record in group.records if record.get("reason")]
    body = "\n".join(dict.fromkeys(reasons))
    return "\n\n".join(part for part in (subject, body, "\n".join(dict.fromkeys(trailers))) if part) + "\n"


def _trailers(session: SessionId, number: int) -> str:
    return f"Viking-Session: {session.uri}\nViking-Archive: archive_{number:03d}\n"
