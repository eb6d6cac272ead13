"""The newest page of the history in a browser: it keeps itself so."""

from playwright.sync_api import Page, expect

from clouds.models import User
from tests import site


def test_a_new_puff_appears_by_itself_and_disturbs_nobody_who_chooses(
    page: Page, live: tuple[site.Simulator, str]
) -> None:
    simulator, address = live
    page.goto(f"{address}/history/")
    expect(page.get_by_text("Nothing has puffed yet.")).to_be_visible()
    page.get_by_text("Choose which").click()
    page.get_by_label("Who").fill("Somebo")

    with site.Visitor(int(address.rsplit(":", 1)[1]), User.objects.create_user("Ada")) as ada:
        assert ada.post("/clouds/cumulus/press/")[0] == 303
    # By itself the page would look again after 15 s.
    newest = page.locator("#puffs tbody tr").first
    expect(newest).to_contain_text("Ada", timeout=5_000)
    simulator.remote.wait_for("Cumulus/inflate", "relay_off", timeout=10)
    expect(newest).to_contain_text("done", timeout=5_000)
    with site.Visitor(int(address.rsplit(":", 1)[1]), User.objects.create_user("Bob")) as bob:
        assert bob.post("/clouds/cumulus/press/")[0] == 303
    expect(newest).to_contain_text("Bob", timeout=5_000)
    expect(page.locator("#puffs tbody tr")).to_have_count(2)
    assert page.get_by_label("Who").input_value() == "Somebo"

    page.get_by_role("link", name="Cumulus").last.click()
    expect(page.get_by_role("heading", name="A puff of Cumulus")).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.get_by_role("cell", name="the pump goes off").first).to_be_visible()
