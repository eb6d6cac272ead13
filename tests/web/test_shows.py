"""What is on, as a page and as calendars; the calendars are read with a calendar library."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from clouds import actions, planning, recurrence
from clouds.models import Cloud, Program, Run, Show, User, Venue
from tests.web.conftest import text

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine: TimeMachineFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    time_machine.move_to(NOW, tick=False)
    monkeypatch.setattr("clouds.actions.waking.async_task", lambda *_, **__: "a task")


@pytest.fixture
def make_show(venue: Venue, cloud: Cloud) -> Callable[..., Show]:
    """Makes shows in Berlin, of a program of 25 s."""
    Venue.objects.update(time_zone="Europe/Berlin")
    program = Program.objects.create(name="Gust")
    program.steps.create(do="inflate", seconds=25)

    def make(*clouds: Cloud, **fields: object) -> Show:
        values = {"name": "Rain", "first_on": date(2026, 10, 1), "starts_at": time(2, 30), "rrule": "FREQ=DAILY"}
        show = Show.objects.create(venue=venue, program=program, **values | fields)
        for place, each in enumerate(clouds or (cloud,)):
            show.lines.create(cloud=each, position=place)
        return show

    return make


def entries(url: str = "/shows.ics") -> dict[datetime, Any]:
    """The events of a calendar by the instants at which they begin."""
    response = Client().get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(response.content)
    return {entry.decoded("dtstart").astimezone(UTC): entry for entry in calendar.walk("VEVENT")}


def test_the_feed_says_to_the_second_what_is_planned_over_a_change_of_clocks(make_show: Callable[..., Show]) -> None:
    show = Show.objects.with_all().get(pk=make_show(stagger_seconds=10).pk)
    found = entries()
    today = NOW.replace(hour=0)
    assert sorted(found) == list(recurrence.occurrences(show.rule, NOW, today + planning.ANNOUNCED))
    entry = found[datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]  # the first of two half past two
    assert entry.decoded("dtstart").tzinfo is not None
    assert entry["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert entry.decoded("dtend") - entry.decoded("dtstart") == timedelta(seconds=25)
    assert (entry["SUMMARY"], entry["LOCATION"], entry["STATUS"]) == ("Rain", "The gallery: Cumulus", "CONFIRMED")


def test_each_zone_is_in_the_calendar_and_each_uid_once(make_show: Callable[..., Show]) -> None:
    make_show()
    calendar = icalendar.Calendar.from_ical(Client().get("/shows.ics").content)
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    uids = [entry["UID"] for entry in calendar.walk("VEVENT")]
    assert len(set(uids)) == len(uids) == 89


def test_what_was_called_off_stays_as_cancelled_and_keeps_its_uid(
    make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show()
    at = datetime(2026, 10, 22, 0, 30, tzinfo=UTC)
    before = entries()[at]["UID"]

    def change() -> None:
        show.starts_at = time(15)
        show.save()

    actions.save_show(show, by=curator, change=change)
    found = entries()
    assert (found[at]["STATUS"], found[at]["UID"], found[at]["DESCRIPTION"]) == (
        "CANCELLED", before, "Curator changed the show."
    )  # fmt: skip
    assert found[datetime(2026, 10, 22, 13, tzinfo=UTC)]["STATUS"] == "CONFIRMED"


def test_past_ones_stay_as_they_were(make_show: Callable[..., Show], cloud: Cloud, curator: User) -> None:
    show = make_show()
    for day, outcome in ((10, "done"), (11, "skipped")):
        at = datetime(2026, 10, day, 0, 30, tzinfo=UTC)
        Run.objects.create(
            cloud=cloud, source="show", show=show, title="Rain", nominal_at=at, due_at=at, asked_at=at, ended_at=at,
            state="ended", outcome=outcome, reason="It was too full.", seconds=25, steps=[],
        )  # fmt: skip
    actions.remove_show(show, by=curator)
    found = entries()
    assert found[datetime(2026, 10, 10, 0, 30, tzinfo=UTC)]["STATUS"] == "CONFIRMED"
    assert found[datetime(2026, 10, 11, 0, 30, tzinfo=UTC)]["STATUS"] == "CANCELLED"


def test_a_feed_that_has_not_changed_is_not_sent_again(
    make_show: Callable[..., Show], time_machine: TimeMachineFixture
) -> None:
    show = make_show()
    client = Client()
    tag = client.get("/shows.ics")["ETag"]
    time_machine.move_to(NOW + timedelta(hours=3), tick=False)
    again = client.get("/shows.ics", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    show.save()
    assert client.get("/shows.ics", headers={"If-None-Match": tag}).status_code == 200


def test_a_clouds_feed_has_its_shows_only(make_show: Callable[..., Show], venue: Venue) -> None:
    stratus = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    make_show(name="Rain")
    make_show(stratus, name="Snow", starts_at=time(3))
    assert {entry["SUMMARY"] for entry in entries("/clouds/stratus/shows.ics").values()} == {"Snow"}
    assert Client().get("/clouds/nimbus/shows.ics").status_code == 404


def test_a_cloud_that_is_switched_off_is_in_no_calendar(make_show: Callable[..., Show]) -> None:
    make_show()
    Cloud.objects.update(enabled=False)
    assert entries() == {}
    assert "Nothing is planned" in text(Client().get("/shows/"))


def test_the_page_tells_what_is_on_where_and_when_there(make_show: Callable[..., Show], curator: User) -> None:
    make_show(starts_at=time(19))
    gone = make_show(name="Snow", starts_at=time(20))
    actions.remove_show(gone, by=curator)
    page = text(Client().get("/shows/"))
    assert "Europe/Berlin" in page
    assert page.count("<strong>Rain</strong>") == 7
    assert ">19:00</time>" in page
    assert "<s>Snow</s>" in page
    assert "Curator deleted the show." in page


def test_as_many_queries_for_ten_shows_as_for_one(make_show: Callable[..., Show]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            Client().get("/shows.ics")
        return len(captured)

    make_show()
    one = queries()
    for _ in range(9):
        make_show()
    assert queries() == one


def test_a_show_that_plays_often_is_one_line_a_day(make_show: Callable[..., Show]) -> None:
    make_show(starts_at=time(0, 5), rrule="FREQ=MINUTELY;INTERVAL=10")
    page = text(Client().get("/shows/"))
    assert page.count("<strong>Rain</strong>") == 8
    assert "and 141 more until" in page
