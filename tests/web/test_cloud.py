"""One cloud's page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clouds.models import Cloud, Plug, User, Venue
from clouds.templatetags import telling
from tests.web.conftest import Make, text

URL = "/clouds/cumulus/"


def button(page: str) -> tuple[str, bool]:
    """Its label, and whether it can be pressed."""
    found = re.search(r'<button class="big" id="puff" aria-describedby="hint"( disabled)?>([^<]*)</button>', page)
    assert found
    return found[2], found[1] is None


def hint(page: str) -> str:
    """What stands under the button."""
    found = re.search(r'<p id="hint"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]*>", "", found[1]).split())


def test_the_button_says_for_how_long_it_puffs(visitor: Client, conducted: Venue, cloud: Cloud) -> None:
    page = text(visitor.get(URL))
    assert button(page) == ("Puff for 5 s", True)
    assert hint(page) == ""
    assert "Cumulus is ready." in page


def test_the_button_works_without_script(visitor: Client, conducted: Venue, cloud: Cloud) -> None:
    page = text(visitor.get(URL))
    assert re.search(
        r'<form id="press" method="post" action="/clouds/cumulus/press/">\s*<input type="hidden" name="csrf', page
    )


def test_the_puff_is_shortened_to_the_room_there_is(visitor: Client, conducted: Venue, cloud: Cloud) -> None:
    Cloud.objects.update(fill_then=1 - 5.25 / 60, fill_then_at=timezone.now())
    page = text(visitor.get(URL))
    label, can_be_pressed = button(page)
    assert can_be_pressed
    assert label == "Puff for 3.2 s"
    assert hint(page) == "There is room for 3.2 s more."


def test_who_has_not_logged_in_may_look_and_press(client: Client, conducted: Venue, cloud: Cloud) -> None:
    page = text(client.get(URL))
    assert button(page) == ("Puff for 5 s", True)
    assert "asked for your name first" in hint(page)


def test_what_cannot_be_pressed_says_why_and_until_when_at_the_venue(
    visitor: Client, cloud: Cloud, conducted: Venue, ada: User, make_puff: Make
) -> None:
    with time_machine.travel(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), tick=False):
        make_puff(ada, on_at=timezone.now() - timedelta(seconds=15))
        page = text(visitor.get(URL))
    assert button(page) == ("Next puff from 14:00:20", False)
    assert hint(page) == "You have just had a puff. Let the others have a turn."
    assert "Europe/Berlin" in page


def test_a_time_on_another_day_comes_with_its_day(visitor: Client, cloud: Cloud, conducted: Venue) -> None:
    with time_machine.travel(datetime(2026, 7, 1, 21, 30, tzinfo=UTC), tick=False):
        Venue.objects.update(opens_at="10:00", closes_at="18:00")
        page = text(visitor.get(URL))
    assert "The gallery is closed." in page
    assert button(page) == ("Next puff from Thu 2 Jul, 10:00", False)
    assert hint(page) == ""


def test_a_hold_is_told_with_its_reason(visitor: Client, cloud: Cloud, conducted: Venue) -> None:
    Venue.objects.update(held_until=timezone.now() + timedelta(hours=30), held_because="A <b>concert</b>")
    page = text(visitor.get(URL))
    assert "A &lt;b&gt;concert&lt;/b&gt;" in page
    assert not button(page)[1]


def test_trouble_with_the_plug_is_told_without_its_address(visitor: Client, cloud: Cloud, conducted: Venue) -> None:
    Plug.objects.update(trouble="The plug at 192.168.1.20 does not answer.")
    page = text(visitor.get(URL))
    assert "out of reach" in page
    assert "192.168" not in page
    assert not button(page)[1]


def test_who_waits_sees_their_place_and_can_give_it_away(
    visitor: Client, ada: User, bob: User, conducted: Venue, cloud: Cloud, make_run: Make, make_puff: Make
) -> None:
    make_run(None, "playing")
    make_run(bob)
    mine = make_run(ada)
    page = text(visitor.get(URL))
    assert hint(page) == "You are 2nd in line. Your turn comes in less than a minute."
    assert button(page) == ("You are in line", False)
    assert f'action="/runs/{mine.pk}/end/"' in page
    assert "Ada (you)" in page
    assert "Bob (you)" not in page


def test_whose_puff_plays_is_told_so(
    visitor: Client, ada: User, conducted: Venue, cloud: Cloud, make_run: Make, make_puff: Make
) -> None:
    run = make_run(ada, "playing")
    make_puff(ada, on_at=timezone.now(), seconds=None, run=run, step=0)
    page = text(visitor.get(URL))
    assert button(page) == ("Puffing… 5 s", False)
    assert hint(page) == "This is your puff."
    assert "Cumulus is puffing." in page
    assert "End my puff" in page
    assert "5 s for Ada, until" in page


def test_who_is_first_in_line_reads_so_on_the_button(
    visitor: Client, ada: User, conducted: Venue, cloud: Cloud, make_run: Make
) -> None:
    make_run(None, "playing")
    make_run(ada)
    assert button(text(visitor.get(URL))) == ("You are next", False)


def test_whose_puff_is_about_to_begin_is_told_so(
    visitor: Client, ada: User, conducted: Venue, cloud: Cloud, make_run: Make
) -> None:
    make_run(ada, "playing")
    assert button(text(visitor.get(URL))) == ("Yours in a moment", False)


@pytest.mark.parametrize(
    ("happen", "label"),
    [
        (lambda: Venue.objects.update(stopped_at=timezone.now()), "Stopped for now"),
        (lambda: Plug.objects.update(trouble="It does not answer."), "Out of reach"),
        (lambda: Cloud.objects.update(fill_then=1.0, fill_then_at=timezone.now()), "Full"),
    ],
)
def test_a_button_that_leads_nowhere_says_what_is_the_matter(
    happen: Callable[[], object], label: str, visitor: Client, conducted: Venue, cloud: Cloud
) -> None:
    happen()
    assert button(text(visitor.get(URL))) == (label, False)


def test_the_browser_learns_what_it_needs_to_draw_on(
    visitor: Client, ada: User, conducted: Venue, cloud: Cloud, make_run: Make, make_puff: Make
) -> None:
    with time_machine.travel(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), tick=False):
        Cloud.objects.update(fill_then=0.25, fill_then_at=timezone.now(), half_life_seconds=100)
        make_puff(ada, on_at=timezone.now(), seconds=None, run=make_run(ada, "playing"), step=0)
        Venue.objects.update(conductor_beat_at=timezone.now())
        page = text(visitor.get(URL))
    assert 'data-cloud="cumulus" data-fill="0.25000" data-gain="0.0166667" data-loss="0.0069315"' in page
    assert 'data-at="1782907200000"' in page
    assert 'data-does="puffing" data-press="5.0" data-until="1782907205000"' in page
    assert "data-mine" in page


def test_the_sky_behind_a_cloud_is_that_of_its_venue(visitor: Client, conducted: Venue, cloud: Cloud) -> None:
    with time_machine.travel(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), tick=False):
        assert '<html lang="en" data-phase="night">' in text(visitor.get(URL))
        Venue.objects.update(time_zone="Australia/Sydney")
        assert '<html lang="en" data-phase="morning">' in text(visitor.get(URL))


def test_who_comes_later_sees_how_many_wait(
    visitor: Client, bob: User, conducted: Venue, cloud: Cloud, make_run: Make
) -> None:
    make_run(None, "playing")
    assert hint(text(visitor.get(URL))) == "You will be next. Your turn would come in less than a minute."
    make_run(bob)
    page = text(visitor.get(URL))
    assert hint(page) == "You will be 2nd in line. Your turn would come in less than a minute."
    assert "1 waiting:" in page
    assert button(page)[1]


def test_without_a_conductor_the_page_says_that_one_is_starting(visitor: Client, cloud: Cloud) -> None:
    page = text(visitor.get(URL))
    assert "its conductor is starting" in page
    assert "is ready." not in page
    assert button(page)[1]


def test_a_browser_without_script_looks_again_only_while_something_happens(
    visitor: Client, conducted: Venue, cloud: Cloud, make_run: Make
) -> None:
    assert "http-equiv" not in text(visitor.get(URL))
    make_run()
    assert re.search(
        r'<noscript><meta http-equiv="refresh" content="\d+; url=/clouds/cumulus/">', text(visitor.get(URL))
    )


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (112, "112th"),
    ],
)
def test_a_place_is_told_as_people_say_it(place: int, told: str) -> None:
    assert telling.ordinal(place) == told


@pytest.mark.parametrize(("seconds", "told"), [(5.0, "5 s"), (4.72, "4.7 s"), (0.04, "0 s"), (600, "600 s")])
def test_a_duration_is_told_in_tenths(seconds: float, told: str) -> None:
    assert telling.duration(seconds) == told


def test_the_last_puffs_are_told(visitor: Client, cloud: Cloud, bob: User, make_puff: Make) -> None:
    made = [make_puff(bob) for _ in range(7)]
    make_puff(None, outcome="failed", on_at=timezone.now() - timedelta(minutes=1))
    page = text(visitor.get(URL))
    assert page.count('<li><a href="/history/') == 5
    assert f"/history/{made[0].pk}/" in page
    assert f"/history/{made[-1].pk}/" not in page
    assert "5 s, failed" in page


@pytest.mark.parametrize("slug", ["nimbus", "cumulus"])
def test_a_cloud_that_is_not_there_or_switched_off_is_not_found(slug: str, visitor: Client, cloud: Cloud) -> None:
    Cloud.objects.update(enabled=False)
    response = visitor.get(f"/clouds/{slug}/")
    assert response.status_code == 404
    assert "There is no such cloud, or it is switched off." in text(response)
