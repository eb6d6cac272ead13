"""Shows at the conductor's desk: each rule of how they begin, wait, make way, and are skipped."""

from datetime import time, timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import actions, refusals
from clouds.conductor import claims, ledger, succession
from clouds.models import Cloud, Run, User, Venue
from clouds.timeline import Do, Step
from tests.conductor.conftest import HOLDER, Desk
from tests.core import make
from tests.core.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DRIZZLE = [{"do": "inflate", "seconds": 3.0}, {"do": "rest", "seconds": 5.0}, {"do": "inflate", "seconds": 3.0}]


def seconds(number: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=number)


def show(cloud: Cloud, due: float = 0.0, **fields: object) -> Run:
    """The run of a show that is due so many seconds past noon."""
    at = NOON + seconds(due)
    values = {
        "source": Run.Source.SHOW,
        "title": "Drizzle",
        "steps": DRIZZLE,
        "seconds": 11.0,
        "due_at": at,
        "nominal_at": at,
    }
    return make.run(cloud, **values | fields)


def told(run: Run) -> tuple[str, str]:
    """Its outcome, "" if it has none yet, and the reason."""
    run.refresh_from_db()
    return run.outcome, run.reason


def test_a_show_is_claimed_ahead_and_starts_at_its_moment(at_desk: Desk, cloud: Cloud) -> None:
    run = show(cloud, 2.5)
    (part,) = at_desk.read().parts
    run.refresh_from_db()
    assert (part.run_id, part.started_at, run.started_at) == (run.pk, run.due_at, run.due_at)
    assert run.state == Run.State.PLAYING


def test_a_show_is_not_claimed_long_before_its_moment(at_desk: Desk, cloud: Cloud) -> None:
    run = show(cloud, 30)
    news = at_desk.read()
    assert news.parts == []
    assert news.next_at == run.due_at - claims.AHEAD


def test_the_shows_of_one_moment_are_claimed_together(at_desk: Desk, cloud: Cloud, venue: Venue) -> None:
    others = [Cloud.objects.create(venue=venue, name=f"C{n}", slug=f"c{n}") for n in range(3)]
    at_desk.troubles.update(dict.fromkeys([other.pk for other in others], ""))
    runs = [show(each, 2) for each in (cloud, *others)]
    assert sorted(at_desk.begun()) == [run.pk for run in runs]


def test_one_that_was_taken_meanwhile_holds_up_none_of_the_others(at_desk: Desk, cloud: Cloud, venue: Venue) -> None:
    other = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    at_desk.troubles[other.pk] = ""
    make.playing(other, conductor="somebody else")
    first, second = show(cloud, 2), show(other, 2)
    assert at_desk.begun() == [first.pk]
    assert told(second) == ("", "")


def test_a_show_goes_before_visitors_who_wait(at_desk: Desk, cloud: Cloud, ada: User) -> None:
    make.run(cloud, asked_by=ada, due_at=NOON - seconds(5))
    run = show(cloud)
    assert at_desk.begun() == [run.pk]


def test_a_puff_that_would_still_play_when_a_show_begins_waits_until_after_it(
    at_desk: Desk, cloud: Cloud, ada: User
) -> None:
    make.run(cloud, asked_by=ada)
    show(cloud, 5)
    assert at_desk.begun() == []


def test_a_puff_does_not_wait_for_a_show_that_makes_way_for_visitors(at_desk: Desk, cloud: Cloud, ada: User) -> None:
    run = make.run(cloud, asked_by=ada)
    show(cloud, 5, protected=False)
    assert at_desk.begun() == [run.pk]


def test_a_puff_that_is_over_before_a_show_begins_does_not_wait(at_desk: Desk, cloud: Cloud, ada: User) -> None:
    run = make.run(cloud, asked_by=ada)
    show(cloud, 6)
    assert at_desk.begun() == [run.pk]


