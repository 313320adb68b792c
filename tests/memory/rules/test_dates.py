from datetime import date

import pytest

from viking_git.memory.rules.dates import find_dates, has_no_one_day, is_over, with_dates, without_dates

SAID = date(2023, 5, 25)  # a Thursday


@pytest.mark.parametrize(
    ("text", "day", "precision", "resolved"),
    [
        ("I went there yesterday.", "2023-05-24", "day", "I went there on 2023-05-24."),
        ("Yesterday morning I ran.", "2023-05-24", "day", "on 2023-05-24 in the morning I ran."),
        ("I ran last Saturday – it rained", "2023-05-20", "day", "I ran on 2023-05-20 – it rained"),
        ("I left two weeks ago", "2023-05-08", "week", "I left in the week of 2023-05-08"),
        ("I left about three days ago", "2023-05-22", "day", "I left on 2023-05-22"),
        ("I painted it last year", "2022-01-01", "year", "I painted it in 2022"),
        ("I started 5 years ago", "2018-01-01", "year", "I started in 2018"),
        ("We met last month", "2023-04-01", "month", "We met in April 2023"),
        ("We met last weekend", "2023-05-20", "weekend", "We met on the weekend of 2023-05-20"),
        ("We met last week", "2023-05-15", "week", "We met in the week of 2023-05-15"),
        ("We met last summer", "2022-06-01", "season", "We met in summer 2022"),
        ("I moved in 2019", "2019-01-01", "year", "I moved in 2019"),
        ("I moved in March", "2023-03-01", "month", "I moved in March 2023"),
        ("on 7 May 2023 I left", "2023-05-07", "day", "on 2023-05-07 I left"),
        ("I left on May 7th", "2023-05-07", "day", "I left on 2023-05-07"),
        ("I left on 2023-01-02.", "2023-01-02", "day", "I left on 2023-01-02."),
        ("since 2016 I have", "2016-01-01", "year", "since 2016 I have"),
        ("I was there on Friday", "2023-05-19", "day", "I was there on 2023-05-19"),
    ],
)
def test_looking_back(text: str, day: str, precision: str, resolved: str) -> None:
    (when,) = find_dates(text, SAID)
    assert (str(when.day), when.precision) == (day, precision)
    assert with_dates(text, [when]) == resolved


@pytest.mark.parametrize(
    ("text", "day", "resolved"),
    [
        ("tomorrow", "2023-05-26", "on 2023-05-26"),
        ("next month", "2023-06-01", "in June 2023"),
        ("on Friday", "2023-05-26", "on 2023-05-26"),
        ("next Friday", "2023-06-02", "on 2023-06-02"),
        ("by next Tuesday", "2023-05-30", "by 2023-05-30"),
        ("in two weeks", "2023-06-05", "in the week of 2023-06-05"),
        ("on March 3rd", "2024-03-03", "on 2024-03-03"),
        ("this weekend", "2023-05-27", "on the weekend of 2023-05-27"),
    ],
)
def test_looking_ahead(text: str, day: str, resolved: str) -> None:
    (when,) = find_dates(f"I leave {text}.", SAID, past=False)
    assert str(when.day) == day
    assert with_dates(f"I leave {text}.", [when]) == f"I leave {resolved}."


@pytest.mark.parametrize(
    "text",
    ["may I ask", "the last week of school", "yesterday's meeting", "a few years ago", "the next day", "Sat 3",
     "version 2019", "for the last month", "99 problems", "on February 30th", "in 2 seconds", "9999 years ago"],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert find_dates(text, SAID) == []


def test_quoted_words_stay_and_the_date_follows() -> None:
    text = "We met yesterday and last year."
    dates = find_dates(text, SAID)
    assert with_dates(text, dates, quoted=True) == "We met yesterday [2023-05-24] and last year [2022]."
    assert without_dates(text, dates) == "We met and ."


def test_the_leap_day_and_the_turn_of_the_year() -> None:
    assert [str(w.day) for w in find_dates("yesterday", date(2024, 3, 1))] == ["2024-02-29"]
    assert [str(w.day) for w in find_dates("last month", date(2023, 1, 31))] == ["2022-12-01"]
    assert [str(w.day) for w in find_dates("in 1 month", date(2023, 12, 31))] == ["2024-01-01"]


def test_a_time_is_over_when_its_last_day_is() -> None:
    (month,) = find_dates("this month", SAID)
    (day,) = find_dates("yesterday", SAID)
    assert not is_over(month, SAID)
    assert is_over(day, SAID)


@pytest.mark.parametrize(
    "text",
    [
        "I left on 31 June 2026",
        "since February 30",
        "by 2026-02-30",
        "on 30 February, 2026",
        "I left on 04/03",
        "on 4/3/2026",
    ],
)
def test_a_day_that_does_not_exist_or_is_two_days_dates_nothing(text: str) -> None:
    assert find_dates(text, SAID) == []
    assert has_no_one_day(text, SAID)


@pytest.mark.parametrize(
    "text", ["in May 45 people came", "on the 3rd of June", "I left on 2023-01-02", "see src/04/x"]
)
def test_other_figures_are_no_such_day(text: str) -> None:
    assert not has_no_one_day(text, SAID)
