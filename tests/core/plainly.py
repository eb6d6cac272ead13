"""RFC 5545 recurrence rules, read as plainly as can be: day by day, "does this one satisfy every part of the rule?"

Slow, and without any of the thoughts of the library that the site uses, so that it can be held against that. Of the
table in section 3.3.10 a part that limits and a part that expands are the same question here. Where a rule says
nothing, it is taken from its start.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = timedelta(days=1)
AROUND = {"YEARLY": 366, "MONTHLY": 31, "WEEKLY": 7}


class Rule:
    """A rule and its start, both in wall time."""

    def __init__(self, text: str, start: datetime) -> None:
        self.parts: defaultdict[str, str] = defaultdict(str, dict(part.split("=") for part in text.split(";")))
        self.start = start
        self.freq = self.parts["FREQ"]
        self.interval = int(self.parts["INTERVAL"] or 1)

    def until(self, end: datetime) -> list[datetime]:
        """All that it gives before `end`, in order."""
        found = []
        for _, period in groupby(self._candidates(end), key=self._period):
            if self._period_counts(times := list(period)):
                found += self._picked(times)
        found = [wall for wall in found if self.start <= wall < end and wall <= self._last()]
        return found[: int(self.parts["COUNT"])] if self.parts["COUNT"] else found

    def _last(self) -> datetime:
        text = self.parts["UNTIL"]
        return datetime.strptime(text, "%Y%m%dT%H%M%S") if text else datetime.max

    def _candidates(self, end: datetime) -> Iterator[datetime]:
        """The times that satisfy every part but INTERVAL and BYSETPOS."""
        # Whole periods, since positions may be counted from their ends.
        around = AROUND.get(self.freq, 0) * DAY
        day = self.start.date() - around
        while day <= end.date() + around:
            if self._day_fits(day):
                yield from self._times(day)
            day += DAY

    def _day_fits(self, day: date) -> bool:
        months, days, year_days = (self.numbers(name) for name in ("BYMONTH", "BYMONTHDAY", "BYYEARDAY"))
        names = self.parts["BYDAY"].split(",") if self.parts["BYDAY"] else []
        if not (days or names or year_days):
            if self.freq in ("MONTHLY", "YEARLY"):
                days = [self.start.day]
            if self.freq == "YEARLY" and not months:
                months = [self.start.month]
            if self.freq == "WEEKLY":
                names = [DAYS[self.start.weekday()]]
        return (
            (not months or day.month in months)
            and (not days or bool({day.day, day.day - _days_in_month(day) - 1} & set(days)))
            and (
                not year_days or bool({_day_of_year(day), _day_of_year(day) - _days_in_year(day) - 1} & set(year_days))
            )
            and (not names or any(self._is_named(day, name) for name in names))
        )

    def _is_named(self, day: date, name: str) -> bool:
        """Whether it is this weekday or, with a number, the so manieth of its month or year, from either end."""
        if DAYS[day.weekday()] != name[-2:]:
            return False
        if not name[:-2]:
            return True
        in_month = self.freq == "MONTHLY" or bool(self.parts["BYMONTH"])
        place, size = (day.day, _days_in_month(day)) if in_month else (_day_of_year(day), _days_in_year(day))
        return int(name[:-2]) in ((place - 1) // 7 + 1, -((size - place) // 7 + 1))

    def _times(self, day: date) -> Iterator[datetime]:
        hours, minutes = self.numbers("BYHOUR"), self.numbers("BYMINUTE")
        if not hours:
            hours = list(range(24)) if self.freq in ("HOURLY", "MINUTELY") else [self.start.hour]
        if not minutes:
            minutes = list(range(60)) if self.freq == "MINUTELY" else [self.start.minute]
        for hour in sorted(hours):
            for minute in sorted(minutes):
                yield datetime.combine(day, time(hour, minute, self.start.second))

    def _period(self, wall: datetime) -> int:
        """The number of the period, counted from that of the start."""
        if self.freq == "YEARLY":
            return wall.year - self.start.year
        if self.freq == "MONTHLY":
            return (wall.year - self.start.year) * 12 + wall.month - self.start.month
        if self.freq == "WEEKLY":
            return (self._week(wall) - self._week(self.start)).days // 7
        if self.freq == "DAILY":
            return (wall.date() - self.start.date()).days
        if self.freq == "HOURLY":
            return (wall.replace(minute=0) - self.start.replace(minute=0)) // timedelta(hours=1)
        return (wall - self.start) // timedelta(minutes=1)

    def _week(self, wall: datetime) -> date:
        """The day on which its week begins."""
        return wall.date() - (wall.weekday() - DAYS.index(self.parts["WKST"] or "MO")) % 7 * DAY

    def _period_counts(self, times: list[datetime]) -> bool:
        return self._period(times[0]) % self.interval == 0

    def _picked(self, times: list[datetime]) -> list[datetime]:
        places = self.numbers("BYSETPOS")
        if not places:
            return times
        return [wall for place, wall in enumerate(times) if {place + 1, place - len(times)} & set(places)]

    def numbers(self, name: str) -> list[int]:
        """The numbers of a part, none if the rule hasn't it."""
        return [int(number) for number in self.parts[name].split(",") if number]


def _days_in_month(day: date) -> int:
    return ((day.replace(day=28) + 4 * DAY).replace(day=1) - DAY).day


def _days_in_year(day: date) -> int:
    return date(day.year, 12, 31).timetuple().tm_yday


def _day_of_year(day: date) -> int:
    return day.timetuple().tm_yday
