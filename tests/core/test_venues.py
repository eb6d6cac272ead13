"""When a venue is open, held and conducted; in its own zone, past midnight, and over changes of the clock."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from clouds import processes
from clouds.models import Venue
from clouds.models.venue import validate_closed_days, validate_time_zone

from .conftest import NOON
from .strategies import in_peace

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)


def at(hour: int, minute: int = 0, *, day: int = 22, zone: ZoneInfo = BERLIN) -> datetime:
    """A moment of November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=zone)


def hours(opens: time, closes: time, zone: str = "Europe/Berlin") -> Venue:
    """A venue with these hours, not saved."""
    return Venue(name="The gallery", slug="gallery", time_zone=zone, opens_at=opens, closes_at=closes)


@pytest.mark.django_db
def test_a_venue_exists_from_the_start() -> None:
    assert [(venue.name, venue.slug, venue.time_zone) for venue in Venue.objects.all()] == [
        ("The gallery", "gallery", "UTC")
    ]
    assert Venue.objects.reached_by("cloudsite").count() == 1
    assert Venue.objects.get().is_open(NOON)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(9, 59), False),
        (at(10), True),
        (at(17, 59), True),
        (at(18), False),
        (at(0), False),
        (datetime(2026, 11, 22, 8, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 9, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 17, 0, tzinfo=UTC), False),
    ],
)
def test_a_venue_is_open_from_its_opening_until_just_before_its_closing(moment: datetime, is_open: bool) -> None:
    assert hours(time(10), time(18)).is_open(moment) is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [(at(19, 59), False), (at(20), True), (at(23, 59), True), (at(0), True), (at(1, 59), True), (at(2), False)],
)
def test_hours_may_go_past_midnight(moment: datetime, is_open: bool) -> None:
    assert hours(time(20), time(2)).is_open(moment) is is_open


def test_hours_are_those_of_its_own_zone() -> None:
    noon_in_new_york = datetime(2026, 11, 22, 17, tzinfo=UTC)
    assert hours(time(10), time(18), "America/New_York").is_open(noon_in_new_york)
    assert not hours(time(10), time(18), "Asia/Tokyo").is_open(noon_in_new_york)


def test_without_hours_it_is_always_open_and_opens_now() -> None:
    venue = Venue(name="The gallery", slug="gallery", time_zone="Europe/Berlin")
    assert venue.is_open(NOON)
    assert venue.next_opening(NOON) == NOON


@pytest.mark.parametrize(
    ("opens", "closes", "now", "opening"),
    [
        (time(10), time(18), at(9), at(10)),
        (time(10), time(18), at(18), at(10, day=23)),
        (time(10), time(18), at(23, 59), at(10, day=23)),
        (time(10), time(18), at(0), at(10)),
        (time(10), time(18), at(12), at(12)),
        (time(20), time(2), at(2), at(20)),
        (time(20), time(2), at(19, 59), at(20)),
        (time(20), time(2), at(1), at(1)),
        (time(10), time(18), datetime(2026, 11, 22, 23, 30, tzinfo=UTC), at(10, day=23)),
        # The nights in which Berlin's clocks change.
        (
            time(10),
            time(18),
            datetime(2027, 3, 27, 20, tzinfo=BERLIN),
            datetime(2027, 3, 28, 8, tzinfo=UTC),
        ),
        (
            time(10),
            time(18),
            datetime(2026, 10, 24, 20, tzinfo=BERLIN),
            datetime(2026, 10, 25, 9, tzinfo=UTC),
        ),
    ],
)
def test_the_next_opening_is_the_next_moment_at_which_it_opens(
    opens: time, closes: time, now: datetime, opening: datetime
) -> None:
    assert hours(opens, closes).next_opening(now) == opening


@in_peace
@given(
    opens=st.times(min_value=time(4)).map(lambda clock: clock.replace(second=0, microsecond=0)),
    closes=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
)
def test_it_is_closed_until_its_next_opening_and_open_then(opens: time, closes: time, zone: str, now: datetime) -> None:
    if opens == closes:
        closes = time(0) if opens != time(0) else time(1)
    venue = hours(opens, closes, zone)
    opening = venue.next_opening(now).astimezone(UTC)
    assert opening >= now
    assert venue.is_open(opening)
    assert opening == now or not venue.is_open(now)
    assert opening == now or not venue.is_open(opening - MINUTE)
    assert opening - now <= timedelta(hours=25)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "UTC"])
def test_a_time_zone_of_the_world_is_one(name: str) -> None:
    validate_time_zone(name)
    assert Venue(time_zone=name).zone.key == name


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/berlin", "CEST+1", "../../etc/passwd", "/etc/localtime", "x" * 9]
)
def test_a_time_zone_that_is_none_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone"):
        validate_time_zone(name)


