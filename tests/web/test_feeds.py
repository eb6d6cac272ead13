"""The calendars of single clouds, and that planning changes nothing of what was announced."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from clouds import planning
from clouds.models import Cloud, Program, Run, Show, Venue

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def stratus(venue: Venue) -> Cloud:
    """Another cloud."""
    return Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")


@pytest.fixture
def make_show(venue: Venue) -> Callable[..., Show]:
    """Makes shows of a puff of 10 s every day."""
    program = Program.objects.create(name="Gust")
    program.steps.create(do="inflate", seconds=10)

    def make(at: time, *clouds: Cloud) -> Show:
        show = Show.objects.create(
            venue=venue, program=program, name="Rain", first_on=date(2026, 11, 1), starts_at=at, rrule="FREQ=DAILY"
        )
        for place, each in enumerate(clouds):
            show.lines.create(cloud=each, position=place)
        return show

    return make


def a_run(cloud: Cloud, show: Show, at: datetime, outcome: str, reason: str = "") -> Run:
    """An ended run of a show."""
    return Run.objects.create(
        cloud=cloud, source="show", show=show, title=show.name, nominal_at=at, due_at=at, asked_at=at, ended_at=at,
        state="ended", outcome=outcome, reason=reason, seconds=10, steps=[],
    )  # fmt: skip


def first_status(url: str) -> str:
    """The status of the first entry; "" if there is none."""
    entries = icalendar.Calendar.from_ical(Client().get(url).content).walk("VEVENT")
    return str(entries[0]["STATUS"]) if entries else ""


def test_being_planned_changes_nothing_of_what_was_announced(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show], time_machine: TimeMachineFixture
) -> None:
    make_show(time(12, 5), cloud)
    before = Client().get("/shows.ics").content
    time_machine.move_to(NOON + timedelta(minutes=1), tick=False)
    planning.plan(venue, NOON + timedelta(minutes=1))
    assert Client().get("/shows.ics").content == before


def test_a_clouds_calendar_says_what_became_of_a_show_on_that_cloud(
    cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    show, at = make_show(time(11), cloud, stratus), NOON - timedelta(hours=1)
    a_run(cloud, show, at, "done")
    a_run(stratus, show, at, "skipped", "Its balloon was too full for it.")
    assert first_status("/clouds/stratus/shows.ics") == "CANCELLED"
    assert first_status("/clouds/cumulus/shows.ics") == "CONFIRMED"
    assert first_status("/shows.ics") == "CONFIRMED"


def test_what_a_cloud_has_played_stays_in_its_calendar_when_it_leaves_the_show(
    cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    show = make_show(time(11), cloud, stratus)
    a_run(cloud, show, NOON - timedelta(hours=1), "done")
    show.lines.filter(cloud=cloud).delete()
    calendar = icalendar.Calendar.from_ical(Client().get("/clouds/cumulus/shows.ics").content)
    assert len(calendar.walk("VEVENT")) == 1


def test_a_cloud_that_was_taken_out_of_an_occurrence_is_not_named(
    cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    show, at = make_show(time(11), stratus), NOON - timedelta(hours=1)
    a_run(cloud, show, at, "withdrawn", "Curator changed the show.")
    a_run(stratus, show, at, "done")
    entry = icalendar.Calendar.from_ical(Client().get("/shows.ics").content).walk("VEVENT")[0]
    assert str(entry["LOCATION"]) == "The gallery: Stratus"
    assert "DESCRIPTION" not in entry
