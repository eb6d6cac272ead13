"""The day sheet of two hundred shows, through the site's own view; and how many queries it takes."""

import argparse
import time
from datetime import time as wall
from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clouds.models import Cloud, Plug, Program, Show, ShowCloud, User, Venue
from tests.bench import stage
from tests.bench.report import Report, percentile

CLOUDS = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many, how often."""
    parser.add_argument("--shows", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)


def measure(report: Report, options: argparse.Namespace) -> None:
    """Twenty shows, and then all of them; tomorrow's sheet, which has to be foreseen as a whole."""
    call_command("collectstatic", interactive=False, verbosity=0)
    venue = stage.the_venue()
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("A curator", "a long pass phrase"))
    Cloud.objects.bulk_create(Cloud(venue=venue, name=f"C{number}", slug=f"c{number}") for number in range(CLOUDS))
    Plug.objects.bulk_create(
        Plug(venue=venue, cloud=cloud, name=cloud.name, host="127.0.0.1", port=10_000 + cloud.pk, simulated=True)
        for cloud in Cloud.objects.all()
    )
    _add(venue, range(20))
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    url = f"/admin/clouds/venue/{venue.pk}/day/?on={tomorrow}"
    few = _queries(client, url)
    _add(venue, range(20, options.shows))
    many = _queries(client, url)
    times = []
    for _ in range(options.rounds):
        begin = time.perf_counter()
        answer = client.get(url)
        times.append(time.perf_counter() - begin)
        assert answer.status_code == 200, answer.status_code
    report.figure("queries", many)
    report.at_most("queries more than for 20 shows", many - few, 0)
    report.at_most("day sheet, median, ms", percentile(times, 50) * 1000, 300)


def _queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)


def _add(venue: Venue, numbers: range) -> None:
    programs, clouds = list(Program.objects.all()), list(Cloud.objects.all())
    first = (timezone.now() - timedelta(days=30)).date()
    for number in numbers:
        show = Show.objects.create(
            venue=venue, program=programs[number % len(programs)], name=f"Show {number}", first_on=first,
            starts_at=wall(number % 24, number % 60), rrule="FREQ=DAILY", stagger_seconds=3,
        )  # fmt: skip
        ShowCloud.objects.bulk_create(
            ShowCloud(show=show, cloud=clouds[(number * 7 + place) % len(clouds)], position=place)
            for place in range(1 + number % 3)
        )
