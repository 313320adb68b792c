"""VG109 merge-keeps-both: what only the merge with the base shows."""

from tests.checks.trees import Bench
from viking_git.checks.case import Case
from viking_git.session.refresh import GENERATORS


def test_both_versions_are_named(bench: Bench) -> None:
    kept = ("resources/docs/logo.bin",)
    both = Case(bench.valid, bench.valid, GENERATORS, bench.policy, kept_both=kept)
    alone = Case(bench.valid, bench.valid, GENERATORS, bench.policy)
    from viking_git.checks.run import run

    assert [(f.rule, f.path) for f in run(both)] == [("VG109", kept[0])]
    assert run(alone) == []
