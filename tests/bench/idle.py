"""What a site costs when nothing happens: memory (proportional set size) and processor time of all that `up` starts."""

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

from clouds.models import Plug
from tests.bench import processes, stage
from tests.bench.report import Report
from tests.site import Up, descendants, running

CLOUDS = ("Cumulus", "Stratus", "Nimbus")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long."""
    parser.add_argument("--settle", type=float, default=20.0, help="seconds before the measurement")
    parser.add_argument("--watch", type=float, default=30.0, help="seconds of the measurement")


def measure(report: Report, options: argparse.Namespace) -> None:
    """A site with three clouds whose plugs are elsewhere, then the demo, which simulates three itself."""
    venue = stage.the_venue()
    with running(*CLOUDS, venue=venue) as (_, up, _):
        memory, share = _watch(report, "up", up, options)
    Plug.objects.all().delete()
    demo = Up("--demo")
    try:
        demo.wait_until_ready(venue)
        _watch(report, "up --demo", demo, options)
    finally:
        demo.kill()
    report.at_most("memory, MB", memory, 250)
    report.at_most("processor, % of a core", share, 5)


def _watch(report: Report, name: str, up: Up, options: argparse.Namespace) -> tuple[float, float]:
    """Memory in MB, and the share of a core in percent."""
    time.sleep(options.settle)
    commands = {up.process.pid: "manage.py up", **descendants(up.process.pid)}
    began, before = time.monotonic(), _cpu_seconds(commands)
    time.sleep(options.watch)
    share = 100 * (_cpu_seconds(commands) - before) / (time.monotonic() - began)
    each = {pid: processes.memory_mb(pid) for pid in commands}
    for pid, command in commands.items():
        report.figure(f"{name}: {_short(command)} ({pid}), MB", each[pid])
    memory = sum(each.values())
    report.figure(f"{name}: all, MB", memory)
    report.figure(f"{name}: processor, % of a core", share)
    return memory, share


def _short(command: str) -> str:
    return " ".join(Path(word).name for word in command.split()[1:4])[:40]


def _cpu_seconds(pids: Iterable[int]) -> float:
    return sum(processes.cpu_seconds(pid) for pid in pids)
