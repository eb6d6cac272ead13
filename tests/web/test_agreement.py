"""Ten thousand shows near changes of clocks: what is shown, what is planned and what is subscribed to are the same."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr
from django.contrib import admin

from clouds import feeds, forecast, planning, recurrence
from clouds.admin import show as admin_show
from clouds.models import Cloud, Program, ProgramStep, Run, Show, ShowCloud, ShowDate, Venue
from tests.core.test_recurrence import ODD_DAYS, RULES, ZONES

CASES = 10_000
# So many occurrences of a window are looked at in the preview and the feed.
NEXT = 3
HORIZON = timedelta(hours=6)


@dataclass
class Case:
    """A show, and a window of time that is looked at."""

    show: Show
    begin: datetime
    end: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Where it plays."""
        return self.show.venue.zone


def a_case(number: int, chance: Random) -> Case:
    """A show near a day on which clocks change somewhere, in no database."""
    zone = chance.choice(ZONES)
    start = chance.choice(ODD_DAYS) + timedelta(days=chance.randint(-3, 3), minutes=chance.randint(0, 1439))
    venue = Venue(pk=number, name="The gallery", slug="gallery", time_zone=zone.key)
    program = Program(pk=number, name="Gust", repeats=1, scale_percent=100)
    keep(program, steps=[ProgramStep(do="inflate", seconds=chance.choice([25, 1800, 5400]), position=0)])
    until = start.date() + timedelta(days=chance.randint(0, 60)) if chance.random() < 0.2 else None
    show = Show(
        pk=number, name="Rain", venue=venue, program=program, first_on=start.date(), starts_at=start.time(),
        rrule=chance.choice(RULES), until_on=until, changed_at=datetime(1970, 1, 5, tzinfo=UTC),
    )  # fmt: skip
    days = [start.date() + timedelta(days=chance.randint(0, 9)) for _ in range(chance.randint(0, 1))]
    more = [start + timedelta(minutes=chance.randint(-3000, 20_000)) for _ in range(chance.randint(0, 1))]
    keep(show, dates=[*map(left_out, days), *map(added, more)])
    keep(show, lines=[ShowCloud(cloud=Cloud(pk=1, name="Cumulus", slug="cumulus"))])
    begin = recurrence.resolve(start, zone) + timedelta(minutes=chance.randint(-3000, 6000))
    return Case(show, begin, begin + timedelta(hours=chance.randint(6, 48)))


def left_out(day: date) -> ShowDate:
    """A day without it."""
    return ShowDate(on=day)


def added(wall: datetime) -> ShowDate:
    """A moment on top."""
    return ShowDate(on=wall.date(), at=wall.time())


def keep(row: Any, **related: list[Any]) -> None:
    """What the database would give for a row, given without it."""
    cache = row.__dict__.setdefault("_prefetched_objects_cache", {})
    cache.update(related)


def plainly(case: Case) -> list[datetime]:
    """When it occurs, by python-dateutil from the start on, and each wall time by itself."""
    rule = case.show.rule
    around = timedelta(days=2)
    low, high = (at.astimezone(case.zone).replace(tzinfo=None) for at in (case.begin - around, case.end + around))
    walls = rrulestr(rule.rrule, dtstart=rule.start).between(low, high, inc=True) if rule.rrule else [rule.start]
    walls = [wall for wall in walls if wall.date() not in rule.left_out]
    walls = [wall for wall in walls if rule.until is None or wall.date() <= rule.until]
    instants = {recurrence.resolve(wall, case.zone) for wall in (*walls, *rule.added)}
    return sorted(at for at in instants if case.begin <= at < case.end)


class Planner:
    """`planning.plan` with a shelf where the database would be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shelf: dict[Any, Run] = {}
        self.show: Show
        self.planned_until: datetime | None = None
        monkeypatch.setattr(planning, "HORIZON", HORIZON)
        monkeypatch.setattr(planning, "clock_is_behind", lambda now: None)
        monkeypatch.setattr(planning, "_shows", lambda venue: [self.show])
        monkeypatch.setattr(planning, "_write", self._write)
        monkeypatch.setattr(planning, "Venue", SimpleNamespace(objects=self))

    def plan(self, case: Case, chance: Random) -> list[datetime]:
        """Plan over the window, now and then, also after having been away for longer than is planned ahead."""
        self.shelf, self.show, self.planned_until = {}, case.show, None
        now = case.begin
        while now < case.end:
            planning.plan(self, now)  # type: ignore[arg-type]
            now += timedelta(minutes=chance.randint(180, 900))
        planning.plan(self, case.end)  # type: ignore[arg-type]
        return sorted(at for at in (run.due_at for run in self.shelf.values()) if case.begin <= at < case.end)

    def _write(self, runs: Iterable[Run]) -> int:
        keys = [(run.show_id, run.cloud_id, run.nominal_at) for run in runs]
        assert len(set(keys)) == len(keys), "planned twice"
        for key, run in zip(keys, runs, strict=True):
            self.shelf.setdefault(key, run)
        return len(keys)

    pk = 1

    def refresh_from_db(self, fields: list[str]) -> None:
        """It is as it is."""

    def filter(self, *_: Any, **__: Any) -> "Planner":
        """The only venue."""
        return self

    def update(self, planned_until: datetime) -> None:
        """As far as it is planned."""
        self.planned_until = max(self.planned_until or planned_until, planned_until)


def subscribed(cases: list[Case]) -> dict[int, list[datetime]]:
    """What a calendar library reads in the feed, by the number of the show."""
    found = defaultdict(list)
    for case in cases:
        found[case.zone.key] += list(forecast._to_come([case.show], case.begin, case.end, NEXT))
    read: dict[int, list[datetime]] = {case.show.pk: [] for case in cases}
    lasts = {case.show.pk: planning.lasts(case.show) for case in cases}
    for events in found.values():
        calendar = icalendar.Calendar.from_ical(feeds.write("All", events))
        for entry in calendar.walk("VEVENT"):
            begins, ends = entry.decoded("dtstart"), entry.decoded("dtend")
            number = int(str(entry["UID"]).split("-")[1])
            assert (ends.astimezone(UTC) - begins.astimezone(UTC)).total_seconds() == lasts[number]
            read[number].append(begins.astimezone(UTC))
    return read


def test_preview_feed_and_planner_share_one_function_and_agree_to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(5545)
    planner, preview = Planner(monkeypatch), admin_show.ShowAdmin(Show, admin.site)
    cases = [a_case(number, chance) for number in range(1, CASES + 1)]
    feed = subscribed(cases)
    occurred = 0
    for case in cases:
        expected = plainly(case)
        monkeypatch.setattr(admin_show, "timezone", SimpleNamespace(now=lambda case=case: case.begin))
        shown = preview.coming(case.show, NEXT)
        in_words = [f"{at.astimezone(case.zone):%a %-d %b %Y, %H:%M:%S %Z}" for at in expected[:NEXT]]
        assert shown[: len(in_words)] == in_words, case
        assert feed[case.show.pk] == expected[:NEXT], case
        assert planner.plan(case, chance) == expected, case
        occurred += len(expected)
    assert occurred > CASES
