"""One puff: what was planned, what was confirmed, and how full its cloud was around it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import surroundings, timeline
from clouds.models import BalloonNote, Cloud, Puff
from clouds.models.cloud import LONGEST_PUFF_SECONDS
from clouds.selection import Selection
from clouds.surroundings import Picture, Seen, Stretch
from clouds.timeline import Do
from clouds.views.answers import reads, sorry

AROUND = timedelta(minutes=5)
LONGEST = timedelta(seconds=LONGEST_PUFF_SECONDS)
# A balloon that keeps its air is full after some dozens of puffs; more than these need not be looked at.
MOST_AROUND = 2000
MOST_SIBLINGS = 50


class Planned(NamedTuple):
    """When a pump was to go on and off."""

    on_at: datetime
    off_at: datetime


@reads
def puff(request: HttpRequest, pk: int) -> HttpResponse:
    """One puff."""
    found = Puff.objects.filter(pk=pk).select_related("cloud__venue", "asked_by", "run__show", "plug").first()
    if found is None:
        return sorry(request, 404, _("There is no such puff."))
    place, here = (found.on_at, found.pk), Selection(cloud=found.cloud)
    siblings = found.run.puffs.order_by("step")[: MOST_SIBLINGS + 1] if found.run else []
    context = {
        "puff": found,
        "planned": _planned(found),
        "picture": _picture(found, timezone.now()),
        "siblings": siblings if len(siblings) > 1 else [],
        "earlier": next(iter(here.page(1, before=place)), None),
        "later": next(iter(here.page(1, after=place)), None),
    }
    return render(request, "clouds/puff.html", context)


def _planned(puff: Puff) -> Planned | None:
    """By its run: what nobody planned, and what no run tells of any more, has no such times."""
    run = puff.run
    if run is None or run.started_at is None or puff.planned_seconds is None:
        return None
    try:
        cue = next((cue for cue in timeline.cues(run.plan) if cue.index == puff.step), None)
    except timeline.BadSteps:
        return None
    if cue is None:
        return None
    on_at = run.started_at + cue.at
    return Planned(on_at, on_at + timedelta(seconds=puff.planned_seconds))


def _picture(puff: Puff, now: datetime) -> Picture:
    begin = puff.on_at - AROUND
    end = min((puff.off_at or now) + AROUND, max(now, puff.off_at or puff.on_at + timedelta(seconds=1)))
    cloud = puff.cloud
    notes = cloud.notes.filter(noted_at__lte=end)
    known: BalloonNote | None = notes.filter(noted_at__lte=begin).order_by("-noted_at").first()
    back = surroundings.looks_back(cloud.measures)
    since = begin - back if back else None
    if known and (since is None or known.noted_at > since):
        since = known.noted_at
    seen = notes.filter(noted_at__gte=since) if since else notes
    return surroundings.draw(
        list(_stretches(cloud, puff, since, end, now)),
        [Seen(note.noted_at, note.fill) for note in seen],
        cloud.measures,
        begin,
        end,
    )


def _stretches(cloud: Cloud, shown: Puff, since: datetime | None, end: datetime, now: datetime) -> Iterable[Stretch]:
    """The puffs that count for the picture, oldest first; of one that began before what is known, the rest."""
    puffs = cloud.puffs.filter(on_at__lt=end).newest_first().only("pump", "on_at", "off_at")
    if since:
        puffs = puffs.filter(on_at__gt=since - LONGEST)
    for puff in sorted(puffs[:MOST_AROUND], key=attrgetter("on_at")):
        on_at, off_at = max(puff.on_at, since or puff.on_at), puff.off_at or max(now, puff.on_at)
        if off_at > on_at or puff == shown:
            yield Stretch(Do(puff.pump), on_at, max(on_at, off_at), shown=puff == shown)
