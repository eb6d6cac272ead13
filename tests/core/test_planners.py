"""Planners as processes of their own, and one that sleeps while the clock is set: no run twice, and no flood."""

import subprocess
import sys
from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from clouds import planning
from clouds.models import Cloud, Program, Run, Show, Venue
from tests.site import ROOT, environment

EVERY_MINUTE = "FREQ=MINUTELY"
PLANNER = """
import sys, django
django.setup()
from clouds import tasks
print("ready", flush=True)
sys.stdin.readline()
tasks.plan()
"""


@pytest.fixture
def shows(venue: Venue, cloud: Cloud) -> list[Show]:
    """Twenty shows that occur every minute."""
    program = Program.objects.create(name="Gust of wind")
    program.steps.create(do="inflate", seconds=1)
    made = [
        Show.objects.create(
            venue=venue, program=program, name=f"Rain {number}", first_on=date(2026, 1, 1), starts_at=time(0),
            rrule=EVERY_MINUTE,
        )
        for number in range(20)
    ]  # fmt: skip
    for show in made:
        show.lines.create(cloud=cloud)
    Show.objects.update(changed_at=timezone.now() - timedelta(days=9))
    return made


def plan_in(processes: int) -> None:
    """So many processes plan at the same moment, and each comes to its end."""
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", PLANNER], cwd=ROOT, env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(processes)
    ]  # fmt: skip
    for each in begun:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in begun:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate(timeout=60)[1] for each in begun]
    assert [each.returncode for each in begun] == [0] * processes, said
    assert not any("can't be planned" in one for one in said), said


def occurrences() -> list[tuple[int | None, object]]:
    """What every run is of."""
    return list(Run.objects.values_list("show", "nominal_at"))


@pytest.mark.django_db(transaction=True)
def test_two_planner_processes_at_once_plan_nothing_twice_and_nothing_not_at_all(shows: list[Show]) -> None:
    before = timezone.now()
    plan_in(2)
    after = timezone.now()
    assert len(occurrences()) == len(set(occurrences()))
    for show in shows:
        planned = set(Run.objects.waiting().filter(show=show).values_list("due_at", flat=True))
        minute = after.replace(second=0, microsecond=0)
        due = {minute + timedelta(minutes=number) for number in range(11)}
        assert {at for at in due if after <= at < before + planning.HORIZON} <= planned


@pytest.mark.django_db(transaction=True)
def test_two_planner_processes_that_were_down_for_an_hour_mark_what_was_missed_once(shows: list[Show]) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    Venue.objects.update(planned_until=hour_ago)
    plan_in(2)
    assert len(occurrences()) == len(set(occurrences()))
    missed = Run.objects.filter(outcome=Run.Outcome.MISSED)
    assert missed.count() in range(20 * 58, 20 * 60)
    assert set(missed.values_list("reason", flat=True)) == {planning.NOBODY_PLANNED}
    assert Run.objects.waiting().earliest("due_at").due_at > timezone.now() - planning.BEGINS_WITHIN - timedelta(
        seconds=30
    )
    assert Run.objects.waiting().count() in range(20 * 10, 20 * 12)
