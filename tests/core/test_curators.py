"""What curators ask for: play, end, stop, release, hold, notes of the balloon, wishes of a plug."""

import math
from datetime import timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import actions, refusals
from clouds.models import BalloonNote, Cloud, Plug, Run, User, Venue
from clouds.timeline import Do, Step

from . import make
from .conftest import NOON, Recorder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "rung")]

PUFF = [Step(Do.INFLATE, 5.0)]


def later(seconds: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=seconds)


def refused_to_play(why: type[refusals.Refused], cloud: Cloud, steps: list[Step], by: User) -> refusals.Refused:
    """The refusal to play these, checked: its kind, its sentence, and that nothing changed."""
    with pytest.raises(refusals.Refused) as raised:
        actions.play(cloud, steps, by=by)
    assert type(raised.value) is why
    assert str(raised.value).endswith(".")
    assert not Run.objects.exists()
    return raised.value


# play


def test_a_curator_plays_steps_at_once_and_whatever_the_visitors_limits_are(cloud: Cloud, curator: User) -> None:
    Cloud.objects.update(enabled=False, queue_limit=0, puff_seconds=1)
    Venue.objects.update(held_until=NOON + later(60))
    steps = [Step(Do.INFLATE, 20.0), Step(Do.REST, 10.0), Step(Do.INFLATE, 20.0)]
    run = actions.play(cloud, steps, by=curator)
    assert (run.source, run.state, run.seconds, run.due_at) == ("curator", "waiting", 50, NOON)
    assert (run.plan, run.asked_by, run.simulated) == (tuple(steps), curator, True)
    assert [actions.play(cloud, PUFF, by=curator).state for _ in range(2)] == ["waiting", "waiting"]


@pytest.mark.parametrize("do", list(Do))
@pytest.mark.parametrize(
    "seconds", [0, 0.0, -1, -0.001, math.nan, math.inf, -math.inf, 60.001, 1e308, 10**400, -(10**400)]
)
def test_seconds_that_are_none_or_too_many_are_out_of_bounds(
    do: Do, seconds: float, cloud: Cloud, curator: User
) -> None:
    if do is Do.REST and seconds == 60.001:
        seconds = 48 * 3600 + 1  # a rest may be longer than a pump may be on
    refused_to_play(refusals.OutOfBounds, cloud, [Step(do, seconds)], curator)
    refused_to_play(refusals.OutOfBounds, cloud, [Step(Do.INFLATE, 5), Step(do, seconds)], curator)


def test_as_long_as_the_hard_cap_is_not_out_of_bounds(cloud: Cloud, curator: User) -> None:
    Cloud.objects.update(fill_seconds=1000)
    assert actions.play(cloud, [Step(Do.INFLATE, 60)], by=curator).seconds == 60


def test_neighbours_that_inflate_are_one_inflation_to_the_hard_cap(cloud: Cloud, curator: User) -> None:
    Cloud.objects.update(fill_seconds=1000)
    refused_to_play(refusals.OutOfBounds, cloud, [Step(Do.INFLATE, 40), Step(Do.INFLATE, 20.1)], curator)
    resting = [Step(Do.INFLATE, 40), Step(Do.REST, 1), Step(Do.INFLATE, 20.1)]
    assert actions.play(cloud, resting, by=curator).seconds == pytest.approx(61.1)


def test_no_steps_and_more_than_48_hours_of_them_are_out_of_bounds(cloud: Cloud, curator: User) -> None:
    refused_to_play(refusals.OutOfBounds, cloud, [], curator)
    refused_to_play(refusals.OutOfBounds, cloud, [Step(Do.REST, 60)] * (48 * 60 + 1), curator)


def test_a_cloud_cannot_do_what_none_of_its_plugs_does(cloud: Cloud, curator: User) -> None:
    refused_to_play(refusals.Unreachable, cloud, [Step(Do.DEFLATE, 5)], curator)
    Plug.objects.create(
        venue=cloud.venue, cloud=cloud, name="Vent", host="127.0.0.1", port=9998, pump="deflate", simulated=True
    )
    assert actions.play(cloud, [Step(Do.DEFLATE, 5)], by=curator).plan == (Step(Do.DEFLATE, 5),)


def test_nothing_plays_at_a_venue_that_is_stopped_whatever_a_page_once_saw(cloud: Cloud, curator: User) -> None:
    assert cloud.venue.stopped_at is None
    Venue.objects.update(stopped_at=NOON)
    refused_to_play(refusals.Stopped, cloud, PUFF, curator)


