"""Which runs begin now: what stands in the way of each, who waits, who has waited too long, and who must make way."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clouds import balloon, line, queue, timeline
from clouds.conductor.ledger import Part
from clouds.models import Cloud, Plug, Run, Venue
from clouds.prepared import Given, Prepared
from clouds.queue import MAKE_WAY, Hopeless
from clouds.timeline import SHORTEST_COUNTDOWN_SECONDS, Do, Step

# A run that could not begin within this time is missed, and never replayed.
BEGINS_WITHIN = timedelta(seconds=60)
# A show is claimed so long before its moment, and then waits for it with all that it needs in hand.
AHEAD = timedelta(seconds=3)
LONG_AGO_SECONDS = 86_400.0
# Sooner than this it is no use to look again whether a balloon has sunk.
A_MOMENT_SECONDS = 0.1
NO_PLUGS = gettext_noop("The cloud has no plugs.")
FULL = gettext_noop("Its balloon was too full for it.")
GONE = gettext_noop("You seemed to have gone.")

OURS = Prepared(
    lambda: Venue.objects.select_for_update().filter(pk=Given("venue"), conductor=Given("holder"), stopped_at=None)
)
PLAYING_ON = Prepared(lambda: Run.objects.playing().filter(cloud=Given("cloud")))
PUMP = Prepared(lambda: Plug.objects.filter(cloud=Given("cloud"), pump=Plug.Pump.INFLATE).order_by().only("pk"))


@dataclass(slots=True)
class Claims:
    """What came of looking at the runs that wait. `next_at`: when another may begin; `endings`: what makes way."""

    parts: list[Part] = field(default_factory=list)
    endings: list[tuple[int, str]] = field(default_factory=list)
    next_at: datetime | None = None

    def look_again(self, at: datetime) -> None:
        """Something may begin then."""
        self.next_at = min(at, self.next_at or at)


class Clerk:
    """Decides, at one moment, about all runs of a venue that wait and are due soon."""

    def __init__(
        self, venue: Venue, holder: str, occupied: set[int], troubles: Mapping[int, str], now: datetime
    ) -> None:
        self._venue = venue
        self._holder = holder
        self._occupied = occupied
        self._taken = set(occupied)
        self._troubles = troubles
        self._now = now
        self._shows: list[tuple[Run, tuple[Step, ...]]] = []
        self._has_next: set[int] = set()
        self.claims = Claims()

    def decide(self, waiting: list[Run]) -> Claims:
        """Claim the first run of each cloud that may begin, and end those that can't any more.

        Shows and what curators want go before visitors, whose order is that of the queue.
        """
        now = self._now
        shows = [run for run in reversed(waiting) if run.source == Run.Source.SHOW and run.protected]
        self._reserved = {run.cloud_id: run.due_at for run in shows}
        for run in sorted(waiting, key=lambda run: queue.precedence(run.ticket)):
            if run.source == Run.Source.VISITOR:
                self._visitor(run)
            elif run.nominal_at is not None:
                self._show(run)
            elif run.due_at > now:
                self.claims.look_again(run.due_at)
            elif not self._venue.stopped_at:
                self._in_line(run, max(run.due_at, self._free_since(run)))
        self._claim_shows()
        return self.claims

    def _visitor(self, run: Run) -> None:
        venue, now = self._venue, self._now
        if why := self._why_over(run):
            # Who gives a sign in this very moment is still there.
            same = {"seen_at": run.seen_at} if why == _(GONE) else {}
            self._refuse(run, Run.Outcome.EXPIRED, why, **same)
            return
        self._has_next.add(run.cloud_id)
        if not (venue.stopped_at or venue.is_held(now)):
            self._yield_to_visitor(run)
            if self._is_before_the_next_show(run):
                self._in_line(run, self._free_since(run))
            else:
                # Nobody overtakes whoever has to wait for a show.
                self._taken.add(run.cloud_id)

    def _why_over(self, run: Run) -> str:
        """Why a visitor can't or doesn't wait any more; "" if they can and do."""
        venue, cloud, now = self._venue, run.cloud, self._now
        if not venue.is_open(now):
            return _("%(venue)s closed before it was your turn.") % {"venue": venue}
        if not cloud.enabled:
            return _("%(cloud)s was switched off.") % {"cloud": cloud}
        if cloud.pk not in self._troubles and not PUMP(cloud=cloud.pk):
            return _("%(cloud)s has no pump any more.") % {"cloud": cloud}
        return _(GONE) if queue.has_gone(run.ticket, now, is_next=cloud.pk not in self._has_next) else ""

    def _show(self, run: Run) -> None:
        """A show is claimed ahead; what stands in its way makes way, or it waits for a minute, or it is skipped."""
        if self._now < run.due_at - AHEAD:
            self.claims.look_again(run.due_at - AHEAD)
            return
        if self._now >= run.due_at - MAKE_WAY and (why := self._why_skipped(run)):
            self._refuse(run, Run.Outcome.SKIPPED, why)
        elif run.cloud_id in self._taken:
            self._wait_for_the_end(run)
        elif self._is_kept_away(run.due_at):
            self.claims.look_again(run.due_at)
        elif self._now - run.due_at > BEGINS_WITHIN or self._trouble_of(run):
            self._in_line(run, run.due_at)
        elif (steps := _that_fit(run, max(self._now, run.due_at))) is None:
            self._refuse(run, Run.Outcome.SKIPPED, _(FULL))
        else:
            self._shows.append((run, steps))
            self._taken.add(run.cloud_id)

    def _why_skipped(self, run: Run) -> str:
        """What keeps a show from being played at all, once its moment has come; "" if nothing does."""
        venue = self._venue
        if venue.stopped_at:
            return _("Everything was stopped by %(name)s.") % {"name": venue.stopped_by}
        if venue.is_held(run.due_at):
            if not venue.held_because:
                return _("%(venue)s was on hold.") % {"venue": venue}
            return _("%(venue)s was on hold: %(why)s") % {"venue": venue, "why": venue.held_because}
        if not venue.is_open(run.due_at):
            because = venue.closed_because(run.due_at.astimezone(venue.zone).date())
            if not because:
                return _("%(venue)s was closed.") % {"venue": venue}
            return _("%(venue)s was closed: %(why)s") % {"venue": venue, "why": because}
        met = self._met(run)
        # What ends as this begins has not met it, though it may take a moment more.
        met_by_then = met is not None and met.title and _end_of(met) > run.due_at and not run.replaces
        return _("“%(title)s” was still playing there.") % {"title": met.title} if met and met_by_then else ""

    def _is_kept_away(self, at: datetime) -> bool:
        """Whether it could not begin then as things are; that may change until then."""
        return bool(self._venue.stopped_at or self._venue.is_held(at) or not self._venue.is_open(at))

    def _met(self, run: Run) -> Run | None:
        """What plays on its cloud, if it is something that a show doesn't wait for: another show, a program."""
        if run.cloud_id not in self._taken:
            return None
        if run.cloud_id not in self._occupied:
            return next((other for other, _steps in self._shows if other.cloud_id == run.cloud_id), None)
        return PLAYING_ON.first(cloud=run.cloud_id)

    def _wait_for_the_end(self, run: Run) -> None:
        """What plays when a show is due goes on for up to a minute, or makes way at once."""
        if self._now - run.due_at > BEGINS_WITHIN:
            self._refuse(run, Run.Outcome.MISSED, _("What played there before took more than a minute to end."))
        elif run.priority and self._now < run.due_at - MAKE_WAY:
            self.claims.look_again(run.due_at - MAKE_WAY)
        elif run.priority and (met := PLAYING_ON.first(cloud=run.cloud_id)) and not met.title:
            self.claims.endings.append((met.pk, _("The show “%(title)s” began.") % {"title": run.title}))

    def _yield_to_visitor(self, run: Run) -> None:
        """A show that is not protected ends when a visitor presses."""
        if run.cloud_id in self._occupied:
            met = PLAYING_ON.first(cloud=run.cloud_id)
            if met and met.source == Run.Source.SHOW and not met.protected:
                self.claims.endings.append((met.pk, _("A visitor pressed, and it makes way for visitors.")))

    def _is_before_the_next_show(self, run: Run) -> bool:
        """Whether it would be over when the next show begins on its cloud: else it waits until after that."""
        due_at = self._reserved.get(run.cloud_id)
        return due_at is None or self._now + timedelta(seconds=run.seconds) + MAKE_WAY <= due_at

    def _in_line(self, run: Run, begins_at: datetime) -> None:
        """The first of its cloud begins when nothing stands in its way any more, within a minute."""
        now, trouble = self._now, self._trouble_of(run)
        if run.cloud_id in self._taken:
            if run.replaces and (met := PLAYING_ON.first(cloud=run.cloud_id)):
                self.claims.endings.append(
                    (met.pk, _("A curator replaced it by %(title)s.") % {"title": run.title or _("a puff")})
                )
            return
        if begins_at > now:
            self.claims.look_again(begins_at)
        elif now - begins_at > BEGINS_WITHIN:
            why = trouble or _("Nobody was there to play it.")
            self._refuse(
                run, Run.Outcome.MISSED, _("It could not begin within a minute of its time. %(why)s") % {"why": why}
            )
            return
        elif not trouble:
            self._claim(run)
        self._taken.add(run.cloud_id)

    def _trouble_of(self, run: Run) -> str:
        """Why its pumps can't play it; "" if they can."""
        trouble = self._troubles.get(run.cloud_id)
        return _(NO_PLUGS) if trouble is None else trouble

    def _free_since(self, run: Run) -> datetime:
        """When nothing stood in the way of a run any more, or will: the one before it, the cloud's rest, a hold."""
        moments = [run.due_at]
        if run.source == Run.Source.VISITOR:
            moments += [moment for moment in (run.cloud.rested_at(), self._venue.held_until) if moment]
        if self._now - max(moments) > BEGINS_WITHIN:
            before = Run.objects.filter(cloud=run.cloud, ended_at__isnull=False, started_at__isnull=False)
            moments += [last for last in before.aggregate(at=Max("ended_at")).values() if last]
            if run.source == Run.Source.VISITOR:
                moments.append(self._room_since(run.cloud))
        return max(moments)

    def _room_since(self, cloud: Cloud) -> datetime:
        """When there came to be room for a visitor's puff, as far as sinking tells; now if there is none yet."""
        fill, measures = cloud.fill_at(self._now), cloud.measures
        sunk = balloon.fill_with_room(SHORTEST_COUNTDOWN_SECONDS, measures)
        ago = balloon.seconds_until(fill, max(fill, sunk or 0.0), Do.REST, measures)
        return self._now - timedelta(seconds=min(ago, LONG_AGO_SECONDS))

    def _claim(self, run: Run) -> None:
        """Make a run ours, shortened to the room there is, if it is still to be had."""
        if (steps := _that_fit(run, self._now)) is None:
            self._wait_for_room(run)
        elif self._take([(run, steps)], (started_at := timezone.now())):
            self.claims.parts.append(_part(run, steps, started_at))

    def _wait_for_room(self, run: Run) -> None:
        """A visitor waits until the balloon has sunk, if it does; what can't be shortened is skipped."""
        cloud: Cloud = run.cloud
        wait = balloon.seconds_until_room(cloud.fill_at(self._now), cloud.measures)
        if run.source != Run.Source.VISITOR or wait == math.inf:
            self._refuse(run, Run.Outcome.SKIPPED, _("%(cloud)s is as full as is safe.") % {"cloud": cloud})
        else:
            self.claims.look_again(self._now + timedelta(seconds=max(wait, A_MOMENT_SECONDS)))

    def _claim_shows(self) -> None:
        """All at once, since a thousand may begin at the same moment; one by one only where something is amiss."""
        moments: defaultdict[datetime, list[tuple[Run, tuple[Step, ...]]]] = defaultdict(list)
        for run, steps in self._shows:
            moments[max(run.due_at, self._now)].append((run, steps))
        for at, those in moments.items():
            taken = those if self._take(those, at) else [one for one in those if self._take([one], at)]
            self.claims.parts += [_part(run, steps, at) for run, steps in taken]

    def _take(self, those: list[tuple[Run, tuple[Step, ...]]], at: datetime) -> bool:
        """Whether all of these are ours now: the baton is held, nothing is stopped, nobody else has or plays them."""
        ids = [run.pk for run, _steps in those]
        first, steps = those[0]
        # Only a visitor's puff is shortened, and these are taken one by one.
        shortened = {"steps": timeline.dump(steps), "seconds": timeline.length(steps)} if steps != first.plan else {}
        try:
            with transaction.atomic():
                if not OURS(venue=self._venue.pk, holder=self._holder):
                    return False
                found = Run.objects.filter(pk__in=ids).waiting()
                taken = found.update(state=Run.State.PLAYING, started_at=at, conductor=self._holder, **shortened)
                if taken < len(ids):
                    transaction.set_rollback(True)
                return taken == len(ids)
        except IntegrityError:
            return False

    def _refuse(self, run: Run, outcome: Run.Outcome, reason: str, **same: Any) -> None:
        Run.objects.filter(pk=run.pk, **same).waiting().end(outcome, reason, self._now)


