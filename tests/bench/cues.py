"""How late cues are on the wire: clouds that play a show of many steps, beside one loop that only waits."""

import argparse
import asyncio
from datetime import timedelta

from django.utils import timezone

from clouds.models import Program, Run, User
from tests.bench import stage
from tests.bench.report import Report
from tests.site import Simulator, running, until

ON_SECONDS, OFF_SECONDS = 0.6, 0.4
LIMITS = {"fill_seconds": 3600.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--clouds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=50)


def measure(report: Report, options: argparse.Namespace) -> None:
    """A show that all clouds play at the same moment; each relay's change beside the moment at which it was due."""
    venue, curator = stage.the_venue(), User.objects.create_superuser("A curator", "a long pass phrase")
    program = _program(options.steps)
    with running(*[f"Cloud-{number}" for number in range(options.clouds)], venue=venue, **LIMITS) as (
        simulator,
        _,
        clouds,
    ):
        begin = (timezone.now() + timedelta(seconds=8)).replace(microsecond=0)
        stage.schedule(program, clouds.values(), begin, by=curator)
        until(lambda: Run.objects.of_shows().exclude(started_at=None).exists(), "it is claimed")
        until(lambda: not Run.objects.live().exists(), "it is over", seconds=options.steps + 40)
        ons, offs = _lateness(simulator, begin.timestamp(), options)
    done = Run.objects.filter(outcome=Run.Outcome.DONE).count()
    report.figure("runs done", done)
    report.figure("cues on the wire", len(ons) + len(offs))
    report.spread("on, late", ons)
    report.spread("off, late", offs)
    report.spread("a loop that only waits, late", asyncio.run(_waits(options.steps)))
    report.at_least("runs done as planned", done, options.clouds)
    report.at_most("cues late p99, ms", max(report.figures[f"{what}, late p99, ms"] for what in ("on", "off")), 15)


def _program(steps: int) -> Program:
    program = Program.objects.create(name="Beat")
    for place in range(steps):
        do, seconds = ("inflate", ON_SECONDS) if place % 2 == 0 else ("rest", OFF_SECONDS)
        program.steps.create(position=place, do=do, seconds=seconds)
    return program


def _lateness(simulator: Simulator, begin: float, options: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Seconds after its cue at which each relay changed."""
    puffs = -(-options.steps // 2)
    late: dict[int, list[float]] = {1: [], 0: []}
    for number in range(options.clouds):
        changes = [one for one in simulator.remote.record() if one["plug"] == f"Cloud-{number}/inflate"]
        for state, offset in ((1, 0.0), (0, ON_SECONDS)):
            moments = [change["at"] for change in changes if change["state"] == state]
            assert len(moments) == puffs, (number, state, len(moments))
            cues = [begin + place * (ON_SECONDS + OFF_SECONDS) + offset for place in range(puffs)]
            late[state] += [at - cue for at, cue in zip(moments, cues, strict=True)]
    return late[1], late[0]


async def _waits(count: int) -> list[float]:
    clock = asyncio.get_running_loop().time
    late = []
    for _ in range(count):
        due = clock() + 0.05
        await asyncio.sleep(due - clock())
        late.append(clock() - due)
    return late