def test_a_show_starts_when_the_puff_that_plays_ends_if_that_is_within_a_minute(
    at_desk: Desk, cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    puff, run = make.playing(cloud, asked_by=ada, conductor=HOLDER), show(cloud)
    at_desk.occupied = {cloud.pk}
    clock.move_to(NOON + seconds(59), tick=False)
    assert at_desk.begun() == []
    Run.objects.filter(pk=puff.pk).end(Run.Outcome.DONE, "", NOON)
    at_desk.occupied = set()
    (part,) = at_desk.read().parts
    assert (part.run_id, part.started_at) == (run.pk, NOON + seconds(59))


def test_a_show_that_could_not_start_within_a_minute_is_missed(
    at_desk: Desk, cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    make.playing(cloud, asked_by=ada, conductor=HOLDER)
    run = show(cloud)
    at_desk.occupied = {cloud.pk}
    clock.move_to(NOON + seconds(60.1), tick=False)
    assert at_desk.begun() == []
    assert told(run)[0] == "missed"


def test_a_show_with_priority_ends_the_puff_that_plays(
    at_desk: Desk, cloud: Cloud, ada: User, clock: TimeMachineFixture
) -> None:
    puff = make.playing(cloud, asked_by=ada, conductor=HOLDER)
    show(cloud, 2, priority=True)
    at_desk.occupied = {cloud.pk}
    assert at_desk.read().endings == []
    clock.move_to(NOON + seconds(2) - claims.MAKE_WAY, tick=False)
    assert at_desk.read().endings == [(puff.pk, "The show “Drizzle” began.")]


def test_a_show_that_meets_another_show_is_skipped_and_the_history_says_so(at_desk: Desk, cloud: Cloud) -> None:
    make.playing(cloud, source=Run.Source.SHOW, title="Storm front", conductor=HOLDER)
    run = show(cloud)
    at_desk.occupied = {cloud.pk}
    assert at_desk.begun() == []
    assert told(run) == ("skipped", "“Storm front” was still playing there.")


def test_a_show_that_begins_as_another_ends_has_not_met_it(
    at_desk: Desk, cloud: Cloud, clock: TimeMachineFixture
) -> None:
    before = make.playing(cloud, source=Run.Source.SHOW, title="Storm front", seconds=10.0, conductor=HOLDER)
    run = show(cloud, 10, priority=True)
    at_desk.occupied = {cloud.pk}
    for moment in (9.5, 10.01):
        clock.move_to(NOON + seconds(moment), tick=False)
        assert at_desk.read().endings == []
    Run.objects.filter(pk=before.pk).end(Run.Outcome.DONE, "", NOON + seconds(10.02))
    at_desk.occupied = set()
    assert at_desk.begun() == [run.pk]


def test_of_two_shows_due_at_once_the_second_is_skipped(at_desk: Desk, cloud: Cloud, clock: TimeMachineFixture) -> None:
    first, second = show(cloud), show(cloud)
    assert at_desk.begun() == [first.pk]
    at_desk.occupied = {cloud.pk}
    at_desk.read()
    assert told(second) == ("skipped", "“Drizzle” was still playing there.")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"stopped_at": NOON, "stopped_by": "Ada"}, "Everything was stopped by Ada."),
        ({"held_until": NOON + seconds(60), "held_because": "A wedding."}, "The gallery was on hold: A wedding."),
        ({"opens_at": time(13), "closes_at": time(18)}, "The gallery was closed."),
        ({"closed_on": "2026-11-22: All quiet"}, "The gallery was closed: All quiet"),
    ],
)
def test_a_show_that_is_due_while_the_venue_keeps_all_away_is_skipped_and_says_why(
    fields: dict[str, object], why: str, at_desk: Desk, cloud: Cloud
) -> None:
    Venue.objects.update(**fields)
    run = show(cloud)
    assert at_desk.begun() == []
    assert told(run) == ("skipped", why)


def test_a_hold_that_ends_before_the_moment_skips_nothing(at_desk: Desk, cloud: Cloud) -> None:
    Venue.objects.update(held_until=NOON + seconds(1))
    run = show(cloud, 2)
    assert at_desk.begun() == [run.pk]


