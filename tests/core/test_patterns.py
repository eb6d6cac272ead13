"""What curators pick becomes a rule that occurs as picked, and is picked again from it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clouds import patterns, recurrence
from clouds.patterns import Kind, Pattern
from clouds.recurrence import BadRule, Rule

SEVEN = time(19, 0)


def walls(pattern: Pattern, start: time, days: int) -> list[datetime]:
    """The wall times of a pattern in Greenwich, from Sunday 1 November 2026 on."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    rule = Rule(datetime.combine(begin.date(), start), ZoneInfo("UTC"), patterns.rrule(pattern, start))
    found = recurrence.occurrences(rule, begin, begin + timedelta(days=days))
    return [instant.replace(tzinfo=None) for instant in found]


@pytest.mark.parametrize(
    ("pattern", "rule", "words"),
    [
        (Pattern(Kind.ONCE), "", "once, at 19:00"),
        (Pattern(Kind.DAILY), "FREQ=DAILY", "every day at 19:00"),
        (
            Pattern(Kind.WEEKDAYS, weekdays=(0, 1, 2, 3, 4)),
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "Mondays to Fridays at 19:00",
        ),
        (
            Pattern(Kind.WEEKDAYS, weekdays=(0, 2, 6)),
            "FREQ=WEEKLY;BYDAY=MO,WE,SU",
            "Mondays, Wednesdays and Sundays at 19:00",
        ),
        (Pattern(Kind.MONTH_DAY, month_day=15), "FREQ=MONTHLY;BYMONTHDAY=15", "on day 15 of each month at 19:00"),
        (
            Pattern(Kind.MONTH_DAY, month_day=-1),
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "on the last day of each month at 19:00",
        ),
        (
            Pattern(Kind.MONTH_WEEKDAY, weekdays=(4,), nth=-1),
            "FREQ=MONTHLY;BYDAY=-1FR",
            "on the last Friday of each month at 19:00",
        ),
        (
            Pattern(Kind.TYPED, typed="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "by the rule FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        ),
    ],
)
def test_a_pattern_is_a_rule_and_back_and_has_words(pattern: Pattern, rule: str, words: str) -> None:
    assert patterns.rrule(pattern, SEVEN) == rule
    assert patterns.pattern(rule, SEVEN) == pattern
    assert patterns.in_words(rule, SEVEN) == words


@given(
    every=st.sampled_from([5, 7, 10, 12, 15, 20, 25, 30, 40, 45, 60, 90, 100, 120, 400]),
    begin=st.integers(0, 1439),
    length=st.integers(0, 900),
    weekdays=st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
)
def test_every_so_many_minutes_begins_anew_each_day(
    every: int, begin: int, length: int, weekdays: tuple[int, ...]
) -> None:
    assume(begin + length < 1440)
    start, last = (time(moment // 60, moment % 60) for moment in (begin, begin + length))
    pattern = Pattern(Kind.MINUTES, weekdays=weekdays, every_minutes=every, last=last)
    try:
        found = walls(pattern, start, 8)
    except BadRule:
        assert every < 15  # finer grids can be too long for a rule
        return
    expected = [
        datetime.combine(day, time()) + timedelta(minutes=moment)
        for day in (date(2026, 11, 1) + timedelta(days=number) for number in range(8))
        if not weekdays or day.weekday() in weekdays
        for moment in range(begin, begin + length + 1, every)
    ]
    assert found == expected


def test_every_so_many_minutes_is_picked_again_from_its_rule() -> None:
    pattern = Pattern(Kind.MINUTES, weekdays=(0, 1), every_minutes=45, last=time(16, 10))
    rule = patterns.rrule(pattern, time(10, 10))
    assert patterns.pattern(rule, time(10, 10)) == pattern
    assert patterns.in_words(rule, time(10, 10)) == "every 45 minutes from 10:10 to 16:10, Mondays and Tuesdays"


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        (Pattern(Kind.WEEKDAYS), "at least one weekday"),
        (Pattern(Kind.MINUTES, every_minutes=0, last=SEVEN), "every how many minutes"),
        (Pattern(Kind.MINUTES, every_minutes=10), "until when"),
        (Pattern(Kind.MINUTES, every_minutes=10, last=time(18, 59)), "until when"),
        (Pattern(Kind.MINUTES, every_minutes=1, last=time(23, 59)), ""),
        (Pattern(Kind.MONTH_DAY, month_day=32), "day of the month"),
        (Pattern(Kind.MONTH_WEEKDAY, nth=6, weekdays=(0,)), "which weekday"),
        (Pattern(Kind.TYPED, typed="every day"), "not a recurrence rule"),
    ],
)
def test_what_is_missing_or_cannot_be_is_told(pattern: Pattern, sentence: str) -> None:
    if not sentence:
        assert patterns.rrule(pattern, SEVEN).startswith("FREQ=DAILY;BYHOUR=19,20,21,22,23;BYMINUTE=0,1,")
        return
    with pytest.raises(BadRule, match=sentence):
        patterns.rrule(pattern, SEVEN)
