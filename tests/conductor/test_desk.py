"""The desk: which runs begin now, which wait, which can't begin any more and why, and what else is new."""

from datetime import timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import actions, timeline
from clouds.models import BalloonNote, Cloud, Plug, Run, User, Venue
from clouds.timeline import Do, Step
from tests.conductor.conftest import HOLDER, Desk
from tests.core import make
from tests.core.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def seconds(number: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=number)


def curators(cloud: Cloud, **fields: object) -> Run:
    """A curator's run of 5 s."""
    return make.run(cloud, source=Run.Source.CURATOR, **fields)


def ended(run: Run) -> tuple[str, str]:
    """How a run ended, and why."""
    run.refresh_from_db()
    assert run.state == Run.State.ENDED
    return run.outcome, run.reason


def waits(run: Run) -> bool:
    """Whether it still does."""
    run.refresh_from_db()
    return run.state == Run.State.WAITING


class TestWhatBegins:
    """Runs that are claimed."""

    def test_a_run_that_is_due_is_claimed_with_all_that_its_playing_needs(
        self, at_desk: Desk, cloud: Cloud, ada: User
    ) -> None:
        run = make.run(cloud, asked_by=ada, simulated=True)
        (part,) = at_desk.read().parts
        assert (part.run_id, part.cloud_id, part.cloud) == (run.pk, cloud.pk, "Cumulus")
        assert (part.steps, part.hard_cap) == ((Step(Do.INFLATE, 5.0),), 60.0)
        assert (part.source, part.asked_by_id, part.simulated) == ("visitor", ada.pk, True)
        run.refresh_from_db()
        assert (run.state, run.conductor, run.started_at) == ("playing", HOLDER, part.started_at)
        assert at_desk.read().parts == []

    def test_who_was_due_first_is_first(self, at_desk: Desk, cloud: Cloud) -> None:
        second = make.run(cloud, due_at=NOON - seconds(1))
        first = make.run(cloud, due_at=NOON - seconds(2))
        third = make.run(cloud, due_at=NOON - seconds(1))
        assert at_desk.begun() == [first.pk]
        assert waits(second)
        assert waits(third)
        Run.objects.playing().end(Run.Outcome.DONE, "", NOON)
        assert at_desk.begun() == [second.pk]

    def test_each_cloud_has_its_own_queue(self, at_desk: Desk, cloud: Cloud, venue: Venue) -> None:
        other = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
        at_desk.troubles[other.pk] = ""
        runs = [make.run(cloud), make.run(cloud), make.run(other), make.run(other)]
        assert at_desk.begun() == [runs[0].pk, runs[2].pk]

    def test_nothing_begins_on_a_cloud_that_is_occupied(self, at_desk: Desk, cloud: Cloud) -> None:
        run = make.run(cloud)
        at_desk.occupied = {cloud.pk}
        assert at_desk.begun() == []
        assert waits(run)

    def test_nothing_begins_before_its_time(self, at_desk: Desk, cloud: Cloud, clock: TimeMachineFixture) -> None:
        run = make.run(cloud, due_at=NOON + seconds(0.5))
        assert at_desk.begun() == []
        clock.move_to(NOON + seconds(0.5), tick=False)
        assert at_desk.begun() == [run.pk]

    def test_nothing_begins_while_its_plug_is_in_trouble(self, at_desk: Desk, cloud: Cloud) -> None:
        run = make.run(cloud)
        at_desk.troubles[cloud.pk] = "The plug does not answer in time."
        assert at_desk.begun() == []
        assert waits(run)

    def test_nothing_begins_on_a_cloud_whose_plug_is_not_known(self, at_desk: Desk, cloud: Cloud) -> None:
        run = make.run(cloud)
        at_desk.troubles = {}
        assert at_desk.begun() == []
        assert waits(run)

    def test_nothing_begins_without_the_baton(self, at_desk: Desk, cloud: Cloud) -> None:
        run = make.run(cloud)
        assert at_desk.read("somebody else").parts == []
        assert waits(run)

    def test_nothing_begins_while_all_is_stopped(self, at_desk: Desk, cloud: Cloud, curator: User) -> None:
        actions.stop(at_desk.venue, by=curator)
        run = curators(cloud)
        assert at_desk.begun() == []
        assert waits(run)
        actions.release(at_desk.venue, by=curator)
        assert at_desk.begun() == [run.pk]

    def test_nothing_begins_that_somebody_else_plays_already(self, at_desk: Desk, cloud: Cloud) -> None:
        make.playing(cloud, conductor="somebody else")
        run = make.run(cloud)
        assert at_desk.begun() == []
        assert waits(run)

    def test_a_run_of_another_venue_is_not_ours(self, at_desk: Desk) -> None:
        barn = Venue.objects.create(name="The barn", slug="barn")
        other = Cloud.objects.create(venue=barn, name="Stratus", slug="stratus")
        run = make.run(other)
        at_desk.troubles[other.pk] = ""
        assert at_desk.begun() == []
        assert waits(run)


