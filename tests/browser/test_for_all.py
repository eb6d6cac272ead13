"""For all: what axe finds, what a keyboard reaches, what is left at 200 % and on the narrowest phone, and offline."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from clouds import kiosks, processes
from clouds.models import (
    BalloonNote,
    Cloud,
    GuestPass,
    Kiosk,
    Plug,
    Program,
    Puff,
    Rehearsal,
    Run,
    Show,
    Story,
    User,
    Venue,
)

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# 1.4.10 and 1.4.4 of WCAG: a phone of 320 pixels, and a desk of 1280 by 900 at 200 %.
NARROW = [{"width": 320, "height": 640}, {"width": 640, "height": 450}]
STATES = ("ready", "puffing", "waiting", "sinking", "full", "unreachable", "stopped", "closed")
PUBLIC = [
    "/", "/wall/", "/offline/", "/shows/", "/history/", "/history/?day=1", "/history/charts/", "/accounts/login/",
    "/accounts/signup/", "/nowhere/", "/clouds/ready/press/", "/clouds/ready/story/", "/shared/link/", "/kiosk/ready/",
    *(f"/clouds/{state}/" for state in STATES),
]  # fmt: skip
OF_A_PERSON = [
    f"/accounts/{page}/" for page in ("puffs", "me", "name", "password", "erase", "erased", "keep")
] + ["/clouds/puffing/", "/clouds/waiting/"]  # fmt: skip
TABLET = {"width": 1024, "height": 768}
AXE = Axe()
MODELS = [model for model in admin.site._registry if model._meta.app_label in ("clouds", "auth", "django_q")]


@pytest.fixture
def ada(transactional_db: None) -> User:
    """A visitor."""
    return User.objects.create_user("Ada", "a long pass phrase")


@pytest.fixture
def gallery(ada: User, venue: Venue, live_server: LiveServer) -> str:
    """A site with a cloud in each state, shows, and a history; its address."""
    now = timezone.now()
    conducted = {"conductor": processes.name_of(os.getpid()), "conductor_beat_at": now + timedelta(hours=1)}
    Venue.objects.update(canary_at=now, **conducted)
    stopped = Venue.objects.create(name="The barn", slug="barn", stopped_at=now, stopped_by="Curator", **conducted)
    tomorrow, later = (now + timedelta(hours=2)).time(), (now + timedelta(hours=3)).time()
    closed = Venue.objects.create(name="The yard", slug="yard", opens_at=tomorrow, closes_at=later, **conducted)
    venues = {"stopped": stopped, "closed": closed}
    clouds = {state: make_cloud(state, venues.get(state, venue)) for state in STATES}
    Plug.objects.filter(cloud=clouds["unreachable"]).update(trouble="It does not answer.")
    Cloud.objects.filter(slug="full").update(fill_then=1.0, fill_then_at=now)
    play(clouds["puffing"], ada)
    play(clouds["sinking"], None, pump="deflate")
    play(clouds["waiting"], None)
    ask(clouds["waiting"], ada)
    BalloonNote.objects.create(cloud=clouds["ready"], kind="set", fill=0.4, noted_at=now)
    Group.objects.create(name="Helpers")
    make_show(venue, clouds["ready"])
    make_story(clouds["ready"])
    GuestPass.objects.create(venue=venue, cloud=clouds["ready"])
    User.objects.filter(pk=ada.pk).update(share="link")
    rehearse(venue, clouds["ready"])
    return live_server.url


def make_cloud(state: str, venue: Venue) -> Cloud:
    """A cloud on its plug, with a puff in its past."""
    cloud = Cloud.objects.create(venue=venue, name=state.title(), slug=state, vent_seconds=60.0)
    host = {"host": "127.0.0.1", "port": 9000 + cloud.pk}
    Plug.objects.create(venue=venue, cloud=cloud, name=f"{cloud}'s plug", simulated=True, relay="off", **host)
    on_at = timezone.now() - timedelta(hours=1)
    Puff.objects.create(
        cloud=cloud, pump="inflate", source="visitor", planned_seconds=5.0, on_at=on_at,
        off_at=on_at + timedelta(seconds=5), outcome="done", confirmed=True,
    )  # fmt: skip
    return cloud


def ask(cloud: Cloud, by: User | None, pump: str = "inflate", **fields: Any) -> Run:
    """A run of ten minutes."""
    now, steps = timezone.now(), [{"do": pump, "seconds": 600.0}]
    given = {"cloud": cloud, "source": "visitor", "asked_by": by, "steps": steps, "seconds": 600.0}
    return Run.objects.create(**given, asked_at=now, due_at=now, **fields)


def play(cloud: Cloud, by: User | None, pump: str = "inflate") -> None:
    """Such a run that plays, and whose pump is on."""
    run = ask(cloud, by, pump, state="playing", started_at=timezone.now())
    Puff.objects.create(
        cloud=cloud,
        pump=pump,
        source="visitor",
        asked_by=by,
        planned_seconds=600.0,
        on_at=run.started_at,
        run=run,
        step=0,
    )


def make_show(venue: Venue, cloud: Cloud) -> None:
    """A show every day."""
    program = Program.objects.create(name="Sigh")
    program.steps.create(position=0, do="inflate", seconds=2.0)
    show = Show.objects.create(
        venue=venue, program=program, name="Evening", first_on=date(2026, 1, 1), starts_at=time(12), rrule="FREQ=DAILY"
    )
    show.lines.create(cloud=cloud, position=0)


def make_story(cloud: Cloud) -> None:
    """Two facts that the cloud tells."""
    story = Story.objects.create(name="What weighs what", description="From little to much.")
    for place, (amount, text) in enumerate([(5, "A word."), (5_000_000, "A library.")]):
        story.facts.create(position=place, amount=amount, text=text, source="A scale", link="https://example.org/")
    Cloud.objects.filter(pk=cloud.pk).update(story=story)


def rehearse(venue: Venue, cloud: Cloud) -> None:
    """A rehearsal that plays."""
    now = timezone.now()
    rehearsal = Rehearsal.objects.create(venue=venue, title="Sigh", speed=1.0, asked_at=now)
    ask(cloud, None, state="playing", started_at=now, rehearsal=rehearsal)


def make_kiosk(page: Page, address: str) -> None:
    """Have the browser be the kiosk of the cloud that is ready."""
    kiosk = Kiosk(cloud=Cloud.objects.get(slug="ready"), label="Tablet")
    page.context.add_cookies([{"name": kiosks.COOKIE, "value": kiosk.new_secret(), "url": f"{address}/kiosk/"}])
    kiosk.save()


def let_in(page: Page, address: str, user: User) -> None:
    """Log somebody in, without the slow check of a password."""
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])


def found_on(page: Page) -> list[str]:
    """What axe finds here, in a line each."""
    violations = AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{page.url}: {one['id']} at {node['target']}" for one in violations for node in one["nodes"]]


def has_room(page: Page) -> bool:
    """Whether all of it can be seen without scrolling sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth") is True


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", DESK)], ids=["light phone", "dark desk"])
def test_axe_finds_nothing_on_the_public_pages(
    page: Page, gallery: str, ada: User, scheme: str, size: dict[str, int]
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    found = []
    for url in [*PUBLIC, GuestPass.objects.get().path]:
        page.goto(gallery + url)
        found += found_on(page)
    let_in(page, gallery, ada)
    for url in [*OF_A_PERSON, f"/history/{Puff.objects.first().pk}/"]:
        page.goto(gallery + url)
        found += found_on(page)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(("scheme", "size"), [("light", TABLET), ("dark", PHONE)], ids=["light tablet", "dark phone"])
def test_axe_finds_nothing_on_a_kiosk_from_the_button_to_the_thanks(
    page: Page, gallery: str, settings: Any, scheme: str, size: dict[str, int]
) -> None:
    settings.SITE_URL = "http://cloud.example.org"
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    make_kiosk(page, gallery)
    page.goto(f"{gallery}/kiosk/ready/")
    found = found_on(page)
    page.get_by_role("button", name="Puff it").click()
    page.get_by_label("Your name").fill("Curator")
    page.get_by_role("button", name="Puff").click()
    expect(page.get_by_text("Please choose another.")).to_be_visible()
    found += found_on(page)
    page.get_by_label("Your name").fill("Grace")
    page.get_by_role("button", name="Puff").click()
    expect(page.locator("#puff")).to_have_text("You are next")
    Kiosk.objects.update(touched_at=timezone.now() - timedelta(seconds=70))
    expect(page.get_by_text("Are you still there?")).to_be_visible()
    found += found_on(page)
    Run.objects.of_visitors().filter(cloud__slug="ready").end(Run.Outcome.EXPIRED, "A test.", timezone.now())
    expect(page.get_by_text("Your turn did not come.")).to_be_visible()
    found += found_on(page)
    assert found == [], "\n".join(found)


def admin_pages() -> Iterator[str]:
    """Every list, and the form to add and to change a row of it, as far as there is one; and the curators' own."""
    yield reverse("admin:index")
    for model in MODELS:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{label}_changelist")
        if model not in (Run, Puff) and model._meta.app_label != "django_q" and model._meta.model_name != "act":
            yield reverse(f"{label}_add")
        if row := model._default_manager.first():
            yield reverse(f"{label}_change", args=[row.pk])
    venue = Venue.objects.get(slug="gallery")
    yield reverse("admin:clouds_venue_day", args=[venue.pk])
    yield reverse("admin:clouds_venue_week", args=[venue.pk])
    yield reverse("admin:password_change")
    sheet = f"{reverse('admin:clouds_guestpass_sheet')}?pass={GuestPass.objects.get().pk}"
    yield from (sheet, f"{sheet}&layout=poster&paper=letter")


def test_axe_finds_nothing_on_the_curators_pages(page: Page, gallery: str) -> None:
    make_kiosk(page, gallery)
    let_in(page, gallery, User.objects.create_superuser("Curator"))
    page.set_viewport_size(DESK)
    found = []
    for url in admin_pages():
        page.goto(gallery + url)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        found += found_on(page)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("size", NARROW, ids=["320 pixels", "200 percent"])
def test_nothing_is_lost_on_the_narrowest_phone_and_at_200_percent(
    page: Page, gallery: str, ada: User, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    urls = [*PUBLIC, GuestPass.objects.get().path]
    assert [url for url in urls if page.goto(gallery + url) and not has_room(page)] == []
    let_in(page, gallery, ada)
    make_kiosk(page, gallery)
    urls = [*OF_A_PERSON, "/kiosk/ready/", "/kiosk/ready/turn/"]
    assert [url for url in urls if page.goto(gallery + url) and not has_room(page)] == []
    page.goto(f"{gallery}/clouds/ready/")
    page.locator("#puff").scroll_into_view_if_needed()
    expect(page.locator("#puff")).to_be_in_viewport(ratio=1)


def test_what_a_finger_has_to_hit_is_large_enough_and_the_button_is_where_the_thumb_is(
    page: Page, gallery: str, ada: User
) -> None:
    page.set_viewport_size(PHONE)
    let_in(page, gallery, ada)
    page.goto(f"{gallery}/clouds/waiting/")
    for target in page.locator("header a, header button, .dock button, .past a").all():
        assert target.bounding_box()["height"] >= 44, target.inner_text()
    page.goto(f"{gallery}/clouds/ready/")
    for _ in range(2):
        box = page.locator("#puff").bounding_box()
        assert PHONE["height"] / 2 < box["y"] < PHONE["height"] - box["height"]
        page.mouse.wheel(0, 2000)


def test_the_keyboard_reaches_the_button_and_enter_puffs(page: Page, gallery: str, ada: User) -> None:
    let_in(page, gallery, ada)
    page.goto(gallery)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "/clouds/ready/":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ready")).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "puff":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#take-back")).to_be_visible()
    assert Run.objects.filter(cloud__slug="ready", asked_by=ada).count() == 1


