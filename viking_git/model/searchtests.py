"""``viking-tests.yaml``: questions and the answers that a search of this workspace must give, or must not.

floor: 0.9
tests:
  - query: how do we deploy
    expect: [viking://resources/handbook/deploy.md]
    forbid: [viking://resources/archive/]
    options: {type: resource, limit: 5}
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import yaml

from viking_git.errors import Exists, InvalidContent, InvalidURI
from viking_git.model.uri import TRACKED_SCOPES, VikingURI, split_fragment
from viking_git.plainyaml import PlainDumper, PlainLoader

TESTS_FILE = "viking-tests.yaml"
LIMIT = 10
"""Answers among which a test looks, where its options do not say."""

_HEAD = "# Questions that the search must answer; viking-git check --retrieval asks them.\ntests:\n"
_PLACE = re.compile(r"`\$((?:\.\w+|\[\d+\])*)`")


class _Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    uris: list[str] = []
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = LIMIT
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    level: Annotated[int, msgspec.Meta(ge=0, le=2)] | None = None
    type: Literal["memory", "resource", "skill", "session"] | None = None
    category: str | None = None
    owner: str | None = None
    since: str | None = None
    until: str | None = None


class _Test(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    query: Annotated[str, msgspec.Meta(min_length=1)]
    expect: list[str] = []
    forbid: list[str] = []
    options: _Options = _Options()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    floor: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    tests: list[_Test] = []


@dataclass(frozen=True, slots=True)
class SearchTest:
    """One question.

    Attributes:
        expect: URIs that must be among the answers; one that ends in a slash is met by anything below it.
        forbid: URIs that must not.
        options: what narrows the search, as ``FindOptions`` has it; ``limit`` is always there.
        line: where it stands in the file, from 1.
    """

    query: str
    expect: tuple[str, ...]
    forbid: tuple[str, ...]
    options: Mapping[str, Any]
    line: int = 1


@dataclass(frozen=True, slots=True)
class SearchTests:
    """All questions of a file, and the share of expected answers (0 to 1) below which they fail."""

    floor: float
    tests: tuple[SearchTest, ...]


def load_tests(data: bytes) -> SearchTests:
    """The tests of a ``viking-tests.yaml``.

    Raises:
        InvalidContent: no YAML, or not of this form; the message has the line.
    """
    root = _composed(data)
    try:
        # All scalars as they stand: a date is no date here, and a number may be a question; nothing is "".
        value = yaml.BaseLoader(data).get_single_data()
        if isinstance(value, dict):
            value = {key: of_it for key, of_it in value.items() if of_it != ""}
        file = msgspec.convert({} if value is None else value, _File, strict=False)
    except msgspec.ValidationError as error:
        raise _bad(_line_at(root, str(error)), str(error)) from None
    except (yaml.YAMLError, RecursionError):
        raise _bad(1, "keys are words, and no alias names what it stands in") from None
    items = _value(root, "tests")
    lines = [item.start_mark.line + 1 for item in items.value] if isinstance(items, yaml.SequenceNode) else []
    for number, test in enumerate(file.tests):
        _check(test, lines[number])
    return SearchTests(
        file.floor,
        tuple(
            SearchTest(
                test.query, tuple(test.expect), tuple(test.forbid),
                {"limit": LIMIT, **msgspec.to_builtins(test.options)}, line,
            )
            for test, line in zip(file.tests, lines, strict=True)
        ),
    )  # fmt: skip


def with_test(data: bytes | None, test: SearchTest) -> bytes:
    """The bytes of a ``viking-tests.yaml`` with ``test`` at its end, the rest as it was, comments included.

    Raises:
        InvalidContent: the file does not parse, or is written in a way that this cannot change.
        Exists: it asks this question with these options already.
    """
    old = load_tests(data or b"")
    for known in old.tests:
        if (known.query, known.options) == (test.query, test.options):
            raise Exists(f"{TESTS_FILE}, line {known.line}: asks this already", hint="edit the file, then git commit")
    text = data.decode("utf-8") if data and old.tests else _without_empty_list((data or b"").decode("utf-8"))
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    place, indent = _end_of_list(text, len(lines))
    new = "".join([*lines[:place], _written(test, indent), *lines[place:]]).encode()
    try:
        found = load_tests(new)
    except InvalidContent:
        found = None
    if found is None or _bare(found) != (old.floor, [*_bare(old)[1], _bare_test(test)]):
        raise InvalidContent(f"cannot add to this {TESTS_FILE}", hint="edit the file, then git commit")
    return new


def _composed(data: bytes) -> yaml.Node | None:
    try:
        return yaml.compose(data, Loader=PlainLoader)
    except RecursionError:
        raise _bad(1, "it is nested too deeply") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise _bad(mark.line + 1 if mark else 1, str(problem)) from None


def _bad(line: int, problem: str) -> InvalidContent:
    return InvalidContent(f"{TESTS_FILE}, line {line}: {problem}", hint="docs/retrieval-tests.md shows the form")


def _check(test: _Test, line: int) -> None:
    if not test.query.strip():
        raise _bad(line, "an empty query finds nothing")
    if not test.expect and not test.forbid:
        raise _bad(line, "a test has expect, forbid or both")
    for uri in (*test.expect, *test.forbid, *test.options.uris):
        try:
            found = VikingURI(split_fragment(uri)[0])
        except InvalidURI as error:
            raise _bad(line, error.message) from None
        if found.scope not in TRACKED_SCOPES:
            raise _bad(line, f"nothing is found at {uri!r}")


def _line_at(root: yaml.Node | None, problem: str) -> int:
    """The line of the place that msgspec names, ``$.tests[1].expect``; of the last part of it that exists."""
    node, place = root, _PLACE.search(problem)
    key = re.search(r"field `(\w+)`", problem)
    for part in re.findall(r"\w+", place[1]) if place else ():
        inner = _value(node, part)
        if inner is None:
            break
        node = inner
    if key and isinstance(node, yaml.MappingNode):
        node = next((name for name, _ in node.value if name.value == key[1]), node)
    return node.start_mark.line + 1 if node is not None else 1


def _value(node: yaml.Node | None, part: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        found: yaml.Node = node.value[int(part)]
        return found
    return None


def _without_empty_list(text: str) -> str:
    """``text`` in which a list of tests can begin."""
    if not text.strip():
        return _HEAD
    if re.search(r"(?m)^tests[ ]*:", text):
        return re.sub(r"(?m)^tests[ ]*:[ ]*(?:\[[ ]*\])?[ ]*$", "tests:", text, count=1)
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}tests:\n"


def _end_of_list(text: str, count: int) -> tuple[int, str]:
    """The number of lines before which the next test goes, and what its dash is indented by."""
    items = _value(_composed(text.encode()), "tests")
    if not isinstance(items, yaml.SequenceNode) or not items.value:
        at = next((n for n, line in enumerate(text.splitlines(), 1) if line.startswith("tests:")), count)
        return at, "  "
    last = items.value[-1]
    while isinstance(last, yaml.CollectionNode) and last.value and not last.flow_style:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    end = last.end_mark.line + (1 if last.end_mark.column else 0)
    return end, " " * items.start_mark.column


def _written(test: SearchTest, indent: str) -> str:
    options = {key: value for key, value in test.options.items() if (key, value) != ("limit", LIMIT)}
    parts: dict[str, object] = {"query": test.query}
    parts.update({k: list(v) for k, v in (("expect", test.expect), ("forbid", test.forbid)) if v})
    if options:
        parts["options"] = options
    text = yaml.dump([parts], Dumper=PlainDumper, sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(f"{indent}{line}\n" for line in text.splitlines())


def _bare(tests: SearchTests) -> tuple[float, Sequence[object]]:
    return tests.floor, [_bare_test(test) for test in tests.tests]


def _bare_test(test: SearchTest) -> object:
    return test.query, test.expect, test.forbid, dict(test.options)