class TestRest:
    """A cloud rests between two visitors."""

    def test_the_next_visitor_waits_until_it_has_rested(
        self, at_desk: Desk, cloud: Cloud, clock: TimeMachineFixture
    ) -> None:
        Cloud.objects.update(rest_seconds=3)
        make.puff(cloud, on_at=NOON - seconds(6), seconds=5)
        run = make.run(cloud)
        news = at_desk.read()
        assert (news.parts, news.next_at) == ([], NOON + seconds(2))
        clock.move_to(NOON + seconds(2), tick=False)
        assert at_desk.begun() == [run.pk]

    def test_who_waits_behind_one_that_rests_does_not_overtake(self, at_desk: Desk, cloud: Cloud) -> None:
        Cloud.objects.update(rest_seconds=3)
        make.puff(cloud, on_at=NOON - seconds(6), seconds=5)
        runs = [make.run(cloud), make.run(cloud)]
        assert at_desk.begun() == []
        assert all(waits(run) for run in runs)

    def test_a_curator_need_not_wait_for_a_rest(self, at_desk: Desk, cloud: Cloud) -> None:
        Cloud.objects.update(rest_seconds=300)
        make.puff(cloud, on_at=NOON - seconds(6), seconds=5)
        run = curators(cloud)
        assert at_desk.begun() == [run.pk]


class TestRoom:
    """Air adds up."""

    def test_a_visitors_puff_is_shortened_to_the_room_there_is(self, at_desk: Desk, cloud: Cloud) -> None:
        Cloud.objects.update(fill_then=50 / 60, fill_then_at=NOON)
        run = make.run(cloud, steps=[{"do": "inflate", "seconds": 30.0}], seconds=30.0)
        (part,) = at_desk.read().parts
        run.refresh_from_db()
        assert part.steps == run.plan
        assert 7.5 <= run.seconds <= 8.0  # 10 s of room, less the margin of the countdown
        assert run.seconds == timeline.length(run.plan)

    def test_a_visitors_puff_for_which_there_is_no_room_is_skipped(self, at_desk: Desk, cloud: Cloud) -> None:
        Cloud.objects.update(fill_then=58 / 60, fill_then_at=NOON)
        run = make.run(cloud)
        assert at_desk.begun() == []
        assert ended(run) == ("skipped", "Cumulus is as full as is safe.")

    def test_a_curators_run_is_played_as_it_is_or_not_at_all(self, at_desk: Desk, cloud: Cloud) -> None:
        Cloud.objects.update(fill_then=50 / 60, fill_then_at=NOON)
        too_long = curators(cloud, steps=[{"do": "inflate", "seconds": 30.0}], seconds=30.0)
        fits = curators(cloud)
        assert at_desk.begun() == []
        assert ended(too_long)[0] == "skipped"
        assert at_desk.begun() == [fits.pk]
        fits.refresh_from_db()
        assert fits.seconds == 5.0


