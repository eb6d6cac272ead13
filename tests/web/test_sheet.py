"""The day sheet and the week's view: what is due, what isn't, and why, before it happens."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from clouds import daysheet
from clouds.models import Cloud, Plug, Program, Show, User, Venue
from tests.web.conftest import text

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def make_show(venue: Venue, cloud: Cloud) -> Callable[..., Show]:
    """Makes shows of a program of 65 s, which gives 15 s of air, at 19:00 every day."""
    program = Program.objects.create(name="Gust")
    for place, (do, seconds) in enumerate([("inflate", 10), ("rest", 50), ("inflate", 5)]):
        program.steps.create(position=place, do=do, seconds=seconds)

    def make(at: time = time(19), *clouds: Cloud, **fields: object) -> Show:
        values = {"name": "Rain", "first_on": date(2026, 11, 1), "starts_at": at, "rrule": "FREQ=DAILY"}
        show = Show.objects.create(venue=venue, program=program, **values | fields)
        for place, each in enumerate(clouds or (cloud,)):
            show.lines.create(cloud=each, position=place)
        return show

    return make


def said(venue: Venue, day: int = 24) -> list[tuple[str, bool, tuple[str, ...]]]:
    """What the sheet of a day of November says."""
    venue.refresh_from_db()
    begin = datetime(2026, 11, day, tzinfo=UTC)
    dues, _ = daysheet.make(venue, begin, begin + timedelta(days=1), NOW)
    return [(due.event.title, due.plays, due.sentences) for due in dues]


def test_what_plays_is_said_in_order(venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show()
    make_show(time(15), name="Snow")
    assert said(venue) == [("Snow", True, ()), ("Rain", True, ())]


def test_a_day_that_is_long_over_has_its_sheet_too(venue: Venue, desk: Client, make_show: Callable[..., Show]) -> None:
    make_show()
    assert said(venue, day=3) == []
    assert desk.get(f"/admin/clouds/venue/{venue.pk}/day/?on=2026-11-03").status_code == 200


def test_a_show_that_meets_another_is_said_to_be_skipped(venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show()
    make_show(time(19, 1), name="Snow")
    assert said(venue)[1] == ("Snow", False, ("Cumulus skips it: “Rain” still plays there then.",))


def test_a_show_that_is_skipped_on_one_cloud_plays_on_the_other(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show]
) -> None:
    stratus = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    Plug.objects.create(venue=venue, cloud=stratus, name="Its plug", host="127.0.0.1", port=9998, simulated=True)
    make_show()
    make_show(time(19, 1), stratus, cloud, name="Snow")
    assert said(venue)[1] == ("Snow", True, ("Cumulus skips it: “Rain” still plays there then.",))


def test_a_balloon_that_gets_too_full_over_the_day_is_said_so(venue: Venue, make_show: Callable[..., Show]) -> None:
    for hour in range(14, 19):
        make_show(time(hour), name=f"Rain {hour}")
    assert [plays for _, plays, _ in said(venue)] == [True, True, True, False, False]
    assert said(venue)[3][2] == ("Cumulus skips it: its balloon would be too full 65 s after it begins.",)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"stopped_at": NOW, "stopped_by": "Ada"}, "Skipped, unless somebody releases it by then"),
        ({"held_until": NOW + timedelta(hours=8), "held_because": "A wedding"}, "it is on hold then (A wedding)."),
        ({"opens_at": time(10), "closes_at": time(18)}, "Skipped: it is closed then."),
        ({"closed_on": "2026-11-24: Inventory"}, "Skipped: it is closed then (Inventory)."),
        ({"opens_at": time(10), "closes_at": time(19, 1)}, "It begins before closing time, and plays to its end."),
    ],
)
def test_what_keeps_a_show_away_and_closing_time_are_said(
    fields: dict[str, object], sentence: str, venue: Venue, make_show: Callable[..., Show]
) -> None:
    make_show()
    Venue.objects.update(**fields)
    ((_, plays, sentences),) = said(venue)
    assert sentence in sentences[0]
    assert plays is ("closing" in sentence)


def test_the_page_shows_it_with_curves_and_leads_to_other_days(
    desk: Client, venue: Venue, make_show: Callable[..., Show]
) -> None:
    make_show()
    page = text(desk.get(f"/admin/clouds/venue/{venue.pk}/day/"))
    assert "Tuesday 24 November 2026, today" in page
    assert "It plays." in page
    assert "<polyline" in page
    assert "?on=2026-11-25" in page
    other = text(desk.get(f"/admin/clouds/venue/{venue.pk}/day/?on=2026-11-25"))
    assert "Wednesday 25 November 2026" in other


def test_the_week_shows_seven_days(desk: Client, venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show()
    Venue.objects.update(closed_on="2026-11-26: Inventory")
    Cloud.objects.update(half_life_seconds=600)
    page = text(desk.get(f"/admin/clouds/venue/{venue.pk}/week/"))
    assert page.count("<strong>Rain</strong>") == 6
    assert page.count("<s>Rain</s>") == 1
    assert "Closed: Inventory" in page


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("word", ["day", "week"])
def test_a_day_that_is_none_is_told_so(day: str, word: str, desk: Client, venue: Venue) -> None:
    response = desk.get(f"/admin/clouds/venue/{venue.pk}/{word}/?on={day}")
    assert response.status_code == 400


def test_the_sheet_is_for_those_who_may_see_venues(venue: Venue, ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert client.get(f"/admin/clouds/venue/{venue.pk}/day/").status_code == 302
    User.objects.update(is_staff=True)
    assert client.get(f"/admin/clouds/venue/{venue.pk}/day/").status_code == 403


def test_as_many_queries_for_twenty_shows_as_for_two(venue: Venue, make_show: Callable[..., Show]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            said(venue)
        return len(captured)

    for _ in range(2):
        make_show()
    few = queries()
    for _ in range(18):
        make_show()
    assert queries() == few


def test_the_week_tells_times_of_the_venue(desk: Client, venue: Venue, make_show: Callable[..., Show]) -> None:
    Venue.objects.update(time_zone="America/New_York")
    make_show()
    page = text(desk.get(f"/admin/clouds/venue/{venue.pk}/week/"))
    assert page.count(">19:00</time>") == 7


def test_a_hold_that_is_over_is_not_told(desk: Client, venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show()
    url = f"/admin/clouds/venue/{venue.pk}/day/"
    Venue.objects.update(held_until=NOW + timedelta(hours=1))
    assert "Held until" in text(desk.get(url))
    Venue.objects.update(held_until=NOW - timedelta(hours=1))
    assert "Held until" not in text(desk.get(url))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Visitors may puff, and wait while a protected show plays."),
        ({"opens_at": time(10), "closes_at": time(18)}, "Visitors may puff from 10:00 to 18:00, and wait"),
        ({"closed_on": "2026-11-24"}, "Visitors can&#x27;t puff, and are told that it is closed."),
        ({"stopped_at": NOW}, "Visitors can&#x27;t puff until somebody releases it."),
        ({"held_until": NOW + timedelta(hours=1)}, "Until 13:00 they can&#x27;t: it is on hold."),
        ({"held_until": NOW + timedelta(days=2)}, "Visitors can&#x27;t puff on this day: it is on hold."),
    ],
)
def test_the_sheet_says_what_visitors_may_do(
    fields: dict[str, object], sentence: str, desk: Client, venue: Venue
) -> None:
    Venue.objects.update(**fields)
    assert sentence in text(desk.get(f"/admin/clouds/venue/{venue.pk}/day/"))


def test_of_a_day_that_is_over_it_says_nothing_to_visitors(desk: Client, venue: Venue) -> None:
    assert 'id="visitors"' not in text(desk.get(f"/admin/clouds/venue/{venue.pk}/day/?on=2026-11-20"))
