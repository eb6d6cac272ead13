"""Everybody at once: each of 200 visitors presses a cloud of their own, within four seconds."""

import argparse
import random

from tests.bench import phones, stage
from tests.bench.phones import Order, Phone
from tests.bench.report import Report
from tests.site import Visitor, running

WITHIN_SECONDS = 4.0
LIMITS = {"puff_seconds": 5.0, "fill_seconds": 3600.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many people."""
    parser.add_argument("--visitors", type=int, default=200)


def measure(report: Report, options: argparse.Namespace) -> None:
    """One burst."""
    venue, people = stage.the_venue(), stage.people(options.visitors)
    names = [f"Cloud-{number}" for number in range(options.visitors)]
    chance = random.Random(1)
    with running(*names, venue=venue, **LIMITS) as (simulator, up, _):
        orders = []
        for name, person in zip(names, people, strict=True):
            request = phones.post(f"/clouds/{name.lower()}/press/", Visitor(up.port, person))
            orders.append(Order(chance.random() * WITHIN_SECONDS, f"{name}/inflate", Phone(up.port), request))
        presses = phones.press([simulator], orders)
    report.spread("press to answer", [press.answered_after for press in presses])
    report.spread("press to relay", [press.on_after for press in presses])
    report.at_most("every relay on, p99, ms", report.figures["press to relay p99, ms"], 400)
