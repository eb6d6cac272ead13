"""A visitor puffs a cloud: what may keep them from it, and how long the puff will be."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import balloon, line, queue, refusals
from clouds.actions.asking import CLOUD, ask
from clouds.actions.waking import tell
from clouds.models import Cloud, Fact, Plug, Puff, Run, User
from clouds.models.cloud import LONGEST_PUFF_SECONDS
from clouds.prepared import Given, Prepared
from clouds.queue import Hopeless
from clouds.timeline import Do, Step

# Where a turn takes longer than this, nobody waits for it any more: the database itself lets one in at a time.
TURN_WITHIN_SECONDS = 1.0
# What turns that a person had count for the cool-down: a puff that failed or was lost costs no turn.
TURNS = (Puff.Outcome.DONE, Puff.Outcome.STOPPED)

PARTS_OF_LIVE = ("source", "state", "asked_by", "due_at", "started_at", "seconds", "round_at")

_turn = threading.Lock()

PLUG = Prepared(
    lambda: Plug.objects.filter(cloud=Given("cloud"), pump=Plug.Pump.INFLATE).only("trouble", "simulated").order_by()
)
LIVE = Prepared(lambda: Run.objects.live().filter(cloud=Given("cloud")).only(*PARTS_OF_LIVE))
LAST_TURN = Prepared(
    lambda: (
        Puff.objects.filter(
            asked_by=Given("by"),
            on_at__gt=Given("since"),
            cloud__venue=Given("venue"),
            source=Puff.Source.VISITOR,
            outcome__in=TURNS,
        )
        .order_by("-off_at")
        .only("off_at")[:1]
    )
)


def press(cloud: Cloud, *, by: User, fact: Fact | None = None) -> Run:
    """A visitor puffs a cloud, at once or as soon as it is their turn; for a `fact` of its story, by its amount.

    The puff is shortened to the room there is. Raises a Refused that says why not, and until when.
    """
    now = timezone.now()
    told = {"fact": fact, "told": str(fact)[:400]} if fact else {}
    try:
        with _in_turn(), transaction.atomic():
            # So PostgreSQL lets presses in one by one, for the queue's limit, and a stop after what is under way.
            (cloud,) = CLOUD(pk=cloud.pk)
            plug, seconds, live = _check(cloud, by, now)
            if fact:
                seconds = min(seconds, _check_told(cloud, fact))
            round_at, turns = line.joined(cloud, live, by, now)
            ticket = {"round_at": round_at, "turns": turns, "seen_at": now, "simulated": plug.simulated}
            run = ask(cloud, [Step(Do.INFLATE, seconds)], Run.Source.VISITOR, by, now, **ticket, **told)
    except IntegrityError as error:
        # Two presses at the same instant: the database lets one of them in.
        raise refusals.AlreadyAsked(_("You have asked %(cloud)s for a puff already.") % {"cloud": cloud}) from error
    tell(cloud.venue, now)
    return run


def offer(cloud: Cloud, *, by: User | None, now: datetime) -> float:
    """The seconds that a press would get at `now`, or anybody's press without `by`. Changes nothing.

    Raises the Refused that `press` would raise.
    """
    return _check(cloud, by, now)[1]


def here(*, by: User, now: datetime) -> None:
    """Somebody gives a sign of life: what they wait for does not lapse. It is bookkeeping, and rings for nobody."""
    old = Q(seen_at__lt=now - queue.SIGN_EVERY)
    Run.objects.waiting().of_visitors().filter(old, asked_by=by).update(seen_at=now)


def puff_that_fits(cloud: Cloud, now: datetime) -> float:
    """The seconds of a visitor's puff, shortened to the room there is. Raises NoRoom."""
    if fits := cloud.seconds_that_fit(now):
        return min(cloud.puff_seconds, fits)
    wait = balloon.seconds_until_room(cloud.fill_at(now), cloud.measures)
    until = now + timedelta(seconds=wait) if wait < math.inf else None
    raise refusals.NoRoom(_("%(cloud)s is as full as is safe.") % {"cloud": cloud}, until)


@contextmanager
def _in_turn() -> Iterator[None]:
    """One press after the other, in this process: who finds SQLite busy sleeps, and for longer each time it does."""
    is_ours = _turn.acquire(timeout=TURN_WITHIN_SECONDS)
    try:
        yield
    finally:
        if is_ours:
            _turn.release()


