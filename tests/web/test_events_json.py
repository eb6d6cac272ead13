"""What is told of the clouds, for pages that ask again and again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds import actions, refusals
from clouds.live import facts, polling
from clouds.models import Cloud, User, Venue
from clouds.views import standing
from tests.web.conftest import Make
from tests.web.test_sky import SCENES


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept of what was seen before."""
    monkeypatch.setattr(polling, "_glance", polling.Glance())
    monkeypatch.setattr(polling, "KEPT_FOR_SECONDS", -1.0)


def test_it_tells_of_all_clouds_or_of_one(client: Client, conducted: Venue, cloud: Cloud) -> None:
    Cloud.objects.create(venue=conducted, name="Fog", slug="fog")
    everything = client.get("/events.json").json()
    assert [told["slug"] for told in everything["clouds"]] == ["cumulus", "fog"]
    assert everything["watching"] == 0
    (told,) = client.get("/events.json?cloud=fog").json()["clouds"]
    assert (told["slug"], told["state"], told["press_seconds"]) == ("fog", "unreachable", None)


def test_it_tells_nothing_but_what_everybody_may_know(
    client: Client, conducted: Venue, cloud: Cloud, ada: User, make_run: Make
) -> None:
    make_run(ada, state="playing", title="Drizzle")
    (told,) = client.get("/events.json").json()["clouds"]
    assert told.keys() == {
        *("slug", "state", "sentence", "until", "fill", "gain", "loss"),
        *("who", "title", "seconds", "queue", "press_seconds"),
    }
    assert (told["who"], told["title"]) == ("Ada", "Drizzle")


def test_who_knows_it_already_is_told_so(
    client: Client, conducted: Venue, cloud: Cloud, ada: User, make_puff: Make, make_run: Make
) -> None:
    make_puff(on_at=timezone.now(), seconds=None, run=make_run(state="playing"))
    first = client.get("/events.json")
    assert first["Cache-Control"] == "no-cache"
    # Air comes meanwhile, as the page reckons by itself.
    again = client.get("/events.json", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    make_run(ada)
    changed = client.get("/events.json", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["clouds"][0]["queue"] == 1


@pytest.mark.parametrize("slug", ["nowhere", "Cumulus", "a/../b", "\0"])
def test_a_cloud_that_is_not_there_is_told_so(slug: str, client: Client, conducted: Venue, cloud: Cloud) -> None:
    answer = client.get("/events.json", {"cloud": slug})
    assert (answer.status_code, answer.json()) == (404, {"error": "There is no such cloud, or it is switched off."})


def test_a_sky_that_cannot_be_seen_is_told_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(facts, "read", fail)
    answer = client.get("/events.json")
    assert (answer.status_code, answer.json()) == (503, {"error": "The sky can't be seen right now."})


def test_a_crowd_that_asks_in_the_same_moment_asks_the_database_once(
    client: Client, conducted: Venue, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(polling, "KEPT_FOR_SECONDS", 60.0)
    looks: DjangoAssertNumQueries = django_assert_num_queries
    with looks(5):
        answers = [client.get("/events.json").content for _ in range(10)]
    assert len(set(answers)) == 1


def queue_is_full(make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(queue_limit=1)
    make_run()


def nobody_may_wait(make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(queue_limit=0)
    make_run(state="playing")


def nobody_may_wait_for_a_rest(make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(queue_limit=0)
    make_puff(on_at=timezone.now() - timedelta(seconds=5.5))


def nearly_full(make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(fill_then=0.88, fill_then_at=timezone.now())


def stopped_while_it_puffs(make_run: Make, make_puff: Make) -> None:
    SCENES["puffing"](make_run, make_puff)
    Venue.objects.update(stopped_at=timezone.now())


MORE = [queue_is_full, nobody_may_wait, nobody_may_wait_for_a_rest, nearly_full, stopped_while_it_puffs]


@pytest.mark.parametrize("scene", [*SCENES.values(), *MORE], ids=[*SCENES, *(scene.__name__ for scene in MORE)])
def test_what_a_press_would_get_is_what_is_offered(
    scene: Callable[[Make, Make], object], conducted: Venue, cloud: Cloud, make_run: Make, make_puff: Make
) -> None:
    scene(make_run, make_puff)
    found, now = Cloud.objects.select_related("venue").get(), timezone.now()
    try:
        offered = actions.offer(found, by=None, now=now)
    except refusals.Refused:
        offered = None
    assert standing.of(found, now).press_seconds == offered
