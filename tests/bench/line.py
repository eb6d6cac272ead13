"""A queue of 200 people: to put it in order, to reckon every promise, and to show one of them the cloud's page."""

import argparse
import random
import time
from collections.abc import Callable
from datetime import timedelta

from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from clouds import line, queue
from clouds.models import Cloud, Plug, Run
from tests.bench import stage
from tests.bench.report import Report

ROUNDS = 20
STEPS = [{"do": "inflate", "seconds": 5.0}]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many wait."""
    parser.add_argument("--visitors", type=int, default=200)


def measure(report: Report, options: argparse.Namespace) -> None:
    """Each a few times, of which the median counts."""
    cloud, people, now = _cloud(), stage.people(options.visitors), timezone.now()
    chance = random.Random(1)
    for place, person in enumerate(people):
        round_at = now - timedelta(seconds=600 if place < options.visitors / 2 else 300)
        Run.objects.create(
            cloud=cloud, source=Run.Source.VISITOR, asked_by=person, steps=STEPS, seconds=5.0, asked_at=now,
            due_at=now, round_at=round_at, turns=chance.randrange(3), seen_at=now,
        )  # fmt: skip
    found = line.read(cloud, now)
    shuffled = chance.sample(found.tickets, len(found.tickets))
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(headers={"host": "localhost"})
    client.force_login(people[-1])
    report.figure("in order, ms", _median(lambda: sorted(shuffled, key=queue.precedence)))
    report.figure("promises, ms", _median(lambda: queue.promises(found)))
    report.figure("read from the database, ms", _median(lambda: line.read(cloud, now)))
    report.figure("the cloud's page, ms", _median(lambda: client.get(f"/clouds/{cloud.slug}/")))
    report.at_most("in order, ms", report.figures["in order, ms"], 1)
    report.at_most("promises, ms", report.figures["promises, ms"], 10)


def _cloud() -> Cloud:
    venue = stage.the_venue()
    cloud = Cloud.objects.create(
        venue=venue, name="Cumulus", slug="cumulus", fill_seconds=60, half_life_seconds=600, queue_limit=1000
    )
    Plug.objects.create(venue=venue, cloud=cloud, name="Its plug", host="127.0.0.1", port=9999, simulated=True)
    return cloud


def _median(do: Callable[[], object]) -> float:
    """In milliseconds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        do()
        times.append(time.perf_counter() - begin)
    return sorted(times)[ROUNDS // 2] * 1000
