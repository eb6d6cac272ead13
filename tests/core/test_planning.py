"""Planning: each occurrence is written once, what was missed is said, and what has changed is taken back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from clouds import actions, forecast, planning, tasks
from clouds.models import Act, CalledOff, Cloud, Program, Run, Show, ShowCloud, ShowDate, User, Venue
from tests.core import make
from tests.core.conftest import NOON, Recorder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "rung")]

DAILY = "FREQ=DAILY"
EVERY_MINUTE = "FREQ=MINUTELY"


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)


@pytest.fixture
def program(db: None) -> Program:
    """Two puffs and a rest."""
    program = Program.objects.create(name="Drizzle drops")
    for position, (do, seconds) in enumerate([("inflate", 3), ("rest", 5), ("inflate", 3)]):
        program.steps.create(position=position, do=do, seconds=seconds)
    return program


@pytest.fixture
def make_show(venue: Venue, program: Program, cloud: Cloud, clock: TimeMachineFixture) -> Callable[..., Show]:
    """Makes shows, since an hour before noon unless told otherwise."""

    def make_one(at: time = time(12, 5), *, clouds: tuple[Cloud, ...] = (), **fields: object) -> Show:
        clock.move_to(NOON - minutes(60), tick=False)
        values = {"venue": venue, "program": program, "name": "Rain", "first_on": date(2026, 11, 1), "rrule": DAILY}
        show = Show.objects.create(starts_at=at, **values | fields)
        for position, each in enumerate(clouds or (cloud,)):
            ShowCloud.objects.create(show=show, cloud=each, position=position)
        clock.move_to(NOON, tick=False)
        return show

    return make_one


@pytest.fixture
def stratus(venue: Venue) -> Cloud:
    """Another cloud."""
    return Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")


def due() -> list[datetime]:
    """When the runs that wait are due."""
    return [run.due_at for run in Run.objects.waiting().oldest_first()]


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the day."""
    return NOON.replace(hour=hour, minute=minute, second=second)


def test_an_occurrence_is_a_run_for_each_cloud_each_later_by_the_stagger(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    show = make_show(clouds=(stratus, cloud), stagger_seconds=20, priority=True, protected=False)
    assert planning.plan(venue, NOON) == 2
    first, second = Run.objects.waiting().oldest_first()
    assert (first.cloud, first.due_at, second.cloud, second.due_at) == (stratus, at(12, 5), cloud, at(12, 5, 20))
    assert {first.nominal_at, second.nominal_at} == {at(12, 5)}
    assert (first.show, first.title, first.source, first.priority, first.protected) == (
        show,
        "Rain",
        "show",
        True,
        False,
    )
    assert [step.seconds for step in first.plan] == [3, 5, 3]
    assert (first.simulated, first.seconds) == (True, 11)


def test_durations_are_elapsed_seconds_over_a_change_of_clocks(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show]
) -> None:
    Venue.objects.update(time_zone="Europe/Berlin")
    venue.refresh_from_db()
    # In Berlin it is two o'clock once more, half a minute after this begins.
    begin = datetime(2027, 10, 31, 0, 59, 30, tzinfo=UTC)
    day = date(2027, 10, 31)
    show = make_show(time(2, 59, 30), clouds=(cloud, stratus), stagger_seconds=40, rrule="", first_on=day)
    planning.plan(venue, begin - minutes(1))
    first, second = Run.objects.waiting().oldest_first()
    assert (first.due_at, second.due_at) == (begin, begin + timedelta(seconds=40))
    assert first.seconds == second.seconds == 11
    (event,) = forecast.events(begin - minutes(1), begin + minutes(1), begin - minutes(1))
    assert (event.ends_at - event.starts_at).total_seconds() == 51 == planning.lasts(show)


def test_the_scales_of_program_and_show_multiply_inflation_only(
    venue: Venue, program: Program, make_show: Callable[..., Show]
) -> None:
    Program.objects.update(scale_percent=50, repeats=2)
    make_show(scale_percent=200)
    planning.plan(venue, NOON)
    assert [step.seconds for step in Run.objects.get().plan] == [3, 5, 3, 3, 5, 3]


