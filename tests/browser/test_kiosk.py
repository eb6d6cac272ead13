"""A kiosk on a tablet by the work: one guest after the other, with script and without, and what it survives."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from clouds import kiosks
from clouds.models import Cloud, Kiosk, Puff, Run, User, Venue
from tests import site

TABLET = {"width": 1024, "height": 768}
HOME = "/kiosk/cumulus/"


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def tablet(request: pytest.FixtureRequest, browser: Browser, live: tuple[site.Simulator, str]) -> Iterator[Page]:
    """A tablet that is the kiosk of the cloud."""
    with browser.new_context(viewport=TABLET, has_touch=True, java_script_enabled=request.param) as context:
        yield become_kiosk(context, live[1])


def become_kiosk(context: BrowserContext, address: str) -> Page:
    """The kiosk's page in such a browser."""
    kiosk = Kiosk(cloud=Cloud.objects.get(), label="Tablet")
    secret = kiosk.new_secret()
    kiosk.save()
    context.add_cookies([{"name": kiosks.COOKIE, "value": secret, "url": f"{address}/kiosk/"}])
    page = context.new_page()
    page.goto(address + HOME)
    return page


def take_turn(tablet: Page, name: str) -> None:
    """Touch the button, and give a name or none."""
    tablet.get_by_role("button", name="Puff it").tap()
    tablet.get_by_label("Your name").fill(name)
    tablet.get_by_role("button", name="Puff").tap()


def test_one_guest_after_the_other_puffs_and_is_thanked_and_the_kiosk_waits_again(
    tablet: Page, live: tuple[site.Simulator, str]
) -> None:
    simulator, _ = live
    take_turn(tablet, "Grace")
    simulator.remote.wait_for("Cumulus/inflate", "relay_on", timeout=5)
    expect(tablet.locator("#puff")).to_have_text(re.compile(r"Puffing… \d s"))
    expect(tablet.get_by_role("button", name="Puff it")).to_have_count(0)
    expect(tablet.locator("#turn")).to_have_text("Thank you, Grace.", timeout=15_000)
    expect(tablet.get_by_text("is in the history.")).to_be_visible()
    assert Puff.objects.get().asked_by == User.objects.get(name="Grace")
    expect(tablet.get_by_role("button", name="Puff it")).to_be_visible(timeout=20_000)
    take_turn(tablet, "")
    expect(tablet.locator("#turn")).to_have_text("Visitor 2 at Cumulus, this is your puff.")


def test_whoever_goes_away_leaves_it_to_the_next(browser: Browser, live: tuple[site.Simulator, str]) -> None:
    _, address = live
    with browser.new_context(viewport=TABLET, has_touch=True) as context:
        tablet = become_kiosk(context, address)
        tablet.clock.install()
        tablet.reload()
        tablet.get_by_role("button", name="Puff it").tap()
        expect(tablet.get_by_label("Your name")).to_be_visible()
        tablet.clock.fast_forward(50_000)
        expect(tablet.get_by_role("button", name="Puff it")).to_be_visible()
    assert not User.objects.filter(is_staff=False).exists()


def test_who_waits_and_touches_nothing_is_asked_and_a_touch_keeps_the_place(
    browser: Browser, live: tuple[site.Simulator, str]
) -> None:
    _, address = live
    now = timezone.now()
    Run.objects.create(
        cloud=Cloud.objects.get(), source="curator", steps=[{"do": "rest", "seconds": 60.0}], seconds=60.0,
        asked_at=now, due_at=now,
    )  # fmt: skip
    with browser.new_context(viewport=TABLET, has_touch=True) as context:
        tablet = become_kiosk(context, address)
        take_turn(tablet, "Grace")
        expect(tablet.locator("#puff")).to_have_text("You are next")
        Kiosk.objects.update(touched_at=timezone.now() - timedelta(seconds=70))
        expect(tablet.locator("#turn")).to_have_text("Are you still there?")
        tablet.locator("h1").tap()
        expect(tablet.locator("#turn")).to_have_text("Grace, your place is kept.")
        tablet.get_by_role("button", name="Leave").tap()
        expect(tablet.get_by_role("button", name="Puff it")).to_be_visible()
    assert Run.objects.of_visitors().get().outcome == "stopped"


def test_without_a_network_it_says_so_stays_and_comes_back_by_itself(
    browser: Browser, live: tuple[site.Simulator, str]
) -> None:
    _, address = live
    with browser.new_context(viewport=TABLET, has_touch=True) as context:
        tablet = become_kiosk(context, address)
        tablet.evaluate("navigator.serviceWorker.ready.then(() => true)")
        context.set_offline(True)
        tablet.get_by_role("button", name="Puff it").tap()
        expect(tablet.locator("#unreachable")).to_be_visible()
        assert urlsplit(tablet.url).path == HOME
        expect(tablet.locator("#live")).to_have_attribute("data-stale", "")
        context.set_offline(False)
        expect(tablet.locator("#live")).not_to_have_attribute("data-stale", "", timeout=15_000)
        context.set_offline(True)
        tablet.reload()
        expect(tablet.get_by_role("heading", name="You are offline.")).to_be_visible()
        expect(tablet.get_by_role("link")).to_have_count(0)
        context.set_offline(False)
        expect(tablet.get_by_role("button", name="Puff it")).to_be_visible(timeout=15_000)


def test_one_that_is_revoked_says_so_and_one_that_is_refused_stays(
    browser: Browser, live: tuple[site.Simulator, str]
) -> None:
    _, address = live
    with browser.new_context(viewport=TABLET, has_touch=True) as context:
        tablet = become_kiosk(context, address)
        tablet.get_by_role("button", name="Puff it").tap()
        expect(tablet.get_by_label("Your name")).to_be_focused()
        Venue.objects.update(stopped_at=timezone.now(), stopped_by="Curator")
        tablet.keyboard.press("Enter")
        expect(tablet.get_by_role("alert").first).to_contain_text("is stopped for now")
        tablet.get_by_role("button", name="Back").tap()
        expect(tablet.get_by_role("button", name="Stopped for now")).to_be_disabled()
        Kiosk.objects.update(revoked_at=timezone.now())
        Venue.objects.update(stopped_at=None, stopped_by="")
        expect(tablet.get_by_text("no kiosk any more")).to_be_visible()
        expect(tablet.get_by_role("link")).to_have_count(0)


@pytest.mark.parametrize("display", [HOME, "/wall/"])
def test_a_display_loads_itself_anew_when_the_site_was_upgraded(
    browser: Browser, live: tuple[site.Simulator, str], display: str
) -> None:
    def upgraded(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(".css", ".css?newer"))

    _, address = live
    with browser.new_context(viewport=TABLET, service_workers="block") as context:
        page = become_kiosk(context, address)
        page.goto(address + display)
        loads: list[Page] = []
        page.on("load", lambda loaded: loads.append(loaded))
        page.route(address + display, upgraded)
        Venue.objects.update(stopped_at=timezone.now(), stopped_by="Curator")
        expect(page.locator("link[href$='.css?newer']").first).to_be_attached()
        expect(page.locator(".state-stopped")).to_be_visible()
        Venue.objects.update(stopped_at=None, stopped_by="")
        expect(page.locator(".state-ready")).to_be_visible()
        assert len(loads) == 1
