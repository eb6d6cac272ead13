"""A story in a browser: who scrolls and taps sees the cloud take a breath, and stays where they were."""

import pytest
from playwright.sync_api import Browser, Page, expect

from clouds.models import Cloud, Run, Story
from tests import site
from tests.browser.test_visit import DESK, PHONE, sign_up


@pytest.fixture
def told(live: tuple[site.Simulator, str]) -> tuple[site.Simulator, str]:
    """The site, whose cloud tells a story of many facts."""
    story = Story.objects.create(name="What weighs what")
    for place in range(12):
        story.facts.create(position=place, amount=10**place, text=f"Fact {place}.", source="A book.")
    Cloud.objects.update(story=story)
    return live


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_who_taps_a_fact_sees_the_cloud_grow_and_stays_at_the_fact(
    page: Page, told: tuple[site.Simulator, str], size: dict[str, int]
) -> None:
    simulator, address = told
    page.set_viewport_size(size)
    sign_up(page, address, "Ada")
    page.goto(f"{address}/clouds/cumulus/")
    page.get_by_role("link", name="Its story").click()
    fact = page.locator(".fact", has_text="Fact 11.")
    fact.get_by_role("button", name="Puff for 5 s").click()

    simulator.remote.wait_for("Cumulus/inflate", "relay_on", timeout=5)
    expect(fact.locator("h2")).to_be_in_viewport()
    expect(fact.locator(".became")).to_be_in_viewport()
    expect(page.locator("#live")).to_be_in_viewport()
    expect(page.locator("#status")).to_have_text("This is your puff.")
    expect(page.locator("#live")).to_contain_text("8 % full", timeout=10_000)
    assert Run.objects.get().told.endswith("Fact 11.")


def test_without_script_a_refusal_is_told_beside_the_fact(browser: Browser, told: tuple[site.Simulator, str]) -> None:
    _, address = told
    with browser.new_context(java_script_enabled=False, viewport=PHONE) as context:
        plain = context.new_page()
        sign_up(plain, address, "Plain")
        plain.goto(f"{address}/clouds/cumulus/story/")
        for number in (8, 9):
            plain.locator(".fact", has_text=f"Fact {number}.").get_by_role("button").click()
        refused = plain.locator(".fact", has_text="Fact 9.").get_by_role("alert")
        expect(refused).to_be_in_viewport()
        expect(refused).to_contain_text("You have asked Cumulus for a puff already.")
    assert Run.objects.count() == 1
