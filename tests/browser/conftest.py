"""Debian's Chromium, driven by Playwright, against the real site in processes of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clouds.models import Venue
from tests import site

CHROMIUM = Path("/usr/bin/chromium")
# Playwright's synchronous interface keeps an event loop in this thread, and Django would refuse its database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def is_here(item: pytest.Item) -> bool:
    """Whether a test is one of these."""
    return item.path.parent == Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests come last, since after them no other can run an event loop; without a browser they say so."""
    items.sort(key=is_here)
    if not CHROMIUM.exists():
        for item in filter(is_here, items):
            item.add_marker(pytest.mark.skip(reason="needs Debian's chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's browser, which is to speak to loopback only."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return {
        **browser_type_launch_args,
        "executable_path": str(CHROMIUM),
        "args": ["--no-sandbox", "--disable-dev-shm-usage", *quiet],
    }


@pytest.fixture
def live(transactional_db: None, venue: Venue) -> Iterator[tuple[site.Simulator, str]]:
    """A site with a cloud named Cumulus: what works its plug, and its address."""
    with site.running("Cumulus", venue=venue, cool_down_seconds=30.0) as (simulator, up, _):
        yield simulator, f"http://localhost:{up.port}"