def test_one_short_sentence_is_read_out_and_no_countdown(page: Page, gallery: str, ada: User) -> None:
    let_in(page, gallery, ada)
    page.goto(f"{gallery}/clouds/puffing/")
    said = page.locator("[role=status], [aria-live]")
    expect(said).to_have_count(1)
    expect(said).to_have_text("This is your puff.")
    page.goto(f"{gallery}/clouds/waiting/")
    expect(said).to_have_count(1)
    expect(said).to_have_text("You are next.")
    page.goto(f"{gallery}/clouds/ready/")
    expect(said).to_have_count(1)
    expect(said).to_have_text("Ready is ready.")


def test_between_events_the_cloud_grows_as_the_balloon_does_and_the_button_counts(
    page: Page, gallery: str, ada: User
) -> None:
    let_in(page, gallery, ada)
    keep_still(page)
    page.clock.install(time=datetime.now(UTC))
    page.goto(f"{gallery}/clouds/puffing/")
    begin, counted = int(page.locator("#fill .percent").inner_text()), seconds_on(page)
    page.clock.run_for(12_000)
    assert 11 <= counted - seconds_on(page) <= 13
    # 12 s of 60 s: a fifth of a full balloon, within a second.
    assert 18 <= int(page.locator("#fill .percent").inner_text()) - begin <= 22


