"""Pages that are open hear what happens, and say so when they don't."""

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clouds.models import User, Venue
from tests import site
from tests.browser.proxy import Proxy

PHONE = {"width": 390, "height": 844}
SOON = 3_000
CLOUD = "/clouds/cumulus/"


@pytest.fixture
def up(transactional_db: None, venue: Venue) -> Iterator[site.Up]:
    """A site with a cloud named Cumulus."""
    with site.running("Cumulus", venue=venue, puff_seconds=4.0, cool_down_seconds=30.0) as (_, up, _):
        yield up


@pytest.fixture
def phones(browser: Browser) -> Iterator[list[BrowserContext]]:
    """Two phones."""
    with contextlib.ExitStack() as closing:
        yield [closing.enter_context(browser.new_context(viewport=PHONE)) for _ in range(2)]


def log_in(phone: BrowserContext, port: int, name: str) -> Page:
    """A page of somebody of this name."""
    with site.Visitor(port, User.objects.create_user(name)) as visitor:
        session = visitor.cookies["sessionid"]
    phone.add_cookies([{"name": "sessionid", "value": session, "url": f"http://localhost:{port}"}])
    return phone.new_page()


def visit(page: Page, address: str) -> None:
    """Open a page, and wait until it has heard something and looked."""
    with page.expect_response(lambda answer: answer.request.resource_type == "fetch"):
        page.goto(address)


def is_stale(page: Page, *, yes: bool = True, timeout: int = 15_000) -> None:
    """Wait until a page says that what it shows may be old, or no longer says so."""
    expect(page.locator("#live[data-stale]")).to_have_count(int(yes), timeout=timeout)


def test_two_phones_on_one_cloud_see_each_others_puffs(up: site.Up, phones: list[BrowserContext]) -> None:
    address = f"http://localhost:{up.port}{CLOUD}"
    ada, bob = (log_in(phone, up.port, name) for phone, name in zip(phones, ("Ada", "Bob"), strict=True))
    for page in (ada, bob):
        visit(page, address)
    ada.get_by_role("button", name="Puff for 4 s").click()
    expect(bob.locator("#live")).to_have_class("state-puffing", timeout=SOON)
    expect(bob.locator("#playing")).to_contain_text("Ada")
    bob.get_by_role("button", name="Puff for 4 s").click()
    expect(ada.locator("#queue")).to_contain_text("Bob", timeout=SOON)
    expect(ada.locator("#playing")).to_contain_text("Bob", timeout=15_000)
    for page in (ada, bob):
        expect(page.locator("#live")).to_have_class("state-ready", timeout=15_000)
        expect(page.locator("#last-puffs li")).to_have_count(2)


def test_behind_a_proxy_that_keeps_streams_back_a_page_asks_instead(up: site.Up, page: Page) -> None:
    proxy = Proxy(up.port)
    try:
        page.goto(f"http://localhost:{proxy.port}{CLOUD}")
        site.until(lambda: "/events.json?cloud=cumulus" in proxy.asked, "the page has given up the stream")
        assert "/events?cloud=cumulus" in proxy.asked
        with site.Visitor(up.port, User.objects.create_user("Ada")) as ada:
            assert ada.post(f"{CLOUD}press/")[0] == 303
        expect(page.locator("#live")).to_have_class("state-puffing", timeout=SOON)
        expect(page.locator("#live")).to_have_class("state-ready", timeout=15_000)
        is_stale(page, yes=False)
    finally:
        proxy.close()


def test_a_server_that_restarts_is_missed_and_found_again(up: site.Up, page: Page) -> None:
    visit(page, f"http://localhost:{up.port}{CLOUD}")
    server = up.pids("uvicorn")[0]
    os.kill(up.process.pid, signal.SIGSTOP)  # so that it starts no other yet
    os.kill(server, signal.SIGKILL)
    is_stale(page)
    os.kill(up.process.pid, signal.SIGCONT)
    is_stale(page, yes=False)
    with site.Visitor(up.port, User.objects.create_user("Ada")) as ada:
        assert ada.post(f"{CLOUD}press/")[0] == 303
    expect(page.locator("#live")).to_have_class("state-puffing", timeout=SOON)


def test_who_is_offline_is_told_so_and_catches_up(up: site.Up, phones: list[BrowserContext]) -> None:
    phone, _ = phones
    page = phone.new_page()
    visit(page, f"http://localhost:{up.port}{CLOUD}")
    phone.set_offline(True)
    is_stale(page, timeout=SOON)
    with site.Visitor(up.port, User.objects.create_user("Ada")) as ada:
        assert ada.post(f"{CLOUD}press/")[0] == 303
    phone.set_offline(False)
    is_stale(page, yes=False, timeout=SOON)
    expect(page.locator("#last-puffs li")).to_have_count(1, timeout=15_000)