def test_steps_that_could_make_it_too_full_are_refused_by_their_countdown(cloud: Cloud, curator: User) -> None:
    Cloud.objects.update(fill_seconds=100, fill_then=0.5, fill_then_at=NOON)
    refused_to_play(refusals.NoRoom, cloud, [Step(Do.INFLATE, 49)], curator)
    refused_to_play(refusals.NoRoom, cloud, [Step(Do.INFLATE, 30), Step(Do.REST, 1), Step(Do.INFLATE, 20)], curator)
    assert actions.play(cloud, [Step(Do.INFLATE, 48)], by=curator).seconds == 48


# end


def test_a_run_that_waits_is_ended_and_never_begins(cloud: Cloud, curator: User) -> None:
    run = make.run(cloud)
    actions.end(run, by=curator)
    run.refresh_from_db()
    assert (run.state, run.outcome, run.reason) == ("ended", "stopped", "Ended by Curator.")
    assert run.ended_at == NOON


def test_a_run_that_plays_is_left_for_the_conductor_to_end(cloud: Cloud, curator: User) -> None:
    run = make.playing(cloud)
    actions.end(run, by=curator)
    run.refresh_from_db()
    assert (run.state, run.outcome, run.end_asked_by) == ("playing", "", "Curator")


def test_a_run_that_is_over_is_too_late_to_end_and_stays_as_it_was(cloud: Cloud, curator: User, rung: Recorder) -> None:
    run = make.ended(cloud, reason="Well done.")
    with pytest.raises(refusals.TooLate, match=r"over already\.") as refusal:
        actions.end(run, by=curator)
    run.refresh_from_db()
    assert (run.outcome, run.reason, run.end_asked_by) == ("done", "Well done.", "")
    assert refusal.value.until is None
    assert rung.calls == []


def test_a_run_that_ended_while_a_page_showed_it_is_too_late_to_end(cloud: Cloud, curator: User) -> None:
    run = make.run(cloud)
    Run.objects.end(Run.Outcome.MISSED, "", NOON)
    with pytest.raises(refusals.TooLate):
        actions.end(run, by=curator)
    run.refresh_from_db()
    assert run.outcome == "missed"


# stop and release


def test_a_stop_ends_all_that_waits_and_leaves_what_plays_to_the_conductor(
    cloud: Cloud, venue: Venue, curator: User
) -> None:
    waiting, playing, over = make.run(cloud), make.playing(cloud), make.ended(cloud)
    actions.stop(venue, by=curator)
    for run in (waiting, playing, over):
        run.refresh_from_db()
    venue.refresh_from_db()
    assert (waiting.outcome, waiting.reason) == ("stopped", "Everything was stopped by Curator.")
    assert (playing.state, over.outcome) == ("playing", "done")
    assert (venue.stopped_at, venue.stopped_by) == (NOON, "Curator")


def test_a_stop_stays_until_it_is_released(
    cloud: Cloud, venue: Venue, curator: User, ada: User, clock: TimeMachineFixture
) -> None:
    actions.stop(venue, by=curator)
    clock.move_to(NOON + timedelta(days=30), tick=False)
    with pytest.raises(refusals.Stopped):
        actions.press(cloud, by=ada)
    with pytest.raises(refusals.Stopped):
        actions.play(cloud, PUFF, by=curator)
    actions.release(venue, by=curator)
    venue.refresh_from_db()
    assert (venue.stopped_at, venue.stopped_by) == (None, "")
    assert actions.press(cloud, by=ada).state == "waiting"


def test_a_second_stop_keeps_the_first_ones_time_and_name(
    venue: Venue, curator: User, ada: User, clock: TimeMachineFixture
) -> None:
    actions.stop(venue, by=curator)
    clock.move_to(NOON + later(60), tick=False)
    actions.stop(venue, by=ada)
    venue.refresh_from_db()
    assert (venue.stopped_at, venue.stopped_by) == (NOON, "Curator")


def test_a_stop_ends_nothing_elsewhere(cloud: Cloud, venue: Venue, curator: User) -> None:
    elsewhere = Venue.objects.create(name="Elsewhere", slug="elsewhere")
    there = make.run(Cloud.objects.create(venue=elsewhere, name="Stratus", slug="stratus"))
    actions.stop(venue, by=curator)
    there.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (there.state, elsewhere.stopped_at) == ("waiting", None)


def test_what_was_stopped_does_not_come_back_with_the_release(cloud: Cloud, venue: Venue, curator: User) -> None:
    make.run(cloud)
    actions.stop(venue, by=curator)
    actions.release(venue, by=curator)
    assert not Run.objects.live().exists()


