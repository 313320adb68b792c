"""What ``check --retrieval`` prints: text, JSON, annotations, and a summary in Markdown."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from viking_git.checks.finding import Severity
from viking_git.checks.report import annotation, table_row
from viking_git.cli.output import plural, printable
from viking_git.model.searchtests import TESTS_FILE

if TYPE_CHECKING:
    from viking_git.session.searchtests import Measure, Outcome, Report

_SHOWN = 5
"""Answers that came or went which the text shows for one test."""


def as_text(report: "Report") -> str:
    """A line for each test, and below it what is missing, forbidden, elsewhere than before, new or gone."""
    lines: list[str] = []
    for outcome in report.outcomes:
        word = "miss" if outcome.missing or outcome.forbidden else "ok"
        lines.append(f"{word:<5} {TESTS_FILE}:{outcome.test.line}: {printable(outcome.test.query)}")
        lines += [f"      {line}" for line in _about(outcome)]
    return "\n".join(lines)


def counts(report: "Report") -> str:
    """``3 tests, 1 answer changed: recall 0.75 (base 1.00), rank …``."""
    said = plural(len(report.outcomes), "test")
    if report.base is not None:
        said += f", {plural(report.changed, 'answer')} changed"
    recall, rank = (_beside(report, lambda m: m.recall), _beside(report, lambda m: m.rank))
    return f"{said}: recall {recall}, reciprocal rank {rank}, floor {report.floor:.2f}"


def as_json(report: "Report") -> str:
    """``{"tests": […], "recall": …, "reciprocal_rank": …, "base": {…}, "floor": …, "changed": n, "passed": …}``."""
    value = {
        "tests": [_outcome(outcome) for outcome in report.outcomes],
        **_measure(report.head),
        "base": report.base and _measure(report.base),
        "floor": report.floor,
        "changed": report.changed,
        "passed": not report.fails,
        "degraded": report.degraded,
    }
    return json.dumps(value, ensure_ascii=False, indent=2)


def as_github(report: "Report") -> str:
    """A workflow command for each test that misses, and a notice for one whose answers changed."""
    lines: list[str] = []
    for outcome in report.outcomes:
        wrong = bool(outcome.missing or outcome.forbidden)
        if wrong or outcome.is_changed:
            severity: Severity = "note"
            if wrong:
                severity = "error" if report.fails else "warning"
            text = "; ".join([outcome.test.query, *_about(outcome)])
            lines.append(annotation(severity, TESTS_FILE, outcome.test.line, "retrieval", text))
    return "\n".join(lines)


def as_summary(report: "Report") -> str:
    """A page in Markdown for a step summary."""
    lines = ["## viking-git check --retrieval", "", f"{counts(report).capitalize()}.", ""]
    lines += ["| test | | what |", "|---|---|---|"]
    for outcome in report.outcomes:
        word = "miss" if outcome.missing or outcome.forbidden else "ok"
        lines.append(table_row((outcome.test.query, word, "; ".join(_about(outcome)))))
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[["Report"], str]] = {"text": as_text, "json": as_json, "github": as_github}
"""A writer for each ``--format`` that retrieval tests have."""


def _about(outcome: "Outcome") -> list[str]:
    found: list[str] = []
    if outcome.head.problem:
        found.append(printable(outcome.head.problem))
    for uri in outcome.test.expect:
        now, before = outcome.head.rank(uri), outcome.base.rank(uri) if outcome.base else None
        if now is None or (outcome.base and now != before):
            base = f" (base: {before or 'missing'})" if outcome.base else ""
            found.append(f"{'missing' if now is None else f'rank {now}'}{base}  {printable(uri)}")
    found += [f"forbidden, rank {outcome.head.rank(uri)}  {printable(uri)}" for uri in outcome.forbidden]
    if outcome.base:
        new = [hit for hit in outcome.head.hits if hit not in outcome.base.hits]
        gone = [hit for hit in outcome.base.hits if hit not in outcome.head.hits]
        moved = [f"{sign} {printable(hit)}" for sign, hits in (("+", new), ("-", gone)) for hit in hits]
        found += moved[:_SHOWN]
        if len(moved) > _SHOWN:
            found.append(f"and {len(moved) - _SHOWN} more that came or went")
    return found


def _beside(report: "Report", value: "Callable[[Measure], float]") -> str:
    base = f" (base {value(report.base):.2f})" if report.base else ""
    return f"{value(report.head):.2f}{base}"


def _measure(measure: "Measure") -> dict[str, float]:
    return {"recall": round(measure.recall, 4), "reciprocal_rank": round(measure.rank, 4)}


def _outcome(outcome: "Outcome") -> dict[str, object]:
    return {
        "query": outcome.test.query,
        "line": outcome.test.line,
        "missing": list(outcome.missing),
        "forbidden": list(outcome.forbidden),
        "rank": outcome.head.first(outcome.test),
        "hits": list(outcome.head.hits),
        "problem": outcome.head.problem,
        "base": outcome.base and {"rank": outcome.base.first(outcome.test), "hits": list(outcome.base.hits)},
        "changed": outcome.is_changed,
    }