class TestMissed:
    """What could not begin within a minute never does."""

    @pytest.mark.parametrize(("late", "missed"), [(0, False), (59.9, False), (60, False), (60.1, True), (86_400, True)])
    def test_a_run_is_missed_a_minute_after_its_time(
        self, late: float, missed: bool, at_desk: Desk, cloud: Cloud
    ) -> None:
        run = make.run(cloud, due_at=NOON - seconds(late))
        assert at_desk.begun() == ([] if missed else [run.pk])
        if missed:
            outcome, reason = ended(run)
            assert outcome == "missed"
            assert reason == "It could not begin within a minute of its time. Nobody was there to play it."

    def test_it_is_said_which_trouble_kept_it(self, at_desk: Desk, cloud: Cloud) -> None:
        run = make.run(cloud, due_at=NOON - seconds(61))
        at_desk.troubles[cloud.pk] = "The plug does not answer in time."
        assert at_desk.begun() == []
        assert ended(run)[1].endswith("The plug does not answer in time.")

    def test_misses_never_pile_up(self, at_desk: Desk, cloud: Cloud) -> None:
        runs = [make.run(cloud, due_at=NOON - seconds(100 - number)) for number in range(30)]
        fresh = make.run(cloud, due_at=NOON - seconds(1))
        assert at_desk.begun() == [fresh.pk]
        assert {ended(run)[0] for run in runs} == {"missed"}

    def test_its_time_is_when_the_one_before_it_ended(self, at_desk: Desk, cloud: Cloud) -> None:
        make.ended(cloud, started_at=NOON - seconds(500), ended_at=NOON - seconds(50))
        run = make.run(cloud, due_at=NOON - seconds(400))
        assert at_desk.begun() == [run.pk]

    def test_one_that_never_began_held_up_nobody(self, at_desk: Desk, cloud: Cloud) -> None:
        make.ended(cloud, outcome=Run.Outcome.STOPPED, ended_at=NOON - seconds(1))
        run = make.run(cloud, due_at=NOON - seconds(61))
        assert at_desk.begun() == []
        assert ended(run)[0] == "missed"

    def test_its_time_is_when_the_cloud_has_rested(self, at_desk: Desk, cloud: Cloud) -> None:
        Cloud.objects.update(rest_seconds=200)
        make.puff(cloud, on_at=NOON - seconds(255), seconds=5)
        run = make.run(cloud, due_at=NOON - seconds(240))
        assert at_desk.begun() == [run.pk]

    def test_its_time_is_when_a_hold_is_over(self, at_desk: Desk, cloud: Cloud) -> None:
        Venue.objects.update(held_until=NOON - seconds(10))
        run = make.run(cloud, due_at=NOON - seconds(3600))
        assert at_desk.begun() == [run.pk]
        Run.objects.playing().end(Run.Outcome.DONE, "", NOON)

    def test_a_hold_that_is_long_over_excuses_nobody(self, at_desk: Desk, cloud: Cloud) -> None:
        Venue.objects.update(held_until=NOON - seconds(70))
        run = make.run(cloud, due_at=NOON - seconds(3600))
        assert at_desk.begun() == []
        assert ended(run)[0] == "missed"


class TestHours:
    """A venue that is closed, or held."""

    def close(self) -> None:
        """It is noon, and closed."""
        Venue.objects.update(opens_at="13:00", closes_at="18:00")

    def test_at_closing_time_whoever_still_waits_is_told_so(self, at_desk: Desk, cloud: Cloud) -> None:
        runs = [make.run(cloud), make.run(cloud)]
        self.close()
        assert at_desk.begun() == []
        assert {ended(run) for run in runs} == {("expired", "The gallery closed before it was your turn.")}

    def test_visitors_are_told_so_at_once_while_another_plays(self, at_desk: Desk, cloud: Cloud) -> None:
        run = make.run(cloud)
        at_desk.occupied = {cloud.pk}
        self.close()
        at_desk.read()
        assert ended(run)[0] == "expired"

    def test_a_curator_may_play_when_it_is_closed(self, at_desk: Desk, cloud: Cloud) -> None:
        self.close()
        run = curators(cloud)
        assert at_desk.begun() == [run.pk]

    def test_visitors_wait_while_it_is_held(
        self, at_desk: Desk, cloud: Cloud, curator: User, clock: TimeMachineFixture
    ) -> None:
        actions.hold(at_desk.venue, until=NOON + timedelta(hours=1), because="Lunch.", by=curator)
        run = make.run(cloud)
        assert at_desk.begun() == []
        clock.move_to(NOON + timedelta(minutes=59), tick=False)
        assert at_desk.begun() == []
        assert waits(run)
        clock.move_to(NOON + timedelta(hours=1), tick=False)
        assert at_desk.begun() == [run.pk]

    def test_a_curator_plays_past_visitors_who_are_held(self, at_desk: Desk, cloud: Cloud) -> None:
        Venue.objects.update(held_until=NOON + timedelta(hours=1))
        visitors = make.run(cloud)
        run = curators(cloud)
        assert at_desk.begun() == [run.pk]
        assert waits(visitors)

    def test_a_conductor_is_wanted_while_it_is_open(self, at_desk: Desk) -> None:
        assert at_desk.read().is_wanted
        self.close()
        assert not at_desk.read().is_wanted

    @pytest.mark.parametrize("reason", ["a run", "something plays", "a wish"])
    def test_a_conductor_is_wanted_while_there_is_something_to_do(
        self, reason: str, at_desk: Desk, cloud: Cloud, plug: Plug, curator: User
    ) -> None:
        self.close()
        if reason == "a run":
            curators(cloud)
            at_desk.troubles[cloud.pk] = "Not now."
        elif reason == "a wish":
            actions.wish(plug, Plug.Wish.TEST, by=curator)
        else:
            at_desk.occupied = {cloud.pk}
        assert at_desk.read().is_wanted


