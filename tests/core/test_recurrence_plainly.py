"""Recurrences held against an implementation of their own, which reads RFC 5545 day by day and seeks nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clouds import recurrence

from . import plainly
from .strategies import in_peace

# Where clocks never change, walls and instants are the same.
STILL = ZoneInfo("UTC")
WINDOW = {"YEARLY": 2500, "MONTHLY": 1500, "WEEKLY": 500, "DAILY": 400, "HOURLY": 40, "MINUTELY": 4}


def some(low: int, high: int, *, negative: bool = False) -> st.SearchStrategy[str]:
    """A few numbers, as a rule lists them."""
    numbers = st.integers(low, high) | (st.integers(-high, -low) if negative else st.nothing())
    return st.lists(numbers, min_size=1, max_size=3, unique=True).map(lambda found: ",".join(map(str, found)))


@st.composite
def texts(draw: Callable[..., Any], freq: str, start: datetime) -> str:
    """Rules with what RFC 5545 lets this FREQ have."""
    parts = {"FREQ": freq}

    def perhaps(name: str, values: st.SearchStrategy[Any], often: int = 4) -> None:
        if draw(st.integers(0, often)) == 0:
            parts[name] = str(draw(values))

    perhaps("INTERVAL", st.integers(1, {"MINUTELY": 700, "HOURLY": 30}.get(freq, 4)), often=1)
    perhaps("BYMONTH", some(1, 12))
    if freq != "WEEKLY":
        perhaps("BYMONTHDAY", some(1, 31, negative=True))
    if freq == "YEARLY" and "BYMONTHDAY" not in parts:
        perhaps("BYYEARDAY", some(1, 366, negative=True))
    names = st.sampled_from(plainly.DAYS)
    if freq in ("MONTHLY", "YEARLY"):
        most = 5 if freq == "MONTHLY" or "BYMONTH" in parts else 53
        numbered = st.integers(-most, most).map(lambda number: str(number or ""))
        names = st.tuples(numbered, names).map("".join)
    perhaps("BYDAY", st.lists(names, min_size=1, max_size=3, unique=True).map(",".join), often=1)
    perhaps("BYHOUR", some(0, 23))
    perhaps("BYMINUTE", some(0, 59))
    if freq not in ("HOURLY", "MINUTELY"):
        perhaps("BYSETPOS", some(1, 4, negative=True), often=2)
    perhaps("WKST", st.sampled_from(plainly.DAYS))
    if draw(st.booleans()):
        perhaps("COUNT", st.integers(1, 30))
    else:
        days = st.integers(0, WINDOW[freq])
        perhaps("UNTIL", days.map(lambda number: f"{start + timedelta(days=number):%Y%m%dT%H%M%S}"))
    return ";".join("=".join(part) for part in parts.items())


@pytest.mark.parametrize("freq", WINDOW)
@settings(in_peace, max_examples=60, phases=[Phase.reuse, Phase.generate])
@given(data=st.data())
def test_recurrences_agree_with_an_independent_reading_of_rfc_5545(freq: str, data: st.DataObject) -> None:
    start = datetime(2023, 1, 1) + timedelta(minutes=data.draw(st.integers(0, 1400 * 1440)))
    text = data.draw(texts(freq, start))
    window = timedelta(days=WINDOW[freq])
    plain = [wall.replace(tzinfo=UTC) for wall in plainly.Rule(text, start).until(start + window)]
    since = (start + window * data.draw(st.floats(0, 0.9))).replace(microsecond=0, tzinfo=UTC)
    end = (start + window).replace(tzinfo=UTC)
    rule = recurrence.Rule(start, STILL, text, until=end.date())
    for after in (start.replace(tzinfo=UTC), since):
        assert list(recurrence.occurrences(rule, after, end)) == [wall for wall in plain if wall >= after]


@pytest.mark.parametrize(
    ("text", "start", "walls"),
    [
        # The examples of RFC 5545, 3.8.5.3, and the answers that stand there.
        (
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYHOUR=8,9;BYMINUTE=30",
            "1997-01-05T08:30",
            "1997-01-05T08:30 1997-01-05T09:30 1997-01-12T08:30",
        ),
        (
            "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-04T09:00",
            "1997-09-04T09:00 1997-10-07T09:00 1997-11-06T09:00",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29T09:00",
            "1997-09-29T09:00 1997-10-30T09:00 1997-11-27T09:00 1997-12-30T09:00",
        ),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19T09:00", "1997-05-19T09:00 1998-05-18T09:00 1999-05-17T09:00"),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05T09:00",
            "1997-08-05T09:00 1997-08-10T09:00 1997-08-19T09:00 1997-08-24T09:00",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05T09:00",
            "1997-08-05T09:00 1997-08-17T09:00 1997-08-19T09:00 1997-08-31T09:00",
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "1998-02-13T09:00",
            "1998-02-13T09:00 1998-03-13T09:00 1998-11-13T09:00 1999-08-13T09:00",
        ),
    ],
)
def test_both_give_what_rfc_5545_says_of_its_examples(text: str, start: str, walls: str) -> None:
    begin = datetime.fromisoformat(start)
    expected = [datetime.fromisoformat(wall) for wall in walls.split()]
    end = expected[-1] + timedelta(minutes=1)
    assert plainly.Rule(text, begin).until(end) == expected
    rule = recurrence.Rule(begin, STILL, text)
    found = recurrence.occurrences(rule, begin.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
    assert [at.replace(tzinfo=None) for at in found] == expected
