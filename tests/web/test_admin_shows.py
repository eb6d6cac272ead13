"""Shows in the admin: picked, typed, refused, changed and deleted."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from clouds import recurrence
from clouds.models import CalledOff, Cloud, Plug, Program, Run, Show, Venue
from tests.web.conftest import text

ADD = "/admin/clouds/show/add/"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def gust(db: None) -> Program:
    """A program of one puff."""
    program = Program.objects.create(name="Gust")
    program.steps.create(do="inflate", seconds=10)
    return program


@pytest.fixture
def stratus(venue: Venue) -> Cloud:
    """Another cloud on a plug."""
    cloud = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    Plug.objects.create(venue=venue, cloud=cloud, name="S", host="127.0.0.1", port=9998, simulated=True)
    return cloud


def form(program: Program, *clouds: Cloud, **fields: object) -> dict[str, Any]:
    """What the browser sends for a show on these clouds."""
    said: dict[str, Any] = {
        "name": "Rain", "venue": Venue.objects.get(slug="gallery").pk, "program": program.pk, "scale_percent": 100,
        "stagger_seconds": 5, "enabled": "on", "protected": "on", "first_on": "2026-11-24", "starts_at": "19:00",
        "kind": "daily", "lines-TOTAL_FORMS": len(clouds), "lines-INITIAL_FORMS": 0, "dates-TOTAL_FORMS": 1,
        "dates-INITIAL_FORMS": 0, "dates-0-on": "", "dates-0-at": "",
    }  # fmt: skip
    for place, cloud in enumerate(clouds):
        said |= {f"lines-{place}-position": place, f"lines-{place}-cloud": cloud.pk}
    return said | fields


@pytest.mark.parametrize(
    ("picked", "rule"),
    [
        ({"kind": "once"}, ""),
        ({"kind": "weekdays", "weekdays": ["0", "4"]}, "FREQ=WEEKLY;BYDAY=MO,FR"),
        ({"kind": "minutes", "every_minutes": "30", "last": "20:30"}, "FREQ=DAILY;BYHOUR=19,20;BYMINUTE=0,30"),
        ({"kind": "month_day", "month_day": "-1"}, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ({"kind": "month_weekday", "weekdays": ["4"], "nth": "-1"}, "FREQ=MONTHLY;BYDAY=-1FR"),
        ({"kind": "typed", "typed": "rrule:freq=yearly"}, "FREQ=YEARLY"),
    ],
)  # fmt: skip
def test_when_it_recurs_is_picked_and_picked_again_from_the_rule(
    picked: dict[str, Any], rule: str, desk: Client, gust: Program, cloud: Cloud, stratus: Cloud
) -> None:
    assert desk.post(ADD, form(gust, stratus, cloud, **picked)).status_code == 302
    show = Show.objects.get()
    assert (show.rrule, show.starts_at, show.protected) == (rule, time(19), True)
    assert [line.cloud for line in show.lines.all()] == [stratus, cloud]
    page = desk.get(f"/admin/clouds/show/{show.pk}/change/").context["adminform"].form
    assert page["kind"].value() == picked["kind"]


def test_the_next_occurrences_are_those_that_are_planned(desk: Client, gust: Program, cloud: Cloud) -> None:
    Venue.objects.update(time_zone="Europe/Berlin")
    desk.post(ADD, form(gust, cloud))
    show = Show.objects.with_all().get()
    page = text(desk.get(f"/admin/clouds/show/{show.pk}/change/"))
    for at in islice(recurrence.occurrences(show.rule, NOW), 10):
        assert f"{at.astimezone(show.venue.zone):%a %-d %b %Y, %H:%M:%S %Z}" in page
    assert "Every day at 19:00." in page


@pytest.mark.parametrize(
    ("picked", "sentence"),
    [
        ({"kind": "weekdays"}, "Choose at least one weekday."),
        ({"kind": "typed", "typed": "every day"}, "is not a recurrence rule"),
        ({"kind": "typed", "typed": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "This never occurs."),
        ({"kind": "typed", "typed": "FREQ=SECONDLY"}, "A show can occur once a minute at most."),
        ({"until_on": "2026-11-23"}, "The last day is before the first one."),
        ({"first_on": "2026-13-45"}, "Enter a valid date."),
        ({"kind": "once", "dates-0-on": "2026-11-24"}, "This never occurs."),
        ({"lines-TOTAL_FORMS": 0}, "Choose at least one cloud."),
        ({"lines-1-cloud": "1", "twice": True}, "This cloud is in the show already."),
        ({"scale_percent": "400", "long": True}, "This could make Cumulus too full, 64 s after it begins."),
    ],
)
def test_a_show_that_cannot_be_is_refused_at_the_field_and_not_saved(
    picked: dict[str, Any], sentence: str, desk: Client, gust: Program, cloud: Cloud
) -> None:
    clouds = (cloud, cloud) if picked.pop("twice", False) else (cloud,)
    picked.pop("lines-1-cloud", None)
    if picked.pop("long", False):
        gust.steps.create(position=1, do="rest", seconds=4)
        gust.steps.create(position=2, do="inflate", seconds=15)
    response = desk.post(ADD, form(gust, *clouds, **picked))
    assert response.status_code == 200
    assert sentence in text(response)
    assert not Show.objects.exists()
    assert not Run.objects.exists()


def test_a_cloud_without_a_plug_is_refused(desk: Client, gust: Program, cloud: Cloud) -> None:
    Plug.objects.all().delete()
    assert "Cumulus has no pump yet." in text(desk.post(ADD, form(gust, cloud)))


def test_a_show_saved_to_start_in_ten_seconds_is_planned(desk: Client, gust: Program, cloud: Cloud) -> None:
    desk.post(ADD, form(gust, cloud, kind="once", starts_at="12:00:10"))
    run = Run.objects.get()
    assert (run.due_at, run.title, run.state) == (NOW + timedelta(seconds=10), "Rain", "waiting")


def test_a_show_that_is_deleted_stays_in_the_history_and_in_no_list(desk: Client, gust: Program, cloud: Cloud) -> None:
    desk.post(ADD, form(gust, cloud, starts_at="12:05"))
    show = Show.objects.get()
    assert desk.post(f"/admin/clouds/show/{show.pk}/delete/", {"post": "yes"}).status_code == 302
    show.refresh_from_db()
    assert (show.removed_at, show.removed_by) == (NOW, "Curator")
    assert "Rain" not in text(desk.get("/admin/clouds/show/")).partition("result_list")[2]
    run = Run.objects.get()
    assert (run.outcome, run.reason) == ("withdrawn", "Curator deleted the show.")
    assert CalledOff.objects.filter(show=show, starts_at__date=date(2026, 12, 1)).exists()
