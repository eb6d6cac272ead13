"""From the POST that leaves a visitor's client to the change of the plug's relay, and the puff's end as it was planned.

Beside it, in the same run: a bare ASGI handler that asks the plug itself, on plugs that answer at once and on plugs
that take 20 ms; and the `kasa` command in a subprocess, which is what The Cloud did.
"""

import argparse
import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence

from clouds.models import Run
from tests.bench import crowd, stage
from tests.bench.crowd import Order, Phone, Relays
from tests.bench.report import Report, percentile
from tests.site import ROOT, Simulator, Up, Visitor, free_port, running, until

CLOUDS = [f"Cloud-{number}" for number in range(24)]
LIMITS = {"puff_seconds": 1.0, "fill_seconds": 3600.0}
EVERY_SECONDS = 0.1
A_COMMAND_EVERY_SECONDS = 1.5
# Such a plug acts on a frame, and answers it, 20 ms after it came. This is the harder way for us: were it to act at
# once and answer late, our single frame would cost nothing, and the two frames before the bare handler's ON as before.
SLOW = {"latency": 0.02, "acts_first": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many presses."""
    parser.add_argument("--presses", type=int, default=240)
    parser.add_argument("--slow", type=int, default=120, help="presses on plugs that take 20 ms, ours and bare in turn")
    parser.add_argument("--connects", type=int, default=100, help="presses that the bare handler takes")
    parser.add_argument("--commands", type=int, default=15, help="presses that run the kasa command")


def measure(report: Report, options: argparse.Namespace) -> None:
    """All of it, against one site."""
    venue, people = stage.the_venue(), stage.people(options.presses)
    # Each press of a baseline has a plug of its own, since nobody switches these off.
    names = [f"Bare-{number}" for number in range(options.slow + options.connects + options.commands)]
    with (
        running(*CLOUDS, venue=venue, **LIMITS) as (simulator, up, _),
        contextlib.closing(Simulator(*names)) as bare,
        _baselines() as port,
    ):
        ours = Ours(up, [Visitor(up.port, person) for person in people])
        theirs = Theirs(bare, port)
        relays, presses = _carry_out([simulator, bare], ours.orders(options.presses))
        ends = _ends(relays)
        _, connects = _carry_out([bare], theirs.orders("connect", options.connects))
        _, commands = _carry_out([bare], theirs.orders("command", options.commands, A_COMMAND_EVERY_SECONDS))
        simulator.remote.fault("*", "slow", **SLOW)
        bare.remote.fault("*", "slow", **SLOW)
        in_turn = [*ours.orders(options.slow), *theirs.orders("connect", options.slow, offset=EVERY_SECONDS / 2)]
        _, slow = _carry_out([simulator, bare], in_turn)
    report.spread("press to relay", [press.on_after for press in presses])
    report.spread("press to answer", [press.answered_after for press in presses])
    report.spread("end of a puff, off its plan by", ends)
    report.spread("bare handler", [press.on_after for press in connects])
    report.spread("kasa command", [press.on_after for press in commands])
    slow_ours = [press.on_after for press in slow if press.plug.startswith("Cloud")]
    slow_theirs = [press.on_after for press in slow if press.plug.startswith("Bare")]
    report.spread("press to relay, 20 ms plugs", slow_ours)
    report.spread("bare handler, 20 ms plugs", slow_theirs)
    p50, p99 = (percentile([press.on_after for press in presses], percent) * 1000 for percent in (50, 99))
    command = percentile([press.on_after for press in commands], 50) * 1000
    report.at_most("press p50, ms", p50, 30)
    report.at_most("press p99, ms", p99, 90)
    report.at_most("end of a puff, off its plan by, p99, ms", percentile(ends, 99) * 1000, 60)
    report.at_most("20 ms plugs, p50 over bare p50", percentile(slow_ours, 50) / percentile(slow_theirs, 50), 1)
    report.at_least("kasa command p50 over ours", command / p50, 10)
