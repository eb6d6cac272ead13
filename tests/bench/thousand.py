"""A thousand clouds that inflate at the same moment, by one conductor, beside a django-q2 schedule that does the same.

Lateness is counted from the nominal moment to the change of each relay.
"""

import argparse
import time
from datetime import datetime, timedelta

from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import schedule

from clouds.models import Plug, Program, Puff, Run, User
from tests.bench import processes, stage
from tests.bench.report import Report
from tests.site import Simulator, running, until

INFLATE_SECONDS = 5.0
LIMITS = {"fill_seconds": 3600.0}
# The show is planned, and then claimed three seconds ahead.
AHEAD = timedelta(seconds=15)
PATIENCE_SECONDS = 180.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--clouds", type=int, default=1000)


def measure(report: Report, options: argparse.Namespace) -> None:
    """One show, and then one schedule."""
    venue, curator = stage.the_venue(), User.objects.create_superuser("A curator", "a long pass phrase")
    program = Program.objects.create(name="All at once")
    program.steps.create(position=0, do="inflate", seconds=INFLATE_SECONDS)
    names = [f"Cloud-{number}" for number in range(options.clouds)]
    began = time.monotonic()
    with running(*names, venue=venue, **LIMITS) as (simulator, _, clouds):
        report.figure("from nothing to every plug confirmed off, s", time.monotonic() - began)
        begin = _soon()
        stage.schedule(program, clouds.values(), begin, by=curator)
        until(lambda: timezone.now() > begin + timedelta(seconds=INFLATE_SECONDS), "it is over", PATIENCE_SECONDS)
        memory = processes.memory_mb(processes.conductor(venue))
        until(lambda: not Run.objects.live().exists(), "it is written", PATIENCE_SECONDS)
        report.figure("last OFF to the last row of the history, s", _since(begin) - INFLATE_SECONDS)
        ons, offs = (_late(simulator, begin, state) for state in (1, 0))
        done = Run.objects.filter(outcome=Run.Outcome.DONE).count()
        confirmed = Puff.objects.filter(outcome=Puff.Outcome.DONE, confirmed=True).count()
        _let_go_of_the_plugs(simulator, options.clouds)
        scheduled = _by_schedule(simulator, options.clouds)
    report.spread("on, late", ons)
    report.spread("off, late", [late - INFLATE_SECONDS for late in offs])
    report.figure("the conductor, MB", memory)
    report.spread("on by a django-q2 schedule, late", scheduled)
    report.figure("from its first plug to its last, ms", (max(scheduled) - min(scheduled)) * 1000)
    report.at_least("runs done as planned", done, options.clouds)
    report.at_least("puffs confirmed", confirmed, options.clouds)
    report.at_most("on, late p99, ms", report.figures["on, late p99, ms"], 120)
    report.at_most("the conductor's memory, MB", memory, 200)


def _soon() -> datetime:
    return (timezone.now() + AHEAD).replace(microsecond=0)


def _since(begin: datetime) -> float:
    return (timezone.now() - begin).total_seconds()


def _late(simulator: Simulator, begin: datetime, state: int) -> list[float]:
    """Seconds from the moment to each relay's change to this state."""
    since = begin.timestamp()
    return [change["at"] - since for change in simulator.remote.record(since) if change["state"] == state]


def _let_go_of_the_plugs(simulator: Simulator, count: int) -> None:
    """Nobody conducts them any more: what is let go of is switched off for the last time."""
    since = simulator.remote.now()
    Plug.objects.all().delete()
    until(lambda: len(simulator.remote.commands(since)) >= count, "the conductor has let go", PATIENCE_SECONDS)


def _by_schedule(simulator: Simulator, count: int) -> list[float]:
    """The same plugs, switched on by a task that django-q2's own scheduler starts."""
    begin = _soon()
    ports = [place["inflate"]["port"] for place in simulator.whereabouts["clouds"]]
    schedule("tests.bench.baselines.switch_on", ports, schedule_type=Schedule.ONCE, next_run=begin)
    until(lambda: len(_late(simulator, begin, 1)) == count, "the schedule was played", PATIENCE_SECONDS, every=0.5)
    return _late(simulator, begin, 1)
