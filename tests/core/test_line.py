"""A cloud's line as the rows tell it: which round a press belongs to, what stands before whom, and signs of life."""

from datetime import datetime, time, timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import actions, line, planning, queue, refusals
from clouds.models import Cloud, Plug, Program, Run, Show, User, Venue
from clouds.queue import Hopeless, Promise
from clouds.timeline import Do, Step

from . import make
from .conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "rung")]


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def begin(run: Run, clock: TimeMachineFixture, seconds: float) -> None:
    """The conductor begins it, so many seconds after noon."""
    clock.move_to(at(seconds), tick=False)
    Run.objects.filter(pk=run.pk).update(state=Run.State.PLAYING, started_at=at(seconds))
    make.puff(run.cloud, on_at=at(seconds), seconds=None, run=run, step=0, asked_by=run.asked_by)


def end(run: Run, clock: TimeMachineFixture, seconds: float, outcome: str = "done") -> None:
    """It ends."""
    clock.move_to(at(seconds), tick=False)
    run.puffs.update(off_at=at(seconds), outcome=outcome)
    Run.objects.filter(pk=run.pk).end(Run.Outcome(outcome), "", at(seconds))


def press(cloud: Cloud, by: User, clock: TimeMachineFixture, seconds: float) -> Run:
    """A visitor presses, so many seconds after noon."""
    clock.move_to(at(seconds), tick=False)
    return actions.press(cloud, by=by)


def order(cloud: Cloud) -> list[int]:
    """The runs of those who wait, in order."""
    return [ticket.key for ticket in line.read(cloud, NOON).tickets]


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    """A large cloud, and nobody has to cool down."""
    Cloud.objects.update(cool_down_seconds=0, fill_seconds=10_000)
    cloud.refresh_from_db()
    return cloud


def test_a_newcomer_is_before_who_has_had_a_turn_and_only_in_the_same_round(
    cloud: Cloud, clock: TimeMachineFixture
) -> None:
    ada, bob, eve, joe = make.visitors(4)
    first = press(cloud, ada, clock, 0)
    begin(first, clock, 1)
    bobs = press(cloud, bob, clock, 2)
    end(first, clock, 6)
    again = press(cloud, ada, clock, 7)
    newcomer = press(cloud, eve, clock, 8)
    assert (again.turns, newcomer.turns) == (1, 0)
    assert order(cloud) == [bobs.pk, newcomer.pk, again.pk]
    begin(bobs, clock, 9)
    late = press(cloud, joe, clock, 10)
    assert order(cloud) == [newcomer.pk, again.pk, late.pk]


def test_between_two_puffs_the_round_that_is_played_takes_nobody_in(cloud: Cloud, clock: TimeMachineFixture) -> None:
    ada, bob, eve, joe = make.visitors(4)
    begin(first := press(cloud, ada, clock, 0), clock, 1)
    one, two = press(cloud, bob, clock, 2), press(cloud, eve, clock, 3)
    end(first, clock, 6)
    begin(one, clock, 8)
    end(one, clock, 13)
    late = press(cloud, joe, clock, 14)
    assert one.round_at == two.round_at
    assert late.round_at == at(14)


def test_a_turn_long_ago_counts_no_more(cloud: Cloud, clock: TimeMachineFixture) -> None:
    ada, bob = make.visitors(2)
    make.ended(cloud, asked_by=ada, asked_at=at(-3601), started_at=at(-3600), ended_at=at(-3595))
    press(cloud, bob, clock, 0)
    assert press(cloud, ada, clock, 1).turns == 0


@pytest.mark.parametrize("outcome", ["failed", "lost"])
def test_a_puff_that_failed_or_was_lost_costs_no_turn(outcome: str, cloud: Cloud, clock: TimeMachineFixture) -> None:
    ada, bob, eve = make.visitors(3)
    begin(mine := press(cloud, ada, clock, 0), clock, 1)
    press(cloud, bob, clock, 2)
    press(cloud, eve, clock, 3)
    end(mine, clock, 4, outcome)
    again = press(cloud, ada, clock, 5)
    assert (again.round_at, again.turns) == (mine.round_at, 0)
    assert order(cloud)[0] == again.pk


def test_what_was_given_away_is_no_turn(cloud: Cloud, clock: TimeMachineFixture) -> None:
    ada, bob = make.visitors(2)
    press(cloud, bob, clock, 0)
    actions.end(press(cloud, ada, clock, 1), by=ada)
    assert press(cloud, ada, clock, 2).turns == 0


def test_the_line_knows_what_plays_what_curators_ask_for_and_what_is_to_come(
    cloud: Cloud, curator: User, clock: TimeMachineFixture
) -> None:
    Venue.objects.update(opens_at=time(10), closes_at=time(18), held_until=at(30))
    make.playing(cloud, source=Run.Source.CURATOR, asked_by=curator, started_at=at(-2))
    make.run(cloud, source=Run.Source.CURATOR, asked_by=curator)
    make.run(cloud, source=Run.Source.SHOW, nominal_at=at(90), due_at=at(90), steps=[{"do": "rest", "seconds": 9.0}])
    make.run(cloud, source=Run.Source.SHOW, nominal_at=at(95), due_at=at(95), protected=False)
    mine = make.run(cloud)
    cloud = Cloud.objects.select_related("venue").get(pk=cloud.pk)
    found = line.read(cloud, NOON)
    assert [ticket.key for ticket in found.tickets] == [mine.pk]
    assert found.ahead == (Step(Do.INFLATE, 3.0), Step(Do.INFLATE, 5.0))
    assert found.shows == (queue.Show(at(90), (Step(Do.REST, 9.0),)),)
    assert found.free_at == at(30)
    assert found.closes_at == NOON.replace(hour=18)


