"""When shows occur: wall times by themselves, whatever the clocks do, and rules sought from anywhere."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from clouds import recurrence
from clouds.recurrence import BadRule, Rule

from .strategies import in_peace

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
        "Asia/Kathmandu", "Europe/Dublin", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Kiritimati", "UTC",
    )
]  # fmt: skip
ODD_DAYS = [
    datetime(2011, 12, 29), datetime(2026, 3, 28), datetime(2026, 10, 24), datetime(2026, 4, 4), datetime(2026, 10, 3),
    datetime(1986, 1, 1), datetime(2018, 11, 3), datetime(2026, 2, 14), datetime(2026, 3, 21),
]  # fmt: skip
RULES = [
    "", "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=DAILY;BYHOUR=0,1,2,3,23;BYMINUTE=0,15,30,45", "FREQ=MINUTELY;INTERVAL=20", "FREQ=HOURLY;INTERVAL=5",
    "FREQ=HOURLY;BYMINUTE=0,30;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=MONTHLY;BYMONTHDAY=31,-1",
    "FREQ=MONTHLY;INTERVAL=5", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=366,-1", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=DAILY;COUNT=9",
    "FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=SU,MO", "FREQ=MINUTELY;INTERVAL=97;BYHOUR=2,3", "FREQ=DAILY;BYMONTH=3,10",
    "FREQ=YEARLY;BYMONTH=3", "FREQ=YEARLY;BYDAY=20MO", "FREQ=MONTHLY;BYDAY=5FR",
    "FREQ=DAILY;BYHOUR=1,2,3;BYSETPOS=-1,2",
]  # fmt: skip


@st.composite
def rules(draw: Callable[..., object]) -> Rule:
    """Rules near days on which clocks change, in zones with odd histories."""
    day = draw(st.sampled_from(ODD_DAYS))
    start = day + timedelta(days=draw(st.integers(-3, 3)), minutes=draw(st.integers(0, 1439)))
    text = draw(st.sampled_from(RULES))
    left_out = draw(st.sets(st.integers(0, 9), max_size=2))
    added = draw(st.sets(st.integers(-3000, 20_000), max_size=2))
    return Rule(
        start, draw(st.sampled_from(ZONES)), text,
        until=draw(st.none() | st.integers(0, 400).map(lambda days: start.date() + timedelta(days=days))),
        left_out=frozenset(start.date() + timedelta(days=number) for number in left_out),
        added=frozenset(start + timedelta(minutes=number) for number in added),
    )  # fmt: skip


def first(rule: Rule, after: datetime, count: int = 40) -> list[datetime]:
    """The next occurrences."""
    return list(islice(recurrence.occurrences(rule, after), count))


@settings(in_peace, max_examples=600)
@given(rule=rules(), shift=st.integers(-5000, 40_000), cuts=st.lists(st.integers(1, 9000), min_size=1, max_size=4))
def test_however_a_span_is_cut_nothing_is_lost_and_nothing_doubled(rule: Rule, shift: int, cuts: list[int]) -> None:
    begin = recurrence.resolve(rule.start, rule.zone) + timedelta(minutes=shift)
    edges = [begin]
    for cut in cuts:
        edges.append(edges[-1] + timedelta(minutes=cut))
    whole = list(recurrence.occurrences(rule, edges[0], edges[-1]))
    pieces = [instant for low, high in pairwise(edges) for instant in recurrence.occurrences(rule, low, high)]
    assert pieces == whole
    assert all(one < other for one, other in pairwise(whole))
    assert all(edges[0] <= instant < edges[-1] and instant.tzinfo is UTC for instant in whole)


@settings(in_peace, max_examples=600)
@given(rule=rules())
def test_each_occurrence_is_a_wall_time_of_the_plain_rule_or_the_end_of_the_gap_it_lies_in(rule: Rule) -> None:
    """python-dateutil, from the start and with none of our seeking, is what the walls are held against."""
    plain = list(islice(rrulestr(rule.rrule, dtstart=rule.start), 120)) if rule.rrule else [rule.start]
    walls = [wall for wall in plain if wall.date() not in rule.left_out]
    walls = [wall for wall in walls if rule.until is None or wall.date() <= rule.until]
    end = recurrence.resolve(plain[-1], rule.zone) if len(plain) == 120 else datetime(2200, 1, 1, tzinfo=UTC)
    expected = sorted({recurrence.resolve(wall, rule.zone) for wall in (*walls, *rule.added)})
    begin = recurrence.resolve(rule.start, rule.zone) - timedelta(days=4)
    found = list(islice(recurrence.occurrences(rule, begin, end), 30))
    assert found == [instant for instant in expected if instant < end][:30]


@settings(in_peace, max_examples=1000)
@given(zone=st.sampled_from(ZONES), day=st.sampled_from(ODD_DAYS), seconds=st.integers(-3 * 86_400, 4 * 86_400))
def test_a_wall_time_is_its_first_instant_or_the_first_after_the_gap(
    zone: ZoneInfo, day: datetime, seconds: int
) -> None:
    wall = day + timedelta(seconds=seconds)
    instant = recurrence.resolve(wall, zone)
    seen = instant.astimezone(zone).replace(tzinfo=None)
    if seen == wall:
        assert instant.astimezone(zone).fold == 0
    else:
        just_before = (instant - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert just_before < wall < seen


@settings(in_peace, max_examples=300)
@given(text=st.sampled_from([rule for rule in RULES if rule]), years=st.integers(0, 30), days=st.integers(0, 400))
def test_a_rule_that_is_sought_from_far_away_is_the_same_rule(text: str, years: int, days: int) -> None:
    rule = Rule(datetime(1996, 2, 29, 2, 30), ZoneInfo("UTC"), text)
    since = datetime(1996 + years, 3, 1) + timedelta(days=days)
    if "MINUTELY" in text and years > 1:
        since = datetime(1997, 3, 1) + timedelta(days=days)
    expected = rrulestr(text, dtstart=rule.start).xafter(since, count=5, inc=True)
    assert first(rule, since.replace(tzinfo=UTC), 5) == [wall.replace(tzinfo=UTC) for wall in expected]


def daily(at: time, zone: ZoneInfo = BERLIN, **fields: object) -> Rule:
    """A rule that occurs every day of October 2026 on."""
    return Rule(datetime.combine(date(2026, 10, 1), at), zone, "FREQ=DAILY", **fields)  # type: ignore[arg-type]


def test_each_occurrence_is_resolved_by_itself_from_its_wall_time_and_the_venues_zone() -> None:
    spring, autumn = (first(daily(time(19)), datetime(*day, tzinfo=UTC), 3) for day in ((2027, 3, 27), (2026, 10, 24)))
    assert [at.hour for at in spring] == [18, 17, 17]
    assert [at.hour for at in autumn] == [17, 18, 18]
    assert {at.astimezone(BERLIN).time() for at in (*spring, *autumn)} == {time(19)}


def test_a_time_that_does_not_exist_starts_at_the_first_instant_that_does() -> None:
    found = first(daily(time(2, 30)), datetime(2027, 3, 28, tzinfo=UTC), 1)
    assert found == [datetime(2027, 3, 28, 1, tzinfo=UTC)]


def test_a_time_that_happens_twice_happens_the_first_time() -> None:
    found = first(daily(time(2, 30)), datetime(2026, 10, 25, tzinfo=UTC), 2)
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_times_that_meet_at_the_end_of_a_gap_are_one_occurrence() -> None:
    rule = Rule(datetime(2027, 3, 28, 1, 45), BERLIN, "FREQ=MINUTELY;INTERVAL=15")
    found = first(rule, datetime(2027, 3, 28, tzinfo=UTC), 3)
    assert found == [datetime(2027, 3, 28, *at, tzinfo=UTC) for at in ((0, 45), (1, 0), (1, 15))]


def test_a_day_that_was_skipped_altogether_is_its_end() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert recurrence.resolve(datetime(2011, 12, 30, 19), apia) == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_days_are_left_out_and_moments_added() -> None:
    rule = daily(
        time(19), ZoneInfo("UTC"),
        left_out=frozenset({date(2026, 10, 2)}), added=frozenset({datetime(2026, 10, 2, 15), datetime(2026, 9, 1)}),
    )  # fmt: skip
    found = first(rule, datetime(2026, 1, 1, tzinfo=UTC), 4)
    assert [(at.month, at.day, at.hour) for at in found] == [(9, 1, 0), (10, 1, 19), (10, 2, 15), (10, 3, 19)]


def test_the_last_day_is_included() -> None:
    assert len(first(daily(time(23, 59), until=date(2026, 10, 3)), datetime(2026, 1, 1, tzinfo=UTC))) == 3


@pytest.mark.parametrize("until", ["20261003", "20261003T170000Z", "20261003T190000"])
def test_until_in_the_rule_is_a_day_a_wall_time_or_an_instant(until: str) -> None:
    rule = Rule(datetime(2026, 10, 1, 19), BERLIN, f"FREQ=DAILY;UNTIL={until}")
    assert len(first(rule, datetime(2026, 1, 1, tzinfo=UTC))) == 3


@pytest.mark.parametrize(
    ("text", "fields", "sentence"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", {}, "This never occurs."),
        ("FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", {}, "This never occurs."),
        ("FREQ=DAILY;UNTIL=20200101", {}, "This never occurs."),
        ("FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", {}, "This never occurs."),
        ("FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1", {}, "This never occurs."),
        ("FREQ=SECONDLY", {}, "once a minute at most"),
        ("FREQ=MINUTELY;BYSECOND=0,30", {}, "once a minute at most"),
        ("FREQ=MINUTELY;BYSETPOS=1", {}, "BYSETPOS makes sense only"),
        ("every day", {}, "is not a recurrence rule"),
        ("FREQ=DAILY;BYEASTER=1", {}, "is not a recurrence rule"),
        ("FREQ=DAILY;FREQ=WEEKLY", {}, "is not a recurrence rule"),
        ("FREQ=DAILY;INTERVAL=0", {}, "whole numbers from 1"),
        ("FREQ=DAILY;COUNT=x", {}, "whole numbers from 1"),
        ("FREQ=DAILY;BYHOUR=25", {}, "is not a recurrence rule"),
        ("FREQ=DAILY;UNTIL=tomorrow", {}, "Write UNTIL as"),
        ("FREQ=DAILY;COUNT=20000", {}, "COUNT can be"),
        ("BYDAY=MO", {}, "is not a recurrence rule"),
        ("FREQ=DAILY;" + "BYHOUR=1;" * 80, {}, "500 characters"),
        ("FREQ=DAILY", {"until": date(2026, 9, 30)}, "The last day is before the first one."),
        ("", {"left_out": frozenset({date(2026, 10, 1)})}, "This never occurs."),
        ("", {"added": frozenset({datetime(2026, 10, 1, 19, 0, 30)})}, "once a minute at most"),
        ("FREQ=DAILY", {"until": date(3500, 1, 1)}, "Choose days from 1970 to 2999."),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused_in_a_sentence(
    text: str, fields: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadRule, match=sentence):
        recurrence.check(Rule(datetime(2026, 10, 1, 19), BERLIN, text, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYSETPOS=2", "FREQ=DAILY;BYHOUR=3,4;BYSETPOS=3", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=1",
        "FREQ=DAILY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=-2;COUNT=3",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=54", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    ],
)  # fmt: skip
@pytest.mark.parametrize("year", [2026, 2399, 2998])
def test_a_rule_that_never_occurs_is_known_as_such_at_once(text: str, year: int) -> None:
    begun = process_time()
    with pytest.raises(BadRule, match="never occurs"):
        recurrence.check(Rule(datetime(year, 10, 1, 19), BERLIN, text))
    assert process_time() - begun < 0.4


@pytest.mark.parametrize("text", RULES)
def test_a_rule_that_can_be_followed_is_not_refused(text: str) -> None:
    recurrence.check(Rule(datetime(2024, 2, 29, 19), BERLIN, text))


def test_days_with_a_number_and_days_without_may_stand_together() -> None:
    rule = Rule(datetime(2026, 12, 1, 19), ZoneInfo("UTC"), "FREQ=MONTHLY;BYDAY=1MO,TU")
    assert [at.day for at in first(rule, datetime(2026, 12, 1, tzinfo=UTC), 6)] == [1, 7, 8, 15, 22, 29]


def test_a_rule_is_kept_as_rfc_5545_writes_it() -> None:
    assert recurrence.parse(" rrule:freq=weekly;byday=mo,fr; ") == "FREQ=WEEKLY;BYDAY=MO,FR"
