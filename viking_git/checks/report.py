"""Findings as people and machines read them: text, JSON, GitHub annotations, SARIF 2.1.0, and a summary in Markdown."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence

from viking_git import __version__
from viking_git.checks.finding import SEVERITIES, Finding, Severity
from viking_git.checks.rules import RULES

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}
_PLAIN = re.compile(r"(?:[\w ,;()'/%+–…-]|[.:](?![\w/]))*")
"""Words that Markdown makes nothing of: no name of a site either, for these become links."""
_SHOWN = 50
"""Findings that a summary lists; the rest is counted."""


def counts(findings: Sequence[Finding]) -> str:
    """``2 errors, 1 warning``; ``no findings`` where there is nothing, or nothing but notes."""
    number = Counter(finding.severity for finding in findings)
    said = [f"{number[s]} {s}{'' if number[s] == 1 else 's'}" for s in SEVERITIES if number[s]]
    if not number["error"] and not number["warning"]:
        said.insert(0, "no findings")
    return ", ".join(said)


def as_text(findings: Sequence[Finding], *, notes: bool = False) -> str:
    """A line for each error and warning, its fix below; notes only if wanted, for nobody has to act on them."""
    lines: list[str] = []
    for found in findings:
        if found.severity == "note" and not notes:
            continue
        lines.append(f"{_visible(found.path)}:{found.line}: {found.severity} {found.rule} {_visible(found.message)}")
        lines.append(f"    fix: {_visible(found.fix)}")
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """``{"findings": […], "errors": n, "warnings": n, "notes": n}``."""
    number = Counter(finding.severity for finding in findings)
    totals = {f"{severity}s": number[severity] for severity in SEVERITIES}
    value = {"findings": [finding.to_json() for finding in findings], **totals}
    return _dumped(value)


def as_github(findings: Sequence[Finding]) -> str:
    """Workflow commands that GitHub shows at the lines of a pull request's files."""
    return "\n".join(map(_annotation, findings))


def _annotation(found: Finding) -> str:
    title = f"{found.rule} {RULES[found.rule].slug}"
    return annotation(found.severity, found.path, found.line, title, f"{found.message}. Fix: {found.fix}")


def annotation(severity: Severity, path: str, line: int, title: str, text: str) -> str:
    """One workflow command, with what would end it escaped."""
    where = f"file={_property(path)},line={line},title={_property(title)}"
    return f"::{_GITHUB[severity]} {where}::{_data(text)}"


def as_sarif(findings: Sequence[Finding]) -> str:
    """A SARIF 2.1.0 log of one run, with the rules that it names."""
    named = sorted({finding.rule for finding in findings})
    rules = [
        {
            "id": rule.id, "name": rule.slug, "shortDescription": {"text": rule.about}, "help": {"text": rule.fix},
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in (RULES[name] for name in named)
    ]  # fmt: skip
    results = [
        {
            "ruleId": f.rule, "ruleIndex": named.index(f.rule), "level": f.severity,
            "message": {"text": f"{f.message}. Fix: {f.fix}"},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": _uri(f.path)}, "region": {"startLine": f.line}}}
            ],
        }
        for f in findings
    ]  # fmt: skip
    driver = {"name": "viking-git", "version": __version__, "rules": rules}
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return _dumped(log)


def as_summary(findings: Sequence[Finding]) -> str:
    """A page in Markdown for a step summary or a comment."""
    lines = ["## viking-git check", "", f"{counts(findings).capitalize()}."]
    if findings:
        lines += ["", "| where | rule | what | fix |", "|---|---|---|---|"]
    for f in findings[:_SHOWN]:
        lines.append(table_row((f"{f.path}:{f.line}", f"{f.rule} ({f.severity})", f.message, f.fix)))
    if len(findings) > _SHOWN:
        lines += ["", f"{len(findings) - _SHOWN} more."]
    return "\n".join(lines) + "\n"


def table_row(cells: Sequence[str]) -> str:
    """A row of a table in Markdown, in which text of files stays text: no link, no tag, no mention of a team."""
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    """Plain words as they are, anything else as code: its fence is longer than every run of backticks in it."""
    said = _visible(text)
    if not said or _PLAIN.fullmatch(said):
        return said
    fence = "`" * (max((len(run) for run in re.findall("`+", said)), default=0) + 1)
    room = " " if said.startswith(("`", " ")) or said.endswith(("`", " ")) else ""
    # In a table even code ends at a bar, unless a backslash is before it that has none before itself.
    safe = said.replace("\\|", "\\u007c").replace("|", "\\|")
    return f"{fence}{room}{safe}{room}{fence}"


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": as_text, "json": as_json, "github": as_github, "sarif": as_sarif,
}  # fmt: skip
"""A writer for each ``--format``."""


def _dumped(value: object) -> str:
    # Bytes of a name that are no UTF-8 come as lone surrogates, which no output takes; JSON can escape them.
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace").decode()


def _visible(text: str) -> str:
    """Text of a file on one line: a finding about hidden characters must not hide itself."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _data(text: str) -> str:
    return _visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path, errors="surrogateescape")
