"""A visit by a guest pass, on a phone, from the code on the wall to the puff: with script and without."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from clouds.models import Cloud, GuestPass, Puff, Run, User
from tests import site

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def wall(live: tuple[site.Simulator, str]) -> tuple[site.Simulator, str, str]:
    """The site, its address, and where the code on the wall leads."""
    simulator, address = live
    cloud = Cloud.objects.get()
    guest_pass = GuestPass.objects.create(venue=cloud.venue, cloud=cloud)
    return simulator, address, f"{address}{guest_pass.path}"


def come_in(page: Page, code: str, name: str) -> None:
    page.goto(code)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Come in").click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_visitor_scans_gives_a_name_presses_and_finds_the_puff_in_the_history(
    browser: Browser, wall: tuple[site.Simulator, str, str], script: bool
) -> None:
    simulator, address, code = wall
    with browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, java_script_enabled=script) as context:
        page = context.new_page()
        page.goto(code)
        expect(page.get_by_role("heading", level=1)).to_have_text("Cumulus")
        page.get_by_label("Your name").fill("Grace")
        page.get_by_role("button", name="Come in").tap()
        page.locator("#puff").tap()
        simulator.remote.wait_for("Cumulus/inflate", "relay_on", timeout=5)
        simulator.remote.wait_for("Cumulus/inflate", "relay_off", timeout=10)
        site.until(lambda: Puff.objects.filter(outcome=Puff.Outcome.DONE).exists(), "the puff is written down")
        page.goto(f"{address}/history/")
        expect(page.get_by_text("Grace").last).to_be_visible()
        page.goto(code)  # the same phone, once more
        expect(page).to_have_url(f"{address}/clouds/cumulus/")
    assert Puff.objects.get().asked_by == User.objects.get(name="Grace")
    assert GuestPass.objects.get().uses == 1


def test_two_phones_with_the_same_name_are_two_people(browser: Browser, wall: tuple[site.Simulator, str, str]) -> None:
    _, address, code = wall
    with browser.new_context(viewport=PHONE) as one, browser.new_context(viewport=PHONE) as other:
        first, second = one.new_page(), other.new_page()
        come_in(first, code, "Ada")
        come_in(second, code, "Ada")
        expect(second.locator("#notice")).to_contain_text("Somebody is called Ada already, so you are Ada 2.")
        second.get_by_role("button", name="All right").click()
        expect(second.locator("#notice")).to_have_count(0)
        expect(second).to_have_url(f"{address}/clouds/cumulus/")
        first.locator("#puff").click()
        expect(first.locator("#place")).to_have_text("This is your puff.")
        second.locator("#puff").click()
        expect(second.locator("#place")).to_contain_text("You are next")
    assert Run.objects.count() == 2


def test_a_guest_becomes_somebody_who_can_come_back_and_then_is_forgotten(
    page: Page, browser: Browser, wall: tuple[site.Simulator, str, str]
) -> None:
    _, address, code = wall
    page.set_viewport_size(PHONE)
    come_in(page, code, "Grace")
    page.locator("#me").click()
    page.get_by_role("link", name="Keep my name").click()
    page.get_by_label("Password").fill("a long pass phrase")
    page.get_by_role("button", name="Keep my name").click()
    page.get_by_role("button", name="Make a link").click()
    shared = page.locator("#shared").inner_text()
    with browser.new_context() as elsewhere:
        friend = elsewhere.new_page()
        friend.goto(shared)
        expect(friend.get_by_role("heading", level=1)).to_have_text("Grace’s puffs")
        friend.goto(f"{address}/accounts/login/")
        friend.get_by_label("Username").or_(friend.get_by_label("Name")).fill("Grace")
        friend.get_by_label("Password").fill("a long pass phrase")
        friend.locator("main").get_by_role("button", name="Log in").click()
        expect(friend.locator("#me")).to_have_text("Grace")
    page.get_by_role("link", name="Erase me").click()
    page.get_by_label("Yes, forget me").check()
    page.get_by_role("button", name="Erase me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are forgotten")
    assert not User.objects.filter(name="Grace").exists()


def test_a_machine_finds_nothing_to_complain_of(page: Page, wall: tuple[site.Simulator, str, str]) -> None:
    _, address, code = wall
    page.set_viewport_size(PHONE)
    for path in (code, f"{address}/pass/nothing/"):
        page.goto(path)
        assert Axe().run(page).response["violations"] == []
    come_in(page, code, "Grace")
    User.objects.filter(name="Grace").update(notice="Somebody is called Grace already.", share="link")
    for path in ("me/", "name/", "keep/", "erase/", "erased/"):
        page.goto(f"{address}/accounts/{path}")
        assert Axe().run(page).response["violations"] == [], path
    page.goto(f"{address}/shared/link/")
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("layout", ["cards", "poster"])
def test_a_sheet_is_one_page_of_paper_and_a_machine_can_read_it(
    page: Page, wall: tuple[site.Simulator, str, str], layout: str
) -> None:
    _, address, code = wall
    curator = User.objects.get(is_superuser=True)
    with site.Visitor(int(address.rpartition(":")[2]), curator) as desk:
        page.context.add_cookies([{"name": "sessionid", "value": desk.cookies["sessionid"], "url": address}])
    for paper, size in (("a4", b"594.95996 841.91998"), ("letter", b"612 792")):
        page.goto(
            f"{address}/admin/clouds/guestpass/sheet/?pass={GuestPass.objects.get().pk}&layout={layout}&paper={paper}"
        )
        assert Axe().run(page).response["violations"] == []
        expect(page.locator(".address").first).to_contain_text(code.removeprefix(address))
        printed = page.pdf(prefer_css_page_size=True)
        assert re.findall(rb"/MediaBox \[0 0 ([\d. ]+)\]", printed) == [size]
