"""What the conductor reads: what is to be played now, ended, granted, and what must not begin, and why."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils import timezone

from clouds import balloon, timeline
from clouds.conductor.ledger import Part
from clouds.models import BalloonNote, Cloud, Plug, Run, Venue
from clouds.plugs import Address
from clouds.prepared import Given, Prepared
from clouds.timeline import Do, Step

# A run that could not begin within this time is missed, and never replayed.
BEGINS_WITHIN = timedelta(seconds=60)
NO_PLUGS = "The cloud has no plugs."


VENUE = Prepared(lambda: Venue.objects.filter(pk=Given("pk")))
OURS = Prepared(
    lambda: Venue.objects.select_for_update().filter(pk=Given("venue"), conductor=Given("holder"), stopped_at=None)
)
DUE = Prepared(
    lambda: (
        Run.objects.waiting()
        .filter(cloud__venue=Given("venue"), due_at__lte=Given("now"))
        .select_related("cloud")
        .oldest_first()
    )
)
PLAYING = Run.objects.playing().filter(conductor=Given("holder"))
ASKED_TO_END = Prepared(lambda: PLAYING.exclude(end_asked_by="").only("end_asked_by"))
NEWER_NOTES = BalloonNote.objects.filter(cloud=OuterRef("cloud"), noted_at__gt=OuterRef("started_at"))
NOTED = Prepared(lambda: PLAYING.filter(Exists(NEWER_NOTES)).select_related("cloud"))


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


def read(venue_id: int, holder: str, occupied: set[int], troubles: Mapping[int, str], *, of_plugs: bool = True) -> News:
    """The news at this moment, or those that are not `of_plugs`; runs that may begin are claimed.

    `occupied`: clouds on which nothing may begin yet. `troubles`: why the plugs of a cloud are not in order, "" if they
    are; a cloud that is missing there has no plugs that are known.
    """
    now = timezone.now()
    (venue,) = VENUE(pk=venue_id)
    news = News(stopped_at=venue.stopped_at, stopped_by=venue.stopped_by)
    waiting = DUE(venue=venue_id, now=now)
    _begin(news, waiting, venue, holder, occupied, troubles, now)
    if news.parts:
        return news
    if of_plugs:
        plugs = Plug.objects.filter(venue=venue)
        found = plugs.aggregate(n=Count("pk"), at=Max("changed_at"), wishes=Count("pk", filter=~Q(wish="")))
        news.plugs = (found["n"], found["at"])
        news.wishes = list(plugs.exclude(wish="").values_list("pk", "wish")) if found["wishes"] else []
    news.endings = _endings(holder, now) if occupied else []
    news.is_wanted = not of_plugs or bool(venue.is_open(now) or waiting or occupied or news.wishes)
    return news


def _begin(
    news: News,
    waiting: list[Run],
    venue: Venue,
    holder: str,
    occupied: set[int],
    troubles: Mapping[int, str],
    now: datetime,
) -> None:
    """Claim the first run of each cloud that may begin, and end those that can't any more."""
    taken = set(occupied)
    for run in waiting:
        if run.source == Run.Source.VISITOR and not venue.is_open(now):
            _refuse(run, Run.Outcome.EXPIRED, f"{venue} closed before it was your turn.", now)
            continue
        if run.cloud_id in taken or venue.stopped_at or (run.source == Run.Source.VISITOR and venue.is_held(now)):
            continue
        begins_at = _free_since(run, venue, now)
        trouble = troubles.get(run.cloud_id, NO_PLUGS)
        if begins_at > now:
            news.next_at = min(begins_at, news.next_at or begins_at)
        elif now - begins_at > BEGINS_WITHIN:
            why = trouble or "Nobody was there to play it."
            _refuse(run, Run.Outcome.MISSED, f"It could not begin within a minute of its time. {why}", now)
            continue
        elif not trouble and (part := _claim(run, holder, now)):
            news.parts.append(part)
        taken.add(run.cloud_id)


def _free_since(run: Run, venue: Venue, now: datetime) -> datetime:
    """When nothing stood in the way of a run any more, or will: the one before it, the cloud's rest, a hold."""
    moments = [run.due_at]
    if run.source == Run.Source.VISITOR:
        moments += [moment for moment in (run.cloud.rested_at(), venue.held_until) if moment]
    if now - max(moments) > BEGINS_WITHIN:
        before = Run.objects.filter(cloud=run.cloud, ended_at__isnull=False, started_at__isnull=False)
        moments += [last for last in before.aggregate(at=Max("ended_at")).values() if last]
    return max(moments)


def _claim(run: Run, holder: str, now: datetime) -> Part | None:
    """Make a run ours, shortened to the room there is, if it is still to be had."""
    steps = _that_fit(run, now)
    if steps is None:
        _refuse(run, Run.Outcome.SKIPPED, f"{run.cloud} is as full as is safe.", now)
        return None
    started_at, started = timezone.now(), time.monotonic()
    if not _take(run, steps, holder, started_at):
        return None
    return Part(
        run_id=run.pk,
        cloud_id=run.cloud_id,
        cloud=run.cloud.name,
        steps=steps,
        hard_cap=run.cloud.hard_cap_seconds,
        source=run.source,
        asked_by_id=run.asked_by_id,
        simulated=run.simulated,
        started_at=started_at,
        started=started,
    )


def _take(run: Run, steps: tuple[Step, ...], holder: str, at: datetime) -> bool:
    """Whether the run is ours now: the baton is held, nothing is stopped, and nobody else has it or plays there."""
    try:
        with transaction.atomic():
            ours = OURS(venue=run.cloud.venue_id, holder=holder)
            waiting = Run.objects.filter(pk=run.pk).waiting()
            return bool(ours) and bool(
                waiting.update(
                    state=Run.State.PLAYING,
                    started_at=at,
                    conductor=holder,
                    steps=timeline.dump(steps),
                    seconds=timeline.length(steps),
                )
            )
    except IntegrityError:
        return False


def _that_fit(run: Run, now: datetime) -> tuple[Step, ...] | None:
    """The steps of a run for which there is room: a visitor's puff may be shortened, nobody else's."""
    cloud: Cloud = run.cloud
    if run.source == Run.Source.VISITOR:
        fits = cloud.seconds_that_fit(now)
        return tuple(replace(step, seconds=min(step.seconds, fits)) for step in run.plan) if fits else None
    full = balloon.overfills_at(cloud.fill_at(now), run.plan, cloud.hard_cap_seconds, cloud.measures)
    return run.plan if full is None else None


def _endings(holder: str, now: datetime) -> list[tuple[int, str]]:
    """Runs that somebody wants ended, and those whose balloon was seen fuller, meanwhile, than was planned for."""
    asked = [(run.pk, f"Ended by {run.end_asked_by}.") for run in ASKED_TO_END(holder=holder)]
    overtaken = [run for run in NOTED(holder=holder) if _leads_too_far(run, now)]
    return asked + [(run.pk, "The balloon is fuller than was reckoned.") for run in overtaken]


def _leads_too_far(run: Run, now: datetime) -> bool:
    cloud: Cloud = run.cloud
    left = timeline.rest_of(run.plan, now - (run.started_at or now))
    return balloon.overfills_at(cloud.fill_at(now), left, cloud.hard_cap_seconds, cloud.measures) is not None


def _refuse(run: Run, outcome: Run.Outcome, reason: str, now: datetime) -> None:
    Run.objects.filter(pk=run.pk).waiting().end(outcome, reason, now)
