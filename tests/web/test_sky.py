"""The sky."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Plug, User, Venue
from tests.web.conftest import Make, text


def state(page: str) -> str:
    found = re.search(r'<li id="cloud-cumulus" class="state-(\w+)"', page)
    assert found
    return found[1]


def stop(make_run: Make, make_puff: Make) -> None:
    Venue.objects.update(stopped_at=timezone.now(), stopped_by="Curator")


def hold(make_run: Make, make_puff: Make) -> None:
    Venue.objects.update(held_until=timezone.now() + timedelta(hours=1), held_because="A concert")


def close(make_run: Make, make_puff: Make) -> None:
    now = timezone.now()
    times = {"opens_at": (now + timedelta(hours=1)).time(), "closes_at": (now + timedelta(hours=2)).time()}
    Venue.objects.update(time_zone="UTC", **times)


SCENES: dict[str, Callable[[Make, Make], object]] = {
    "ready": lambda make_run, make_puff: None,
    "puffing": lambda make_run, make_puff: make_puff(on_at=timezone.now(), seconds=None),
    "sinking": lambda make_run, make_puff: make_puff(on_at=timezone.now(), seconds=None, pump="deflate"),
    "starting": lambda make_run, make_puff: make_run(state="playing"),
    "waiting": lambda make_run, make_puff: make_run(),
    "resting": lambda make_run, make_puff: make_puff(on_at=timezone.now() - timedelta(seconds=5.5)),
    "full": lambda make_run, make_puff: Cloud.objects.update(fill_then=1.0, fill_then_at=timezone.now()),
    "unreachable": lambda make_run, make_puff: Plug.objects.update(trouble="It does not answer."),
    "stopped": stop,
    "held": hold,
    "closed": close,
    "waking": lambda make_run, make_puff: Venue.objects.update(conductor=""),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_cloud_is_shown_as_it_is(
    name: str, client: Client, conducted: Venue, cloud: Cloud, make_run: Make, make_puff: Make
) -> None:
    SCENES[name](make_run, make_puff)
    assert state(text(client.get("/"))) == name


@pytest.mark.parametrize("name", ["puffing", "starting"])
def test_nobody_pretends_to_know_what_a_cloud_does_without_its_conductor(
    name: str, client: Client, conducted: Venue, cloud: Cloud, make_run: Make, make_puff: Make
) -> None:
    SCENES[name](make_run, make_puff)
    Venue.objects.update(conductor_beat_at=timezone.now() - timedelta(minutes=1))
    assert state(text(client.get("/"))) == "waking"


def test_a_cloud_without_a_pump_is_out_of_reach(client: Client, conducted: Venue, cloud: Cloud) -> None:
    Plug.objects.all().delete()
    assert state(text(client.get("/"))) == "unreachable"


def test_a_fuller_cloud_is_drawn_larger(client: Client, cloud: Cloud) -> None:
    def scale() -> float:
        return float(re.findall(r"scale\(([\d.]+)\)", text(client.get("/")))[0])

    sizes = []
    for fill in (0.0, 0.1, 0.5, 1.0):
        Cloud.objects.update(fill_then=fill, fill_then_at=timezone.now())
        sizes.append(scale())
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 1.0


def test_a_cloud_that_is_switched_off_is_not_there(client: Client, cloud: Cloud) -> None:
    Cloud.objects.update(enabled=False)
    page = text(client.get("/"))
    assert "Cumulus" not in page
    assert "There are no clouds yet." in page


def test_simulated_and_unguarded_clouds_are_marked(client: Client, cloud: Cloud) -> None:
    assert ">simulated<" in text(client.get("/"))
    Plug.objects.update(simulated=False, unguarded=True)
    page = text(client.get("/"))
    assert ">simulated<" not in page
    assert "has no timer of its own" in page


def test_one_sentence_says_what_goes_on(client: Client, conducted: Venue, cloud: Cloud, make_puff: Make) -> None:
    def sentence() -> str:
        return re.findall(r'id="status" role="status">([^<]*)<', text(client.get("/")))[0]

    assert sentence() == "The sky is calm."
    make_puff(on_at=timezone.now(), seconds=None)
    assert sentence() == "Cumulus is puffing."
    for number in range(3):
        other = Cloud.objects.create(venue=conducted, name=f"Fog {number}", slug=f"fog-{number}")
        Plug.objects.create(venue=conducted, cloud=other, name="Plug", host="127.0.0.1", port=9000 + number)
        make_puff(on_at=timezone.now(), seconds=None, cloud=other)
    assert sentence() == "4 clouds are puffing."
    Cloud.objects.filter(slug="fog-2").update(enabled=False)
    assert sentence() == "Cumulus, Fog 0 and Fog 1 are puffing."


def test_without_script_the_page_looks_again_only_while_something_happens(
    client: Client, conducted: Venue, cloud: Cloud, make_puff: Make
) -> None:
    assert "http-equiv" not in text(client.get("/"))
    make_puff(on_at=timezone.now(), seconds=None)
    lively = text(client.get("/"))
    assert '<noscript><meta http-equiv="refresh" content="5; url=/"></noscript>' in lively


def test_a_hundred_clouds_take_as_many_queries_as_one(
    client: Client, cloud: Cloud, venue: Venue, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(100):
        other = Cloud.objects.create(venue=venue, name=f"Fog {number}", slug=f"fog-{number}")
        Plug.objects.create(venue=venue, cloud=other, name="Plug", host="127.0.0.1", port=9000 + number)
    with django_assert_num_queries(5):
        client.get("/")
