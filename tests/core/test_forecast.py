"""The day before it happens: the sheet says what the conductor will do, and what it did."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from time_machine import TimeMachineFixture

from clouds import daysheet
from clouds.models import Cloud, Plug, Program, Run, Show, Venue
from tests.core import make

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = NOW.replace(hour=0)
TOMORROW = TODAY + timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def stratus(venue: Venue) -> Cloud:
    """Another cloud, on a plug."""
    it = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    Plug.objects.create(venue=venue, cloud=it, name="p", host="127.0.0.1", port=9998, simulated=True, relay="off")
    return it


@pytest.fixture
def make_show(venue: Venue, cloud: Cloud) -> Callable[..., Show]:
    """Makes shows of 65 s, which give 15 s of air."""
    program = Program.objects.create(name="Gust")
    for place, (do, seconds) in enumerate([("inflate", 10), ("rest", 50), ("inflate", 5)]):
        program.steps.create(position=place, do=do, seconds=seconds)

    def one(at: time = time(19), *clouds: Cloud, **fields: object) -> Show:
        values = {
            "name": "Rain",
            "first_on": date(2026, 11, 1),
            "starts_at": at,
            "rrule": "FREQ=DAILY",
            "program": program,
        }
        show = Show.objects.create(venue=venue, **values | fields)
        for place, each in enumerate(clouds or (cloud,)):
            show.lines.create(cloud=each, position=place)
        return show

    return one


def said(venue: Venue, since: datetime = TODAY) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """What the sheet says of each show."""
    venue.refresh_from_db()
    dues, _ = daysheet.make(venue, since, since + timedelta(days=1), NOW)
    return {due.event.title: (due.plays, due.sentences) for due in dues}


def a_run(cloud: Cloud, show: Show, at: datetime, **f: Any) -> Run:
    """A run of a show, due then."""
    return make.run(cloud, source="show", show=show, title=show.name, nominal_at=at, due_at=at, asked_at=at, **f)


def test_a_stagger_leaves_room_for_another_in_between(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    make_show(time(19), cloud, stratus, stagger_seconds=600)
    make_show(time(19, 2), stratus, name="Snow")
    found = said(venue)
    assert found["Snow"][0], found
    assert found["Rain"] == (True, ()), found


def test_a_staggered_part_after_closing_is_skipped(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    make_show(time(19), cloud, stratus, stagger_seconds=600)
    Venue.objects.update(opens_at=time(9), closes_at=time(19, 5))
    found = said(venue)["Rain"]
    assert any("Stratus" in s and "closed" in s for s in found[1]), found


def test_a_hold_that_ends_between_staggered_parts(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    make_show(time(19), cloud, stratus, stagger_seconds=600)
    Venue.objects.update(held_until=NOW.replace(hour=19, minute=5))
    assert said(venue)["Rain"][0], said(venue)


def test_what_plays_now_is_in_the_way(venue: Venue, cloud: Cloud, make_show: Callable[..., Show]) -> None:
    long = make_show(time(11, 59), name="Long")
    a_run(
        cloud,
        long,
        NOW - timedelta(minutes=1),
        state="playing",
        started_at=NOW - timedelta(minutes=1),
        steps=[{"do": "rest", "seconds": 600}],
        seconds=600,
    )
    make_show(time(12, 5), name="Snow")
    assert not said(venue)["Snow"][0], said(venue)


def test_what_plays_now_fills_the_balloon(venue: Venue, cloud: Cloud, make_show: Callable[..., Show]) -> None:
    long = make_show(time(11, 59), name="Long")
    a_run(
        cloud,
        long,
        NOW - timedelta(seconds=1),
        state="playing",
        started_at=NOW - timedelta(seconds=1),
        steps=[{"do": "rest", "seconds": 10}, {"do": "inflate", "seconds": 50}],
        seconds=60,
    )
    make_show(time(12, 5), name="Snow")
    assert not said(venue)["Snow"][0], said(venue)


def test_a_curators_program_that_plays_is_in_the_way(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show]
) -> None:
    make.playing(cloud, source="curator", title="Storm", steps=[{"do": "rest", "seconds": 3600}], seconds=3600)
    make_show(time(12, 5), name="Snow")
    assert not said(venue)["Snow"][0], said(venue)


@pytest.mark.parametrize("outcome", ["failed", "lost", "stopped"])
def test_what_failed_is_not_said_to_have_been_played(
    outcome: str, venue: Venue, cloud: Cloud, make_show: Callable[..., Show]
) -> None:
    show = make_show(time(11))
    at = NOW.replace(hour=11)
    a_run(cloud, show, at, state="ended", started_at=at, ended_at=at, outcome=outcome, reason="The plug was silent.")
    assert "The plug was silent." in " ".join(said(venue)["Rain"][1]), said(venue)


def test_a_show_on_a_switched_off_cloud_is_on_the_curators_sheet(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show]
) -> None:
    make_show()
    Cloud.objects.update(enabled=False)
    assert "Rain" in said(venue)


def test_a_show_that_cannot_be_played_is_on_the_sheet_and_says_why(
    venue: Venue, make_show: Callable[..., Show]
) -> None:
    make_show(program=Program.objects.create(name="Nothing"))
    assert "Rain" in said(venue)


def test_tomorrow_begins_with_the_air_of_today(venue: Venue, cloud: Cloud, make_show: Callable[..., Show]) -> None:
    for hour in (13, 14, 15, 16):
        make_show(time(hour), name=f"R{hour}", rrule="", first_on=NOW.date())
    make_show(time(10), name="Morning", rrule="", first_on=NOW.date() + timedelta(days=1))
    found = said(venue, TOMORROW)
    assert not found["Morning"][0], found


def test_last_nights_show_is_in_the_way_after_midnight(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show]
) -> None:
    make_show(time(23, 59, 30), name="Late", rrule="", first_on=NOW.date())
    make_show(time(0, 0), name="Early", rrule="", first_on=NOW.date() + timedelta(days=1))
    found = said(venue, TOMORROW)
    assert not found["Early"][0], found


def test_a_cloud_without_plugs_plays_nothing(venue: Venue, make_show: Callable[..., Show]) -> None:
    Plug.objects.all().delete()
    make_show()
    assert not said(venue)["Rain"][0], said(venue)


def test_skipped_on_one_of_two_in_the_past(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    show = make_show(time(11), cloud, stratus)
    at = NOW.replace(hour=11)
    a_run(cloud, show, at, state="ended", started_at=at, ended_at=at, outcome="done")
    a_run(stratus, show, at, state="ended", ended_at=at, outcome="skipped", reason="Its balloon was too full for it.")
    found = said(venue)["Rain"]
    assert "Stratus" in " ".join(found[1]), found


def test_moved_away_and_back_is_not_said_to_be_called_off(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show]
) -> None:
    show = make_show(time(12, 5))
    at = NOW.replace(minute=5)
    a_run(cloud, show, at, state="ended", ended_at=NOW, outcome="withdrawn", reason="Curator changed the show.")
    a_run(cloud, show, at)
    assert said(venue)["Rain"] == (True, ()), said(venue)
