"""The next twenty occurrences of any rule, asked for thirty years after its first, beside plain python-dateutil."""

import argparse
import time
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from clouds import recurrence
from clouds.recurrence import Rule
from tests.bench.report import Report

COUNT = 20
START, SINCE = datetime(1996, 2, 29, 19, 0), datetime(2026, 3, 1, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
RULES = {
    "every day": "FREQ=DAILY",
    "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "every minute": "FREQ=MINUTELY",
    "every 97 minutes at night": "FREQ=MINUTELY;INTERVAL=97;BYHOUR=2,3",
    "29 February": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "29 February, by days": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29",
    "29 February, by minutes": "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=19;BYMINUTE=0",
    "29 February on a Monday": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "the fifth Friday": "FREQ=MONTHLY;BYDAY=5FR",
    "the last working day": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "week 53": "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
    "day 366": "FREQ=YEARLY;BYYEARDAY=366",
    "every seven hours on Fridays": "FREQ=HOURLY;INTERVAL=7;BYDAY=FR",
    "ten thousand counted": "FREQ=DAILY;COUNT=10000",
    "every fifth month": "FREQ=MONTHLY;INTERVAL=5",
}


def measure(report: Report, options: argparse.Namespace) -> None:
    """Each rule thrice, of which the best counts."""
    ours = {name: min(_ours(text) for _ in range(3)) for name, text in RULES.items()}
    for name, seconds in ours.items():
        report.figure(f"{name}, ms", seconds * 1000)
    report.figure("plain python-dateutil, every day, ms", min(_plain(RULES["every day"]) for _ in range(3)) * 1000)
    report.at_most("next 20 of any rule, worst, ms", max(ours.values()) * 1000, 50)


def _ours(text: str) -> float:
    begin = time.perf_counter()
    found = list(islice(recurrence.occurrences(Rule(START, ZONE, text), SINCE), COUNT))
    seconds = time.perf_counter() - begin
    if len(found) < COUNT and "COUNT" not in text:
        raise AssertionError(f"{text}: {len(found)} found")
    return seconds


def _plain(text: str) -> float:
    begin = time.perf_counter()
    list(rrulestr(text, dtstart=START).xafter(SINCE.replace(tzinfo=None), count=COUNT))
    return time.perf_counter() - begin
