"""``check`` and the pre-commit hook: judge, mend what is mechanical, say what is left."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from viking_git.checks.case import Case
from viking_git.checks.finding import Finding
from viking_git.checks.fix import mend
from viking_git.checks.rules import RULES
from viking_git.checks.run import caused, fast_rules, run
from viking_git.config import Policy
from viking_git.errors import Refused
from viking_git.model.changes import Changes
from viking_git.session.proof import Asked, case_of
from viking_git.store.objects import ObjectWriter
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
    with scratch(store) as writer:
        judged = partial(case_of, store, policy, asked, writer)
        mended: tuple[str, ...] = ()
        if fix:
            # Of a branch its own change is mended, not what the merge would make of it.
            own = store.settled(judged).own()
            mended = _mended(store, own, writer, stage if asked.staged else put_into_work_tree)[1]
        case, findings = store.settled(lambda: _judged(judged()))
        if case.is_narrowed:
            store.notice("of what did not change, only this clone's scopes are judged")
        return Checked(findings, mended)


def check_staged(store: Store, policy: Policy) -> Checked:
    """What the pre-commit hook does: with the policy ``layers: auto``, mend and stage; then judge what is staged.

    What HEAD has too blocks no commit: it may be about something else.
    """
    with scratch(store) as writer:
        case = store.settled(partial(case_of, store, policy, Asked(staged=True), writer))
        mended: tuple[str, ...] = ()
        if policy.checks.layers == "auto":
            case, mended = _mended(store, case, writer, stage)
        return Checked(store.settled(lambda: tuple(map(_said, caused(case.of(case.tree), fast_rules())))), mended)


def _said(finding: Finding) -> Finding:
    """What asks for a person's consent does not stop a commit: who may give it is asked where the commit is to land."""
    return replace(finding, severity="warning") if RULES[finding.rule].consent else finding


def _judged(case: Case) -> tuple[Case, tuple[Finding, ...]]:
    return case, tuple(run(case))


def _mended(store: Store, case: Case, writer: ObjectWriter, put: Put) -> tuple[Case, tuple[str, ...]]:
    done = store.settled(partial(mend, case, writer))
    if not done.changes:
        return case, ()
    return case.of(done.tree), tuple(put(store, done.changes, case.tree))
