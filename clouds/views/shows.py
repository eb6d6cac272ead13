"""What is on in the next days."""

from datetime import timedelta
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clouds import forecast
from clouds.models import Cloud, Venue
from clouds.views.answers import reads

AHEAD = timedelta(days=7)
BEHIND = timedelta(hours=1)


@reads
def shows(request: HttpRequest) -> HttpResponse:
    """The shows of a week, day by day where they play; what was called off says why."""
    now = timezone.now()
    events = [event for event in forecast.events(now - BEHIND, now + AHEAD, now) if event.clouds]
    events = [event for event in events if event.is_cancelled or event.ends_at > now]
    days = [
        (day, list(those))
        for day, those in groupby(events, lambda event: event.starts_at.astimezone(event.venue.zone).date())
    ]
    context = {
        "days": days,
        "zones": sorted({venue.time_zone for venue in Venue.objects.all()}),
        "clouds": Cloud.objects.switched_on(),
    }
    return render(request, "clouds/shows.html", context)
