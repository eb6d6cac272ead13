"""Whether it is alive."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Plug, User, Venue
from tests.web.conftest import Make


def ask(client: Client) -> tuple[int, list[str]]:
    response = client.get("/healthz")
    body: dict[str, Any] = response.json()
    assert body["healthy"] == (response.status_code == 200)
    return response.status_code, body["problems"]


def local(moment: datetime) -> time:
    return moment.time().replace(microsecond=0)


def test_all_is_well(client: Client, conducted: Venue, cloud: Cloud) -> None:
    assert ask(client) == (200, [])


def test_a_fresh_install_is_not_well_yet(client: Client, conducted: Venue) -> None:
    Venue.objects.update(canary_at=None)
    assert ask(client) == (503, ["The gallery: the cluster has not taken a task yet."])


@pytest.mark.parametrize(("seconds", "status"), [(140, 200), (160, 503)])
def test_a_cluster_that_takes_no_tasks_any_more_is_seen(
    seconds: int, status: int, client: Client, conducted: Venue
) -> None:
    Venue.objects.update(canary_at=timezone.now() - timedelta(seconds=seconds))
    assert ask(client)[0] == status


def test_a_venue_with_plugs_needs_a_conductor(client: Client, conducted: Venue, cloud: Cloud) -> None:
    Venue.objects.update(conductor_beat_at=timezone.now() - timedelta(seconds=30))
    assert ask(client) == (503, ["The gallery: no conductor beats."])


def test_a_venue_without_plugs_needs_none(client: Client, conducted: Venue) -> None:
    Venue.objects.update(conductor="")
    assert ask(client)[0] == 200


def test_a_closed_venue_needs_none_unless_something_is_to_be_played(
    client: Client, conducted: Venue, cloud: Cloud, make_run: Make
) -> None:
    now = timezone.now()
    opens, closes = local(now + timedelta(hours=1)), local(now + timedelta(hours=2))
    Venue.objects.update(conductor="", time_zone="UTC", opens_at=opens, closes_at=closes)
    assert ask(client)[0] == 200
    make_run()
    assert ask(client)[0] == 503


@pytest.mark.parametrize(("minutes", "status"), [(1, 200), (2, 503)])
def test_at_opening_time_the_conductor_may_take_a_moment(
    minutes: int, status: int, client: Client, conducted: Venue, cloud: Cloud
) -> None:
    now = timezone.now()
    opens, closes = local(now - timedelta(minutes=minutes)), local(now + timedelta(hours=2))
    Venue.objects.update(conductor="", time_zone="UTC", opens_at=opens, closes_at=closes)
    assert ask(client)[0] == status


def test_a_database_that_does_not_answer_is_told_without_its_secrets(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> None:
        raise DatabaseError("could not connect as root:secret@10.0.0.1")

    monkeypatch.setattr("clouds.models.venue.VenueQuerySet.__iter__", fail)
    assert ask(client) == (503, ["The database does not answer."])


def test_it_only_reads(
    client: Client, conducted: Venue, cloud: Cloud, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1) as captured:
        client.get("/healthz")
    assert captured[0]["sql"].startswith("SELECT")
    assert client.post("/healthz").status_code == 405
    assert Plug.objects.count() == 1
