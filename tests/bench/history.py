"""The history at ten thousand puffs and at a million, through the real web server: its pages, and its charts.

Pages are asked for one after the other, as a visitor without an account would: at the newest end, in the middle and at
the oldest end, of all of it and of each part that can be asked for, also of parts that hold little or nothing. One
visitor has 5 in 100 of all puffs.
"""

import argparse
import contextlib
import itertools
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
from tests.bench import processes, stage, years
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
# What one visitor asked for is read to its end where there is little to find: these grow with the visitor's own puffs.
FAITHFUL: dict[str, dict[str, str]] = {
    "a faithful visitor": {"who": "Visitor 0"},
    "a faithful visitor's lost": {"who": "Visitor 0", "outcome": "lost"},
    "a faithful visitor's by the API on a cloud": {"who": "Visitor 0", "source": "api", "cloud": "cloud-3"},
}
CHARTS = [{"span": span, **cloud} for span in ("week", "month", "year", "all") for cloud in ({}, {"cloud": "cloud-3"})]


@dataclass(slots=True)
class Page:
    """How many puffs it shows, and each time how long it took, and how much processor time of the web server."""

    rows: int
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


# By what was asked for, and at which place.
Key = tuple[str, int]


@dataclass(slots=True)
class Site:
    """A web server with a history behind it, and the pages of that."""

    pid: int
    visitor: Visitor
    urls: dict[Key, str]
    pages: dict[Key, Page] = field(default_factory=dict)

    def ask(self, key: Key) -> None:
        """Ask for a page."""
        before = processes.cpu_seconds_to_the_microsecond(self.pid)
        text, seconds = _ask(self.visitor, self.urls[key])
        page = self.pages.setdefault(key, Page(text.count('<tr id="puff-')))
        page.seconds.append(seconds)
        page.processor.append(processes.cpu_seconds_to_the_microsecond(self.pid) - before)

    @property
    def times(self) -> list[float]:
        """How long all its pages took."""
        return [seconds for page in self.pages.values() for seconds in page.seconds]

    @property
    def processor(self) -> list[float]:
        """How much processor time they took, which others disturb less."""
        return [seconds for page in self.pages.values() for seconds in page.processor]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many, how often."""
    parser.add_argument("--puffs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=10)


def measure(report: Report, options: argparse.Namespace) -> None:
    """A site with the newest ten thousand puffs and one with all are asked in turn: what disturbs one disturbs both."""
    call_command("collectstatic", interactive=False, verbosity=0)
    venue = stage.the_venue()
    venue.time_zone = "Europe/Berlin"
    venue.save()
    oldest = years.write(venue, FEW, until=timezone.now())
    few_urls = dict(_addresses(venue))
    with stage.copied() as few_data:
        begin = time.perf_counter()
        years.write(venue, options.puffs - FEW, until=oldest)
        report.figure("writing the history, s", time.perf_counter() - begin)
        report.figure("puffs", Puff.objects.count())
        if connection.vendor == "postgresql":
            # It does so by itself, but perhaps not before the first page is asked for. SQLite never does.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        with _server(few_data) as (few_pid, few_visitor), _server({}) as (pid, visitor):
            few, site = Site(few_pid, few_visitor, few_urls), Site(pid, visitor, dict(_addresses(venue)))
            _pages([few, site], options.rounds)
            charts = _charts(visitor, options.rounds)
    report.spread("a page", site.times)
    report.spread("a page of 10,000", few.times)
    faithful = [page.seconds for key, page in site.pages.items() if key[0] in FAITHFUL]
    report.spread("a page of a visitor who has 50,000", list(itertools.chain(*faithful)))
    report.spread("a page, processor time", site.processor)
    report.spread("a page of 10,000, processor time", few.processor)
    report.spread("a chart", charts)
    p99, p99_few = percentile(site.times, 99), percentile(few.times, 99)
    report.at_most("any page, p99, ms", p99 * 1000, 50)
    report.at_most("times that of 10,000, p99", p99 / p99_few, 1.5)
    name, ratio = _grew_most(site, few)
    report.at_most(f"processor time, times that of 10,000, the page that grew most (“{name}”), median", ratio, 1.5)
    report.at_most("charts, p99, ms", percentile(charts, 99) * 1000, 150)


def _grew_most(site: Site, few: Site) -> tuple[str, float]:
    """Of the pages that show as many puffs in both, the one that needs most times as much as before, and how many."""
    ratios = {
        key: percentile(page.processor, 50) / percentile(few.pages[key].processor, 50)
        for key, page in site.pages.items()
        if few.pages[key].rows == page.rows and key[0] not in FAITHFUL
    }
    most = max(ratios, key=lambda key: ratios[key])
    return most[0], ratios[most]


def _pages(sites: list[Site], rounds: int) -> None:
    """Every page of each, so many times and once before that, when what is asked for first is made ready."""
    for number in range(rounds + 1):
        for key in sites[0].urls:
            for site in sites:
                site.ask(key)
            sites.reverse()
        if number == 0:
            for site in sites:
                site.pages.clear()


def _charts(visitor: Visitor, rounds: int) -> list[float]:
    urls = [f"/history/charts/?{urlencode(asked)}" for asked in CHARTS]
    for url in urls:
        _ask(visitor, url)
    return [_ask(visitor, url)[1] for _ in range(rounds) for url in urls]


def _addresses(venue: Venue) -> Iterator[tuple[Key, str]]:
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
    for name, asked in {**SELECTIONS, **FAITHFUL, **spans}.items():
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
def _server(data: dict[str, str]) -> Iterator[tuple[int, Visitor]]:
    """A web server of its own, by its process, and who asks it."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "cloudsite.asgi:application", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(command, cwd=ROOT, env={**environment(), **data}, stderr=subprocess.DEVNULL)
    try:

        def serves() -> bool:
            with contextlib.suppress(OSError), Visitor(port) as somebody:
                return somebody.get("/history/")[0] == 200
            return False

        until(serves, "the web server answers")
        with Visitor(port) as somebody:
            yield process.pid, somebody
    finally:
        process.terminate()
        process.wait(15)
