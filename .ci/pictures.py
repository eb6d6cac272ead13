"""Takes the README's pictures from a demo that runs: `python .ci/pictures.py http://localhost:8000`."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PHONE = {"width": 390, "height": 720}
DESK = {"width": 900, "height": 600}
# Who presses what, so that there is something to see. The last one's turn is what the pictures show.
NAMES = ("Ada", "Grace", "Katherine", "Radia", "Hedy", "Zoë")
PRESSES = [("Ada", "stratus"), ("Grace", "stratus"), ("Radia", "cumulus"), *((name, "nimbus") for name in NAMES)]


def main(address: str) -> None:
    """Have some visitors puff, and take a picture of a cloud on a phone and of the sky at a desk."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        pages = {name: visitor(browser, address, name) for name in NAMES}
        for name, cloud in PRESSES:
            page = pages[name]
            page.goto(f"{address}/clouds/demo-{cloud}/")
            expect(page.locator("#puff")).to_be_enabled(timeout=30_000)
            page.locator("#puff").click()
        expect(page.get_by_text("This is your puff.")).to_be_visible(timeout=90_000)
        page.wait_for_timeout(1500)
        page.screenshot(path=IMAGES / "phone.png")
        page.set_viewport_size(DESK)
        page.goto(address)
        page.screenshot(path=IMAGES / "desk.png")
        browser.close()


def visitor(browser: Browser, address: str, name: str) -> Page:
    """Somebody with a phone, signed up or logged in."""
    page = browser.new_page(viewport=PHONE, device_scale_factor=1.5)
    for path in ("signup", "login"):
        page.goto(f"{address}/accounts/{path}/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password", exact=True).fill("a long pass phrase")
        page.locator("main").get_by_role("button").first.click()
        if page.locator("header").get_by_text(name).count():
            break
    return page


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
