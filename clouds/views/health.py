"""Is it alive? For whoever watches over the site; it only reads."""

from datetime import datetime, timedelta

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from clouds.models import Run, Venue
from clouds.views.answers import reads

# The canary is stamped every minute; two stamps may be missed.
CANARY_LASTS = timedelta(seconds=150)
# At opening time a conductor is rung for within a minute.
CONDUCTOR_COMES_WITHIN = timedelta(seconds=90)


@reads
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when every venue is conducted and tasks are taken, else 503; which of the two is in the body."""
    now = timezone.now()
    try:
        problems = [problem for venue in Venue.objects.all() for problem in _problems(venue, now)]
    except DatabaseError:
        problems = ["The database does not answer."]
    body = {"healthy": not problems, "problems": problems}
    return JsonResponse(body, status=503 if problems else 200, headers={"Cache-Control": "no-store"})


def _problems(venue: Venue, now: datetime) -> list[str]:
    problems = []
    if not venue.is_conducted(now) and _needs_a_conductor(venue, now):
        problems.append(f"{venue}: no conductor beats.")
    if venue.canary_at is None:
        problems.append(f"{venue}: the cluster has not taken a task yet.")
    elif now - venue.canary_at > CANARY_LASTS:
        problems.append(f"{venue}: the cluster has taken no task since {venue.canary_at:%Y-%m-%d %H:%M:%S} UTC.")
    return problems


def _needs_a_conductor(venue: Venue, now: datetime) -> bool:
    if Run.objects.at(venue).live().due_by(now).exists():
        return True
    return venue.plugs.exists() and venue.is_open(now) and venue.is_open(now - CONDUCTOR_COMES_WITHIN)