def test_a_hold_lasts_until_its_time() -> None:
    venue = Venue(held_until=NOON)
    assert venue.is_held(NOON - timedelta(microseconds=1))
    assert not venue.is_held(NOON)
    assert not Venue().is_held(NOON)


def test_a_venue_is_conducted_while_its_conductor_beats() -> None:
    venue = Venue(conductor=f"{processes.name_of(os.getpid())}:token", conductor_beat_at=NOON)
    assert venue.is_conducted(NOON)
    assert venue.is_conducted(NOON + timedelta(seconds=4.9))
    assert not venue.is_conducted(NOON + timedelta(seconds=5))


def test_a_venue_that_no_conductor_names_is_not_conducted() -> None:
    assert not Venue(conductor="", conductor_beat_at=NOON).is_conducted(NOON)
    assert not Venue(conductor="another-host:1:1:token", conductor_beat_at=None).is_conducted(NOON)


def test_a_conductor_on_another_host_is_believed_as_long_as_it_beats() -> None:
    venue = Venue(conductor="another-host:1:1:token", conductor_beat_at=NOON)
    assert venue.is_conducted(NOON + timedelta(seconds=4))
    assert not venue.is_conducted(NOON + timedelta(seconds=6))


def test_a_conductor_whose_process_is_gone_conducts_no_more_however_late_its_beat() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        venue = Venue(conductor=f"{processes.name_of(process.pid)}:token", conductor_beat_at=NOON)
        assert venue.is_conducted(NOON)
        process.kill()
        process.wait(timeout=10)
    assert not venue.is_conducted(NOON)


@pytest.mark.django_db
def test_venues_are_found_by_the_cluster_that_reaches_them_and_the_conductor_that_holds_them(venue: Venue) -> None:
    elsewhere = Venue.objects.create(name="Elsewhere", slug="elsewhere", cluster="barn", conductor="barn:1:1:token")
    assert list(Venue.objects.reached_by("barn")) == [elsewhere]
    assert list(Venue.objects.reached_by("cloudsite")) == [venue]
    assert list(Venue.objects.held_by("barn:1:1:token")) == [elsewhere]


class TestClosedDays:
    """Days on which a venue stays closed, whatever its hours."""

    CHRISTMAS = "2026-12-24 to 2026-12-26: Christmas\n2026-11-23\n"

    def test_it_is_closed_on_its_closed_days_and_says_why(self) -> None:
        venue = hours(time(10), time(18))
        venue.closed_on = self.CHRISTMAS
        assert not venue.is_open(at(12, day=23))
        assert venue.is_open(at(12, day=24))
        assert venue.closed_because(date(2026, 12, 25)) == "Christmas"
        assert venue.closed_because(date(2026, 11, 23)) == ""
        assert venue.closed_because(date(2026, 12, 27)) is None

    def test_it_opens_next_after_its_closed_days(self) -> None:
        venue = hours(time(10), time(18))
        venue.closed_on = self.CHRISTMAS
        assert venue.next_opening(at(19)) == at(10, day=24)
        assert venue.next_closing(at(12)) == at(18)

    def test_a_venue_without_hours_has_closed_days_too(self) -> None:
        venue = Venue(name="The gallery", slug="gallery", time_zone="Europe/Berlin", closed_on=self.CHRISTMAS)
        assert not venue.is_open(at(0, day=23))
        assert venue.is_open(at(23, 59))
        assert venue.next_opening(at(12, day=23)) == at(0, day=24)

    def test_hours_past_midnight_belong_to_the_day_on_which_they_begin(self) -> None:
        venue = hours(time(20), time(2))
        venue.closed_on = "2026-11-23"
        assert venue.is_open(at(1, day=23))
        assert not venue.is_open(at(21, day=23))
        assert not venue.is_open(at(1, day=24))

    def test_one_that_stays_closed_has_no_next_opening(self) -> None:
        venue = hours(time(10), time(18))
        venue.closed_on = "2026-01-01 to 2030-01-01"
        assert venue.next_opening(at(12)) is None

    def test_hours_that_the_clocks_skip_begin_at_the_first_instant_there_is(self) -> None:
        venue = hours(time(2, 30), time(6))
        assert venue.next_opening(datetime(2027, 3, 27, 12, tzinfo=UTC)) == datetime(2027, 3, 28, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("tomorrow", "is not a day"),
            ("2026-02-30", "is not a day"),
            ("2026-12-26 to 2026-12-24", "ends before it begins"),
            ("2026-01-01\n" * 401, "at most 400 lines"),
        ],
    )
    def test_what_is_no_day_is_told(self, text: str, sentence: str) -> None:
        with pytest.raises(ValidationError, match=sentence):
            validate_closed_days(text)
