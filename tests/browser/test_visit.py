"""A visit as a person makes it: in a browser, on a phone and at a desk."""

import pytest
from playwright.sync_api import Browser, Page, expect

from clouds.models import Puff, Run
from tests import site

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


def sign_up(page: Page, address: str, name: str) -> None:
    """Make an account, and be logged in."""
    page.goto(f"{address}/accounts/signup/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill("a long pass phrase")
    page.locator("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_text(name).first).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_who_signs_up_and_presses_sees_the_cloud_inflate_and_finds_the_puff_in_the_history(
    page: Page, live: tuple[site.Simulator, str], size: dict[str, int]
) -> None:
    simulator, address = live
    page.set_viewport_size(size)
    sign_up(page, address, "Zoë Ünal")

    page.goto(address)
    page.get_by_role("link", name="Cumulus").first.click()
    expect(page.locator("#fill")).to_have_text("0 % full")
    page.get_by_role("button", name="Puff for 5 s").click()

    expect(page.locator("#live")).to_have_class("state-puffing")
    simulator.remote.wait_for("Cumulus/inflate", "relay_on", timeout=5)
    simulator.remote.wait_for("Cumulus/inflate", "relay_off", timeout=10)
    expect(page.locator("#live")).not_to_have_class("state-puffing")
    expect(page.locator("#fill")).to_have_text("8 % full")

    page.goto(f"{address}/history/")
    row = page.locator("main").get_by_text("Zoë Ünal").first
    expect(row).to_be_visible()
    puff = Puff.objects.get()
    assert puff.outcome == Puff.Outcome.DONE
    assert puff.confirmed
    assert puff.simulated
    assert puff.seconds == pytest.approx(5, abs=0.5)
    assert [entry["state"] for entry in simulator.remote.record()] == [1, 0]


def test_a_press_works_without_script(browser: Browser, live: tuple[site.Simulator, str]) -> None:
    simulator, address = live
    with browser.new_context(java_script_enabled=False, viewport=PHONE) as context:
        plain = context.new_page()
        sign_up(plain, address, "Plain")
        plain.goto(f"{address}/clouds/cumulus/")
        plain.get_by_role("button", name="Puff for 5 s").click()
        simulator.remote.wait_for("Cumulus/inflate", "relay_on", timeout=5)
        expect(plain.get_by_text("This is your puff.")).to_be_visible(timeout=10_000)
    assert Run.objects.get().asked_by is not None
