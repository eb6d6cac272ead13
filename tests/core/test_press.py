"""A visitor's press: what they get, and each way in which they may not."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import actions, balloon, refusals
from clouds.models import Cloud, Plug, Puff, Run, User, Venue
from clouds.models.cloud import LONGEST_PUFF_SECONDS
from clouds.timeline import Do, Step

from . import make
from .conftest import NOON, Recorder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "rung")]


def later(seconds: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=seconds)


def refused(
    why: type[refusals.Refused], cloud: Cloud, by: User, *, until: datetime | None = None, to: float = 0
) -> refusals.Refused:
    """The refusal of a press, checked: its kind, its sentence, its time to `to` seconds, and that nothing changed."""
    before = list(Run.objects.order_by("pk").values())
    with pytest.raises(refusals.Refused) as raised:
        actions.press(cloud, by=by)
    refusal = raised.value
    assert type(refusal) is why
    assert str(refusal)[0] == str(refusal)[0].upper()
    assert str(refusal).endswith(".")
    if until is None:
        assert refusal.until is None
    else:
        assert refusal.until is not None
        assert abs(refusal.until - until) <= later(to)
    assert list(Run.objects.order_by("pk").values()) == before
    return refusal


def fill(cloud: Cloud, share: float, **measures: float) -> None:
    """The balloon is so full now, and has such measures."""
    Cloud.objects.filter(pk=cloud.pk).update(fill_then=share, fill_then_at=NOON, **measures)


def test_a_press_is_a_run_that_waits_and_is_due_at_once(cloud: Cloud, ada: User) -> None:
    run = actions.press(cloud, by=ada)
    run.refresh_from_db()
    assert (run.state, run.source, run.outcome, run.simulated) == ("waiting", "visitor", "", True)
    assert (run.cloud, run.asked_by, run.asked_at, run.due_at) == (cloud, ada, NOON, NOON)
    assert run.plan == (Step(Do.INFLATE, cloud.puff_seconds),)
    assert run.seconds == cloud.puff_seconds


def test_a_press_on_a_real_plug_is_not_simulated(cloud: Cloud, ada: User) -> None:
    cloud.plugs.update(simulated=False, host="192.168.1.20")
    assert not actions.press(cloud, by=ada).simulated


def test_a_press_on_a_cloud_that_is_switched_off_is_refused(cloud: Cloud, ada: User) -> None:
    Cloud.objects.update(enabled=False)
    refused(refusals.SwitchedOff, cloud, ada)


def test_a_press_at_a_venue_that_is_stopped_is_refused_until_nobody_knows_when(cloud: Cloud, ada: User) -> None:
    Venue.objects.update(stopped_at=NOON - later(3600))
    refused(refusals.Stopped, cloud, ada)


def test_a_press_at_a_venue_that_is_held_is_refused_with_its_reason_until_the_hold_ends(
    cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    Venue.objects.update(held_until=NOON + later(90), held_because="We are taking photographs.")
    refusal = refused(refusals.Held, cloud, ada, until=NOON + later(90))
    assert str(refusal) == "We are taking photographs."
    clock.move_to(NOON + later(89), tick=False)
    refused(refusals.Held, cloud, ada, until=NOON + later(90))
    clock.move_to(NOON + later(90), tick=False)
    assert actions.press(cloud, by=ada).state == "waiting"


def test_a_hold_without_a_reason_has_a_sentence_all_the_same(cloud: Cloud, ada: User) -> None:
    Venue.objects.update(held_until=NOON + later(90))
    refused(refusals.Held, cloud, ada, until=NOON + later(90))


def test_a_press_at_a_venue_that_is_closed_is_refused_until_it_opens(
    cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    Venue.objects.update(time_zone="Europe/Berlin", opens_at=time(14, 30), closes_at=time(18))
    opening = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
    refused(refusals.Closed, cloud, ada, until=opening)
    clock.move_to(opening - later(1), tick=False)
    refused(refusals.Closed, cloud, ada, until=opening)
    clock.move_to(opening, tick=False)
    assert actions.press(cloud, by=ada).state == "waiting"
    clock.move_to(datetime(2026, 11, 22, 17, 0, tzinfo=UTC), tick=False)
    refused(refusals.Closed, cloud, make.visitors(1)[0], until=opening + timedelta(days=1))


def test_a_press_on_a_cloud_without_a_pump_is_refused(cloud: Cloud, ada: User) -> None:
    Plug.objects.update(cloud=None)
    refused(refusals.Unreachable, cloud, ada)
    Plug.objects.update(cloud=cloud, pump=Plug.Pump.DEFLATE)
    refused(refusals.Unreachable, cloud, ada)


def test_a_press_on_a_cloud_whose_plug_is_in_trouble_is_refused(cloud: Cloud, ada: User) -> None:
    Plug.objects.update(trouble="It does not answer.")
    refusal = refused(refusals.Unreachable, cloud, ada)
    assert "It does not answer." not in str(refusal)


@pytest.mark.parametrize("make_one", [make.run, make.playing])
def test_a_second_press_is_refused_while_the_first_is_not_over(
    make_one: Callable[..., Run], cloud: Cloud, ada: User
) -> None:
    run = make_one(cloud, asked_by=ada)
    refused(refusals.AlreadyAsked, cloud, ada)
    Run.objects.filter(pk=run.pk).end(Run.Outcome.DONE, "", NOON)
    assert actions.press(cloud, by=ada).state == "waiting"


def test_a_press_on_another_cloud_is_another_request(cloud: Cloud, ada: User, venue: Venue) -> None:
    actions.press(cloud, by=ada)
    stratus = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    Plug.objects.create(venue=venue, cloud=stratus, name="Its plug", host="127.0.0.1", port=9998, simulated=True)
    assert actions.press(stratus, by=ada).cloud == stratus


def test_what_a_curator_asked_for_does_not_keep_them_from_pressing(cloud: Cloud, curator: User) -> None:
    actions.play(cloud, [Step(Do.INFLATE, 5)], by=curator)
    assert actions.press(cloud, by=curator).source == "visitor"


@pytest.mark.parametrize("outcome", [Puff.Outcome.DONE, Puff.Outcome.STOPPED])
def test_the_cool_down_counts_from_the_end_of_the_persons_last_puff(
    outcome: Puff.Outcome, cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    make.puff(cloud, on_at=NOON - later(500), seconds=5, asked_by=ada)
    make.puff(cloud, on_at=NOON - later(20), seconds=15, asked_by=ada, outcome=outcome)
    over = NOON - later(5) + later(cloud.cool_down_seconds)
    refused(refusals.CoolingDown, cloud, ada, until=over)
    clock.move_to(over - later(1), tick=False)
    refused(refusals.CoolingDown, cloud, ada, until=over)
    clock.move_to(over, tick=False)
    assert actions.press(cloud, by=ada).state == "waiting"


def test_the_last_puff_is_the_one_that_ended_last(cloud: Cloud, ada: User, venue: Venue) -> None:
    stratus = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    make.puff(stratus, on_at=NOON - later(60), seconds=59, asked_by=ada)
    make.puff(cloud, on_at=NOON - later(50), seconds=5, asked_by=ada)
    refused(refusals.CoolingDown, cloud, ada, until=NOON - later(1) + later(cloud.cool_down_seconds))


def test_the_longest_puff_counts_until_the_cool_down_is_over(cloud: Cloud, ada: User) -> None:
    long_ago = NOON - later(cloud.cool_down_seconds + LONGEST_PUFF_SECONDS - 1)
    make.puff(cloud, on_at=long_ago, seconds=LONGEST_PUFF_SECONDS, asked_by=ada)
    refused(refusals.CoolingDown, cloud, ada, until=NOON + later(1))


@pytest.mark.parametrize("outcome", [Puff.Outcome.FAILED, Puff.Outcome.LOST])
def test_a_puff_that_failed_or_was_lost_costs_no_turn(outcome: Puff.Outcome, cloud: Cloud, ada: User) -> None:
    make.puff(cloud, on_at=NOON - later(6), asked_by=ada, outcome=outcome)
    assert actions.press(cloud, by=ada).state == "waiting"


def test_the_cool_down_is_of_the_person_and_of_the_venue(cloud: Cloud, ada: User) -> None:
    elsewhere = Venue.objects.create(name="Elsewhere", slug="elsewhere")
    there = Cloud.objects.create(venue=elsewhere, name="Stratus", slug="stratus")
    make.puff(there, on_at=NOON - later(6), asked_by=ada)
    make.puff(cloud, on_at=NOON - later(6), asked_by=make.visitors(1)[0])
    make.puff(cloud, on_at=NOON - later(6), asked_by=ada, source=Puff.Source.CURATOR)
    assert actions.press(cloud, by=ada).state == "waiting"


def test_a_press_on_a_full_cloud_is_refused_until_it_has_sunk(
    cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    fill(cloud, 1.0, half_life_seconds=600.0)
    cloud.refresh_from_db()
    level = balloon.fill_with_room(5, cloud.measures)
    assert level is not None
    sunk = NOON + later(balloon.seconds_until(level, 1.0, Do.REST, cloud.measures))
    refused(refusals.NoRoom, cloud, ada, until=sunk, to=1)
    clock.move_to(sunk - later(1), tick=False)
    refused(refusals.NoRoom, cloud, ada, until=sunk, to=1)
    clock.move_to(sunk + later(1), tick=False)
    assert actions.press(cloud, by=ada).seconds == 3


def test_a_press_on_a_full_cloud_that_does_not_sink_is_refused_until_nobody_knows_when(cloud: Cloud, ada: User) -> None:
    fill(cloud, 1.0)
    refused(refusals.NoRoom, cloud, ada)


def test_a_press_on_a_cloud_so_small_that_no_countdown_fits_is_refused_until_nobody_knows_when(
    cloud: Cloud, ada: User
) -> None:
    fill(cloud, 0.0, fill_seconds=4.0, half_life_seconds=600.0)
    refused(refusals.NoRoom, cloud, ada)


@pytest.mark.parametrize(
    ("room", "seconds"), [(60.0, 5.0), (7.0, 5.0), (6.99, 4.9), (6.55, 4.5), (5.04, 3.0), (5.001, 3.0)]
)
def test_a_puff_is_shortened_to_the_room_there_is_for_its_countdown(
    room: float, seconds: float, cloud: Cloud, ada: User
) -> None:
    fill(cloud, 1 - room / 1000, fill_seconds=1000.0)
    run = actions.press(cloud, by=ada)
    assert run.seconds == pytest.approx(seconds)
    assert run.plan[0].seconds == run.seconds


def test_air_that_is_being_pumped_in_counts_for_the_room(cloud: Cloud, ada: User) -> None:
    fill(cloud, 0.5, fill_seconds=20.0)
    assert actions.press(cloud, by=ada).seconds == 5
    make.puff(cloud, on_at=NOON - later(6), seconds=None)
    Cloud.objects.update(fill_then_at=NOON - later(6))
    refused(refusals.NoRoom, cloud, make.visitors(1)[0])


def test_a_press_on_a_balloon_that_leaks_faster_than_its_pump_gives_is_a_whole_puff(cloud: Cloud, ada: User) -> None:
    fill(cloud, 0.5, fill_seconds=60.0, half_life_seconds=30.0)
    assert actions.press(cloud, by=ada).seconds == cloud.puff_seconds


def test_as_many_may_wait_as_the_queue_is_long(cloud: Cloud) -> None:
    Cloud.objects.update(queue_limit=2, fill_seconds=1000)
    make.playing(cloud)
    first, second, third = make.visitors(3)
    assert [actions.press(cloud, by=person).state for person in (first, second)] == ["waiting", "waiting"]
    refused(refusals.QueueFull, cloud, third)
    Run.objects.waiting().filter(asked_by=first).end(Run.Outcome.STOPPED, "", NOON)
    assert actions.press(cloud, by=third).state == "waiting"


def test_the_queue_of_another_cloud_is_another_queue(cloud: Cloud, ada: User, venue: Venue) -> None:
    Cloud.objects.update(queue_limit=1)
    make.run(Cloud.objects.create(venue=venue, name="Stratus", slug="stratus"))
    assert actions.press(cloud, by=ada).state == "waiting"


def test_without_a_queue_a_press_on_a_cloud_that_puffs_is_refused_until_its_end(cloud: Cloud, ada: User) -> None:
    Cloud.objects.update(queue_limit=0)
    make.playing(cloud, started_at=NOON - later(2), seconds=5)
    refused(refusals.Busy, cloud, ada, until=NOON + later(3))


def test_without_a_queue_a_press_on_a_cloud_that_is_about_to_puff_is_refused(cloud: Cloud, ada: User) -> None:
    Cloud.objects.update(queue_limit=0)
    make.run(cloud)
    refused(refusals.Busy, cloud, ada)


def test_without_a_queue_a_press_on_a_cloud_that_rests_is_refused_until_it_has_rested(
    cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    Cloud.objects.update(queue_limit=0, rest_seconds=20)
    make.puff(cloud, on_at=NOON - later(10), seconds=5)
    refused(refusals.Resting, cloud, ada, until=NOON + later(15))
    clock.move_to(NOON + later(14), tick=False)
    refused(refusals.Resting, cloud, ada, until=NOON + later(15))
    clock.move_to(NOON + later(15), tick=False)
    assert actions.press(cloud, by=ada).state == "waiting"


def test_with_a_queue_a_press_on_a_cloud_that_rests_waits(cloud: Cloud, ada: User) -> None:
    Cloud.objects.update(rest_seconds=20)
    make.puff(cloud, on_at=NOON - later(10), seconds=5)
    assert actions.press(cloud, by=ada).state == "waiting"


def test_a_press_goes_by_what_is_in_the_database_not_by_what_a_page_once_saw(cloud: Cloud, ada: User) -> None:
    assert cloud.venue.stopped_at is None
    Venue.objects.update(stopped_at=NOON)
    refused(refusals.Stopped, cloud, ada)


def test_what_a_page_offers_is_what_a_press_gets(cloud: Cloud, ada: User) -> None:
    fill(cloud, 1 - 6.5 / 60)
    cloud.refresh_from_db()
    offered = actions.offer(cloud, by=ada, now=NOON)
    assert not Run.objects.exists()
    assert actions.press(cloud, by=ada).seconds == offered == pytest.approx(4.5)


def test_a_page_for_somebody_who_is_not_logged_in_offers_what_anybody_gets(cloud: Cloud, ada: User) -> None:
    make.run(cloud, asked_by=ada)
    assert actions.offer(cloud, by=None, now=NOON) == 5
    with pytest.raises(refusals.AlreadyAsked):
        actions.offer(cloud, by=ada, now=NOON)
    Venue.objects.update(stopped_at=NOON)
    cloud.venue.refresh_from_db()
    with pytest.raises(refusals.Stopped):
        actions.offer(cloud, by=None, now=NOON)


def test_a_press_that_is_refused_rings_for_nobody(cloud: Cloud, ada: User, rung: Recorder) -> None:
    Cloud.objects.update(enabled=False)
    refused(refusals.SwitchedOff, cloud, ada)
    assert rung.calls == []
    Cloud.objects.update(enabled=True)
    actions.press(cloud, by=ada)
    assert len(rung.calls) == 1
