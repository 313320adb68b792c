"""Running rules over a case."""

from collections.abc import Iterable, Iterator

from viking_git.checks.case import Case
from viking_git.checks.finding import Finding, Rule, Severity, Spot
from viking_git.checks.rules import ON_WRITE, RULES
from viking_git.errors import BrokenRules, InvalidContent, InvalidName, NotFound
from viking_git.store.merge import unkept

_STUMBLES = (
    ArithmeticError, AttributeError, InvalidContent, InvalidName, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What reading a record of an unexpected shape raises."""


def run(case: Case, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """What ``rules``, all of them if left out, find in ``case``: by path, line and rule."""
    found = {
        Finding(spot.path, spot.line, rule.id, severity, spot.message, _fix(rule, spot.path, case.policy.trunk))
        for rule in (RULES.values() if rules is None else rules)
        for spot, severity in _spots(rule, case)
    }
    return sorted(found, key=lambda finding: (finding.path, finding.line, finding.rule, finding.message))


def _spots(rule: Rule, case: Case) -> list[tuple[Spot, Severity]]:
    """What ``rule`` finds. A file over which it stumbles is an error too, and the other files are judged all the same.

    Rules read what anybody pushes. One that raised would leave the pull request that breaks everything unnamed.
    """
    try:
        return [(spot, rule.severity) for spot in rule.find(case)]
    except _STUMBLES:
        found: list[tuple[Spot, Severity]] = []
        stumbled = False
        for changed in case.files:
            try:
                found += [(spot, rule.severity) for spot in rule.find(case.only(changed))]
            except _STUMBLES as error:
                stumbled = True
                why = f"this rule cannot read it: {type(error).__name__}: {error}"
                found.append((Spot(changed.path, why), "error"))
        if not stumbled:
            # No file is the cause: an object that git could not read for a moment, or a bug.
            raise
        return found


def fast_rules() -> Iterator[Rule]:
    """The rules that look at nothing beyond the change: what hooks run."""
    return (rule for rule in RULES.values() if not rule.slow)


def rule(name: str) -> Rule:
    """The rule with the id or the slug ``name``.

    Raises:
        NotFound: there is none.
    """
    for found in RULES.values():
        if name.upper() == found.id or name.lower() == found.slug:
            return found
    raise NotFound(f"no rule {name!r}", hint="docs/rules.md lists them")


def caused(case: Case, rules: Iterable[Rule]) -> list[Finding]:
    """What ``rules`` find in ``case`` and would not find in its base: what blocks a write judges the change alone.

    A rule that also blocked what was wrong before would leave a session, or a memory, that nobody can write to again:
    so it was where plain git had removed an older archive. Only where something is found is the base looked at.
    """
    rules = list(rules)
    findings = run(case, rules)
    if not findings:
        return []
    names = {finding.rule for finding in findings}
    # What a merge put beside another file under a new name was there under its own.
    places = {finding.path: {finding.path, unkept(finding.path)} for finding in findings}
    past = case.before({path for paths in places.values() for path in paths})
    known = {(found.rule, found.path) for found in run(past, [rule for rule in rules if rule.id in names])}
    return [f for f in findings if not any((f.rule, path) in known for path in places[f.path])]


def refuse_broken(case: Case) -> None:
    """Refuse what the library is about to put onto trunk where it breaks a rule; cost follows the change.

    Raises:
        BrokenRules: it does, and trunk did not before; the message names the first findings.
    """
    findings = caused(case, ON_WRITE)
    if findings:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise BrokenRules(f"{first.path}:{first.line}: {first.message} [{first.rule}]{more}", hint=first.fix)


def _fix(rule: Rule, path: str, trunk: str) -> str:
    directory = path.rpartition("/")[0] if "." in path.rpartition("/")[2] else path
    return rule.fix.replace("{trunk}", trunk).replace("{uri}", f"viking://{directory}/").replace("{path}", path)