def seconds_on(page: Page) -> int:
    """What the button counts down from 600 or so."""
    return int(page.locator("#puff").inner_text().removeprefix("Puffing… ").removesuffix(" s"))


def keep_still(page: Page) -> None:
    """Let nothing reach the page but what the test tells it."""
    for name in ("live.js", "news.js"):
        page.route(f"**/{name}", lambda route: route.abort())


def test_the_button_can_be_pressed_again_as_soon_as_it_said(page: Page, gallery: str, ada: User) -> None:
    on_at = timezone.now() - timedelta(seconds=6)
    cloud = Cloud.objects.get(slug="ready")
    Puff.objects.create(
        cloud=cloud, pump="inflate", source="visitor", asked_by=ada, planned_seconds=5.0, on_at=on_at,
        off_at=on_at + timedelta(seconds=5), outcome="done",
    )  # fmt: skip
    let_in(page, gallery, ada)
    keep_still(page)
    page.clock.install(time=datetime.now(UTC))
    page.goto(f"{gallery}/clouds/ready/")
    expect(page.locator("#puff")).to_have_text(re.compile(r"Next puff from \d\d:\d\d:\d\d"))
    page.clock.run_for(int(cloud.cool_down_seconds) * 1000)
    expect(page.locator("#puff")).to_be_enabled()
    expect(page.locator("#puff")).to_have_text("Puff for 5 s")


