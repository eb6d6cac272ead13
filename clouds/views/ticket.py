"""What a person is told of their turn: their place in line, when it comes, and why it did not."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clouds import actions, line, queue
from clouds.models import Cloud, Run, User, Venue
from clouds.models.run import ended_by
from clouds.queue import Promise
from clouds.views.standing import Standing

# So long the page says why somebody's last turn did not come.
TOLD_FOR = timedelta(minutes=10)
# What is further away than this is told by the clock.
BY_THE_CLOCK_AFTER = timedelta(minutes=15)
A_MOMENT = timedelta(seconds=10)
NO_TURN = (Run.Outcome.EXPIRED, Run.Outcome.MISSED, Run.Outcome.SKIPPED, Run.Outcome.FAILED, Run.Outcome.LOST)


@dataclass(frozen=True, slots=True)
class Turn:
    """A place in line, and in words when its turn comes."""

    cloud: Cloud
    place: int
    comes: str


class Ticket(TypedDict):
    """What somebody is told on a cloud's page: their live request, its place, when its turn comes, or why it didn't."""

    mine: Run | None
    place: int
    turn_comes: str
    ended: Run | None


def context(stands: Standing, by: User | None, now: datetime, *, may_press: bool, by_themselves: bool = True) -> Ticket:
    """What `clouds/ticket.html` wants to know. That they look, `by_themselves`, is a sign of life of those who wait."""
    cloud, mine = stands.cloud, _mine(stands, by)
    if by and mine and by_themselves:
        sign(by, [mine], now)
    told: Ticket = {"mine": mine, "place": 0, "turn_comes": "", "ended": None}
    waits = mine is not None and mine.state == Run.State.WAITING
    if waits or (may_press and mine is None and stands.live):
        outlook = line.outlook(cloud, by, now)
        told["place"], told["turn_comes"] = outlook.place, _comes(outlook, cloud, now)
    if by and mine is None:
        told["ended"] = _did_not_come(cloud, by, now)
    return told


def sign(by: User, runs: list[Run], now: datetime) -> None:
    """Somebody looks at these runs of theirs; written down only where that is news."""
    if any(run.state == Run.State.WAITING and run.seen_at and now - run.seen_at > queue.SIGN_EVERY for run in runs):
        actions.here(by=by, now=now)


def turns(by: User, runs: list[Run], now: datetime) -> list[Turn]:
    """The places in line among these runs of a person, which must come with their clouds and venues."""
    found = []
    for run in runs:
        if run.state == Run.State.WAITING and run.source == Run.Source.VISITOR:
            outlook = line.outlook(run.cloud, by, now)
            found.append(Turn(run.cloud, outlook.place, _comes(outlook, run.cloud, now)))
    return found


def in_words(promise: Promise, venue: Venue, now: datetime) -> str:
    """When somebody's turn comes, as what follows “your turn comes”: rounded outwards, so that it stays true."""
    low = max(timedelta(), promise.earliest - now)
    if promise.latest is None:
        when = _("at %(at)s at the earliest, if there is room by then") % {"at": _minute(promise.earliest, venue)}
    elif promise.latest - now > BY_THE_CLOCK_AFTER:
        ends = _minute(promise.latest + timedelta(seconds=59), venue)
        when = _("between %(begins)s and %(ends)s") % {"begins": _minute(promise.earliest, venue), "ends": ends}
    else:
        when = _in_minutes(low, promise.latest - now)
    if promise.may_close:
        return _("%(when)s, unless %(venue)s closes before") % {"when": when, "venue": venue}
    return when


def _comes(outlook: line.Outlook, cloud: Cloud, now: datetime) -> str:
    """When; "" where it can't come, which the conductor says soon, and why."""
    return in_words(outlook.promise, cloud.venue, now) if isinstance(outlook.promise, Promise) else ""


def _in_minutes(low: timedelta, high: timedelta) -> str:
    least, most = low // timedelta(minutes=1), math.ceil(high / timedelta(minutes=1))
    if high <= A_MOMENT:
        return _("in a moment")
    if least == 0:
        return ngettext("in less than a minute", "in less than %(most)d minutes", most) % {"most": most}
    return _("in about %(least)d to %(most)d minutes") % {"least": least, "most": most}


def _minute(at: datetime, venue: Venue) -> str:
    return f"{at.astimezone(venue.zone):%H:%M}"


def _mine(stands: Standing, by: User | None) -> Run | None:
    theirs = (run for run in stands.live if by and run.asked_by_id == by.pk and run.source == Run.Source.VISITOR)
    return next(theirs, None)


def _did_not_come(cloud: Cloud, by: User, now: datetime) -> Run | None:
    """Their last request there, if that was lately, and its turn did not come for a reason that is not theirs."""
    last = Run.objects.of_visitors().on(cloud).filter(asked_by=by).order_by("-asked_at", "-pk").first()
    if last is None or last.ended_at is None or now - last.ended_at > TOLD_FOR:
        return None
    was_ended = last.outcome == Run.Outcome.STOPPED and not last.started_at and last.reason != ended_by(by.name)
    return last if was_ended or last.outcome in NO_TURN else None
