"""What every test may ask for: a venue, a cloud on its plug, people; and sockets that reach loopback only."""

import ipaddress
import socket
from typing import Any

import pytest

from clouds.models import Cloud, Plug, Story, User, Venue

_connect = socket.socket.connect


def _connect_on_loopback(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
        raise AssertionError(f"A test connected to {address}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _connect_on_loopback)


@pytest.fixture
def venue(db: None) -> Venue:
    """The venue that exists from the start; tests that commit have flushed it, so it may have to be made again."""
    return Venue.objects.get_or_create(slug="gallery", defaults={"name": "The gallery"})[0]


@pytest.fixture
def cloud(venue: Venue) -> Cloud:
    """A cloud on a simulated plug that was seen off."""
    cloud = Cloud.objects.create(venue=venue, name="Cumulus", slug="cumulus")
    Plug.objects.create(
        venue=venue, cloud=cloud, name="Cumulus's plug", host="127.0.0.1", port=9999, simulated=True, relay="off"
    )
    return cloud


@pytest.fixture
def story(cloud: Cloud) -> Story:
    """A story of three facts that the cloud tells, each a thousand times the one before."""
    story = Story.objects.create(name="What weighs what", description="From little to much.")
    for place, (amount, unit, text) in enumerate([(5, "g", "A word."), (5, "kg", "A book."), (5, "t", "A library.")]):
        link = "https://example.org/weights?of=words&in=g" if place == 0 else ""
        story.facts.create(position=place, amount=amount, unit=unit, text=text, source="A scale, p. 7", link=link)
    Cloud.objects.filter(pk=cloud.pk).update(story=story)
    cloud.refresh_from_db()
    return story


@pytest.fixture
def ada(db: None) -> User:
    """A visitor."""
    return User.objects.create_user("Ada", "a long pass phrase")


@pytest.fixture
def curator(db: None) -> User:
    """A curator who may do everything."""
    return User.objects.create_superuser("Curator", "a long pass phrase")
