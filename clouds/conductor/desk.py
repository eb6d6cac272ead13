"""What the conductor reads: what is to be played now, ended, granted, and what must not begin, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import balloon, timeline
from clouds.conductor import claims, rehearsals
from clouds.conductor.ledger import Part
from clouds.conductor.performance import Marks
from clouds.models import BalloonNote, Cloud, Plug, Run, Venue
from clouds.models.run import WARM_UP, ended_by
from clouds.plugs import Address
from clouds.prepared import Given, Prepared
from clouds.timeline import Do

VENUE = Prepared(lambda: Venue.objects.filter(pk=Given("pk")))
DUE = Prepared(
    lambda: (
        Run.objects.waiting()
        .filter(cloud__venue=Given("venue"), due_at__lte=Given("soon"))
        .select_related("cloud")
        .oldest_first()
    )
)
PLAYING = Run.everything.playing().filter(conductor=Given("holder"))
MARKS = Prepared(lambda: PLAYING.only("pause_asked_by", "skips"))
ASKED_TO_END = Prepared(lambda: PLAYING.exclude(end_asked_by="").only("end_asked_by"))
NEWER_NOTES = BalloonNote.objects.filter(cloud=OuterRef("cloud"), noted_at__gt=OuterRef("started_at"))
NOTED = Prepared(lambda: PLAYING.filter(Exists(NEWER_NOTES), rehearsal=None).select_related("cloud"))


@dataclass(frozen=True, slots=True)
class Outlet:
    """A plug and what hangs on it."""

    plug_id: int
    cloud_id: int | None
    do: Do
    address: Address


@dataclass(slots=True)
class News:
    """What is new. `plugs` changes whenever a plug was added, changed or removed.

    Where there are parts that may begin, nothing else was read, so that nothing else keeps them waiting.
    """

    parts: list[Part] = field(default_factory=list)
    endings: list[tuple[int, str]] = field(default_factory=list)
    marks: dict[int, Marks] = field(default_factory=dict)
    rehearsals: list[Part] = field(default_factory=list)
    wishes: list[tuple[int, str]] = field(default_factory=list)
    stopped_at: datetime | None = None
    stopped_by: str = ""
    plugs: tuple[int, datetime | None] | None = None
    is_wanted: bool = True
    next_at: datetime | None = None


def outlets(venue_id: int) -> list[Outlet]:
    """The venue's plugs."""
    return [
        Outlet(
            plug.pk,
            plug.cloud_id,
            Do(plug.pump),
            address_of(plug),
        )
        for plug in Plug.objects.filter(venue_id=venue_id)
    ]


def address_of(plug: Plug) -> Address:
    """Where a plug is, as its actor wants to know it."""
    return Address(plug.host, plug.port, plug.child_id, plug.family, plug.mac, plug.simulated, plug.unguarded)


def read(
    venue_id: int,
    holder: str,
    occupied: set[int],
    troubles: Mapping[int, str],
    *,
    of_plugs: bool = True,
    rehearses: bool = False,
) -> News:
    """The news at this moment, or those that are neither `of_plugs` nor of rehearsals; runs that may begin are claimed.

    `occupied`: clouds on which nothing may begin yet. `troubles`: why the plugs of a cloud are not in order, "" if they
    are; a cloud that is missing there has no plugs that are known. `rehearses`: whether a rehearsal is under way.
    """
    now = timezone.now()
    (venue,) = VENUE(pk=venue_id)
    news = News(stopped_at=venue.stopped_at, stopped_by=venue.stopped_by)
    waiting = DUE(venue=venue_id, soon=now + WARM_UP)
    decided = claims.Clerk(venue, holder, occupied, troubles, now).decide(waiting)
    news.parts, news.endings, news.next_at = decided.parts, decided.endings, decided.next_at
    if news.parts:
        return news
    if of_plugs:
        claims.dismiss(venue, waiting, now)
        plugs = Plug.objects.filter(venue=venue)
        found = plugs.aggregate(n=Count("pk"), at=Max("changed_at"), wishes=Count("pk", filter=~Q(wish="")))
        news.plugs = (found["n"], found["at"])
        news.wishes = list(plugs.exclude(wish="").values_list("pk", "wish")) if found["wishes"] else []
        news.rehearsals = rehearsals.claim(venue_id, holder, now)
    if occupied or rehearses:
        news.endings += _endings(holder, now)
        news.marks = {run.pk: Marks(run.pause_asked_by, run.skips) for run in MARKS(holder=holder)}
    busy = waiting or occupied or rehearses or news.rehearsals or news.wishes
    news.is_wanted = not of_plugs or bool(venue.is_open(now) or busy)
    return news


def _endings(holder: str, now: datetime) -> list[tuple[int, str]]:
    """Runs that somebody wants ended, and those whose balloon was seen fuller, meanwhile, than was planned for."""
    asked = [(run.pk, ended_by(run.end_asked_by)) for run in ASKED_TO_END(holder=holder)]
    overtaken = [run for run in NOTED(holder=holder) if _leads_too_far(run, now)]
    return asked + [(run.pk, _("The balloon is fuller than was reckoned.")) for run in overtaken]


def _leads_too_far(run: Run, now: datetime) -> bool:
    cloud: Cloud = run.cloud
    left = timeline.rest_of(run.plan, now - (run.started_at or now))
    return balloon.overfills_at(cloud.fill_at(now), left, cloud.hard_cap_seconds, cloud.measures) is not None