def test_a_show_that_makes_way_for_visitors_is_not_waited_for(cloud: Cloud) -> None:
    make.playing(cloud, source=Run.Source.SHOW, nominal_at=NOON, protected=False, seconds=500.0)
    assert line.read(cloud, NOON).ahead == ()


def test_shows_are_counted_as_far_ahead_as_the_line_is_long(cloud: Cloud, venue: Venue) -> None:
    program = Program.objects.create(name="Slow rain")
    program.steps.create(do="inflate", seconds=5)
    show = Show.objects.create(
        venue=venue, name="Rain", program=program, first_on=NOON.date(), starts_at=time(12, 5),
        rrule="FREQ=MINUTELY;INTERVAL=10",
    )  # fmt: skip
    show.lines.create(cloud=cloud)
    planning.plan(venue, NOON)
    make.run(cloud)
    assert [found.at for found in line.read(cloud, NOON).shows] == [at(300)]
    make.run(cloud, seconds=1500.0)
    assert [found.at for found in line.read(cloud, NOON).shows] == [at(300), at(900), at(1500)]
    Venue.objects.update(held_until=at(1000))
    cloud = Cloud.objects.select_related("venue").get(pk=cloud.pk)
    assert [found.at for found in line.read(cloud, NOON).shows] == [at(1500), at(2100)]


def test_the_outlook_is_that_of_ones_ticket_or_of_a_press(cloud: Cloud, clock: TimeMachineFixture) -> None:
    ada, bob = make.visitors(2)
    press(cloud, ada, clock, 0)
    assert [line.outlook(cloud, by, at(0)).place for by in (ada, bob, None)] == [1, 2, 2]
    make.run(cloud, source=Run.Source.CURATOR)
    assert line.outlook(cloud, ada, at(0)).place == 2
    assert isinstance(line.outlook(cloud, None, at(0)).promise, Promise)


def test_nobody_is_let_into_a_line_in_which_their_turn_cannot_come(cloud: Cloud) -> None:
    Venue.objects.update(opens_at=time(10), closes_at=time(12, 1))
    people = make.visitors(12)
    for person in people[:9]:
        make.run(cloud, asked_by=person, seconds=10.0)
    with pytest.raises(refusals.Closed, match=r"^The gallery closes at 12:01, before it could be your turn\.$"):
        actions.press(cloud, by=people[9])
    with pytest.raises(refusals.Closed):
        actions.offer(cloud, by=people[9], now=NOON)
    assert Run.objects.count() == 9


def test_nobody_is_let_into_a_line_that_will_fill_the_cloud(cloud: Cloud) -> None:
    Cloud.objects.update(fill_seconds=30)
    people = make.visitors(12)
    for person in people[:9]:
        make.run(cloud, asked_by=person)
    with pytest.raises(refusals.NoRoom, match="before it could be your turn"):
        actions.press(cloud, by=people[9])


def test_a_sentence_names_the_hour_at_the_venue(cloud: Cloud) -> None:
    Venue.objects.update(time_zone="Europe/Berlin", opens_at=time(10), closes_at=time(18, 30))
    cloud = Cloud.objects.select_related("venue").get(pk=cloud.pk)
    assert line.why(Hopeless.CLOSING, cloud, NOON) == "The gallery closes at 18:30, before it could be your turn."


class TestSigns:
    """Signs of life."""

    def test_a_press_is_one(self, cloud: Cloud, ada: User) -> None:
        assert actions.press(cloud, by=ada).seen_at == NOON

    def test_what_curators_ask_for_needs_none(self, cloud: Cloud, curator: User) -> None:
        assert actions.play(cloud, [Step(Do.INFLATE, 5)], by=curator).seen_at is None

    def test_it_is_of_everything_that_a_person_waits_for(self, cloud: Cloud, venue: Venue, ada: User) -> None:
        other = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
        Plug.objects.create(venue=venue, cloud=other, name="Its plug", host="127.0.0.1", port=9998, simulated=True)
        runs = [actions.press(cloud, by=ada), actions.press(other, by=ada)]
        somebody = make.run(cloud, asked_by=make.visitors(1)[0], seen_at=NOON)
        actions.here(by=ada, now=at(16))
        for run in (*runs, somebody):
            run.refresh_from_db()
        assert [run.seen_at for run in (*runs, somebody)] == [at(16), at(16), NOON]

    def test_it_is_written_down_every_quarter_of_a_minute_at_most(self, cloud: Cloud, ada: User) -> None:
        run = actions.press(cloud, by=ada)
        for seconds in (5, 15, 16, 20):
            actions.here(by=ada, now=at(seconds))
        run.refresh_from_db()
        assert run.seen_at == at(16)
