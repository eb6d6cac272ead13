"""What a site costs when nothing happens: memory (proportional set size) and processor time of all that `up` starts."""

import argparse
import os
import time
from pathlib import Path

from tests.bench import stage
from tests.bench.report import Report
from tests.site import Up, descendants, running

CLOUDS = ("Cumulus", "Stratus", "Nimbus")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long."""
    parser.add_argument("--settle", type=float, default=20.0, help="seconds before the measurement")
    parser.add_argument("--watch", type=float, default=30.0, help="seconds of the measurement")


def measure(report: Report, options: argparse.Namespace) -> None:
    """A site with three clouds whose plugs are elsewhere, then the demo, which simulates three itself."""
    venue = stage.the_venue()
    with running(*CLOUDS, venue=venue) as (_, up, _):
        memory, share = _watch(report, "up", up, options)
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
    began, before = time.monotonic(), _ticks(up)
    time.sleep(options.watch)
    used = sum(ticks - before.get(pid, 0) for pid, ticks in _ticks(up).items())
    share = 100 * used / TICKS_PER_SECOND / (time.monotonic() - began)
    commands = {up.process.pid: "manage.py up", **descendants(up.process.pid)}
    each = {pid: _pss(pid) for pid in commands}
    for pid, command in commands.items():
        report.figure(f"{name}: {_short(command)} ({pid}), MB", each[pid])
    memory = sum(each.values())
    report.figure(f"{name}: all, MB", memory)
    report.figure(f"{name}: processor, % of a core", share)
    return memory, share


def _short(command: str) -> str:
    return " ".join(Path(word).name for word in command.split()[1:4])[:40]


def _ticks(up: Up) -> dict[int, int]:
    """Processor time in clock ticks, by process: fields 14 and 15 of /proc/PID/stat, proc(5)."""
    ticks = {}
    for pid in [up.process.pid, *up.pids()]:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks[pid] = int(fields[11]) + int(fields[12])
    return ticks


def _pss(pid: int) -> float:
    """Proportional set size in MB: memory shared with others counts in part, so that the sum is right."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
