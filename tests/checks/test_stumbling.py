"""A rule that raises over one file makes that file an error, and the others are judged all the same."""

from collections.abc import Iterator

import pytest

from tests.checks.trees import Bench
from viking_git.checks.case import Case
from viking_git.checks.finding import Rule, Spot
from viking_git.checks.run import run
from viking_git.config import Policy
from viking_git.session.refresh import GENERATORS


def _careless(case: Case) -> Iterator[Spot]:
    """Reads what is not there."""
    for changed in case.present:
        if changed.name == "bad.json":
            raise KeyError("uri")
        yield Spot(changed.path, "seen")


def _broken(case: Case) -> Iterator[Spot]:
    """Raises whatever it is given."""
    yield from {}[len(case.files) - len(case.files)]


def _case(bench: Bench) -> Case:
    tree = bench.tree({f"resources/docs/{name}": b"{}\n" for name in ("a.json", "bad.json", "z.json")})
    return Case(tree, bench.tree({}), GENERATORS, Policy())


def test_the_file_is_named_and_the_others_are_judged(bench: Bench) -> None:
    found = run(_case(bench), [Rule("VG501", "careless", "warning", "", "", _careless)])
    said = {(one.path.rpartition("/")[2], one.severity, one.message) for one in found}
    assert ("bad.json", "error", "this rule cannot read it: KeyError: 'uri'") in said
    assert {("a.json", "warning", "seen"), ("z.json", "warning", "seen")} <= said


def test_what_no_file_causes_is_raised(bench: Bench) -> None:
    case = _case(bench)
    case.files = ()
    with pytest.raises(KeyError):
        run(case, [Rule("VG501", "broken", "error", "", "", _broken)])