def test_nothing_is_planned_twice(venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show()
    assert planning.plan(venue, NOON) == 1
    assert planning.plan(venue, NOON + minutes(1)) == 0
    Venue.objects.update(planned_until=NOON - minutes(600))  # as a database restored from last night's backup says
    assert planning.plan(venue, NOON + minutes(2)) == 0
    assert due() == [at(12, 5)]


def test_nothing_is_planned_further_ahead_than_the_horizon(venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show(rrule=EVERY_MINUTE, at=time(0, 0))
    planning.plan(venue, NOON)
    assert due()[-1] == NOON + planning.HORIZON - minutes(1)
    assert len(due()) == 11  # the one that was due a minute ago may still begin


def test_after_an_hour_without_a_planner_what_was_missed_is_marked_so_and_not_played(
    venue: Venue, make_show: Callable[..., Show]
) -> None:
    make_show(rrule="FREQ=MINUTELY;INTERVAL=10", at=time(0, 0))
    planning.plan(venue, NOON)
    later = NOON + minutes(75)
    assert planning.plan(venue, later) == 1
    missed = Run.objects.filter(outcome=Run.Outcome.MISSED).order_by("due_at")
    assert [run.due_at for run in missed] == [at(12, minute) for minute in range(10, 60, 10)] + [at(13), at(13, 10)]
    assert {run.reason for run in missed} == {planning.NOBODY_PLANNED}
    assert due() == [NOON, at(13, 20)]


def test_misses_never_pile_up(venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show(rrule=EVERY_MINUTE, at=time(0, 0))
    Venue.objects.update(planned_until=NOON - timedelta(days=30))
    Show.objects.update(changed_at=NOON - timedelta(days=30))
    planning.plan(venue, NOON)
    missed = Run.objects.filter(outcome=Run.Outcome.MISSED)
    assert missed.count() == planning.MOST_MISSED
    assert missed.order_by("due_at").last().due_at == NOON - minutes(2)


def test_a_clock_behind_the_newest_row_is_not_believed_and_nothing_is_planned_until_it_has_caught_up(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show]
) -> None:
    make_show()
    make.ended(cloud, asked_at=NOON + minutes(1))
    assert planning.plan(venue, NOON) == 0
    assert planning.clock_is_behind(NOON) == NOON + minutes(1)
    assert planning.plan(venue, NOON + minutes(1)) == 1


def test_a_clock_that_jumps_ahead_and_back_plays_nothing_twice(venue: Venue, make_show: Callable[..., Show]) -> None:
    make_show()
    planning.plan(venue, NOON)
    planning.plan(venue, NOON + minutes(60))
    planning.plan(venue, NOON + minutes(1))
    assert due() == [at(12, 5)]


def test_after_a_clock_was_an_hour_ahead_nothing_is_planned_until_that_hour_and_nothing_twice(
    venue: Venue, make_show: Callable[..., Show]
) -> None:
    make_show(rrule="FREQ=MINUTELY;INTERVAL=5", at=time(0, 0))
    planning.plan(venue, NOON)
    planning.plan(venue, NOON + minutes(60))
    assert planning.plan(venue, NOON + minutes(1)) == 0
    assert planning.plan(venue, NOON + minutes(60)) == 0
    assert due() == [at(12), at(12, 5), at(13), at(13, 5)]


def test_a_show_saved_to_start_in_ten_seconds_is_planned_at_once(
    make_show: Callable[..., Show], curator: User, rung: Recorder
) -> None:
    show = make_show(enabled=False)

    def change() -> None:
        show.starts_at, show.enabled = time(12, 0, 10), True
        show.save()

    actions.save_show(show, by=curator, change=change)
    assert due() == [NOON + timedelta(seconds=10)]
    assert rung.calls


def test_what_was_due_before_a_show_was_saved_is_not_missed(venue: Venue, make_show: Callable[..., Show]) -> None:
    show = make_show(at=time(11, 58))
    show.save()  # at noon
    Venue.objects.update(planned_until=NOON - minutes(30))
    planning.plan(venue, NOON)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"enabled": False}, "Curator switched off the show."),
        ({"starts_at": time(15)}, "Curator changed the show."),
        ({"first_on": date(2027, 1, 1)}, "Curator changed the show."),
    ],
)
def test_changing_moving_or_switching_off_a_show_takes_back_what_has_not_begun_and_says_why(
    fields: dict[str, object], because: str, venue: Venue, make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show()
    planning.plan(venue, NOON)

    def change() -> None:
        for name, value in fields.items():
            setattr(show, name, value)
        show.save()

    actions.save_show(show, by=curator, change=change)
    run = Run.objects.get()
    assert (run.outcome, run.reason) == ("withdrawn", because)
    called_off = CalledOff.objects.filter(show=show, starts_at=at(12, 5)).get()
    assert (called_off.because, called_off.seconds) == (because, 11)
    assert Act.objects.get().about == f"Rain: {because}"


def test_deleting_a_show_takes_back_what_has_not_begun_and_keeps_what_was(
    venue: Venue, cloud: Cloud, make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show()
    planning.plan(venue, NOON)
    playing = make.playing(cloud, source="show", show=show, nominal_at=NOON - minutes(1))
    actions.remove_show(show, by=curator)
    assert Run.objects.get(nominal_at=at(12, 5)).outcome == "withdrawn"
    playing.refresh_from_db()
    assert playing.state == "playing"
    assert CalledOff.objects.filter(show=show).count() == 90
    assert planning.plan(venue, NOON) == 0


def test_what_is_moved_away_and_back_is_planned_again(
    venue: Venue, make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show()
    planning.plan(venue, NOON)
    for moment in (time(15), time(12, 5)):

        def change(moment: time = moment) -> None:
            show.starts_at = moment
            show.save()

        actions.save_show(show, by=curator, change=change)
    assert due() == [at(12, 5)]
    assert not CalledOff.objects.filter(starts_at=at(12, 5)).exists()


def test_a_cloud_that_is_taken_out_of_a_show_is_taken_back_alone(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show(clouds=(cloud, stratus))
    planning.plan(venue, NOON)
    actions.save_show(show, by=curator, change=lambda: show.lines.filter(cloud=cloud).delete())
    assert [run.cloud for run in Run.objects.waiting()] == [stratus]
    assert [run.cloud for run in Run.objects.filter(outcome="withdrawn")] == [cloud]


def test_a_show_that_is_wandering_goes_on_when_it_is_saved(
    venue: Venue, cloud: Cloud, stratus: Cloud, make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show(time(11, 59, 50), clouds=(cloud, stratus), stagger_seconds=30)
    planning.plan(venue, NOON)
    actions.save_show(show, by=curator, change=show.save)
    assert Run.objects.waiting().count() == 2


def test_a_run_plays_a_snapshot_of_its_steps_and_editing_a_program_changes_the_next_run(
    venue: Venue, cloud: Cloud, program: Program, make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show()
    planning.plan(venue, NOON)
    playing = make.playing(cloud, source="show", show=show, nominal_at=NOON - minutes(1))
    program.steps.filter(position=0).update(seconds=4)
    actions.program_changed(program, by=curator)
    assert [step.seconds for step in Run.objects.waiting().get().plan] == [4, 5, 3]
    playing.refresh_from_db()
    assert [step.seconds for step in playing.plan] == [5]


def test_a_day_that_is_left_out_is_left_out_and_a_moment_that_is_added_is_added(
    venue: Venue, make_show: Callable[..., Show]
) -> None:
    show = make_show()
    ShowDate.objects.create(show=show, on=NOON.date())
    ShowDate.objects.create(show=show, on=NOON.date(), at=time(12, 7))
    planning.plan(venue, NOON)
    assert due() == [at(12, 7)]


def test_a_show_that_cannot_be_played_says_so_and_holds_up_no_other(
    venue: Venue, make_show: Callable[..., Show]
) -> None:
    make_show(program=Program.objects.create(name="Nothing"), name="Empty")
    make_show(rrule="FREQ=NEVER", name="Nonsense")
    make_show(name="Good", at=time(12, 6))
    assert planning.plan(venue, NOON) == 1
    assert [(run.title, run.outcome, run.reason) for run in Run.objects.exclude(state="waiting")] == [
        ("Empty", "skipped", "Give at least one step.")
    ]


def test_inflation_that_is_scaled_down_to_nothing_is_skipped_and_said(
    venue: Venue, program: Program, make_show: Callable[..., Show]
) -> None:
    program.steps.filter(position=0).update(seconds=0.1)
    make_show(scale_percent=1)
    assert planning.plan(venue, NOON) == 0
    assert [(run.outcome, run.reason) for run in Run.objects.all()] == [
        ("skipped", "Step 1 must last for a number of seconds above zero.")
    ]


def test_a_show_whose_rule_cannot_be_followed_can_be_changed_and_deleted(
    make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show(rrule="FREQ=NEVER")
    actions.save_show(show, by=curator, change=show.save)
    Show.objects.update(rrule="FREQ=NEVER;X")
    actions.remove_show(show, by=curator)
    assert not Show.objects.kept().exists()


def test_what_occurs_still_is_not_called_off_when_a_show_occurs_more_often(
    make_show: Callable[..., Show], curator: User
) -> None:
    show = make_show(rrule="FREQ=MINUTELY;INTERVAL=10", at=time(0, 0))
    show.rrule = EVERY_MINUTE
    actions.save_show(show, by=curator, change=show.save)
    assert not CalledOff.objects.exists()


def test_a_venue_that_cannot_be_planned_holds_up_no_other(
    venue: Venue, make_show: Callable[..., Show], caplog: pytest.LogCaptureFixture
) -> None:
    Venue.objects.create(name="Atlantis", slug="atlantis", time_zone="Sea/Atlantis")
    make_show()
    Show.objects.create(
        name="Tide", venue=Venue.objects.get(slug="atlantis"), program=Program.objects.get(name="Drizzle drops"),
        first_on=NOON.date(), starts_at=time(12, 5),
    )  # fmt: skip
    tasks.plan()
    assert due() == [at(12, 5)]
    assert "Atlantis can't be planned" in caplog.text


def test_as_many_queries_for_twenty_shows_as_for_two(venue: Venue, make_show: Callable[..., Show]) -> None:
    def queries() -> int:
        Run.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            planning.plan(venue, NOON)
        return len(captured)

    for _ in range(2):
        make_show()
    few = queries()
    for _ in range(18):
        make_show()
    assert queries() == few


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_write_each_run_once(venue: Venue, make_show: Callable[..., Show]) -> None:
    for _ in range(5):
        make_show(rrule=EVERY_MINUTE, at=time(0, 0))
    make.at_once(*[lambda: planning.plan(Venue.objects.get(), NOON)] * 4)
    assert Run.objects.waiting().count() == 5 * 11


def test_a_database_restored_from_last_nights_backup_plays_nothing_late_and_says_what_was_missed(
    venue: Venue, make_show: Callable[..., Show]
) -> None:
    make_show(rrule="FREQ=MINUTELY;INTERVAL=10", at=time(0, 0))
    Show.objects.update(changed_at=NOON - timedelta(days=3))
    last_night = NOON - timedelta(hours=9)
    Venue.objects.update(planned_until=last_night)  # and the rows of today are gone
    assert planning.plan(venue, NOON + minutes(2)) == 1
    missed = Run.objects.filter(outcome=Run.Outcome.MISSED)
    assert (missed.earliest("due_at").due_at, missed.latest("due_at").due_at) == (last_night, NOON)
    assert missed.count() == 9 * 6 + 1
    assert due() == [at(12, 10)]


def test_a_show_may_be_on_a_thousand_clouds(venue: Venue, program: Program, make_show: Callable[..., Show]) -> None:
    clouds = [Cloud(venue=venue, name=f"C{number}", slug=f"c{number}") for number in range(1001)]
    show = make_show(clouds=Cloud.objects.bulk_create(clouds))
    planning.replan(show, NOON, "Somebody changed the show.")
    assert Run.objects.waiting().count() == 1001