def test_the_wall_and_the_sky_say_so_when_there_is_no_news(page: Page, gallery: str) -> None:
    for url in ("/wall/", "/"):
        page.goto(f"{gallery}{url}")
        expect(page.get_by_text("what you see may be old")).to_be_hidden()
        page.evaluate("document.getElementById('live').toggleAttribute('data-stale', true)")
        expect(page.get_by_text("what you see may be old")).to_be_visible()


def news(page: Page, **told: Any) -> None:
    """An event as the stream brings it."""
    cloud = {
        "slug": "ready", "state": "ready", "sentence": "Ready is ready.", "until": None, "fill": 0.25, "gain": 0,
        "loss": 0, "who": "", "title": "", "seconds": None, "queue": 0, "press_seconds": 5.0, **told,
    }  # fmt: skip
    page.evaluate(
        """cloud => document.dispatchEvent(
            new CustomEvent("cloud:news", { detail: { at: Date.now(), watching: 1, clouds: [cloud] } })
        )""",
        cloud,
    )


def test_an_event_changes_the_cloud_its_sentence_and_the_button_at_once(page: Page, gallery: str, ada: User) -> None:
    let_in(page, gallery, ada)
    keep_still(page)
    page.goto(f"{gallery}/clouds/ready/")
    live, puff = page.locator("#live"), page.locator("#puff")
    expect(puff).to_have_text("Puff for 5 s")
    news(page, state="stopped", sentence="Everything is stopped.", press_seconds=None)
    expect(live).to_have_class("state-stopped")
    expect(page.locator("#status")).to_have_text("Everything is stopped.")
    expect(puff).to_be_disabled()
    expect(puff).to_have_text("Stopped for now")
    until = timezone.now() + timedelta(seconds=40)
    news(page, state="resting", until=until.timestamp() * 1000, press_seconds=None)
    expect(puff).to_have_text(f"Next puff from {until:%H:%M:%S}")
    news(page, press_seconds=3.2)
    expect(puff).to_be_enabled()
    expect(puff).to_have_text("Puff for 3.2 s")
    expect(page.locator("#fill")).to_have_text("25 % full")


def test_who_prefers_less_motion_sees_sizes_jump(page: Page, gallery: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    keep_still(page)
    page.goto(f"{gallery}/clouds/ready/")
    news(page, state="puffing", fill=1.0, gain=0)
    expect(page.locator(".cloud-size")).to_have_attribute("transform", "scale(1.000)")
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_phone_without_a_network_is_told_so_and_comes_back(browser: Browser, gallery: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(gallery)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        context.set_offline(True)
        page.goto(f"{gallery}/clouds/ready/")
        expect(page.get_by_role("heading", name="You are offline.")).to_be_visible()
        expect(page.get_by_text("The clouds go on without you.")).to_be_visible()
        assert found_on(page) == []
        context.set_offline(False)
        expect(page.get_by_role("heading", name="Ready")).to_be_visible()
