"""The tally holds what the history holds, whatever ended a puff."""

import io
import random
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from clouds import hours
from clouds.conductor import ledger
from clouds.models import Cloud, Plug, Puff, Rehearsal, Tally, Venue, tally
from tests.core import make
from tests.core.conftest import NOON


def kept(cloud: Cloud) -> dict[datetime, tuple[int, float]]:
    """What is kept of each hour."""
    rows = Tally.objects.filter(cloud=cloud).values_list("begins_at", "puffs", "seconds")
    return {at: (puffs, seconds) for at, puffs, seconds in rows}


def counted(cloud: Cloud) -> dict[datetime, tuple[int, float]]:
    """The same, counted puff by puff."""
    found: dict[datetime, tuple[int, float]] = {}
    for puff in Puff.objects.filter(cloud=cloud, off_at__isnull=False):
        hour = puff.on_at.astimezone(cloud.venue.zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        puffs, seconds = found.get(hour, (0, 0.0))
        air = puff.seconds if puff.pump == "inflate" else 0.0
        assert air is not None
        found[hour] = (puffs + 1, seconds + air)
    return found


@pytest.mark.parametrize(
    ("zone", "at", "begin"),
    [
        ("Europe/Berlin", "2026-07-01T12:59:59.999Z", "2026-07-01T12:00Z"),
        ("Asia/Kolkata", "2026-07-01T12:29:59Z", "2026-07-01T11:30Z"),
        ("Asia/Kolkata", "2026-07-01T12:30:00Z", "2026-07-01T12:30Z"),
        ("Asia/Kathmandu", "2026-07-01T12:14:59Z", "2026-07-01T11:15Z"),
        ("Asia/Kathmandu", "2026-07-01T12:15:00Z", "2026-07-01T12:15Z"),
        # 2:30 happens twice on this morning: two hours, and each has its puffs.
        ("Europe/Berlin", "2026-10-25T00:30Z", "2026-10-25T00:00Z"),
        ("Europe/Berlin", "2026-10-25T01:30Z", "2026-10-25T01:00Z"),
        ("UTC", "2026-07-01T12:00Z", "2026-07-01T12:00Z"),
    ],
)
def test_an_hour_begins_when_the_clocks_of_the_place_say_so(zone: str, at: str, begin: str) -> None:
    assert hours.begin(datetime.fromisoformat(at), ZoneInfo(zone)) == datetime.fromisoformat(begin)


def test_every_moment_lies_in_the_hour_that_the_clocks_show() -> None:
    chance = random.Random(3)
    for zone in map(ZoneInfo, ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]):
        for _ in range(2000):
            at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.uniform(0, 2 * 365 * 86400))
            shown, begin = at.astimezone(zone), hours.begin(at, zone).astimezone(zone)
            assert (begin.date(), begin.hour) == (shown.date(), shown.hour)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu"])
def test_the_tally_holds_what_the_conductor_writes(zone: str, venue: Venue, cloud: Cloud) -> None:
    Venue.objects.update(time_zone=zone)
    cloud.refresh_from_db()
    plug, chance = Plug.objects.get(), random.Random(11)
    for number in range(60):
        on_at = NOON + timedelta(minutes=7 * number, seconds=chance.randrange(50))
        puff = make.puff(cloud, on_at=on_at, seconds=None, plug=plug, pump=chance.choice(["inflate", "deflate"]))
        ledger.close(puff, on_at + timedelta(seconds=chance.randrange(-2, 18) / 2), "done", "", confirmed=True)
    ledger.by_hand(plug.pk, 30, NOON + timedelta(days=1))
    assert sum(puffs for puffs, _ in kept(cloud).values()) == 61
    assert kept(cloud) == counted(cloud)
    tally.recount(cloud)
    assert kept(cloud) == counted(cloud)


@pytest.mark.django_db
def test_a_puff_counts_once_and_only_when_it_has_ended(cloud: Cloud) -> None:
    puff = make.puff(cloud, seconds=None)
    assert not kept(cloud)
    for seconds in (5, 9):
        ledger.close(puff, NOON + timedelta(seconds=seconds), "done", "", confirmed=True)
    assert kept(cloud) == {NOON: (1, 5.0)}


