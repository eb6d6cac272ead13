"""The history at ten thousand puffs and at a million, through the real web server: its pages, and its charts.

Pages are asked for one after the other, as a visitor without an account would: at the newest end, in the middle and at
the oldest end, of all of it and of each part that can be asked for, also of parts that hold little or nothing.
"""

import argparse
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from clouds.models import Puff, Venue
from clouds.views import cursors
from tests.bench import stage, years
from tests.bench.report import Report, percentile
from tests.site import ROOT, Visitor, environment, free_port, until

FEW = 10_000
SELECTIONS: dict[str, dict[str, str]] = {
    "all": {},
    "a cloud": {"cloud": "cloud-3"},
    "a visitor": {"who": "Visitor 7"},
    "shows": {"source": "show"},
    "visitors": {"source": "visitor"},
    "the API": {"source": "api"},
    "by hand": {"source": "hand"},
    "done": {"outcome": "done"},
    "lost": {"outcome": "lost"},
    "on now": {"outcome": "on"},
    "simulated": {"kind": "simulated"},
    "real": {"kind": "real"},
    "lost shows": {"source": "show", "outcome": "lost"},
    "failed API, simulated": {"source": "api", "outcome": "failed", "kind": "simulated"},
    "a cloud's lost": {"cloud": "cloud-3", "outcome": "lost"},
    "a cloud's shows, stopped": {"cloud": "cloud-3", "source": "show", "outcome": "stopped"},
    "a cloud's simulated by the API": {"cloud": "cloud-3", "source": "api", "kind": "simulated"},
    "a visitor's failed": {"who": "Visitor 7", "outcome": "failed"},
    "a visitor's on a cloud": {"who": "Visitor 7", "cloud": "cloud-3"},
}
CHARTS = [{"span": span, **cloud} for span in ("week", "month", "year", "all") for cloud in ({}, {"cloud": "cloud-3"})]


@dataclass(slots=True)
class Page:
    """How many puffs it shows, and how long it took each time."""

    rows: int
    seconds: list[float] = field(default_factory=list)


# By what was asked for, and at which place.
Pages = dict[tuple[str, int], Page]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many, how often."""
    parser.add_argument("--puffs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=10)


def measure(report: Report, options: argparse.Namespace) -> None:
    """First the newest ten thousand, then all of them."""
    call_command("collectstatic", interactive=False, verbosity=0)
    venue = stage.the_venue()
    venue.time_zone = "Europe/Berlin"
    venue.save()
    oldest = years.write(venue, FEW, until=timezone.now())
    few = _pages(venue, options.rounds)
    begin = time.perf_counter()
    years.write(venue, options.puffs - FEW, until=oldest)
    report.figure("writing the history, s", time.perf_counter() - begin)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")
    many = _pages(venue, options.rounds)
    charts = _charts(options.rounds)
    report.figure("puffs", Puff.objects.count())
    times, times_few = _all(many), _all(few)
    report.spread("a page", times)
    report.spread("a page of 10,000", times_few)
    report.spread("a chart", charts)
    p99, p99_few = percentile(times, 99), percentile(times_few, 99)
    report.at_most("any page, p99, ms", p99 * 1000, 50)
    report.at_most("times that of 10,000, p99", p99 / p99_few, 1.5)
    report.at_most("times that of 10,000, the page that grew most, median", _worst_ratio(many, few), 1.5)
    report.at_most("charts, p99, ms", percentile(charts, 99) * 1000, 150)


def _all(pages: Pages) -> list[float]:
    return [seconds for page in pages.values() for seconds in page.seconds]


def _worst_ratio(many: Pages, few: Pages) -> float:
    """Of the pages that show as many puffs in both, by how many times the one that grew slower most did so."""
    alike = [key for key in many if key in few and many[key].rows == few[key].rows]
    return max(percentile(many[key].seconds, 50) / percentile(few[key].seconds, 50) for key in alike)


def _pages(venue: Venue, rounds: int) -> Pages:
    """Every page, so many times."""
    pages: Pages = {}
    with _server() as port, Visitor(port) as somebody:
        for _ in range(rounds):
            for key, url in _addresses(venue):
                page, seconds = _ask(somebody, url)
                pages.setdefault(key, Page(page.count('<tr id="puff-'))).seconds.append(seconds)
    return pages


def _charts(rounds: int) -> list[float]:
    with _server() as port, Visitor(port) as somebody:
        urls = [f"/history/charts/?{urlencode(asked)}" for asked in CHARTS]
        for url in urls:
            _ask(somebody, url)
        return [_ask(somebody, url)[1] for _ in range(rounds) for url in urls]


def _addresses(venue: Venue) -> Iterator[tuple[tuple[str, int], str]]:
    """Every selection at the newest end, after its middle, before its middle, and at its oldest end."""
    first, last = (
        Puff.objects.order_by(order, "pk").values_list("on_at", flat=True)[0] for order in ("on_at", "-on_at")
    )
    middle = first + (last - first) / 2
    day = middle.astimezone(venue.zone).date()
    spans = {
        "a day": {"since": str(day), "until": str(day)},
        "a week of a cloud's": {"since": str(day - timedelta(days=6)), "until": str(day), "cloud": "cloud-3"},
        "lost since then": {"since": str(day), "outcome": "lost"},
        "nothing yet": {"since": "2999-01-01"},
    }
    places = [
        {},
        {"before": cursors.write(middle, 0)},
        {"after": cursors.write(middle, 0)},
        {"after": cursors.write(cursors.EPOCH, 0)},
    ]
    for name, asked in {**SELECTIONS, **spans}.items():
        for number, place in enumerate(places):
            yield (name, number), f"/history/?{urlencode({**asked, **place})}"


def _ask(somebody: Visitor, url: str) -> tuple[str, float]:
    begin = time.perf_counter()
    status, page = somebody.get(url)
    seconds = time.perf_counter() - begin
    assert status == 200, (status, url)
    assert re.search(r'<tr id="puff-|id="nothing"|class="heat|<svg', page), url
    return page, seconds


@contextlib.contextmanager
def _server() -> Iterator[int]:
    """The web server, warm."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "cloudsite.asgi:application", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL)
    try:

        def serves() -> bool:
            with contextlib.suppress(OSError), Visitor(port) as somebody:
                return somebody.get("/history/")[0] == 200
            return False

        until(serves, "the web server answers")
        yield port
    finally:
        process.terminate()
        process.wait(15)
