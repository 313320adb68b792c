"""Dates in what people say, resolved from the day they said it: "last Friday" → 2023-05-19."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "a couple of": 2, "a couple": 2,
}  # fmt: skip
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

_COUNT = r"(?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of|a couple)"
_UNIT = r"(?P<unit>day|week|month|year)s?"
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|" \
         r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"  # fmt: skip
_WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_HOUR = r"(?:\s(?P<hour>morning|afternoon|evening|night))?"
_LEADING = re.compile(r"^(?:on|in) ")
_END = r"(?![\w'’-])"


@dataclass(frozen=True, slots=True)
class When:
    """A day, or the first day of a longer time.

    Attributes:
        day: the date.
        precision: day, week, month, season or year.
        start: where the words stand in the text.
        end: where they end.
        phrase: what says the same with a date: ``on 2023-05-07``, ``in April 2023``.
    """

    day: date
    precision: str
    start: int
    end: int
    phrase: str


def find_dates(text: str, said: date, *, past: bool = True) -> list[When]:
    """The dates that ``text``, said on the day ``said``, speaks of, in their order.

    Args:
        text: a sentence.
        said: the day it was said.
        past: whether "on Friday" and "in May" look back or ahead.
    """
    found: list[When] = []
    # What an exact form has read is not read again by a looser one: "30 February 2026" is not "February 2026".
    taken: list[tuple[int, int]] = []
    for pattern, read in _FORMS:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            value = _read(read, match, said, past)
            if value:
                day, precision = value
                found.append(When(day, precision, *match.span(), _phrase(match, day, precision)))
    return sorted(found, key=lambda when: when.start)


def has_no_one_day(text: str, said: date) -> bool:
    """Whether ``text`` names a day that does not exist, or one that is two days: "31 June", "04/03".

    Such a text has no date, and the day on which it was said is not the day that it tells of.
    """
    if _SLASHED.search(text):
        return True
    days = (match for pattern, read in _FORMS if read in {_absolute, _iso} for match in pattern.finditer(text))
    return any(_read(_iso if "iso" in match.groupdict() else _absolute, match, said, True) is None for match in days)


def with_dates(text: str, dates: list[When], *, quoted: bool = False) -> str:
    """``text`` with the words of ``dates`` replaced by the dates, or, ``quoted``, followed by them in brackets."""
    for when in reversed(dates):
        said = text[when.start : when.end]
        exact = f"{said} [{_LEADING.sub('', when.phrase)}]" if quoted and when.phrase != said else when.phrase
        text = text[: when.start] + exact + text[when.end :]
    return text


def without_dates(text: str, dates: list[When]) -> str:
    """``text`` with the words of ``dates`` taken out."""
    for when in reversed(dates):
        text = f"{text[: when.start]} {text[when.end :]}"
    return " ".join(text.split()).strip(" ,")


def is_over(when: When, said: date) -> bool:
    """Whether the time that ``when`` stands for ended before the day ``said``."""
    days = {"day": 0, "week": 6, "weekend": 1, "month": 27, "season": 80, "year": 364}[when.precision]
    return when.day + timedelta(days=days) < said


_Value = tuple[date, str]
_Reader = Callable[[re.Match[str], date, bool], "_Value | None"]


def _read(read: _Reader, match: re.Match[str], said: date, past: bool) -> _Value | None:
    try:
        return read(match, said, past)
    except (ValueError, OverflowError):
        return None


def _phrase(match: re.Match[str], day: date, precision: str) -> str:
    exact = {
        "day": f"{day}",
        "week": f"the week of {day}",
        "weekend": f"the weekend of {day}",
        "month": f"{MONTHS[day.month - 1].capitalize()} {day.year}",
        "season": f"{(match.groupdict().get('season') or '').lower()} {day.year}",
        "year": f"{day.year}",
    }[precision]
    lead = (match.groupdict().get("lead") or "").lower()
    if lead in {"since", "from", "until", "till", "by", "after", "before", "for"}:
        return f"{lead} {exact}"
    hour = match.groupdict().get("hour")
    time = "" if not hour else " at night" if hour.lower() == "night" else f" in the {hour.lower()}"
    return f"{'on' if precision in {'day', 'weekend'} else 'in'} {exact}{time}"


def _ago(match: re.Match[str], said: date, _: bool) -> _Value | None:
    return _shifted(said, match, -1)


def _ahead(match: re.Match[str], said: date, _: bool) -> _Value | None:
    return _shifted(said, match, 1)


def _shifted(said: date, match: re.Match[str], sign: int) -> _Value:
    word = match["count"].lower()
    count = sign * (int(word) if word.isdigit() else _NUMBERS[word])
    unit = match["unit"].lower()
    if unit == "day":
        return said + timedelta(days=count), "day"
    if unit == "week":
        return _monday(said + timedelta(weeks=count)), "week"
    if unit == "month":
        return _month(said, count), "month"
    return date(said.year + count, 1, 1), "year"


def _near(match: re.Match[str], said: date, _: bool) -> _Value:
    word = " ".join(match["near"].lower().split())
    days = {
        "the day before yesterday": -2,
        "yesterday": -1,
        "last night": -1,
        "tomorrow": 1,
        "the day after tomorrow": 2,
    }
    return said + timedelta(days=days.get(word, 0)), "day"


def _relative(match: re.Match[str], said: date, past: bool) -> _Value | None:
    which = match["which"].lower().split()[-1]
    sign = {"last": -1, "past": -1, "previous": -1, "next": 1, "coming": 1, "upcoming": 1}.get(which, 0)
    unit = match["unit"].lower()
    if unit == "week":
        return _monday(said) + timedelta(weeks=sign), "week"
    if unit == "weekend":
        saturday = _monday(said) + timedelta(days=5)
        return saturday + timedelta(weeks=sign if sign or not past or said.weekday() >= 5 else -1), "weekend"
    if unit == "month":
        return _month(said, sign), "month"
    return date(said.year + sign, 1, 1), "year"


def _weekday(match: re.Match[str], said: date, past: bool) -> _Value:
    wanted = next(i for i, name in enumerate(WEEKDAYS) if name.startswith(match["weekday"].lower()[:3]))
    which = (match.groupdict().get("which") or "").lower().split()
    back = past if not which or which[-1] == "this" else which[-1] in {"last", "past", "previous"}
    if back:
        return said - timedelta(days=(said.weekday() - wanted - 1) % 7 + 1), "day"
    if which and which[-1] == "next":
        return _monday(said) + timedelta(days=7 + wanted), "day"
    return said + timedelta(days=(wanted - said.weekday() - 1) % 7 + 1), "day"


def _season(match: re.Match[str], said: date, past: bool) -> _Value:
    month = _SEASONS[match["season"].lower()]
    which = match["which"].lower()
    year = said.year
    if which == "last" or (which == "this" and past):
        year -= (year, month) > (year, said.month - (1 if which == "last" else 0)) or (which == "last" and month == 12)
    elif which == "next":
        year += month <= said.month
    return date(year, month, 1), "season"


def _absolute(match: re.Match[str], said: date, past: bool) -> _Value | None:
    month = MONTHS.index(next(m for m in MONTHS if m.startswith(match["month"].lower()[:3]))) + 1
    day_text, year_text = match.groupdict().get("day"), match.groupdict().get("year")
    day = int(day_text) if day_text else 1
    year = int(year_text) if year_text else said.year
    if not year_text:
        then = date(year, month, day)
        if past and then > said:
            year -= 1
        elif not past and then < said.replace(day=1 if not day_text else said.day):
            year += 1
    return date(year, month, day), "day" if day_text else "month"


def _iso(match: re.Match[str], _: date, __: bool) -> _Value:
    return date.fromisoformat(match["iso"]), "day"


def _year(match: re.Match[str], said: date, _: bool) -> _Value | None:
    year = int(match["year"])
    return (date(year, 1, 1), "year") if 1900 <= year <= said.year + 30 else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def _form(regex: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![\w'’-]){regex}{_END}")


_DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<year>\d{4}))?"
_LEAD = r"(?:(?P<lead>on|in|during|over|since|from|until|till|by|after|before|for|at|around|back in|early)\s)?"
_WHICH = r"(?P<which>last|this past|this coming|this|next|the previous)"
_SLASHED = re.compile(r"(?<![\w/.-])\d{1,2}/\d{1,2}(?:/\d{2,4})?(?![\w/-])")
"""A day and a month in figures, in an order that depends on the country."""
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_form(_LEAD + r"(?P<iso>\d{4}-\d\d-\d\d)"), _iso),
    (_form(r"(?P<near>the day before yesterday|the day after tomorrow|last night)"), _near),
    (_form(r"(?:just )?(?P<near>yesterday|tomorrow|today|this(?= (?:morning|afternoon|evening)))" + _HOUR), _near),
    (_form(r"(?P<near>tonight|earlier today)"), _near),
    (_form(rf"(?:about |around |almost |over |just )?{_COUNT}\s{_UNIT}\sago"), _ago),
    (_form(rf"in (?:about |just |around )?{_COUNT}\s{_UNIT}(?:['’]? time)?"), _ahead),
    (_form(rf"{_LEAD}{_DAY}(?: of)? {_MONTH}{_YEAR}"), _absolute),
    (_form(rf"{_LEAD}(?:the )?{_MONTH} (?:the )?{_DAY}{_YEAR}"), _absolute),
    (_form(rf"{_LEAD}{_MONTH},? (?P<year>\d{{4}})"), _absolute),
    (_form(rf"(?P<lead>in|since|by|until|back in|last|next|this|during)\s(?:early |late |mid-?)?{_MONTH}"), _absolute),
    (_form(rf"{_LEAD}(?<!the )(?<!the\s){_WHICH} {_WEEKDAY}{_HOUR}"), _weekday),
    (_form(rf"(?P<lead>on|by|since|until|before|after) {_WEEKDAY}{_HOUR}"), _weekday),
    (_form(rf"{_LEAD}(?<!the ){_WHICH} (?P<unit>weekend|week|month|year)"), _relative),
    (_form(rf"{_LEAD}(?P<which>last|this|next) (?P<season>spring|summer|autumn|fall|winter)"), _season),
    (_form(r"(?P<lead>in|since|by|until|back in|during|before|after) (?P<year>(?:19|20)\d\d)"), _year),
)  # fmt: skip
"""How dates are said, the more exact ways first; what one form has read, the next leaves alone."""
