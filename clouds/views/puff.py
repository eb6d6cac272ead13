"""One puff: what was planned, what was confirmed, and how full its cloud was around it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import surroundings, timeline
from clouds.models import Cloud, Puff
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
    found = (
        Puff.everything.filter(pk=pk)
        .select_related("cloud__venue", "asked_by", "run__show", "run__rehearsal", "rehearsal")
        .first()
    )
    if found is None:
        return sorry(request, 404, _("There is no such puff."))
    place, here = (found.on_at, found.pk), Selection(cloud=found.cloud)
    of_its_run = Puff.everything.filter(run=found.run).order_by("step")
    siblings = list(of_its_run[: MOST_SIBLINGS + 1]) if found.run else []
    context = {
        "puff": found,
        "planned": _planned(found),
        # A rehearsal gave the balloon no air.
        "picture": None if found.rehearsal else _picture(found, timezone.now()),
        "siblings": siblings[:MOST_SIBLINGS] if len(siblings) > 1 else [],
        "more_siblings": len(siblings) > MOST_SIBLINGS,
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
    on_at = run.started_at + cue.at / run.speed
    return Planned(on_at, on_at + timedelta(seconds=puff.planned_seconds / run.speed))


def _picture(puff: Puff, now: datetime) -> Picture:
    cloud, begin = puff.cloud, puff.on_at - AROUND
    over = max(puff.off_at or now, puff.on_at)
    end = min(over + AROUND, max(now, over))
    notes = list(cloud.notes.filter(noted_at__lte=end).order_by("noted_at"))
    known = next((note.noted_at for note in reversed(notes) if note.noted_at <= begin), None)
    back = surroundings.looks_back(cloud.measures)
    since = max(filter(None, (known, begin - back if back else None)), default=None)
    seen = [Seen(note.noted_at, note.fill) for note in notes if since is None or note.noted_at >= since]
    stretches = list(_stretches(cloud, puff, since, end, now))
    return surroundings.draw(stretches, seen, cloud.measures, begin, end)


def _stretches(cloud: Cloud, shown: Puff, since: datetime | None, end: datetime, now: datetime) -> Iterable[Stretch]:
    """The puffs that count for the picture, oldest first; of one that began before what is known, the rest."""
    puffs = Puff.objects.filter(cloud=cloud, on_at__lt=end).newest_first()
    if since:
        puffs = puffs.filter(on_at__gt=since - LONGEST)
    rows = puffs.values_list("pk", "pump", "on_at", "off_at")[:MOST_AROUND]
    for pk, pump, on_at, off_at in reversed(rows):
        begin, end = max(on_at, since or on_at), off_at or max(now, on_at)
        if begin < end or pk == shown.pk:
            yield Stretch(Do(pump), begin, max(begin, end), shown=pk == shown.pk)
