"""An opening night: 300 visitors behind one address scan, come in and press within two minutes, each of them twice.

Everybody's thumb bounces: each form is sent twice at the same moment, and makes one guest and one puff all the same.
"""

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.utils import timezone

from clouds.models import GuestPass, Puff, Run, User
from tests.bench import stage
from tests.bench.report import Report
from tests.site import Up, Visitor, running, until

WITHIN_SECONDS = 110.0
CLOUDS = [f"Cloud-{number}" for number in range(30)]
LIMITS = {"puff_seconds": 1.0, "fill_seconds": 3600.0, "queue_limit": 100}
# Many of them have the same first name.
NAMES = ("Ada", "Ben", "Carla", "Dilan", "Emma", "Finn", "Zoë")
THUMB_RESTS_SECONDS = 1.0
BREAK_AFTER_SECONDS = 120


@dataclass
class Visit:
    """How one visitor fared: the statuses of their requests, by what they did, and the seconds these took."""

    statuses: dict[str, list[int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many people."""
    parser.add_argument("--visitors", type=int, default=300)


def measure(report: Report, options: argparse.Namespace) -> None:
    """One opening night."""
    venue, chance = stage.the_venue(), random.Random(1)
    with running(*CLOUDS, venue=venue, **LIMITS) as (_, up, clouds), ThreadPoolExecutor(options.visitors) as people:
        passes = [GuestPass.objects.create(venue=venue, cloud=cloud).path for cloud in clouds.values()]
        start = time.monotonic()
        comings = sorted(chance.random() * WITHIN_SECONDS for _ in range(options.visitors))
        visits = list(
            people.map(
                lambda number: _visit(
                    up, passes[number % len(passes)], NAMES[number % len(NAMES)], start + comings[number]
                ),
                range(options.visitors),
            )
        )
        took = time.monotonic() - start
        until(lambda: not Run.objects.live().exists(), "every puff is over", BREAK_AFTER_SECONDS, every=0.5)
    _tell(report, visits, took, options.visitors)


def _visit(up: Up, path: str, name: str, at: float) -> Visit:
    """Scan, come in, press; each tap lands twice."""
    time.sleep(max(0.0, at - time.monotonic()))
    visit = Visit()
    with Visitor(up.port) as phone, Visitor(up.port) as again:
        page = _timed(visit, "scan", lambda: [phone.get(path)])[0][1]
        form = re.search(r'name="form" value="([^"]+)"', page)
        time.sleep(THUMB_RESTS_SECONDS)
        again.cookies = dict(phone.cookies)
        fields = {"name": name, "form": form[1] if form else ""}
        _timed(visit, "come in", lambda: _twice(phone, again, path, **fields))
        cloud = re.sub(r".*<h1>(.*?)</h1>.*", r"/clouds/\1/", page, flags=re.DOTALL).lower()
        _timed(visit, "see the cloud", lambda: [phone.get(cloud)])
        time.sleep(THUMB_RESTS_SECONDS)
        again.cookies = dict(phone.cookies)
        _timed(visit, "press", lambda: _twice(phone, again, f"{cloud}press/"))
    return visit


def _twice(phone: Visitor, again: Visitor, path: str, **fields: str) -> list[tuple[int, str]]:
    with ThreadPoolExecutor(1) as other:
        second = other.submit(again.post, path, **fields)
        return [phone.post(path, **fields), second.result()]


def _timed(visit: Visit, what: str, ask: Callable[[], list[tuple[int, str]]]) -> list[tuple[int, str]]:
    begin = time.monotonic()
    answers = ask()
    visit.seconds[what] = time.monotonic() - begin
    visit.statuses[what] = sorted(status for status, _ in answers)
    return answers


def _tell(report: Report, visits: list[Visit], took: float, count: int) -> None:
    for what in visits[0].seconds:
        report.spread(what, [visit.seconds[what] for visit in visits])
    answers = Counter(status for visit in visits for statuses in visit.statuses.values() for status in statuses)
    turns = Counter(Puff.objects.filter(source=Puff.Source.VISITOR).values_list("asked_by", flat=True))
    runs = Counter(Run.objects.of_visitors().values_list("asked_by", flat=True))
    report.figure("visits, seconds", took)
    report.figure("guests", User.objects.filter(joined_at__lte=timezone.now(), is_staff=False).count())
    report.figure("puffs", sum(turns.values()))
    report.at_most("all have pressed, seconds", took, 120)
    report.at_least("presses taken", sum(303 in visit.statuses["press"] for visit in visits), count)
    report.at_most("throttled", answers[429], 0)
    report.at_most("errors", sum(number for status, number in answers.items() if status >= 500), 0)
    report.at_most("most turns of one visitor", max([*turns.values(), *runs.values()]), 1)
    report.at_most("guests, beyond those who came", report.figures["guests"] - count, 0)