def test_a_stop_leaves_shows_that_are_due_later(at_desk: Desk, cloud: Cloud, curator: User) -> None:
    run = show(cloud, 120)
    actions.stop(at_desk.venue, by=curator)
    assert told(run) == ("", "")


def test_a_stop_ends_what_a_curator_and_a_show_that_has_begun_had_still_to_come(
    at_desk: Desk, cloud: Cloud, curator: User
) -> None:
    wandering = show(cloud, 30, nominal_at=NOON - seconds(10))
    staggered = make.run(cloud, source=Run.Source.CURATOR, due_at=NOON + seconds(30))
    actions.stop(at_desk.venue, by=curator)
    assert [told(run)[0] for run in (wandering, staggered)] == ["stopped", "stopped"]


def test_a_show_for_which_there_is_no_room_is_skipped(at_desk: Desk, cloud: Cloud) -> None:
    Cloud.objects.update(fill_then=0.95, fill_then_at=NOON)
    run = show(cloud)
    assert at_desk.begun() == []
    assert told(run) == ("skipped", claims.FULL)


def test_a_visitor_who_presses_ends_a_show_that_is_not_protected(at_desk: Desk, cloud: Cloud, ada: User) -> None:
    playing = make.playing(cloud, source=Run.Source.SHOW, title="Drizzle", protected=False, conductor=HOLDER)
    make.run(cloud, asked_by=ada)
    at_desk.occupied = {cloud.pk}
    assert [run_id for run_id, _ in at_desk.read().endings] == [playing.pk]


def test_the_queue_waits_while_a_show_plays(at_desk: Desk, cloud: Cloud, ada: User) -> None:
    make.playing(cloud, source=Run.Source.SHOW, title="Drizzle", conductor=HOLDER)
    run = make.run(cloud, asked_by=ada)
    at_desk.occupied = {cloud.pk}
    assert at_desk.read().endings == []
    assert told(run) == ("", "")


def test_a_curator_may_replace_what_plays(at_desk: Desk, cloud: Cloud, curator: User) -> None:
    playing = make.playing(cloud, source=Run.Source.SHOW, title="Drizzle", conductor=HOLDER)
    actions.play(cloud, [Step(Do.INFLATE, 5)], by=curator, title="Cumulus", replace=True)
    at_desk.occupied = {cloud.pk}
    assert at_desk.read().endings == [(playing.pk, "A curator replaced it by Cumulus.")]


def test_a_hold_keeps_shows_and_visitors_away_until_a_time_and_tells_them_why(
    at_desk: Desk, cloud: Cloud, ada: User, curator: User, clock: TimeMachineFixture
) -> None:
    waiting = make.run(cloud, asked_by=ada)
    actions.hold(at_desk.venue, until=NOON + seconds(50), because="Lunch.", by=curator)
    away, later = show(cloud, 20), show(cloud, 70)
    with pytest.raises(refusals.Held, match="Lunch") as refusal:
        actions.press(cloud, by=curator)
    assert refusal.value.until == NOON + seconds(50)
    for moment in (0, 20, 49):
        clock.move_to(NOON + seconds(moment), tick=False)
        assert at_desk.begun() == []
    assert told(away) == ("skipped", "The gallery was on hold: Lunch.")
    clock.move_to(NOON + seconds(50), tick=False)
    assert at_desk.begun() == [waiting.pk]
    Run.objects.filter(pk=waiting.pk).end(Run.Outcome.DONE, "", NOON + seconds(55))
    clock.move_to(NOON + seconds(70), tick=False)
    assert at_desk.begun() == [later.pk]


def test_ending_a_run_ends_that_one_alone(at_desk: Desk, cloud: Cloud, venue: Venue, curator: User) -> None:
    other = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    run, another = make.playing(cloud, conductor=HOLDER), make.playing(other, conductor=HOLDER)
    waiting, coming = make.run(cloud), show(cloud, 30)
    at_desk.occupied = {cloud.pk, other.pk}
    actions.end(run, by=curator)
    assert at_desk.read().endings == [(run.pk, "Ended by Curator.")]
    assert told(another) == told(waiting) == told(coming) == ("", "")
    venue.refresh_from_db()
    assert (venue.stopped_at, venue.held_until) == (None, None)


