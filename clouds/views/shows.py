"""What is on in the next days."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clouds import forecast
from clouds.forecast import Event
from clouds.models import Cloud, Venue
from clouds.views.answers import reads

AHEAD = timedelta(days=7)
# Of a show that plays more often than this on a day, only the first few times are written out.
WRITTEN_OUT = 3
MOST = 7 * 24 * 60
BEHIND = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A show on a day: its first times, and how many more there are until when."""

    event: Event
    times: list[datetime]
    more: int
    last: datetime


@reads
def shows(request: HttpRequest) -> HttpResponse:
    """The shows of a week, day by day where they play; what was called off says why."""
    now = timezone.now()
    events = [event for event in forecast.events(now - BEHIND, now + AHEAD, now, most=MOST) if event.clouds]
    events = [event for event in events if event.is_cancelled or event.ends_at > now]
    days = [
        (day, _lines(those))
        for day, those in groupby(events, lambda event: event.starts_at.astimezone(event.venue.zone).date())
    ]
    context = {
        "days": days,
        "zones": sorted({venue.time_zone for venue in Venue.objects.all()}),
        "clouds": Cloud.objects.switched_on(),
    }
    return render(request, "clouds/shows.html", context)


def _lines(events: Iterable[Event]) -> list[Line]:
    """One for each show that is on; each that will not be has one by itself, since each says why."""
    found: defaultdict[object, list[Event]] = defaultdict(list)
    for event in events:
        found[(event.show_id, event.starts_at) if event.is_cancelled else (event.show_id, event.clouds)].append(event)
    lines = []
    for those in found.values():
        times = [event.starts_at for event in those]
        few = times if len(times) <= WRITTEN_OUT + 1 else times[:WRITTEN_OUT]
        lines.append(Line(those[0], few, len(times) - len(few), times[-1]))
    return lines