def dismiss(venue: Venue, waiting: Iterable[Run], now: datetime) -> None:
    """End at once what visitors wait for in vain: their turn can't come before closing time, or for lack of room."""
    clouds = {run.cloud_id: run.cloud for run in waiting if run.source == Run.Source.VISITOR}
    for cloud in clouds.values():
        cloud.venue = venue
        if line.can_be_hopeless(cloud, now):
            found = line.read(cloud, now)
            for ticket, promise in zip(found.tickets, queue.promises(found), strict=True):
                if isinstance(promise, Hopeless):
                    run = Run.objects.filter(pk=ticket.key).waiting()
                    run.end(Run.Outcome.EXPIRED, line.why(promise, cloud, now), now)


def _end_of(run: Run) -> datetime:
    return (run.started_at or run.due_at) + timedelta(seconds=run.seconds)


def _part(run: Run, steps: tuple[Step, ...], started_at: datetime) -> Part:
    return Part.of(run, run.cloud, steps, started_at, run.cloud.fill_at(started_at))


def _that_fit(run: Run, at: datetime) -> tuple[Step, ...] | None:
    """The steps of a run for which there is room: a visitor's puff may be shortened, nobody else's."""
    cloud: Cloud = run.cloud
    if run.source == Run.Source.VISITOR:
        fits = cloud.seconds_that_fit(at)
        return tuple(replace(step, seconds=min(step.seconds, fits)) for step in run.plan) if fits else None
    full = balloon.overfills_at(cloud.fill_at(at), run.plan, cloud.hard_cap_seconds, cloud.measures)
    return run.plan if full is None else None
