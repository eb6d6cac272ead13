"""What the day sheet says of a day is what the conductor's clerk does when its moments have come."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from clouds import balloon, daysheet, planning, timeline
from clouds.conductor import claims, desk
from clouds.models import Cloud, Plug, Program, Run, Show, Venue
from tests.conductor.conftest import HOLDER
from tests.core.conftest import NOON
from tests.core.strategies import in_peace

pytestmark = pytest.mark.django_db

# The conductor looks more often, and finds nothing new.
LOOKS = (-claims.AHEAD, -claims.MAKE_WAY, timedelta(), claims.BEGINS_WITHIN + timedelta(seconds=0.1))
# Few enough for many to meet, and often at the same instant.
MINUTES = st.integers(2, 8)
SHOWS = st.lists(
    st.fixed_dictionaries(
        {
            "minute": MINUTES,
            "steps": st.lists(
                st.sampled_from([("inflate", 10), ("inflate", 25), ("rest", 30), ("rest", 100)]), max_size=3
            ),
            "priority": st.booleans(),
            "every_minute": st.booleans(),
        }
    ),
    min_size=1,
    max_size=5,
)


def make_shows(cloud: Cloud, shows: list[dict[str, Any]]) -> None:
    """Shows on the cloud, in this order."""
    for number, said in enumerate(shows):
        program = Program.objects.create(name=f"Program {number}")
        for position, (do, seconds) in enumerate([("inflate", 5), *said["steps"]]):
            program.steps.create(position=position, do=do, seconds=seconds)
        show = Show.objects.create(
            name=f"Show {-number}", venue=cloud.venue, program=program, first_on=NOON.date(), priority=said["priority"],
            starts_at=time(12, said["minute"]), rrule="FREQ=MINUTELY;INTERVAL=2" if said["every_minute"] else "",
        )  # fmt: skip
        show.lines.create(cloud=cloud)


def conduct(venue: Venue, until: datetime, move_to: Callable[[datetime], None]) -> dict[tuple[int, datetime], bool]:
    """Have the clerk decide, moment by moment; whether each occurrence was played."""
    planning.plan(venue, NOON)
    now = NOON
    while now < until:
        move_to(now)
        _end_what_is_over(now)
        playing = {run.cloud_id for run in Run.objects.playing()}
        desk.read(venue.pk, HOLDER, playing, dict.fromkeys(venue.clouds.values_list("pk", flat=True), ""))
        moments = [_end_of(run) for run in Run.objects.playing()]
        moments += [run.due_at + look for run in Run.objects.waiting() for look in LOOKS]
        now = min([at for at in moments if at > now], default=until)
    shows = Run.objects.filter(Q(state="ended") | Q(state="playing"), nominal_at__lt=until)
    return {(run.show_id, run.nominal_at): run.outcome in ("done", "") for run in shows}


def _end_of(run: Run) -> datetime:
    return (run.started_at or run.due_at) + timedelta(seconds=run.seconds)


def _end_what_is_over(now: datetime) -> None:
    """What has played to its end has left its air in the balloon."""
    for run in Run.objects.playing().select_related("cloud"):
        if _end_of(run) <= now:
            cloud, at = run.cloud, run.started_at
            assert at is not None
            fill = cloud.fill_at(at)
            for cue in timeline.cues(run.plan):
                fill = balloon.after(fill, cue.seconds, cue.do, cloud.measures)
            Cloud.objects.filter(pk=cloud.pk).update(fill_then=fill, fill_then_at=_end_of(run))
            Run.objects.filter(pk=run.pk).end(Run.Outcome.DONE, "", _end_of(run))


@settings(in_peace, max_examples=120, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])
@given(shows=SHOWS, half_life=st.sampled_from([None, 60.0]), held=st.sampled_from([0, 0, 4]))
def test_the_day_sheet_says_what_the_clerk_does(
    shows: list[dict[str, Any]], half_life: float | None, held: int, held_venue: Venue, clock: TimeMachineFixture
) -> None:
    venue, until = held_venue, NOON + timedelta(minutes=planning.HORIZON.total_seconds() / 60)
    with transaction.atomic():
        clock.move_to(NOON - timedelta(minutes=1), tick=False)
        Venue.objects.update(held_until=NOON + timedelta(minutes=held, seconds=1) if held else None)
        venue.refresh_from_db()
        cloud = Cloud.objects.create(venue=venue, name="C", slug="c", half_life_seconds=half_life, fill_seconds=60)
        Plug.objects.create(venue=venue, cloud=cloud, name="P", host="127.0.0.1", port=9999, simulated=True)
        make_shows(cloud, shows)
        clock.move_to(NOON, tick=False)
        dues, _ = daysheet.make(venue, NOON, until, NOON)
        said = {(due.event.show_id, due.event.starts_at): due.plays for due in dues}
        assert conduct(venue, until, lambda at: clock.move_to(at, tick=False)) == said
        transaction.set_rollback(True)


def test_of_two_shows_due_at_the_same_instant_the_one_with_priority_plays_and_else_the_one_made_first(
    held_venue: Venue, cloud: Cloud, clock: TimeMachineFixture
) -> None:
    plain = {"minute": 5, "steps": [], "priority": False, "every_minute": False}
    make_shows(cloud, [plain, plain, plain | {"minute": 7}, plain | {"priority": True, "minute": 7}])
    until = NOON + planning.HORIZON
    first, second, without, with_priority = Show.objects.order_by("pk")
    dues, _ = daysheet.make(held_venue, NOON, until, NOON)
    said = {due.event.show_id: due.plays for due in dues}
    assert said == {first.pk: True, second.pk: False, with_priority.pk: True, without.pk: False}
    done = conduct(held_venue, until, lambda at: clock.move_to(at, tick=False))
    assert {show_id: plays for (show_id, _), plays in done.items()} == said


@pytest.fixture
def held_venue(held: Venue, clock: TimeMachineFixture) -> Venue:
    """The venue, whose baton is held."""
    return held