@pytest.mark.django_db
def test_a_rehearsal_counts_for_nothing(cloud: Cloud) -> None:
    rehearsal = Rehearsal.objects.create(venue=cloud.venue, title="Drizzle", asked_at=NOON)
    puff = make.puff(cloud, seconds=None, rehearsal=rehearsal, simulated=True)
    ledger.close(puff, NOON + timedelta(seconds=5), "done", "", confirmed=True)
    tally.recount(cloud)
    assert not kept(cloud)


@pytest.mark.django_db
def test_counting_anew_takes_back_what_was_wrong(cloud: Cloud, venue: Venue) -> None:
    make.puff(cloud)
    make.puff(cloud, seconds=None, on_at=NOON + timedelta(seconds=60))
    other = Cloud.objects.create(venue=venue, name="Nimbus", slug="nimbus")
    Tally.objects.create(cloud=cloud, begins_at=NOON - timedelta(hours=1), puffs=99, seconds=1.0)
    Tally.objects.create(cloud=other, begins_at=NOON, puffs=3, seconds=1.0)
    said = io.StringIO()
    call_command("recount", stdout=said)
    assert said.getvalue() == "Cumulus: 1 puffs\nNimbus: 0 puffs\n"
    assert kept(cloud) == {NOON: (1, 5.0)}
    assert not kept(other)


@pytest.mark.django_db
def test_what_there_was_before_the_tally_is_counted(cloud: Cloud) -> None:
    for number in range(5):
        make.puff(cloud, on_at=NOON + timedelta(minutes=20 * number))
    rehearsal = Rehearsal.objects.create(venue=cloud.venue, title="Drizzle", asked_at=NOON)
    make.puff(cloud, on_at=NOON, rehearsal=rehearsal, simulated=True)
    migration: Any = import_module("clouds.migrations.0009_history")
    migration.count(apps, None)
    assert kept(cloud) == counted(cloud) == {NOON: (3, 15.0), NOON + timedelta(hours=1): (2, 10.0)}


@pytest.mark.django_db
def test_counting_a_cloud_leaves_the_others_alone(cloud: Cloud, venue: Venue) -> None:
    other = Cloud.objects.create(venue=venue, name="Nimbus", slug="nimbus")
    Tally.objects.create(cloud=other, begins_at=NOON, puffs=3, seconds=1.0)
    tally.recount(cloud)
    assert kept(other) == {NOON: (3, 1.0)}


@pytest.mark.django_db
def test_what_ends_or_begins_while_it_is_counted_counts_once(
    venue: Venue, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.puff(cloud)
    on_now = make.puff(cloud, seconds=None, on_at=NOON + timedelta(minutes=1))
    counted_by_hand, locked = tally._counted, []

    def slowly(puffs: Any, zone: ZoneInfo) -> Any:
        found = counted_by_hand(puffs, zone)
        locked.append(len(connection.savepoint_ids))
        if len(locked) == 1:
            ledger.close(on_now, NOON + timedelta(seconds=65), "done", "", confirmed=True)
            ledger.by_hand(Plug.objects.get().pk, 30, NOON + timedelta(minutes=3))
        return found

    monkeypatch.setattr(tally, "_counted", slowly)
    assert tally.recount(cloud) == 3
    assert kept(cloud) == counted(cloud)
    assert locked == [0, 1]


@pytest.mark.django_db
def test_who_counted_for_a_time_zone_of_yesterday_changes_nothing(venue: Venue, cloud: Cloud) -> None:
    make.puff(cloud)
    tally.recount(cloud)
    Venue.objects.update(time_zone="Asia/Kathmandu")
    assert tally.recount(cloud) == 0
    assert kept(cloud) == {NOON: (1, 5.0)}


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Berlin", date(2026, 7, 1), "2026-06-30T22:00:00+00:00"),
        # There, the clocks went from midnight to one o'clock, and on another day back to eleven the day before.
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00+00:00"),
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00+00:00"),
    ],
)
def test_a_day_begins_at_midnight_or_at_the_first_instant_that_there_is(zone: str, day: date, begins: str) -> None:
    assert hours.midnight(day, ZoneInfo(zone)).astimezone(UTC).isoformat() == begins
