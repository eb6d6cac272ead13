"""Reads what the queue wants to know of a cloud: who waits there, what plays, what is to come."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from clouds import models, planning, queue, recurrence, timeline
from clouds.models import Cloud, Puff, Run, User
from clouds.prepared import Given, Prepared
from clouds.queue import Hopeless, Line, Promise, Show, Ticket
from clouds.timeline import BadSteps, Step

# More turns than this in an hour put nobody further back.
MOST_TURNS = 50
# Shows are planned every minute, so that those of the last minute before the horizon may not be yet.
A_PLANNING = timedelta(minutes=1)
# Of one show no more occurrences are counted.
MOST_SHOWS = 50
# A puff that failed or was lost is no turn.
TURNS = (Run.Outcome.DONE, Run.Outcome.STOPPED)

LIVE = Prepared(lambda: Run.objects.live().filter(cloud=Given("cloud")).oldest_first())
OF_ROUND = Prepared(
    lambda: (
        Puff.objects.filter(cloud=Given("cloud"), on_at__gte=Given("round"), run__round_at=Given("round"))
        .order_by()
        .only("pk")[:1]
    )
)
LATELY = Prepared(
    lambda: (
        Run.objects.filter(
            asked_by=Given("by"), cloud=Given("cloud"), asked_at__gt=Given("since"), source=Run.Source.VISITOR
        )
        .exclude(started_at=None)
        .order_by("-asked_at")
        .only("outcome", "round_at", "ended_at")[:MOST_TURNS]
    )
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What somebody has to expect: their place in line, and when their turn comes or why it can't."""

    place: int
    promise: Promise | Hopeless


def read(cloud: Cloud, now: datetime, live: list[Run] | None = None) -> Line:
    """A cloud's line; the cloud must come with its venue. `live`: its runs that have not ended, if known."""
    live = LIVE(cloud=cloud.pk) if live is None else live
    playing = next((run for run in live if run.state == Run.State.PLAYING), None)
    waiting = [run for run in live if run.state == Run.State.WAITING]
    tickets = sorted((run.ticket for run in waiting if _waits_as_visitor(run)), key=queue.precedence)
    moments = [moment for moment in (cloud.rested_at(), cloud.venue.held_until) if moment]
    return Line(
        now,
        tuple(tickets),
        fill=cloud.fill_at(now),
        measures=cloud.measures,
        hard_cap=cloud.hard_cap_seconds,
        puff_seconds=cloud.puff_seconds,
        rest_seconds=cloud.rest_seconds,
        limit=cloud.queue_limit,
        ahead=tuple(_ahead(playing, waiting, now)),
        free_at=max(moments, default=None),
        shows=tuple(_to_come(cloud, waiting, now)),
        closes_at=cloud.venue.next_closing(now),
        begun=begun(cloud, live),
    )


def begun(cloud: Cloud, live: Iterable[Run]) -> datetime | None:
    """The round of the visitor whose puff plays, else that of those who wait if somebody of it has begun."""
    rounds = []
    for run in live:
        if run.source == Run.Source.VISITOR and run.round_at:
            if run.state == Run.State.PLAYING:
                return run.round_at
            rounds.append(run.round_at)
    newest = max(rounds, default=None)
    return newest if newest and OF_ROUND(cloud=cloud.pk, round=newest) else None


def joined(cloud: Cloud, live: Iterable[Run], by: User | None, now: datetime) -> tuple[datetime, int]:
    """The round that a press of this person would belong to, and how many turns they have had lately."""
    visitors = [run for run in live if run.source == Run.Source.VISITOR]
    if not visitors:
        return now, 0
    waiting = [run.round_at or run.due_at for run in visitors if run.state == Run.State.WAITING]
    before = LATELY(by=by.pk, cloud=cloud.pk, since=now - queue.LATELY) if by else []
    turns = sum(run.outcome in TURNS for run in before)
    return queue.joins(now, waiting, begun(cloud, visitors), _failed(before)), turns


