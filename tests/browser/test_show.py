"""A curator who has never seen it makes a program, rehearses it, schedules it on three clouds, and watches."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from playwright.sync_api import Page, expect

from clouds.models import Program, Puff, Run, User, Venue
from tests import site

DESK = {"width": 1280, "height": 900}
NAMES = ("Cumulus", "Nimbus", "Stratus")


@pytest.fixture
def gallery(transactional_db: None, venue: Venue, page: Page) -> Iterator[tuple[site.Simulator, str]]:
    """A site with three clouds, at which a curator is logged in, and its address."""
    curator = User.objects.create_superuser("Curator")
    with site.running(*NAMES, venue=venue, fill_seconds=40.0) as (simulator, up, _):
        address = f"http://localhost:{up.port}"
        with site.Visitor(up.port, curator) as visitor:
            page.context.add_cookies([{"name": "sessionid", "value": visitor.cookies["sessionid"], "url": address}])
        yield simulator, address


def fill_step(page: Page, place: int, do: str, seconds: str) -> None:
    """A line of a program."""
    page.locator(f"#id_steps-{place}-do").select_option(do)
    page.locator(f"#id_steps-{place}-seconds").fill(seconds)


def test_a_curator_makes_a_program_rehearses_it_schedules_it_on_three_clouds_and_watches_it_happen(
    page: Page, gallery: tuple[site.Simulator, str]
) -> None:
    simulator, address = gallery
    page.set_viewport_size(DESK)
    page.goto(f"{address}/admin/clouds/program/add/")
    page.locator("#id_name").fill("Two sighs")
    fill_step(page, 0, "rest", "1")
    fill_step(page, 1, "inflate", "2")
    fill_step(page, 2, "inflate", "3")
    # The rest belongs between the two: it is moved down by its button.
    page.locator("#steps-0").get_by_role("button", name="Move down").click()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("figure.picture svg")).to_be_visible()
    expect(page.get_by_text("stays below the line")).to_be_visible()
    assert [step.do for step in Program.objects.get(name="Two sighs").plan()] == ["inflate", "rest", "inflate"]

    form = page.locator("#rehearse")
    for box in form.get_by_role("checkbox").all():
        box.check()
    form.get_by_label("Stagger in s").fill("2")
    form.get_by_label("Times as fast").fill("4")
    form.get_by_role("button", name="Rehearse").click()
    expect(page.locator("#scene-cumulus .does")).to_have_text("inflates")
    expect(page.locator("#scene-stratus .does")).to_have_text("waits for its turn")
    expect(page.locator("#status")).to_have_text("The rehearsal is over: everything was played as planned.")
    expect(page.locator("#scene-stratus")).to_have_attribute("data-fill", re.compile("^1[1-4]$"))
    assert simulator.remote.record() == []
    assert not Puff.objects.exists()
    assert Puff.everything.count() == 6

    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=25)
    page.goto(f"{address}/admin/clouds/show/add/")
    page.locator("#id_name").fill("Evening")
    page.locator("#id_program").select_option(label="Two sighs")
    page.locator("#id_stagger_seconds").fill("2")
    page.locator("#id_first_on").fill(f"{begin:%Y-%m-%d}")
    page.locator("#id_starts_at").fill(f"{begin:%H:%M:%S}")
    page.locator("#id_kind").select_option("weekdays")
    for day in {0, 1, 2, 3, 4, begin.weekday()}:
        page.locator(f"input[name=weekdays][value='{day}']").check()
    for place, name in enumerate(NAMES):
        page.locator(f"#id_lines-{place}-cloud").select_option(label=name)
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("#coming li").first).to_have_text(f"{begin:%a %-d %b %Y, %H:%M:%S} UTC")

    page.get_by_role("link", name="Day sheet").click()
    expect(page.locator("#sheet")).to_contain_text("Evening")
    expect(page.locator("#sheet")).to_contain_text("It plays.")

    page.goto(f"{address}/shows/")
    expect(page.get_by_text("Evening").first).to_be_visible()
    feed = page.request.get(f"{address}/shows.ics").body()
    starts = {entry.decoded("dtstart") for entry in icalendar.Calendar.from_ical(feed).walk("VEVENT")}
    assert begin in starts

    page.goto(f"{address}/clouds/cumulus/")
    expect(page.locator("#live")).to_have_class("state-puffing", timeout=30_000)
    site.until(lambda: Run.objects.filter(outcome=Run.Outcome.DONE).count() == 3, "the show is over", seconds=40)
    for place, name in enumerate(NAMES):
        changes = [one for one in simulator.remote.record() if one["plug"] == f"{name}/inflate"]
        moments = [one["at"] - begin.timestamp() - 2 * place for one in changes]
        assert moments == pytest.approx([0, 2, 3, 6], abs=0.5)
    page.goto(f"{address}/history/")
    expect(page.locator("#puffs")).to_contain_text("part of a show")
    expect(page.locator("#puffs")).to_contain_text("rehearsal, 4 times as fast")
    assert Puff.objects.filter(source=Puff.Source.SHOW, outcome=Puff.Outcome.DONE).count() == 6
