"""``check`` and the pre-commit hook: judge, mend what is mechanical, say what is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from viking_git.checks.case import Case
from viking_git.checks.finding import Finding, Rule
from viking_git.checks.fix import mend
from viking_git.checks.run import fast_rules, run
from viking_git.config import Policy
from viking_git.errors import Refused
from viking_git.model.changes import Changes
from viking_git.session.proof import Asked, case_of
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot
from viking_git.store.staging import put_into_work_tree, scratch, stage

Put = Callable[[Store, Changes, Snapshot], list[str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, and what it mended before.

    Attributes:
        findings: what is left, by path and line.
        mended: the paths that were changed or deleted.
    """

    findings: tuple[Finding, ...]
    mended: tuple[str, ...] = ()

    def fails(self, *, strict: bool = False) -> bool:
        """Whether the answer is no: an error, or with ``strict`` a warning."""
        bad = {"error", "warning"} if strict else {"error"}
        return any(finding.severity in bad for finding in self.findings)


def check(store: Store, policy: Policy, asked: Asked, *, fix: bool = False) -> Checked:
    """Judge what ``asked`` names by all rules; with ``fix``, first mend what is mechanical.

    Raises:
        Refused: ``fix`` of a revision, which cannot be edited.
        NotFound: a revision that does not exist, or that has nothing in common with the base.
    """
    if fix and asked.rev is not None:
        raise Refused("a commit cannot be mended", hint="check it out, then viking-git check --fix")
    mended: tuple[str, ...] = ()
    if fix:
        mended = _mend(store, policy, replace(asked, base=None), run, stage if asked.staged else put_into_work_tree)
    with scratch(store) as writer:
        return Checked(tuple(run(case_of(store, policy, asked, writer))), mended)


def check_staged(store: Store, policy: Policy) -> Checked:
    """What the pre-commit hook does: with the policy ``layers: auto``, mend and stage; then judge what is staged."""

    def fast(case: Case) -> Sequence[Finding]:
        return run(case, rules)

    rules: tuple[Rule, ...] = tuple(fast_rules())
    asked = Asked(staged=True)
    mended = _mend(store, policy, asked, fast, stage) if policy.checks.layers == "auto" else ()
    with scratch(store) as writer:
        return Checked(tuple(fast(case_of(store, policy, asked, writer))), mended)


def _mend(
    store: Store, policy: Policy, asked: Asked, find: Callable[[Case], Sequence[Finding]], put: Put
) -> tuple[str, ...]:
    with scratch(store) as writer:
        case = case_of(store, policy, asked, writer)
        # Of a branch its own tree is mended, not what the merge would make of it.
        own = Case(
            case.head, case.base, case.tools, policy, landed=case.landed, on_trunk=case.on_trunk, whole=case.whole,
            below=asked.below,
        )  # fmt: skip
        done = mend(own, writer, find)
        return tuple(put(store, done.changes, own.tree)) if done.changes else ()