def outlook(cloud: Cloud, by: User | None, now: datetime) -> Outlook:
    """The place of a person's ticket and when it will begin; that of a press of theirs, if they have none."""
    live = LIVE(cloud=cloud.pk)
    line = read(cloud, now, live)
    mine = next((run for run in live if by and run.asked_by_id == by.pk and _waits_as_visitor(run)), None)
    key = mine.pk if mine else sys.maxsize
    if mine is None:
        round_at, turns = joined(cloud, live, by, now)
        line = queue.joined_by(line, Ticket(key, cloud.puff_seconds, now, round_at, turns))
    at = next(at for at, ticket in enumerate(line.tickets) if ticket.key == key)
    first = sum(_goes_first(run, now) for run in live)
    return Outlook(first + at + 1, queue.promises(line)[at])


def can_be_hopeless(cloud: Cloud, now: datetime) -> bool:
    """Whether it can happen there that somebody who waits can't be served any more."""
    return cloud.half_life_seconds is None or cloud.venue.next_closing(now) is not None


def why(hopeless: Hopeless, cloud: Cloud, now: datetime) -> str:
    """Why somebody's turn can't come any more, in a sentence for them."""
    if hopeless is Hopeless.FULL:
        return _("%(cloud)s will be as full as is safe before it could be your turn.") % {"cloud": cloud}
    closes_at = cloud.venue.next_closing(now)
    at = closes_at.astimezone(cloud.venue.zone) if closes_at else now
    names = {"venue": cloud.venue, "at": f"{at:%H:%M}"}
    return _("%(venue)s closes at %(at)s, before it could be your turn.") % names


def _failed(before: list[Run]) -> tuple[datetime, datetime] | None:
    """The round of somebody's last puff, and its end, if it was no turn."""
    last = next(iter(before), None)
    if last and last.outcome not in TURNS and last.round_at and last.ended_at:
        return last.round_at, last.ended_at
    return None


def _ahead(playing: Run | None, waiting: Iterable[Run], now: datetime) -> Iterable[Step]:
    """What is left of what plays, a pause as if it ended now, and what is due before any visitor's."""
    if playing and (playing.source != Run.Source.SHOW or playing.protected):
        yield from timeline.rest_of(playing.plan, (playing.paused_at or now) - (playing.started_at or now))
    for run in waiting:
        if _goes_first(run, now) and run.protected:
            yield from run.plan


def _to_come(cloud: Cloud, waiting: list[Run], now: datetime) -> list[Show]:
    """What is due later, in order. What makes way for visitors is no hindrance, nor what a hold keeps away."""
    coming = [run for run in waiting if run.due_at > now and run.source != Run.Source.VISITOR and run.protected]
    shows = [Show(run.due_at, run.plan) for run in coming]
    lasts = sum(run.seconds + cloud.rest_seconds + queue.LATE_SECONDS for run in waiting)
    until = max(now, cloud.venue.held_until or now) + timedelta(seconds=lasts)
    if until > now + planning.HORIZON:
        planned = {(run.show_id, run.nominal_at) for run in coming}
        shows += _not_planned_yet(cloud, planned, now + planning.HORIZON - A_PLANNING, until)
    return sorted((show for show in shows if not cloud.venue.is_held(show.at)), key=lambda show: show.at)


def _not_planned_yet(
    cloud: Cloud, planned: set[tuple[int | None, datetime | None]], since: datetime, until: datetime
) -> Iterable[Show]:
    """Shows for which there are no runs yet: a queue may be longer than planning looks ahead."""
    for show in models.Show.objects.due().filter(lines__cloud=cloud, protected=True).with_all():
        place = next(place for place, line in enumerate(show.lines.all()) if line.cloud_id == cloud.pk)
        stagger = timedelta(seconds=place * show.stagger_seconds)
        with suppress(BadSteps, recurrence.BadRule):
            steps = show.program.plan(show.scale_percent)
            for nominal_at in islice(recurrence.occurrences(show.rule, since - stagger, until), MOST_SHOWS):
                if (show.pk, nominal_at) not in planned:
                    yield Show(nominal_at + stagger, steps)


def _waits_as_visitor(run: Run) -> bool:
    return run.state == Run.State.WAITING and run.source == Run.Source.VISITOR


def _goes_first(run: Run, now: datetime) -> bool:
    """Whether it is due before any visitor's turn."""
    return run.state == Run.State.WAITING and run.source != Run.Source.VISITOR and run.due_at <= now
