"""From the POST that leaves a visitor's client to the change of the plug's relay, and the puff's end as it was planned.

Beside it, in the same run: a bare ASGI handler that asks the plug itself, on plugs that answer at once and on plugs
that take 20 ms; and the `kasa` command in a subprocess, which is what The Cloud did.
"""

import argparse
import contextlib
import random
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle

from clouds.models import Run, User
from tests.bench import phones, processes, stage
from tests.bench.phones import Order, Phone, Press
from tests.bench.report import Report
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
        ours, theirs = Ours(up, people), Theirs(bare, port)
        pids = {"web server": processes.web_server(up), "conductor": processes.conductor(venue)}
        before = {name: processes.cpu_seconds(pid) for name, pid in pids.items()}
        presses = phones.press([simulator], ours.orders(options.presses))
        ends = _ends(simulator)
        used = {name: processes.cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        connects = phones.press([bare], theirs.orders("connect", options.connects))
        commands = phones.press([bare], theirs.orders("command", options.commands, A_COMMAND_EVERY_SECONDS))
        for each in (simulator, bare):
            each.remote.fault("*", "slow", **SLOW)
        in_turn = [*ours.orders(options.slow), *theirs.orders("connect", options.slow)]
        slow = phones.press([simulator, bare], in_turn)
    report.spread("press to answer", [press.answered_after for press in presses])
    report.spread("press to relay", _on(presses))
    report.spread("end of a puff, beside its plan", ends)
    for name, seconds in used.items():
        report.figure(f"{name}'s processor time for a press and its puff, ms", seconds / options.presses * 1000)
    report.spread("bare handler", _on(connects))
    report.spread("kasa command", _on(commands))
    report.spread("press to relay, 20 ms plugs", _on(slow[: options.slow]))
    report.spread("bare handler, 20 ms plugs", _on(slow[options.slow :]))
    _hold_to_bars(report)


def _hold_to_bars(report: Report) -> None:
    found = report.figures
    ours = found["press to relay p50, ms"]
    report.at_most("press p50, ms", ours, 30)
    report.at_most("press p99, ms", found["press to relay p99, ms"], 90)
    report.at_most("end of a puff p99, ms", found["end of a puff, beside its plan p99, ms"], 60)
    slow, bare = (found[f"{who}, 20 ms plugs p50, ms"] for who in ("press to relay", "bare handler"))
    report.at_most("20 ms plugs, p50 over the bare handler's", slow / bare, 1)
    report.at_least("the kasa command's p50 over ours", found["kasa command p50, ms"] / ours, 10)


class Ours:
    """Presses on the site: each by another visitor, on the cloud that was pressed longest ago."""

    def __init__(self, up: Up, people: Sequence[User]) -> None:
        self._port = up.port
        self._visitors = cycle([Visitor(up.port, person) for person in people])
        self._clouds = cycle(CLOUDS)

    def orders(self, count: int) -> list[Order]:
        """So many, at times spread as visitors come."""
        phone, chance = Phone(self._port), random.Random(count)
        return [self._order(phone, (number + chance.random() / 2) * EVERY_SECONDS) for number in range(count)]

    def _order(self, phone: Phone, at: float) -> Order:
        cloud = next(self._clouds)
        request = phones.post(f"/clouds/{cloud.lower()}/press/", next(self._visitors))
        return Order(at, f"{cloud}/inflate", phone, request)


class Theirs:
    """Presses on the baselines."""

    def __init__(self, bare: Simulator, port: int) -> None:
        self._port = port
        self._places = iter(bare.whereabouts["clouds"])

    def orders(self, way: str, count: int, every: float = EVERY_SECONDS) -> list[Order]:
        """So many, between those of `Ours`."""
        phone = Phone(self._port)
        return [self._order(way, phone, (number + 0.75) * every) for number in range(count)]

    def _order(self, way: str, phone: Phone, at: float) -> Order:
        place = next(self._places)
        request = phones.post(f"/{way}?{place['inflate']['port']}")
        return Order(at, f"{place['name']}/inflate", phone, request)


def _on(presses: Sequence[Press]) -> list[float]:
    return [press.on_after for press in presses]


def _ends(simulator: Simulator) -> list[float]:
    """How far from the planned end of each puff its relay went off, in seconds."""
    until(lambda: not Run.objects.live().exists(), "every run has ended")
    runs = Run.objects.exclude(started_at=None).select_related("cloud")
    return phones.beside_plan(
        simulator, {run.started_at.timestamp() + run.seconds: f"{run.cloud}/inflate" for run in runs}
    )


@contextlib.contextmanager
def _baselines() -> Iterator[int]:
    """The baselines, served as the site is, in a process of their own; their port."""
    port = free_port()
    server = [sys.executable, "-m", "uvicorn", "tests.bench.baselines:app", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen([*server, "--log-level", "warning", "--app-dir", str(ROOT)])
    try:
        until(lambda: _listens(port), "the baselines listen")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
