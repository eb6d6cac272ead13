"""From opening a pass to the change of the relay, in a browser on a phone, with the time that a person takes.

A person reads at 238 words a minute (Brysbaert 2019), types 36 words of five letters a minute on a phone (Palin and
others 2019), and takes a second to find and hit what to tap.
"""

import argparse
import os
import time

from playwright.sync_api import Page, sync_playwright

from clouds.models import GuestPass
from tests.bench import stage
from tests.bench.report import Report
from tests.site import Simulator, running

PHONE = {"width": 390, "height": 844}
SECONDS_A_WORD = 60 / 238
SECONDS_A_KEY = 60 / (36 * 5)
SECONDS_A_TAP = 1.0
NAME = "Grace"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many visits."""
    parser.add_argument("--visits", type=int, default=3)


def measure(report: Report, options: argparse.Namespace) -> None:
    """A few visits, one after the other, each by somebody else."""
    # Playwright keeps an event loop in this thread, and Django would refuse its database there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    venue = stage.the_venue()
    with running("Cumulus", venue=venue, puff_seconds=2.0) as (simulator, up, clouds), sync_playwright() as playwright:
        guest_pass = GuestPass.objects.create(venue=venue, cloud=clouds["Cumulus"])
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        seconds, machine, taps = [], [], 0
        for _ in range(options.visits):
            with browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True) as context:
                person = Person(context.new_page())
                seconds.append(person.visit(simulator, f"http://localhost:{up.port}{guest_pass.path}"))
                machine.append(seconds[-1] - person.spent)
                taps = max(taps, person.taps)
            simulator.remote.wait_for("Cumulus/inflate", "relay_off", timeout=10)
        browser.close()
    report.figure("of that the site's and the browser's, s", max(machine))
    report.at_most("opening the pass to the relay's change, s", max(seconds), 20)
    report.at_most("taps", taps, 3)


class Person:
    """Somebody with a phone: reads, taps, types, and takes their time."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.taps = 0
        self.spent = 0.0

    def visit(self, simulator: Simulator, address: str) -> float:
        """From opening this address to the change of the relay, in seconds."""
        began = time.time()
        self._page.goto(address)
        self._read("main")
        self._tap("input[name=name]")
        self._take(SECONDS_A_KEY * len(NAME))
        self._page.keyboard.type(NAME)
        self._tap("main button")
        self._page.wait_for_selector("#puff:enabled")
        self._read(".dock")
        self._tap("#puff")
        simulator.remote.wait_for("Cumulus/inflate", "relay_on", timeout=10)
        on_at = [change["at"] for change in simulator.remote.record(began) if change["state"] == 1]
        return float(on_at[0]) - began

    def _read(self, where: str) -> None:
        self._take(SECONDS_A_WORD * len(self._page.inner_text(where).split()))

    def _tap(self, what: str) -> None:
        self._take(SECONDS_A_TAP)
        self._page.tap(what)
        self.taps += 1

    def _take(self, seconds: float) -> None:
        self.spent += seconds
        time.sleep(seconds)
