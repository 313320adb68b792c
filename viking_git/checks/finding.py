"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from viking_git.checks.case import Case

Severity = Literal["error", "warning", "note"]
"""An error fails a check; a warning fails it with ``--strict``; a note says what trunk will heal by itself."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule found something: a path of the tree, what is wrong there, and the line (from 1)."""

    path: str
    message: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue.

    Attributes:
        id: ``VG`` and three digits, never given to another rule.
        slug: its name in words, which its test file bears too.
        about: what it holds, one sentence.
        fix: the way out, one line; ``{path}`` and ``{uri}`` stand for where, ``{trunk}`` for trunk's name.
        find: the pure function.
        on_write: whether the library itself refuses a commit that breaks it.
        slow: whether it looks beyond the change, so that hooks leave it to CI.
        consent: whether a person with the right to may accept what it finds; hooks only say it.
    """

    id: str
    slug: str
    severity: Severity
    about: str
    fix: str
    find: Callable[["Case"], Iterator[Spot]]
    on_write: bool = False
    slow: bool = False
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is broken, ready to be shown."""

    path: str
    line: int
    rule: str
    severity: Severity
    message: str
    fix: str

    def to_json(self) -> dict[str, str | int]:
        """The finding as JSON shows it."""
        return {
            "rule": self.rule, "severity": self.severity, "path": self.path, "line": self.line,
            "message": self.message, "fix": self.fix,
        }  # fmt: skip
