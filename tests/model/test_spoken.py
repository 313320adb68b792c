"""Times as people say them; git itself is asked for the same ones."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.helpers import git
from viking_git.model.spoken import spoken

NOW = datetime(2026, 3, 31, 14, 30, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("today", "2026-03-31"), ("Yesterday", "2026-03-30"), ("last week", "2026-03-24"),
        ("2 weeks ago", "2026-03-17"), ("2.weeks.ago", "2026-03-17"), ("a month ago", "2026-02-28"),
        ("last year", "2025-03-31"),
        ("thirteen days ago", None), ("ten days", "2026-03-21"), ("last tuesday", "2026-03-24"),
        ("last  monday", "2026-03-30"), ("last Wednesday", "2026-03-25"), ("monday", None),
        ("3 hours ago", "2026-03-31T11:30:00+00:00"),
        ("an hour ago", "2026-03-31T13:30:00+00:00"), ("90 minutes ago", "2026-03-31T13:00:00+00:00"),
        ("lastweek", None), ("", None), ("now", None), ("5 apples", None), ("1 week nonsense", None), ("2026", None),
        ("99999 years ago", None), ("99999 days ago", "1752-06-16"), ("3 weeks hence", None),
    ],
)  # fmt: skip
def test_what_is_said(text: str, time: str | None) -> None:
    assert spoken(text, NOW) == time


@pytest.mark.parametrize(
    "text",
    ["yesterday", "last week", "2.weeks.ago", "last month", "last monday", "last wednesday", "5 days", "1 year ago"],
)
def test_git_means_the_same_day(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    when = datetime(2026, 11, 18, 12, tzinfo=UTC)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("GIT_TEST_DATE_NOW", str(int(when.timestamp())))
    git(tmp_path, "init", "-q")
    said = git(tmp_path, "rev-parse", f"--since={text}")
    theirs = datetime.fromtimestamp(int(said.removeprefix("--max-age=")), UTC)
    assert spoken(text, when) == theirs.date().isoformat()