# hold


def test_a_hold_says_until_when_and_why_and_leaves_runs_alone(cloud: Cloud, venue: Venue, curator: User) -> None:
    waiting, playing = make.run(cloud), make.playing(cloud)
    actions.hold(venue, until=NOON + later(60), because="  A talk. ", by=curator)
    for row in (venue, waiting, playing):
        row.refresh_from_db()
    assert (venue.held_until, venue.held_because) == (NOON + later(60), "A talk.")
    assert (waiting.state, playing.state) == ("waiting", "playing")


def test_a_long_reason_of_a_hold_is_cut(venue: Venue, curator: User) -> None:
    actions.hold(venue, until=NOON + later(60), because="x" * 1000, by=curator)
    venue.refresh_from_db()
    assert venue.held_because == "x" * 200


@pytest.mark.parametrize("seconds", [0, -1, -86_400])
def test_a_hold_until_a_time_that_is_past_is_out_of_bounds(seconds: float, venue: Venue, curator: User) -> None:
    with pytest.raises(refusals.OutOfBounds, match="still to come"):
        actions.hold(venue, until=NOON + later(seconds), because="A talk.", by=curator)
    venue.refresh_from_db()
    assert (venue.held_until, venue.held_because) == (None, "")


def test_a_hold_that_is_ended_before_its_time_keeps_nobody_away(
    cloud: Cloud, venue: Venue, curator: User, ada: User
) -> None:
    actions.hold(venue, until=NOON + later(60), because="A talk.", by=curator)
    with pytest.raises(refusals.Held):
        actions.press(cloud, by=ada)
    actions.end_hold(venue, by=curator)
    assert actions.press(cloud, by=ada).state == "waiting"


# notes and wishes


@pytest.mark.parametrize(
    ("kind", "fill", "seen"),
    [("set", 0.6, 0.6), ("set", 0.0, 0.0), ("set", 1.0, 1.0), ("vented", 0.6, 0.0), ("new", 0.6, 0.0)],
)
def test_a_note_is_kept_and_the_fill_is_reckoned_from_it(
    kind: BalloonNote.Kind, fill: float, seen: float, cloud: Cloud, curator: User
) -> None:
    Cloud.objects.update(fill_then=0.9, fill_then_at=NOON - later(60))
    actions.note(cloud, kind, fill=fill, by=curator)
    cloud.refresh_from_db()
    note = cloud.notes.get()
    assert (note.kind, note.fill, note.noted_at, note.noted_by) == (kind, seen, NOON, curator)
    assert cloud.fill_at(NOON) == seen


@pytest.mark.parametrize("fill", [-0.01, 1.01, math.nan, math.inf, -math.inf, 10**400])
def test_a_balloon_cannot_be_noted_as_fuller_than_full_or_emptier_than_empty(
    fill: float, cloud: Cloud, curator: User
) -> None:
    with pytest.raises(refusals.OutOfBounds, match="between 0 and 100 %"):
        actions.note(cloud, BalloonNote.Kind.SET, fill=fill, by=curator)
    cloud.refresh_from_db()
    assert (cloud.notes.count(), cloud.fill_then_at) == (0, None)


@pytest.mark.parametrize("what", [Plug.Wish.TEST, Plug.Wish.OFF])
def test_a_wish_stands_in_the_plugs_row_and_touches_nothing_else(what: Plug.Wish, cloud: Cloud, curator: User) -> None:
    plug = cloud.plugs.get()
    actions.wish(plug, what, by=curator)
    plug.refresh_from_db()
    assert (plug.wish, plug.wished_by, plug.relay) == (what, "Curator", "off")
    assert plug.wish_answer.startswith("Asked")


def test_whatever_is_asked_for_is_rung_for(cloud: Cloud, venue: Venue, curator: User, rung: Recorder) -> None:
    plug = cloud.plugs.get()
    for ask in (
        lambda: actions.play(cloud, PUFF, by=curator),
        lambda: actions.end(Run.objects.get(), by=curator),
        lambda: actions.stop(venue, by=curator),
        lambda: actions.release(venue, by=curator),
        lambda: actions.hold(venue, until=NOON + later(60), because="A talk.", by=curator),
        lambda: actions.end_hold(venue, by=curator),
        lambda: actions.note(cloud, BalloonNote.Kind.NEW, fill=0, by=curator),
        lambda: actions.wish(plug, Plug.Wish.TEST, by=curator),
    ):
        rung.calls.clear()
        Venue.objects.update(woken_at=None)
        ask()
        assert len(rung.calls) == 1
