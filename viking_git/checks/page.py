"""docs/rules.md, made from the rules themselves."""

from viking_git.checks.finding import Rule
from viking_git.checks.fix import MENDED
from viking_git.checks.rules import RULES

_GROUPS = {
    "1": "Names and files", "2": "Layers", "3": "Memories", "4": "Sessions", "5": "Formats", "6": "Skills",
    "7": "Safety", "8": "The rules themselves",
}  # fmt: skip

_HEAD = """# Rules

What `viking-git check` looks for. This page is made from the rules; `viking-git check --explain VG203` prints one.

An **error** fails a check. A **warning** fails it with `--strict`. A **note** is no finding: it says what the next
refresh of trunk brings up to date. *On write* rules are also run by the library before it moves trunk. Of *mended*
rules, `--fix` and the pre-commit hook put right what is mechanical. *In CI* rules look beyond the change; hooks leave
them out. [checks.md](checks.md) says how to run them.
"""


def explain(rule: Rule) -> str:
    """What one rule holds, why a place breaks it, and the way out, as a few lines."""
    return "\n".join(
        [
            f"{rule.id} {rule.slug} ({rule.severity})",
            rule.about,
            f"finds: {' '.join((rule.find.__doc__ or '').split())}",
            f"fix:   {rule.fix}",
            f"runs:  {_where(rule)}",
        ]
    )


def rules_page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for digit, title in _GROUPS.items():
        rows = [_row(rule) for rule in RULES.values() if rule.id[2] == digit]
        parts.append(f"## {title}\n\n| rule | | what holds | fix | |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(rule: Rule) -> str:
    return f"| {rule.id} `{rule.slug}` | {rule.severity} | {rule.about} | {rule.fix} | {_where(rule)} |"


def _where(rule: Rule) -> str:
    said = [
        word
        for word, holds in (("on write", rule.on_write), ("mended", rule.id in MENDED), ("in CI", rule.slow))
        if holds
    ]
    return ", ".join(said) or "hooks and CI"
