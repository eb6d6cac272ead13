"""Several clusters on one database: each is sent what is its own."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_q.models import OrmQ

from clouds import tasks
from clouds.models import Venue
from tests.site import ROOT, environment


def queued() -> list[tuple[str, str]]:
    """Which cluster was sent what."""
    return [(sent.key, sent.task["func"]) for sent in OrmQ.objects.order_by("pk")]


@pytest.fixture
def barn(venue: Venue) -> Venue:
    """A venue whose plugs another cluster reaches; the first one is conducted, so that nobody rings for it."""
    Venue.objects.filter(pk=venue.pk).update(conductor="elsewhere:1:1:token", conductor_beat_at=timezone.now())
    return Venue.objects.create(name="The barn", slug="barn", cluster="barn", woken_at=timezone.now())


def test_each_minute_other_clusters_are_asked_to_show_that_they_live(barn: Venue) -> None:
    Venue.objects.create(name="The loft", slug="loft", cluster="barn", woken_at=timezone.now())
    tasks.tick()
    assert queued() == [("barn", "clouds.tasks.canary")]


def test_a_cluster_that_is_away_is_not_sent_more_and_more(barn: Venue) -> None:
    for _ in range(3):
        tasks.tick()
    assert queued() == [("barn", "clouds.tasks.canary")]


@pytest.mark.django_db(transaction=True)
def test_whoever_rings_the_venues_own_cluster_is_sent_the_task(barn: Venue) -> None:
    Venue.objects.update(conductor="", woken_at=None)
    code = "import django; django.setup(); from clouds.tasks import wake_conductors; wake_conductors()"
    there = {**environment(), "Q_CLUSTER_NAME": "barn"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=there, check=True, timeout=60)
    assert sorted(queued()) == [("barn", "clouds.tasks.play"), ("cloudsite", "clouds.tasks.play")]


def test_sessions_that_are_over_are_swept_away(barn: Venue) -> None:
    for key, ahead in (("over", -1), ("goes-on", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(hours=ahead))
    tasks.tick()
    assert list(Session.objects.values_list("pk", flat=True)) == ["goes-on"]
