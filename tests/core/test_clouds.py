"""How full a cloud is reckoned to be, and which clouds, runs and puffs a question finds."""

from datetime import timedelta

import pytest

from clouds import balloon
from clouds.balloon import Measures
from clouds.models import BalloonNote, Cloud, Plug, Puff, Run, User, Venue
from clouds.timeline import Do, Step

from . import make
from .conftest import NOON

pytestmark = pytest.mark.django_db


def later(seconds: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=seconds)


@pytest.fixture
def leaky(cloud: Cloud) -> Cloud:
    """A cloud that was half full at noon, fills in a minute, and sinks to a half in ten."""
    cloud.fill_seconds, cloud.half_life_seconds, cloud.vent_seconds = 60.0, 600.0, 30.0
    cloud.fill_then, cloud.fill_then_at = 0.5, NOON
    cloud.save()
    return cloud


def test_a_clouds_measures_are_those_of_its_row(leaky: Cloud) -> None:
    assert leaky.measures == Measures(fill=60.0, half_life=600.0, vent=30.0)


def test_a_cloud_that_rests_sinks_from_its_last_reckoning(leaky: Cloud) -> None:
    assert leaky.fill_at(NOON) == 0.5
    assert leaky.fill_at(NOON + later(600)) == pytest.approx(0.25)
    assert leaky.fill_at(NOON - later(600)) == 0.5


def test_a_cloud_that_does_not_leak_stays_as_full_as_it_was(cloud: Cloud) -> None:
    cloud.fill_then, cloud.fill_then_at = 0.5, NOON
    assert cloud.fill_at(NOON + timedelta(days=365)) == 0.5


def test_a_cloud_that_was_never_reckoned_is_empty(cloud: Cloud) -> None:
    assert cloud.fill_then_at is None
    assert cloud.fill_at(NOON) == 0


def test_a_puff_that_is_still_on_counts_up_to_the_moment(leaky: Cloud) -> None:
    make.puff(leaky, on_at=NOON + later(10), seconds=None)
    sunk = balloon.after(0.5, 10, Do.REST, leaky.measures)
    assert leaky.fill_at(NOON + later(10)) == pytest.approx(sunk)
    assert leaky.fill_at(NOON + later(22)) == pytest.approx(balloon.after(sunk, 12, Do.INFLATE, leaky.measures))


def test_the_first_puff_of_a_cloud_that_was_never_reckoned_counts_while_it_is_on(cloud: Cloud) -> None:
    make.puff(cloud, seconds=None)
    assert cloud.fill_at(NOON + later(30)) == pytest.approx(0.5)
    assert cloud.fill_at(NOON) == 0


def test_a_deflation_that_is_still_on_takes_air_away(leaky: Cloud) -> None:
    make.puff(leaky, pump=Plug.Pump.DEFLATE, seconds=None)
    assert leaky.fill_at(NOON + later(6)) == pytest.approx(balloon.after(0.5, 6, Do.DEFLATE, leaky.measures))
    assert leaky.fill_at(NOON + later(60)) == 0


def test_where_both_pumps_may_be_on_only_the_air_that_goes_in_counts(leaky: Cloud) -> None:
    make.puff(leaky, on_at=NOON - later(3), seconds=None, pump=Plug.Pump.DEFLATE)
    make.puff(leaky, seconds=None)
    assert leaky.fill_at(NOON + later(6)) == pytest.approx(balloon.after(0.5, 6, Do.INFLATE, leaky.measures))


def test_a_puff_that_is_over_is_in_the_reckoning_already(leaky: Cloud) -> None:
    make.puff(leaky, on_at=NOON - later(20), seconds=20)
    assert leaky.fill_at(NOON) == 0.5


def test_a_puff_that_began_before_the_last_reckoning_counts_from_the_reckoning_on(leaky: Cloud) -> None:
    make.puff(leaky, on_at=NOON - later(20), seconds=None)
    assert leaky.fill_at(NOON + later(6)) == pytest.approx(balloon.after(0.5, 6, Do.INFLATE, leaky.measures))


def test_the_puff_of_another_cloud_gives_no_air(leaky: Cloud, venue: Venue) -> None:
    make.puff(Cloud.objects.create(venue=venue, name="Stratus", slug="stratus"), seconds=None)
    assert leaky.fill_at(NOON + later(6)) == pytest.approx(balloon.after(0.5, 6, Do.REST, leaky.measures))


def test_puffs_fetched_beforehand_give_the_same_fill(leaky: Cloud) -> None:
    puff = make.puff(leaky, on_at=NOON + later(1), seconds=None)
    assert leaky.fill_with([puff], NOON + later(9)) == leaky.fill_at(NOON + later(9))


