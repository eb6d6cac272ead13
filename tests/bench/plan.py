"""Planning a thousand shows for the next ten minutes."""

import argparse
import time
from datetime import time as wall
from datetime import timedelta

from django.utils import timezone

from clouds import planning
from clouds.models import Cloud, Program, Run, Show, ShowCloud, Venue
from tests.bench import stage
from tests.bench.report import Report, percentile

RULES = ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=MONTHLY;BYDAY=5FR", "FREQ=MINUTELY;INTERVAL=20"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many, how often."""
    parser.add_argument("--shows", type=int, default=1000)
    parser.add_argument("--clouds", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)


def measure(report: Report, options: argparse.Namespace) -> None:
    """Plan when nothing is planned yet, and again when all is."""
    venue = stage.the_venue()
    _furnish(venue, options)
    fresh, again = [], []
    for _ in range(options.rounds):
        Run.objects.all().delete()
        Venue.objects.update(planned_until=None)
        now = timezone.now()
        fresh.append(_plan(venue, now))
        report.figure("runs written", Run.objects.count())
        again.append(_plan(venue, now + timedelta(seconds=1)))
    report.figure("planning again, when all is planned, median, ms", percentile(again, 50) * 1000)
    report.at_most("planning the next 10 minutes, median, ms", percentile(fresh, 50) * 1000, 300)


def _plan(venue: Venue, now: object) -> float:
    begin = time.perf_counter()
    planning.plan(venue, now)  # type: ignore[arg-type]
    return time.perf_counter() - begin


def _furnish(venue: Venue, options: argparse.Namespace) -> None:
    clouds = [Cloud(venue=venue, name=f"C{number}", slug=f"c{number}") for number in range(options.clouds)]
    Cloud.objects.bulk_create(clouds)
    clouds, programs = list(Cloud.objects.all()), list(Program.objects.all())
    first = (timezone.now() - timedelta(days=400)).date()
    shows = [
        Show(
            venue=venue, program=programs[number % len(programs)], name=f"Show {number}", first_on=first,
            starts_at=wall(number % 24, number % 60), rrule=RULES[number % len(RULES)], stagger_seconds=3,
        )
        for number in range(options.shows)
    ]  # fmt: skip
    Show.objects.bulk_create(shows)
    ShowCloud.objects.bulk_create(
        ShowCloud(show=show, cloud=clouds[(number * 7 + place) % len(clouds)], position=place)
        for number, show in enumerate(Show.objects.order_by("pk"))
        for place in range(1 + number % 3)
    )
