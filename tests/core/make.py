"""Rows for tests, and calls that begin at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from clouds import refusals
from clouds.models import Cloud, Plug, Puff, Run, User

from .conftest import NOON


def run(cloud: Cloud, **fields: Any) -> Run:
    """A visitor's run of 5 s that waits since noon, unless told otherwise."""
    return Run.objects.create(
        **{
            "cloud": cloud,
            "source": Run.Source.VISITOR,
            "steps": [{"do": "inflate", "seconds": 5.0}],
            "seconds": 5.0,
            "asked_at": NOON,
            "due_at": NOON,
        }
        | fields
    )


def playing(cloud: Cloud, **fields: Any) -> Run:
    """A run that plays since noon."""
    return run(cloud, **{"state": Run.State.PLAYING, "started_at": NOON} | fields)


def ended(cloud: Cloud, **fields: Any) -> Run:
    """A run that is done."""
    return run(cloud, **{"state": Run.State.ENDED, "outcome": Run.Outcome.DONE, "ended_at": NOON} | fields)


def puff(cloud: Cloud, *, on_at: datetime = NOON, seconds: float | None = 5.0, **fields: Any) -> Puff:
    """A visitor's puff that is done, or with `seconds=None` one that is still on."""
    off_at = None if seconds is None else on_at + timedelta(seconds=seconds)
    return Puff.objects.create(
        **{
            "cloud": cloud,
            "pump": Plug.Pump.INFLATE,
            "source": Puff.Source.VISITOR,
            "on_at": on_at,
            "off_at": off_at,
            "outcome": Puff.Outcome.DONE if off_at else Puff.Outcome.ON,
        }
        | fields
    )


def visitors(count: int) -> list[User]:
    """So many people."""
    return [User.objects.create_user(f"Visitor {number}") for number in range(1, count + 1)]


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each of the calls returned, or how it was refused; each has a thread and a connection of its own."""
    line = threading.Barrier(len(calls), timeout=10)

    def begin(call: Callable[[], object]) -> object:
        try:
            line.wait()
            return call()
        except refusals.Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, calls))