def test_what_a_curator_staggers_begins_one_after_the_other(
    at_desk: Desk, cloud: Cloud, venue: Venue, curator: User, clock: TimeMachineFixture
) -> None:
    other = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    make_plug = cloud.plugs.get()
    make_plug.pk, make_plug.cloud, make_plug.port = None, other, 9998
    make_plug.save()
    at_desk.troubles[other.pk] = ""
    first, second = actions.play_on([cloud, other], [Step(Do.INFLATE, 5)], by=curator, stagger_seconds=4)
    assert at_desk.begun() == [first.pk]
    assert at_desk.read().next_at == NOON + seconds(4)
    clock.move_to(NOON + seconds(4), tick=False)
    at_desk.occupied = {cloud.pk}
    assert at_desk.begun() == [second.pk]


class TestTakenUp:
    """The conductor died while a show played."""

    def take_up(self, run: Run, *, silent: float, at: float) -> list[ledger.Part]:
        """What the successor performs, so many seconds past noon."""
        moment = NOON + seconds(at)
        return succession.lose(run.cloud_id, {}, HOLDER, moment - seconds(silent), moment)

    def left(self, cloud: Cloud, **fields: object) -> Run:
        """A show's run that another conductor began at noon."""
        return show(cloud, **{"state": Run.State.PLAYING, "started_at": NOON, "conductor": "dead:1:1:x"} | fields)

    def test_a_shows_run_is_taken_up_at_its_next_step(self, cloud: Cloud) -> None:
        run = self.left(cloud)
        (part,) = self.take_up(run, silent=2, at=4)
        run.refresh_from_db()
        assert (run.state, run.conductor, part.run_id, part.begin) == ("playing", HOLDER, run.pk, seconds(4))

    def test_a_run_of_whose_show_nothing_is_left_is_lost(self, cloud: Cloud) -> None:
        run = self.left(cloud)
        assert self.take_up(run, silent=2, at=9) == []
        assert told(run) == ("lost", succession.LOST)

    def test_a_show_whose_conductor_died_two_minutes_ago_is_lost(self, cloud: Cloud) -> None:
        run = self.left(cloud)
        assert self.take_up(run, silent=120, at=4) == []
        assert told(run)[0] == "lost"

    @pytest.mark.parametrize("fields", [{"end_asked_by": "Ada"}, {"source": "visitor"}, {"source": "curator"}])
    def test_what_is_to_end_and_what_is_no_show_is_not_taken_up(self, fields: dict[str, str], cloud: Cloud) -> None:
        run = self.left(cloud, **fields)
        assert self.take_up(run, silent=2, at=4) == []
        assert told(run)[0] == "lost"

    def test_what_was_stopped_is_not_taken_up(self, cloud: Cloud) -> None:
        Venue.objects.update(stopped_at=NOON)
        assert self.take_up(self.left(cloud), silent=2, at=4) == []

    def test_what_would_overfill_by_now_is_not_taken_up(self, cloud: Cloud) -> None:
        run = self.left(cloud)
        Cloud.objects.update(fill_then=0.95, fill_then_at=NOON)
        assert self.take_up(run, silent=2, at=4) == []

    def test_a_run_that_paused_goes_on_where_it_was(self, cloud: Cloud) -> None:
        run = self.left(cloud, paused_at=NOON + seconds(1))
        (part,) = self.take_up(run, silent=2, at=31)
        assert part.steps == (
            Step(Do.INFLATE, 1.0), Step(Do.REST, 30.0), Step(Do.INFLATE, 2.0), Step(Do.REST, 5.0), Step(Do.INFLATE, 3.0)
        )  # fmt: skip
        assert part.begin == seconds(31)
