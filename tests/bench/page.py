"""The first load of a cloud's page in Chromium, compressed: every request, and what it weighs on the wire."""

import argparse
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import CDPSession, sync_playwright

from clouds.models import Puff
from tests.bench import stage
from tests.bench.report import Report
from tests.browser.conftest import CHROMIUM
from tests.site import running

LAST_PUFFS = 5
# After the page is there, for what its scripts ask for.
SETTLE_MS = 1500


def measure(report: Report, options: argparse.Namespace) -> None:
    """A phone that was never here before opens the page of a cloud that has puffed."""
    venue = stage.the_venue()
    with running("Cumulus", venue=venue) as (_, up, clouds):
        address = f"http://localhost:{up.port}"
        _make_puffs(clouds["Cumulus"].pk)
        loads = _load(f"{address}/clouds/cumulus/")
    for url, size in loads.items():
        report.figure(f"{urlsplit(url).path}, bytes", size)
    report.at_most("third parties", sum(not url.startswith(address) for url in loads), 0)
    report.at_most("first load, kB", sum(loads.values()) / 1000, 60)


def _make_puffs(cloud: int) -> None:
    for number in range(LAST_PUFFS):
        on_at = timezone.now() - timedelta(hours=1, seconds=10 * number)
        Puff.objects.create(
            cloud_id=cloud, pump="inflate", source="curator", planned_seconds=5.0, on_at=on_at,
            off_at=on_at + timedelta(seconds=5), outcome="done", confirmed=True,
        )  # fmt: skip


def _load(url: str) -> dict[str, float]:
    """Bytes on the wire, with headers, for each address that the page and its scripts ask for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        loads = _Loads(page.context.new_cdp_session(page))
        page.goto(url, wait_until="load")
        page.wait_for_timeout(SETTLE_MS)
        browser.close()
    return loads.bytes


class _Loads:
    """What the browser says of each request. One that never ends, such as a stream, counts as far as it has come."""

    def __init__(self, devtools: CDPSession) -> None:
        self.bytes: dict[str, float] = {}
        self._urls: dict[str, str] = {}
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.responseReceived", self._answered)
        devtools.on("Network.dataReceived", self._received)
        devtools.on("Network.loadingFinished", self._finished)

    def _asked(self, told: dict[str, Any]) -> None:
        url = told["request"]["url"]
        if not url.startswith("data:"):
            self._urls[told["requestId"]] = url
            self.bytes.setdefault(url, 0)

    def _answered(self, told: dict[str, Any]) -> None:
        self._put(told, told["response"]["encodedDataLength"], of_all=True)

    def _received(self, told: dict[str, Any]) -> None:
        self._put(told, told["encodedDataLength"])

    def _finished(self, told: dict[str, Any]) -> None:
        self._put(told, told["encodedDataLength"], of_all=True)

    def _put(self, told: dict[str, Any], size: float, *, of_all: bool = False) -> None:
        if url := self._urls.get(told["requestId"]):
            self.bytes[url] = max(size, self.bytes[url]) if of_all else self.bytes[url] + size
