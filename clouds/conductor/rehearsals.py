"""Rehearsals: the same performances, on plugs that are not there.

What plays for real is not disturbed: a rehearsal has a rig of its own, occupies no cloud, and gives no air.
"""

import asyncio
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clouds import plugs
from clouds.conductor.claims import BEGINS_WITHIN
from clouds.conductor.ledger import Part
from clouds.conductor.performances import Performances
from clouds.conductor.rig import Pump, Rig
from clouds.models import Puff, Run
from clouds.prepared import Given, Prepared
from clouds.timeline import Do

# Claimed so long before it begins, for rehearsals that wander.
AHEAD = timedelta(seconds=2)
NOBODY = gettext_noop("Nobody was there to play it.")
LOST = gettext_noop("Its conductor died.")

DUE = Prepared(
    lambda: (
        Run.everything.rehearsed()
        .waiting()
        .filter(cloud__venue=Given("venue"), due_at__lte=Given("soon"))
        .select_related("cloud", "rehearsal")
        .oldest_first()
    )
)


def claim(venue_id: int, holder: str, now: datetime) -> list[Part]:
    """The rehearsals of a venue that begin now, ours from here on; those that nobody began in time are missed."""
    parts = []
    for run in DUE(venue=venue_id, soon=now + AHEAD):
        at, mine = max(run.due_at, now), Run.everything.filter(pk=run.pk).waiting()
        if now - run.due_at > BEGINS_WITHIN:
            mine.end(Run.Outcome.MISSED, _(NOBODY), now)
        elif mine.update(state=Run.State.PLAYING, started_at=at, conductor=holder):
            parts.append(Part.of(run, run.cloud, run.plan, at, run.rehearsal.fill if run.rehearsal else 0.0))
    return parts


def lose(venue_id: int, holder: str, now: datetime) -> None:
    """End what a dead conductor left of rehearsals; there is nothing to switch off."""
    runs = Run.everything.rehearsed().playing().filter(cloud__venue_id=venue_id).exclude(conductor=holder)
    left = list(runs.values_list("pk", flat=True))
    still_on = Puff.everything.still_on().filter(run__in=left)
    still_on.update(off_at=now, outcome=Puff.Outcome.LOST, reason=_(LOST), confirmed=False)
    Run.everything.filter(pk__in=left).end(Run.Outcome.LOST, _(LOST), now)


async def perform(part: Part, performances: Performances) -> None:
    """Play a run on plugs that are not there, until it is over."""
    actors = {do: plugs.actor_for(plugs.NOWHERE) for do in (Do.INFLATE, Do.DEFLATE)}
    try:
        for actor in actors.values():
            await actor.off()
        await asyncio.wait([performances.begin(part, Rig({do: Pump(None, actor) for do, actor in actors.items()}))])
    finally:
        for actor in actors.values():
            await actor.close()
