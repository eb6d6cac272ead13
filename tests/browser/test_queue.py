"""Two phones at one cloud: who comes second waits in line, is told when their turn comes, and has it or leaves."""

import re

from playwright.sync_api import Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from clouds.models import Cloud, Run
from tests import site
from tests.browser.test_visit import PHONE, sign_up


def phone(new_context: CreateContextCallback, address: str, name: str) -> Page:
    """Somebody who stands before the cloud."""
    page = new_context(viewport=PHONE).new_page()
    sign_up(page, address, name)
    page.goto(f"{address}/clouds/cumulus/")
    return page


def test_who_comes_second_waits_for_their_turn_and_the_third_leaves(
    new_context: CreateContextCallback, live: tuple[site.Simulator, str]
) -> None:
    _, address = live
    Cloud.objects.update(rest_seconds=8)
    first, second, third = (phone(new_context, address, name) for name in ("Ada", "Bob", "Eve"))
    first.get_by_role("button", name="Puff for 5 s").click()
    expect(first.get_by_text("This is your puff.")).to_be_visible()
    second.get_by_role("button", name="Puff for 5 s").click()
    expect(second.get_by_text("You are next.")).to_be_visible()
    expect(second.locator("#range")).to_have_text(re.compile(r"^Your turn comes in (a moment|less than a minute)\.$"))
    expect(third.locator("#hint")).to_contain_text("You will be 2nd in line.", timeout=8000)
    third.get_by_role("button", name="Puff for 5 s").click()
    expect(third.get_by_text("You are 2nd in line.")).to_be_visible()

    third.get_by_role("button", name="Leave the queue").click()
    expect(third.locator("#take-back")).to_have_count(0)
    assert Run.objects.get(asked_by__name="Eve").outcome == Run.Outcome.STOPPED
    expect(second.get_by_text("This is your puff.")).to_be_visible(timeout=20_000)


def test_a_page_says_by_itself_that_its_visitor_is_still_there(
    new_context: CreateContextCallback, live: tuple[site.Simulator, str]
) -> None:
    _, address = live
    first, second = (phone(new_context, address, name) for name in ("Ada", "Bob"))
    first.get_by_role("button", name="Puff for 5 s").click()
    expect(first.get_by_text("This is your puff.")).to_be_visible()
    second.get_by_role("button", name="Puff for 5 s").click()
    expect(second.get_by_text("You are next.")).to_be_visible()
    with second.expect_response(re.compile(r"/runs/\d+/here/")) as said:
        second.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert said.value.status == 204