def _check(cloud: Cloud, by: User | None, now: datetime) -> tuple[Plug, float, list[Run]]:
    """The plug and the seconds of a visitor's puff, if all rules allow one at `now`, and what is live there."""
    plug = _check_open_to_visitors(cloud, now)
    live = LIVE(cloud=cloud.pk)
    if by is not None:
        _check_their_turn(cloud, live, by, now)
    seconds = puff_that_fits(cloud, now)
    _check_queue(cloud, live, now)
    if any(run.state == Run.State.WAITING for run in live) and line.can_be_hopeless(cloud, now):
        _check_in_time(cloud, by, now)
    return plug, seconds, live


def _check_open_to_visitors(cloud: Cloud, now: datetime) -> Plug:
    """The inflate plug of a cloud that visitors may puff at `now`."""
    venue = cloud.venue
    if not cloud.enabled:
        raise refusals.SwitchedOff(_("%(cloud)s is switched off.") % {"cloud": cloud})
    if venue.stopped_at:
        raise refusals.Stopped(_("Everything at %(venue)s is stopped for now.") % {"venue": venue})
    if venue.is_held(now):
        raise refusals.Held(venue.held_because or _("%(venue)s takes a break.") % {"venue": venue}, venue.held_until)
    if not venue.is_open(now):
        raise refusals.Closed(_("%(venue)s is closed.") % {"venue": venue}, venue.next_opening(now))
    plug = PLUG.first(cloud=cloud.pk)
    if plug is None:
        raise refusals.Unreachable(_("%(cloud)s has no pump yet.") % {"cloud": cloud})
    if plug.trouble:
        raise refusals.Unreachable(
            _("The plug of %(cloud)s does not answer as it should. The curators can see why.") % {"cloud": cloud}
        )
    return plug


def _check_their_turn(cloud: Cloud, live: list[Run], by: User, now: datetime) -> None:
    if any(run.source == Run.Source.VISITOR and run.asked_by_id == by.pk for run in live):
        raise refusals.AlreadyAsked(_("You have asked %(cloud)s for a puff already.") % {"cloud": cloud})
    cool_down = timedelta(seconds=cloud.cool_down_seconds)
    # What began before this ended too long ago to matter; who has puffed for years need not wait until all is read.
    since = now - cool_down - timedelta(seconds=LONGEST_PUFF_SECONDS)
    if (last := LAST_TURN.first(by=by.pk, venue=cloud.venue_id, since=since)) and last.off_at:
        until = last.off_at + cool_down
        if now < until:
            raise refusals.CoolingDown(_("You have just had a puff. Let the others have a turn."), until)


def _check_queue(cloud: Cloud, live: list[Run], now: datetime) -> None:
    waiting = sum(run.state == Run.State.WAITING and run.due_at <= now for run in live)
    playing = next((run for run in live if run.state == Run.State.PLAYING), None)
    if cloud.queue_limit == 0:
        if playing:
            raise refusals.Busy(_("%(cloud)s is puffing.") % {"cloud": cloud}, _end_of(playing))
        if waiting:
            raise refusals.Busy(_("%(cloud)s is about to puff.") % {"cloud": cloud})
        if (rested := cloud.rested_at()) and now < rested:
            raise refusals.Resting(_("%(cloud)s is resting.") % {"cloud": cloud}, rested)
    elif waiting >= cloud.queue_limit:
        raise refusals.QueueFull(_("The queue for %(cloud)s is full.") % {"cloud": cloud})


def _check_in_time(cloud: Cloud, by: User | None, now: datetime) -> None:
    """Nobody is let into a line in which their turn can't come."""
    promise = line.outlook(cloud, by, now).promise
    if promise is Hopeless.CLOSING:
        raise refusals.Closed(line.why(promise, cloud, now))
    if promise is Hopeless.FULL:
        raise refusals.NoRoom(line.why(promise, cloud, now))


def _check_told(cloud: Cloud, fact: Fact) -> float:
    """The seconds of a fact's puff, if the cloud tells it; nobody deletes it meanwhile."""
    if not Fact.objects.select_for_update().filter(pk=fact.pk, story=cloud.story_id).exists():
        raise refusals.NotTold(_("%(cloud)s does not tell this any more.") % {"cloud": cloud})
    return fact.seconds_on(cloud)


def _end_of(run: Run) -> datetime | None:
    return run.started_at + timedelta(seconds=run.seconds) if run.started_at else None