class TestNews:
    """What else is new."""

    def test_a_run_that_somebody_ends_is_to_be_ended(self, at_desk: Desk, cloud: Cloud, ada: User) -> None:
        run = make.playing(cloud, conductor=HOLDER)
        at_desk.occupied = {cloud.pk}
        assert at_desk.read().endings == []
        actions.end(run, by=ada)
        assert at_desk.read().endings == [(run.pk, "Ended by Ada.")]

    def test_a_run_for_which_there_is_too_much_air_after_all_is_to_be_ended(
        self, at_desk: Desk, cloud: Cloud, curator: User, clock: TimeMachineFixture
    ) -> None:
        steps = [{"do": "inflate", "seconds": 30.0}]
        run = make.playing(cloud, conductor=HOLDER, steps=steps, seconds=30.0)
        make.puff(cloud, seconds=None, run=run, step=0)
        clock.move_to(NOON + seconds(5), tick=False)
        actions.note(cloud, BalloonNote.Kind.SET, fill=0.9, by=curator)
        at_desk.occupied = {cloud.pk}
        assert at_desk.read().endings == [(run.pk, "The balloon is fuller than was reckoned.")]

    def test_a_run_that_still_fits_goes_on(
        self, at_desk: Desk, cloud: Cloud, curator: User, clock: TimeMachineFixture
    ) -> None:
        run = make.playing(cloud, conductor=HOLDER)
        make.puff(cloud, seconds=None, run=run, step=0)
        clock.move_to(NOON + seconds(2), tick=False)
        actions.note(cloud, BalloonNote.Kind.SET, fill=0.5, by=curator)
        at_desk.occupied = {cloud.pk}
        assert at_desk.read().endings == []

    def test_a_note_from_before_it_began_ends_nothing(self, at_desk: Desk, cloud: Cloud, curator: User) -> None:
        actions.note(cloud, BalloonNote.Kind.SET, fill=1.0, by=curator)
        make.playing(cloud, conductor=HOLDER, started_at=NOON + seconds(1))
        at_desk.occupied = {cloud.pk}
        assert at_desk.read().endings == []

    def test_wishes_are_read(self, at_desk: Desk, plug: Plug, curator: User) -> None:
        assert at_desk.read().wishes == []
        actions.wish(plug, Plug.Wish.OFF, by=curator)
        assert at_desk.read().wishes == [(plug.pk, "off")]

    def test_a_stop_is_read_with_who_asked_for_it(self, at_desk: Desk, curator: User) -> None:
        assert at_desk.read().stopped_at is None
        actions.stop(at_desk.venue, by=curator)
        news = at_desk.read()
        assert (news.stopped_at, news.stopped_by) == (NOON, "Curator")

    def test_it_shows_when_a_plug_is_added_changed_or_removed(
        self, at_desk: Desk, plug: Plug, clock: TimeMachineFixture
    ) -> None:
        seen = [at_desk.read().plugs]
        assert at_desk.read().plugs == seen[-1]
        clock.move_to(NOON + seconds(1), tick=False)
        other = Plug.objects.create(venue=at_desk.venue, name="Spare", host="127.0.0.1", port=9998)
        seen.append(at_desk.read().plugs)
        clock.move_to(NOON + seconds(2), tick=False)
        plug.port = 9990
        plug.save()
        seen.append(at_desk.read().plugs)
        other.delete()
        seen.append(at_desk.read().plugs)
        assert len(set(seen)) == 4

    def test_what_the_conductor_writes_of_a_plug_changes_no_plug(self, at_desk: Desk, plug: Plug) -> None:
        seen = at_desk.read().plugs
        Plug.objects.filter(pk=plug.pk).update(relay="on", trouble="It smokes.", wish_answer="No.")
        assert at_desk.read().plugs == seen


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("holders", [[HOLDER] * 4, [HOLDER, "somebody else"]])
def test_of_those_who_claim_a_run_at_once_one_gets_it(holders: list[str], cloud: Cloud, at_desk: Desk) -> None:
    run = make.run(cloud)
    news = make.at_once(*[lambda holder=holder: at_desk.read(holder) for holder in holders])
    assert [part.run_id for each in news for part in each.parts] == [run.pk]  # type: ignore[attr-defined]
    run.refresh_from_db()
    assert run.conductor == HOLDER


@pytest.mark.django_db(transaction=True)
def test_a_stop_and_a_claim_at_once_leave_nothing_waiting(cloud: Cloud, at_desk: Desk, curator: User) -> None:
    run = make.run(cloud)
    news, _ = make.at_once(at_desk.read, lambda: actions.stop(at_desk.venue, by=curator))
    run.refresh_from_db()
    if news.parts:  # type: ignore[attr-defined]
        assert run.state == Run.State.PLAYING  # and is ended as soon as the stop is read
        assert at_desk.read().stopped_at is not None
    else:
        assert (run.state, run.outcome) == (Run.State.ENDED, Run.Outcome.STOPPED)
