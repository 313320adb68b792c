"""Retrieval tests: the questions of ``viking-tests.yaml``, asked of two commits, and what became of the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from viking_git.errors import InvalidContent, NotFound
from viking_git.model.changes import Changes
from viking_git.model.searchtests import LIMIT, TESTS_FILE, SearchTest, load_tests, with_test
from viking_git.model.uri import split_fragment
from viking_git.session.moment import bound
from viking_git.session.searching import Searching, SearchOptions
from viking_git.session.trunk import advance_trunk
from viking_git.store.objects import ObjectWriter


@dataclass(frozen=True, slots=True)
class Answer:
    """What one commit answered.

    Attributes:
        hits: the addresses of the answers, best first.
        problem: why there could be none, e.g. a URI to look below that is not there.
    """

    hits: tuple[str, ...]
    problem: str | None = None

    def rank(self, uri: str) -> int | None:
        """The place, from 1, of the first answer that ``uri`` stands for; None where there is none."""
        return next((number for number, hit in enumerate(self.hits, start=1) if stands_for(uri, hit)), None)

    def first(self, test: SearchTest) -> int | None:
        """The place of the first expected answer."""
        ranks = [rank for uri in test.expect if (rank := self.rank(uri)) is not None]
        return min(ranks, default=None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test: what the head answered, and what the base did (None where there is no base)."""

    test: SearchTest
    head: Answer
    base: Answer | None

    @property
    def missing(self) -> tuple[str, ...]:
        """The expected URIs that the head did not find."""
        return tuple(uri for uri in self.test.expect if self.head.rank(uri) is None)

    @property
    def forbidden(self) -> tuple[str, ...]:
        """The forbidden URIs that the head found."""
        return tuple(uri for uri in self.test.forbid if self.head.rank(uri) is not None)

    @property
    def is_changed(self) -> bool:
        """Whether the head's answers are others than the base's, or in another order."""
        return self.base is not None and self.base.hits != self.head.hits


@dataclass(frozen=True, slots=True)
class Measure:
    """How good one commit's answers are.

    Attributes:
        recall: the share of expected URIs that were found, 1 where none is expected.
        rank: the mean, over the tests that expect something, of one by the place of the first expected answer.
    """

    recall: float
    rank: float


@dataclass(frozen=True, slots=True)
class Report:
    """What all tests came to."""

    outcomes: tuple[Outcome, ...]
    floor: float
    head: Measure
    base: Measure | None
    degraded: str | None = None

    @property
    def fails(self) -> bool:
        """Whether the head finds something forbidden, or less than the floor of what is expected."""
        return self.head.recall < self.floor or any(outcome.forbidden for outcome in self.outcomes)

    @property
    def changed(self) -> int:
        """Of how many tests the answers changed."""
        return sum(outcome.is_changed for outcome in self.outcomes)


def stands_for(uri: str, address: str) -> bool:
    """Whether a hit at ``address`` is what ``uri`` asks for: the same place, or one in it."""
    base, fragment = split_fragment(uri)
    if fragment is not None:
        return address == uri
    place = split_fragment(address)[0].rstrip("/")
    return f"{place}/".startswith(f"{base.rstrip('/')}/")


def run_tests(searching: Searching, rev: str | None, base: str | None, floor: float | None) -> Report:
    """Ask the questions that ``rev`` (HEAD if left out) has in its file, of it and of ``base``.

    Without ``base`` that is trunk, and nothing where ``rev`` is trunk. ``floor`` goes before that of the file.

    Raises:
        NotFound: no such revision, or it has no file of tests.
        InvalidContent: a file that is no list of tests; the message has the line.
    """
    store = searching.setting.store
    trunk = store.tip(searching.setting.trunk)
    head = store.resolve(rev) if rev else store.tip("HEAD") or trunk
    before = store.resolve(base) if base else trunk
    data = store.snapshot(head).get(TESTS_FILE)
    if head is None or data is None:
        raise NotFound(f"no {TESTS_FILE} in {rev or 'HEAD'}", hint='viking-git find "…" --save-test makes one')
    tests = load_tests(data)
    with_base = before not in {None, head}
    outcomes: list[Outcome] = []
    degraded: str | None = None
    for test in tests.tests:
        here, less = _ask(searching, test, head)
        degraded = degraded or less
        outcomes.append(Outcome(test, here, _ask(searching, test, before)[0] if with_base else None))
    return Report(
        tuple(outcomes), tests.floor if floor is None else floor, _measure([(o.test, o.head) for o in outcomes]),
        _measure([(o.test, o.base) for o in outcomes if o.base]) if with_base else None, degraded,
    )  # fmt: skip


def _ask(searching: Searching, test: SearchTest, commit: str | None) -> tuple[Answer, str | None]:
    try:
        results = searching.ask(test.query, **cast(SearchOptions, {**test.options, "at": commit}))
    except NotFound as error:
        return Answer((), error.message), None
    return Answer(tuple(hit.address for hit in results.hits)), results.degraded


def _measure(answers: Sequence[tuple[SearchTest, Answer]]) -> Measure:
    wanted = [(answer, uri) for test, answer in answers for uri in test.expect]
    found = sum(answer.rank(uri) is not None for answer, uri in wanted)
    firsts = [answer.first(test) for test, answer in answers if test.expect]
    ranks = sum(1 / first for first in firsts if first)
    return Measure(found / len(wanted) if wanted else 1.0, ranks / len(firsts) if firsts else 1.0)


def save_test(searching: Searching, query: str, expect: Sequence[str], options: SearchOptions) -> SearchTest:
    """Add a test to trunk's file by a commit: ``query`` with its options expects ``expect``, or its best answer now.

    Raises:
        InvalidContent: nothing is found and nothing is expected, or an option that a test cannot have.
        Exists: the file asks this already.
        Refused: trunk's work tree cannot take the commit now; nothing was changed.
    """
    store, parse = searching.setting.store, searching.setting.uri
    if options.get("at"):
        raise InvalidContent("a test is about commits to come", hint="leave out --at")
    kept: dict[str, Any] = {"limit": LIMIT}
    kept |= {k: v for k, v in options.items() if v is not None and k not in {"at", "links", "explain", "uris"}}
    # A test asks the same whenever it is run.
    kept |= {key: bound(store, kept[key]) for key in ("since", "until") if key in kept}
    if options.get("uris"):
        kept["uris"] = [parse(uri).uri for uri in options["uris"]]
    full = [_full(searching, uri) for uri in expect]
    if not full:
        hits = searching.ask(query, **options).hits
        if not hits:
            raise InvalidContent("nothing is found that a test could expect", hint="--expect URI says what should be")
        full = [hits[0].uri]
    test = SearchTest(query, tuple(full), (), kept)
    subject = f"edit: a test, {' '.join(query.split())[:60]}\n"

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        view = store.snapshot(tip)
        changes = Changes({TESTS_FILE: with_test(view.get(TESTS_FILE), test)})
        return store.commit(writer, writer.apply(view.tree, changes), [tip] if tip else [], subject)

    store.signatures()
    advance_trunk(store, searching.setting.trunk, build, "a test of the search")
    return test


def _full(searching: Searching, uri: str) -> str:
    base, fragment = split_fragment(uri)
    parsed = searching.setting.uri(base).uri
    return f"{parsed}#{fragment}" if fragment else parsed
