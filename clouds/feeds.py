"""Calendars to subscribe to (RFC 5545): every occurrence by itself, so that they say what will be played."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Timezone
from icalendar import Event as Entry

from clouds import forecast
from clouds.forecast import Event
from clouds.models import Cloud
from clouds.planning import ANNOUNCED
from clouds.views.answers import reads, sorry

PAST = timedelta(days=90)
FRESH_SECONDS = 300


@reads
def all_shows(request: HttpRequest) -> HttpResponse:
    """Every show."""
    return _answer(request, _("The Cloud"), None)


@reads
def shows_of(request: HttpRequest, slug: str) -> HttpResponse:
    """The shows of one cloud."""
    cloud = Cloud.objects.switched_on().filter(slug=slug).first()
    if cloud is None:
        return sorry(request, 404, _("There is no such cloud, or it is switched off."))
    return _answer(request, _("%(cloud)s – The Cloud") % {"cloud": cloud}, cloud)


def write(name: str, events: Iterable[Event]) -> bytes:
    """The calendar of these events; the same bytes for the same events."""
    events = [event for event in events if event.clouds]
    calendar = Calendar()
    calendar.add("prodid", "-//Cloudsite//Shows//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(seconds=FRESH_SECONDS), parameters={"VALUE": "DURATION"})
    for zone in sorted({event.venue.time_zone for event in events} - {"UTC"}):
        first, last = min(event.starts_at for event in events), max(event.ends_at for event in events)
        days = first.date() - timedelta(days=366), last.date() + timedelta(days=366)
        calendar.add_component(Timezone.from_tzid(zone, first_date=days[0], last_date=days[1]))
    for event in events:
        calendar.add_component(_entry(event))
    return bytes(calendar.to_ical())


def _entry(event: Event) -> Entry:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    entry = Entry()
    entry.add("uid", f"show-{event.show_id}-{event.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}@{host}")
    entry.add("dtstamp", event.changed_at.astimezone(UTC).replace(microsecond=0))
    entry.add("dtstart", _local(event.starts_at, event))
    entry.add("dtend", _local(event.ends_at, event))
    entry.add("summary", event.title)
    entry.add("location", f"{event.venue.name}: {', '.join(event.clouds)}")
    entry.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    entry.add("sequence", int(event.is_cancelled))
    if event.because:
        entry.add("description", event.because)
    return entry


def _local(at: datetime, event: Event) -> datetime:
    """Wall time where it plays; where that happens a second time no wall time can say so, and it is UTC."""
    local = at.replace(microsecond=0).astimezone(event.venue.zone)
    return at.replace(microsecond=0).astimezone(UTC) if local.fold or event.venue.time_zone == "UTC" else local


def _answer(request: HttpRequest, name: str, cloud: Cloud | None) -> HttpResponse:
    now = timezone.now()
    # From one midnight to another, so that nothing changes between two of them but what curators change.
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    body = write(name, forecast.events(today - PAST, today + ANNOUNCED, now, cloud=cloud))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    response = HttpResponse(status=304) if known & {tag, "*"} else HttpResponse(body, "text/calendar; charset=utf-8")
    response["ETag"], response["Cache-Control"] = tag, f"public, max-age={FRESH_SECONDS}"
    return response