def test_what_fits_is_in_tenths_of_seconds_and_never_longer_than_the_hard_cap(cloud: Cloud) -> None:
    cloud.fill_seconds, cloud.fill_then, cloud.fill_then_at = 100.0, 0.5499, NOON
    assert cloud.seconds_that_fit(NOON) == pytest.approx(43.0)
    cloud.fill_then, cloud.hard_cap_seconds = 0.0, 20.0
    assert cloud.seconds_that_fit(NOON) == 20
    cloud.fill_then = 0.96
    assert cloud.seconds_that_fit(NOON) == 0


def test_what_fits_into_a_balloon_that_leaks_faster_than_its_pump_gives_is_the_hard_cap(cloud: Cloud) -> None:
    cloud.fill_seconds, cloud.half_life_seconds = 60.0, 30.0
    assert cloud.seconds_that_fit(NOON) == cloud.hard_cap_seconds


def test_a_cloud_rests_from_the_end_of_its_last_puff(cloud: Cloud) -> None:
    assert cloud.rested_at() is None
    make.puff(cloud, on_at=NOON - later(60), seconds=5)
    make.puff(cloud, on_at=NOON, seconds=5)
    make.puff(cloud, on_at=NOON + later(20), seconds=None)
    assert cloud.rested_at() == NOON + later(5) + later(cloud.rest_seconds)


def test_clouds_are_found_by_venue_and_by_their_switch(cloud: Cloud, venue: Venue) -> None:
    elsewhere = Venue.objects.create(name="Elsewhere", slug="elsewhere")
    dark = Cloud.objects.create(venue=elsewhere, name="Stratus", slug="stratus", enabled=False)
    assert list(Cloud.objects.switched_on()) == [cloud]
    assert list(Cloud.objects.of(elsewhere)) == [dark]


def test_runs_are_found_by_where_they_stand(cloud: Cloud, venue: Venue, ada: User) -> None:
    elsewhere = Venue.objects.create(name="Elsewhere", slug="elsewhere")
    stratus = Cloud.objects.create(venue=elsewhere, name="Stratus", slug="stratus")
    playing, waiting = make.playing(cloud), make.run(cloud, asked_by=ada)
    early = make.run(cloud, source=Run.Source.SHOW, due_at=NOON - later(60))
    other, over = make.run(stratus), make.ended(stratus)
    assert set(Run.objects.waiting()) == {waiting, early, other}
    assert set(Run.objects.playing()) == {playing}
    assert set(Run.objects.live()) == {playing, waiting, early, other}
    assert set(Run.objects.at(elsewhere)) == {other, over}
    assert set(Run.objects.on(cloud).of_visitors()) == {playing, waiting}
    assert list(Run.objects.at(venue).waiting().oldest_first()) == [early, waiting]
    assert waiting.plan == (Step(Do.INFLATE, 5.0),)


def test_runs_that_are_due_at_the_same_moment_stand_in_the_order_in_which_they_were_asked_for(cloud: Cloud) -> None:
    runs = [make.run(cloud) for _ in range(5)]
    assert list(Run.objects.oldest_first()) == runs


def test_ending_runs_leaves_those_that_have_ended_as_they_are(cloud: Cloud) -> None:
    over, waiting = make.ended(cloud, reason="Well done."), make.run(cloud)
    ended = Run.objects.on(cloud).end(Run.Outcome.STOPPED, "x" * 1000, NOON + later(1))
    over.refresh_from_db()
    waiting.refresh_from_db()
    assert ended == 1
    assert (over.outcome, over.reason, over.ended_at) == ("done", "Well done.", NOON)
    assert (waiting.outcome, waiting.reason, waiting.ended_at) == ("stopped", "x" * 300, NOON + later(1))


def test_puffs_stand_newest_first_and_go_on_where_a_page_ended(cloud: Cloud) -> None:
    first = make.puff(cloud, on_at=NOON)
    second, third = (make.puff(cloud, on_at=NOON + later(1)) for _ in range(2))
    on_now = make.puff(cloud, on_at=NOON + later(2), seconds=None)
    assert list(Puff.objects.newest_first()) == [on_now, third, second, first]
    assert list(Puff.objects.newest_first().before(third.on_at, third.pk)) == [second, first]
    assert list(Puff.objects.still_on()) == [on_now]
    assert (on_now.seconds, first.seconds) == (None, 5.0)


def test_rows_say_what_they_are(cloud: Cloud) -> None:
    assert str(cloud) == "Cumulus"
    assert str(make.run(cloud)) == "Cumulus, a visitor, 2026-11-22 12:00:00"
    assert str(make.puff(cloud)) == "Cumulus, 2026-11-22 12:00:00"
    note = BalloonNote(cloud=cloud, kind=BalloonNote.Kind.VENTED, noted_at=NOON)
    assert str(note) == "Cumulus: vented by hand: empty"
