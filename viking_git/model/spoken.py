"""Times as people say them to git (``yesterday``, ``last week``, ``2 weeks ago``), as ISO 8601.

Git takes any text for some time, nonsense for now; here only these forms are times, and all else is for the caller to
refuse.
"""

import calendar
import re
from datetime import datetime, timedelta

FORMS = "yesterday, last week, last monday, 2 weeks ago"
"""Examples, for a hint."""

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTS = {
    word: count
    for count, words in enumerate(
        ("one a an", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
    for word in words.split()
}
_AGO = re.compile(
    rf"(?P<count>\d{{1,5}}|{'|'.join(_COUNTS)}) (?P<unit>second|minute|hour|day|week|month|year)s?(?: ago)?"
)
_LAST = re.compile(r"(?:last|past) (?P<unit>week|month|year)")
_WEEKDAY = re.compile(rf"last (?P<day>{'|'.join(_DAYS)})")


def spoken(text: str, now: datetime) -> str | None:
    """The time that ``text`` says, seen from ``now``: a date, for hours and less a full time; None where it is none.

    As in git, last monday is the one before today, and words may be parted by dots (``2.weeks.ago``).
    """
    said = " ".join(re.sub(r"[._]", " ", text.casefold()).split())
    if said in {"today", "yesterday"}:
        return _days_ago(now, int(said == "yesterday"))
    if match := _WEEKDAY.fullmatch(said):
        return _days_ago(now, (now.weekday() - _DAYS.index(match["day"]) - 1) % 7 + 1)
    if match := _LAST.fullmatch(said):
        return _ago(now, 1, match["unit"])
    if match := _AGO.fullmatch(said):
        return _ago(now, _COUNTS.get(match["count"]) or int(match["count"]), match["unit"])
    return None


def _ago(now: datetime, count: int, unit: str) -> str | None:
    if unit in {"second", "minute", "hour"}:
        return (now - timedelta(**{f"{unit}s": count})).isoformat(timespec="seconds")
    if unit in {"day", "week"}:
        return _days_ago(now, count * (7 if unit == "week" else 1))
    year, month = divmod(now.year * 12 + now.month - 1 - count * (12 if unit == "year" else 1), 12)
    if year < 1:
        return None
    day = min(now.day, calendar.monthrange(year, month + 1)[1])
    return now.date().replace(year=year, month=month + 1, day=day).isoformat()


def _days_ago(now: datetime, days: int) -> str | None:
    return (now.date() - timedelta(days=days)).isoformat() if days < now.toordinal() else None
