"""What the tests of the pages share: a venue with a conductor, people who have logged in, and rows to look at."""

import itertools
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clouds import processes
from clouds.models import Cloud, Puff, Run, User, Venue

Make = Callable[..., Any]
# What gives the groups their permissions.
GROUPS = [
    ("0004_groups", "make"), ("0006_rehearsals", "allow"), ("0008_story", "permit"), ("0010_people", "allow"),
    ("0011_kiosk", "allow"),
]  # fmt: skip


@pytest.fixture
def conducted(venue: Venue) -> Venue:
    """The venue, in Berlin, with a conductor that beats: this very process."""
    now = timezone.now()
    name = processes.name_of(os.getpid())
    Venue.objects.update(time_zone="Europe/Berlin", conductor=name, conductor_beat_at=now, canary_at=now)
    venue.refresh_from_db()
    return venue


@pytest.fixture
def visitor(ada: User) -> Client:
    """Ada's browser."""
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def desk(curator: User) -> Client:
    """The curator's browser."""
    client = Client()
    client.force_login(curator)
    return client


@pytest.fixture
def groups(db: None) -> None:
    """Curators and operators as migrations made them; tests that commit have flushed them."""
    if not Group.objects.filter(name="curators").exists():
        for migration, deed in GROUPS:
            getattr(import_module(f"clouds.migrations.{migration}"), deed)(apps, None)


@pytest.fixture
def bob(db: None) -> User:
    """Another visitor."""
    return User.objects.create_user("Bob", "another long phrase")


@pytest.fixture
def make_run(cloud: Cloud) -> Make:
    """Makes runs of the cloud."""

    def make(by: User | None = None, state: str = "waiting", **fields: Any) -> Run:
        now = timezone.now()
        times = {
            "waiting": {},
            "playing": {"started_at": now},
            "ended": {"started_at": now, "ended_at": now, "outcome": "done"},
        }[state]
        steps = [{"do": "inflate", "seconds": 5.0}]
        given = {"cloud": cloud, "source": "visitor", "asked_by": by, "steps": steps, "seconds": 5.0, "state": state}
        return Run.objects.create(**{**given, "asked_at": now, "due_at": now, **times, **fields})

    return make


@pytest.fixture
def make_puff(cloud: Cloud) -> Make:
    """Makes puffs of the cloud, each ten seconds older than the one before."""
    count = itertools.count()

    def make(by: User | None = None, on_at: datetime | None = None, seconds: float | None = 5.0, **fields: Any) -> Puff:
        on_at = on_at or timezone.now() - timedelta(seconds=3600 + 10 * next(count))
        given = {"cloud": cloud, "pump": "inflate", "source": "visitor", "asked_by": by, "planned_seconds": 5.0}
        ended = {} if seconds is None else {"off_at": on_at + timedelta(seconds=seconds), "outcome": "done"}
        return Puff.objects.create(**{**given, "on_at": on_at, **ended, **fields})

    return make


def text(response: HttpResponse) -> str:
    """What the page says, entities and all."""
    return response.content.decode()
