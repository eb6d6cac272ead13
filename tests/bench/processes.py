"""What the site's processes use of the machine, as the kernel counts it."""

import os
from pathlib import Path

from clouds.models import Venue
from tests.site import Up

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used: fields 14 and 15 of /proc/PID/stat, proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def cpu_seconds_to_the_microsecond(pid: int) -> float:
    """The same of a process whose threads stay: first fields of /proc/PID/task/*/schedstat, sched-stats(5), in ns."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def memory_mb(pid: int) -> float:
    """Proportional set size: memory shared with others counts in part, so that sums are right."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def web_server(up: Up) -> int:
    """The process that serves pages."""
    return up.pids("uvicorn")[0]


def conductor(venue: Venue) -> int:
    """The process that conducts a venue."""
    venue.refresh_from_db()
    return int(venue.conductor.split(":")[1])
