"""The catalogue: one table of all rules by id."""

from viking_git.checks.finding import Rule
from viking_git.checks.rules import consent, formats, layers, memories, names, safety, sessions, skills

RULES: dict[str, Rule] = {
    rule.id: rule
    for module in (names, layers, memories, sessions, formats, skills, safety, consent)
    for rule in module.RULES
}  # fmt: skip
"""Every rule by its id, ascending."""

ON_WRITE: tuple[Rule, ...] = tuple(rule for rule in RULES.values() if rule.on_write)
"""The rules that the library runs on every write."""
