"""A thousand watch while others press: memory of the web server, from a relay's change to all, other pages meanwhile.

Who watches, who presses and who reads share the machine with the site.
"""

import argparse
import asyncio
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from itertools import cycle
from typing import Any

from clouds.models import Run
from tests.bench import phones, processes, stage
from tests.bench.audience import Audience, Heard
from tests.bench.phones import Order, Phone
from tests.bench.report import Report
from tests.site import Visitor, running, until

CLOUDS = ("Cumulus", "Stratus", "Nimbus")
LIMITS = {"puff_seconds": 1.0, "fill_seconds": 3600.0}
PRESS_EVERY_SECONDS = 0.9
READ_EVERY_SECONDS = 0.1
PAGES = ("/", "/clouds/cumulus/", "/history/", "/shows/")
# The end of the last puff, and until everybody was told.
AFTERWARDS_SECONDS = 2.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many people."""
    parser.add_argument("--watchers", type=int, default=1000)
    parser.add_argument("--presses", type=int, default=40)


def measure(report: Report, options: argparse.Namespace) -> None:
    """First who presses with nobody there, then with an audience."""
    venue, people = stage.the_venue(), stage.people(2 * options.presses)
    with running(*CLOUDS, venue=venue, **LIMITS) as (simulator, up, _):
        visitors = iter([Visitor(up.port, person) for person in people])

        def press() -> list[phones.Press]:
            phone, clouds = Phone(up.port), cycle(CLOUDS)
            orders = [
                Order(number * PRESS_EVERY_SECONDS, f"{name}/inflate", phone, _post(name, next(visitors)))
                for number, name in zip(range(options.presses), clouds, strict=False)
            ]
            return phones.press([simulator], orders)

        alone = press()
        # A pump that goes off and on again within one look of the hub was never seen off.
        until(lambda: not Run.objects.live().exists(), "the clouds rest")
        web = processes.web_server(up)
        report.figure("memory of the web server before, MB", processes.memory_mb(web))
        audience = Audience(up.port, options.watchers)
        report.figure("memory with everybody there, MB", processes.memory_mb(web))
        since, before = time.time(), processes.cpu_seconds(web)
        readers = Readers(up.port)
        watched = press()
        time.sleep(AFTERWARDS_SECONDS)
        pages = readers.leave()
        report.figure("web server's processor time, % of a core", _share(web, before, since))
        memory = processes.memory_mb(web)
        changes = simulator.remote.record(since)
        delays = _delays(audience.leave(), changes)
    report.figure("relays' changes", len(changes))
    report.spread("press to relay, nobody there", [press.on_after for press in alone])
    report.spread("press to relay, watched", [press.on_after for press in watched])
    report.spread("relay to who watches", delays)
    report.spread("other pages", pages)
    report.at_most("memory of the web server, MB", memory, 90)
    report.at_most("relay to who watches p99, ms", report.figures["relay to who watches p99, ms"], 200)
    report.at_most("other pages p99, ms", report.figures["other pages p99, ms"], 60)


def _post(name: str, visitor: Visitor) -> bytes:
    return phones.post(f"/clouds/{name.lower()}/press/", visitor)


def _share(pid: int, before: float, since: float) -> float:
    return 100 * (processes.cpu_seconds(pid) - before) / (time.time() - since)


def _delays(audience: Sequence[Sequence[Heard]], changes: Sequence[dict[str, Any]]) -> list[float]:
    """For each change of a relay and each who watches, how much later they were told that it puffs, or that it doesn't.

    Who was never told counts as infinitely late.
    """
    return [
        min((told for told in times[bisect_left(times, change["at"]) :]), default=float("inf")) - change["at"]
        for one in audience
        for change in changes
        for times in [_times(one, change["plug"].partition("/")[0].lower(), puffs=bool(change["state"]))]
    ]


def _times(heard: Sequence[Heard], slug: str, *, puffs: bool) -> list[float]:
    return [each.at for each in heard if each.slug == slug and (each.state == "puffing") is puffs]


class Readers:
    """Somebody who reads one page after another, in a thread of their own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_enough = threading.Event()
        self._took: list[float] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._read()))
        self._thread.start()

    def leave(self) -> list[float]:
        """How long each page took, in seconds."""
        self._is_enough.set()
        self._thread.join()
        return self._took

    async def _read(self) -> None:
        phone, pages = Phone(self._port), cycle(PAGES)
        for path in PAGES:  # a server that has just started compiles its templates
            await phone.ask(_get(path))
        while not self._is_enough.is_set():
            sent_at, answered_at, status = await phone.ask(_get(next(pages)))
            assert status == 200
            self._took.append(answered_at - sent_at)
            await asyncio.sleep(READ_EVERY_SECONDS)


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
