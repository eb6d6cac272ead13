"""What anyone may ask for: press, stop, release, hold, end a run.

Doors call these and show what comes back. Each decides with one `now`, changes rows, and rings for the conductor; what
is refused raises a `refusals.Refused` and changes nothing.
"""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from clouds import balloon, doorbell, line, planning, queue, refusals, timeline
from clouds.models import Act, BalloonNote, Cloud, Fact, Plug, Program, Puff, Rehearsal, Run, Show, User, Venue
from clouds.models.cloud import LONGEST_PUFF_SECONDS
from clouds.models.rehearsal import FASTEST
from clouds.models.run import ended_by
from clouds.prepared import Given, Prepared
from clouds.queue import Hopeless
from clouds.timeline import Do, Step

# Where a turn takes longer than this, nobody waits for it any more: the database itself lets one in at a time.
TURN_WITHIN_SECONDS = 1.0
# A conductor that was rung for needs about two seconds to come; ringing again sooner would only fill the queue.
RING_AGAIN_AFTER = timedelta(seconds=2)
# What turns that a person had count for the cool-down: a puff that failed or was lost costs no turn.
TURNS = (Puff.Outcome.DONE, Puff.Outcome.STOPPED)

PARTS_OF_LIVE = ("source", "state", "asked_by", "due_at", "started_at", "seconds", "round_at")

_turn = threading.Lock()

CLOUD = Prepared(
    lambda: (
        Cloud.objects.select_related("venue").select_for_update(of=("self", "venue")).filter(pk=Given("pk")).order_by()
    )
)
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
            run = _ask(cloud, [Step(Do.INFLATE, seconds)], Run.Source.VISITOR, by, now, **ticket, **told)
    except IntegrityError as error:
        # Two presses at the same instant: the database lets one of them in.
        raise refusals.AlreadyAsked(_("You have asked %(cloud)s for a puff already.") % {"cloud": cloud}) from error
    _tell(cloud.venue, now)
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


def play(cloud: Cloud, steps: Sequence[Step], *, by: User, title: str = "", replace: bool = False) -> Run:
    """A curator has a cloud do something now, after what plays there or, to `replace` it, at once.

    Limits for visitors don't count, air does.
    """
    (run,) = play_on([cloud], steps, by=by, title=title, replace=replace)
    return run


def play_on(
    clouds: Sequence[Cloud],
    steps: Sequence[Step],
    *,
    by: User,
    title: str = "",
    stagger_seconds: float = 0.0,
    replace: bool = False,
) -> list[Run]:
    """The same on several clouds of a venue, each so much later than the one before it; all of them or none."""
    now = timezone.now()
    kind = Act.Kind.REPLACE if replace else Act.Kind.PLAY
    with transaction.atomic():
        runs = []
        for place, each in enumerate(clouds):
            # As it is now and not as the caller last saw it: a stop or a note may have come in between.
            (cloud,) = CLOUD(pk=each.pk)
            simulated = _check_playable(cloud, steps, now)
            due_at = now + timedelta(seconds=place * stagger_seconds)
            more = {"title": title, "replaces": replace, "due_at": due_at}
            runs.append(_ask(cloud, steps, Run.Source.CURATOR, by, now, simulated=simulated, **more))
        names = ", ".join(cloud.name for cloud in clouds)
        about = _("%(title)s on %(clouds)s") % {"title": title or _("a puff"), "clouds": names}
        _record(kind, clouds[0].venue, by, about, now)
    _tell(clouds[0].venue, now)
    return runs


def rehearse(
    clouds: Sequence[Cloud],
    steps: Sequence[Step],
    *,
    by: User,
    title: str,
    speed: float = 1.0,
    stagger_seconds: float = 0.0,
    fill: float = 0.0,
) -> Rehearsal:
    """Play these on clouds of a venue as if for real, on plugs that are not there, so many times as fast.

    The balloons begin so full. One rehearsal at a time; what plays for real is not disturbed.
    """
    now = timezone.now()
    if not 1 <= speed <= FASTEST:
        raise refusals.OutOfBounds(
            _("A rehearsal is played at 1 to %(most)s times the speed.") % {"most": f"{FASTEST:g}"}
        )
    if not clouds:
        raise refusals.OutOfBounds(_("Choose at least one cloud."))
    with transaction.atomic():
        venue = Venue.objects.select_for_update().get(pk=clouds[0].venue_id)
        if going_on := Run.everything.rehearsed().live().at(venue).select_related("rehearsal").first():
            raise refusals.Busy(_("“%(title)s” is being rehearsed. End that first.") % {"title": going_on.title})
        rehearsal = Rehearsal.objects.create(
            venue=venue, title=title[:80], speed=speed, fill=fill, asked_at=now, asked_by=by
        )
        for place, cloud in enumerate(clouds):
            _check_bounds(steps, cloud.hard_cap_seconds)
            _check_deflates(cloud, steps)
            _check_room(cloud, steps, fill)
            due_at = now + timedelta(seconds=place * stagger_seconds / speed)
            more = {"title": title[:80], "due_at": due_at, "rehearsal": rehearsal}
            _ask(cloud, steps, Run.Source.CURATOR, by, now, simulated=True, **more)
        about = _("%(title)s on %(clouds)s") % {"title": title, "clouds": ", ".join(map(str, clouds))}
        _record(Act.Kind.REHEARSE, venue, by, about, now)
    _tell(venue, now)
    return rehearsal


def end_rehearsal(rehearsal: Rehearsal, *, by: User) -> None:
    """End a rehearsal. Raises TooLate when it is over."""
    now = timezone.now()
    runs = Run.everything.filter(rehearsal=rehearsal)
    with transaction.atomic():
        never_began = runs.waiting().end(Run.Outcome.STOPPED, ended_by(by.name), now)
        if not runs.playing().update(end_asked_by=by.name) and not never_began:
            raise refusals.TooLate(_("This rehearsal is over already."))
        _record(Act.Kind.END, rehearsal.venue, by, str(rehearsal), now)
    _tell(rehearsal.venue, now)


def why_not_playable(cloud: Cloud, steps: Sequence[Step], fill: float) -> str:
    """Why a cloud, so full, could not play these steps, in a sentence; "" if it could."""
    if not cloud.plugs.filter(pump=Plug.Pump.INFLATE).exists():
        return _("%(cloud)s has no pump yet.") % {"cloud": cloud}
    try:
        _check_playable(cloud, steps, timezone.now(), fill=fill)
    except refusals.Stopped:
        return ""
    except refusals.Refused as refused:
        return str(refused)
    return ""


def _check_playable(cloud: Cloud, steps: Sequence[Step], now: datetime, *, fill: float | None = None) -> bool:
    """Raise the Refused that keeps a cloud from playing these steps; else whether all its plugs are simulated."""
    _check_bounds(steps, cloud.hard_cap_seconds)
    pumps = {plug.pump: plug for plug in cloud.plugs.all()}
    if Do.INFLATE not in pumps and any(step.do is Do.INFLATE for step in steps):
        raise refusals.Unreachable(_("%(cloud)s has no plug that inflates.") % {"cloud": cloud})
    _check_deflates(cloud, steps)
    if cloud.venue.stopped_at:
        raise refusals.Stopped(_("%(venue)s is stopped. Release it first.") % {"venue": cloud.venue})
    _check_room(cloud, steps, cloud.fill_at(now) if fill is None else fill)
    return all(plug.simulated for plug in pumps.values())


def _check_deflates(cloud: Cloud, steps: Sequence[Step]) -> None:
    wants = any(step.do is Do.DEFLATE for step in steps)
    if wants and not any(plug.pump == Plug.Pump.DEFLATE for plug in cloud.plugs.all()):
        raise refusals.Unreachable(_("%(cloud)s has no plug that deflates.") % {"cloud": cloud})


def _check_room(cloud: Cloud, steps: Sequence[Step], fill: float) -> None:
    second = balloon.overfills_at(fill, steps, cloud.hard_cap_seconds, cloud.measures)
    if second is not None:
        raise refusals.NoRoom(
            _("This could make %(cloud)s too full, %(second)s s after it begins.")
            % {"cloud": cloud, "second": f"{round(second, 1):g}"}
        )


def pause(run: Run, *, by: User) -> None:
    """Switch the pump off and keep what is left, until it is resumed or, by itself, for ten minutes."""
    _mark(run, by, Act.Kind.PAUSE, pause_asked_by=by.name)


def resume(run: Run, *, by: User) -> None:
    """End a pause: what was left is played, and what follows has moved by the time that was lost."""
    _mark(run, by, Act.Kind.RESUME, pause_asked_by="")


def skip(run: Run, *, by: User) -> None:
    """Skip the rest of the step that plays."""
    _mark(run, by, Act.Kind.SKIP, skips=F("skips") + 1)


def _mark(run: Run, by: User, kind: Act.Kind, **marks: Any) -> None:
    """What the conductor is to do with a run that plays. Raises TooLate when it doesn't."""
    now = timezone.now()
    with transaction.atomic():
        if not Run.everything.playing().filter(pk=run.pk).update(**marks):
            raise refusals.TooLate(_("This does not play just now."))
        _record(kind, run.cloud.venue, by, str(run), now)
    _tell(run.cloud.venue, now)


def end(run: Run, *, by: User) -> None:
    """End one run: what plays is switched off by the conductor, what waits never begins."""
    now = timezone.now()
    this = Run.everything.filter(pk=run.pk)
    with transaction.atomic():
        never_began = this.waiting().end(Run.Outcome.STOPPED, ended_by(by.name), now)
        if not never_began and not this.playing().update(end_asked_by=by.name):
            raise refusals.TooLate(_("This is over already."))
        if by.is_staff:
            _record(Act.Kind.END, run.cloud.venue, by, str(run), now)
    _tell(run.cloud.venue, now)


def stop(venue: Venue, *, by: User) -> None:
    """Stop everything: every plug of the venue is switched off, what plays and what waits is ended, until a release.

    Shows that begin later stay as they are: they are skipped when nobody has released it by then.
    """
    now = timezone.now()
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk, stopped_at=None).update(stopped_at=now, stopped_by=by.name)
        waiting = Run.objects.at(venue).waiting().exclude(source=Run.Source.SHOW, nominal_at__gt=now)
        waiting.end(Run.Outcome.STOPPED, _("Everything was stopped by %(name)s.") % {"name": by.name}, now)
        _record(Act.Kind.STOP, venue, by, "", now)
    _tell(venue, now)


def release(venue: Venue, *, by: User) -> None:
    """End a stop."""
    now = timezone.now()
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk).update(stopped_at=None, stopped_by="")
        _record(Act.Kind.RELEASE, venue, by, "", now)
    _tell(venue, now)


def hold(venue: Venue, *, until: datetime, because: str, by: User) -> None:
    """Keep shows and visitors away until a time, and tell them why.

    What plays ends as planned; visitors who wait, wait; shows that are due meanwhile are skipped.
    """
    now, because = timezone.now(), because.strip()[:200]
    if until <= now:
        raise refusals.OutOfBounds(_("A hold ends at a time that is still to come."))
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk).update(held_until=until, held_because=because)
        local = f"{until.astimezone(venue.zone):%Y-%m-%d %H:%M}"
        _record(Act.Kind.HOLD, venue, by, _("until %(time)s: %(why)s") % {"time": local, "why": because}, now)
    _tell(venue, now)


def end_hold(venue: Venue, *, by: User) -> None:
    """End a hold before its time."""
    now = timezone.now()
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk, held_until__gt=now).update(held_until=now)
        _record(Act.Kind.END_HOLD, venue, by, "", now)
    _tell(venue, now)


def note(cloud: Cloud, kind: BalloonNote.Kind, *, fill: float, by: User) -> None:
    """A curator saw how full a balloon is: from now on its fill is reckoned from there."""
    now = timezone.now()
    seen = fill if kind == BalloonNote.Kind.SET else 0.0
    if not 0 <= seen <= balloon.FULL:
        raise refusals.OutOfBounds(_("A balloon is between 0 and 100 % full."))
    with transaction.atomic():
        BalloonNote.objects.create(cloud=cloud, kind=kind, fill=seen, noted_at=now, noted_by=by)
        Cloud.objects.filter(pk=cloud.pk).update(fill_then=seen, fill_then_at=now)
        about = _("%(cloud)s: %(percent)d %% full") % {"cloud": cloud, "percent": round(seen * 100)}
        _record(Act.Kind.NOTE, cloud.venue, by, about, now)
    _tell(cloud.venue, now)


def wish(plug: Plug, what: Plug.Wish, *, by: User) -> None:
    """A curator wants a plug tested or switched off; the conductor grants it and writes the answer into its row."""
    now = timezone.now()
    with transaction.atomic():
        Plug.objects.filter(pk=plug.pk).update(
            wish=what, wished_by=by.name, wish_answer=_("Asked; waiting for the answer.")
        )
        _record(Act.Kind.WISH, plug.venue, by, f"{plug}: {Plug.Wish(what).label}", now)
    _tell(plug.venue, now)


def save_show(show: Show, *, by: User, change: Callable[[], object]) -> None:
    """Have a show changed, by `change`, which saves it; its runs that have not begun become as it is then."""
    now = timezone.now()
    was = Show.objects.with_all().filter(pk=show.pk).first() if show.pk else None
    with transaction.atomic():
        before = planning.announced(was, now) if was else []
        change()
        _follow(show, before, _what_became_of(show, was) % {"name": by.name}, by, now)
    _tell(show.venue, now)


def remove_show(show: Show, *, by: User) -> None:
    """Delete a show: nothing of it is played any more, and what was stays in the history."""
    now = timezone.now()
    with transaction.atomic():
        before = planning.announced(Show.objects.with_all().get(pk=show.pk), now)
        Show.objects.filter(pk=show.pk, removed_at=None).update(removed_at=now, removed_by=by.name)
        _follow(show, before, _("%(name)s deleted the show.") % {"name": by.name}, by, now)
    _tell(show.venue, now)


def program_changed(program: Program, *, by: User) -> None:
    """The runs of its shows that have not begun play what it says by now."""
    now = timezone.now()
    for show in Show.objects.due().filter(program=program).select_related("venue"):
        planning.replan(show, now, _("%(name)s changed the program.") % {"name": by.name})
        _tell(show.venue, now)


def _what_became_of(show: Show, was: Show | None) -> str:
    if was is None:
        return _("%(name)s made the show.")
    if was.enabled and not show.enabled:
        return _("%(name)s switched off the show.")
    return _("%(name)s changed the show.")


def _follow(show: Show, before: list[datetime], because: str, by: User, now: datetime) -> None:
    planning.replan(show, now, because)
    planning.call_off(show, before, now, because)
    _record(Act.Kind.SHOW, show.venue, by, f"{show}: {because}", now)


def wake(venue: Venue, now: datetime, *, at_once: bool = False) -> bool:
    """Ring for a conductor if none beats; whether it was rung for.

    Whoever rings again within a moment is not heard, unless `at_once`: by then the one who was rung for may have died.
    """
    if venue.is_conducted(now):
        return False
    lately = Q(woken_at__gt=now - RING_AGAIN_AFTER, woken_at__lte=now)
    if not Venue.objects.filter(Q() if at_once else ~lately | Q(woken_at=None), pk=venue.pk).update(woken_at=now):
        return False
    async_task(
        "clouds.tasks.play",
        venue.pk,
        task_name=f"play {venue.slug}",
        # Named always: without a name it would be whichever cluster this process belongs to.
        cluster=venue.cluster,
        q_options={"timeout": -1},
    )
    return True


def recount(venue: Venue) -> None:
    """Have a venue's history counted anew for its charts, once what is being saved is saved."""
    task = partial(
        async_task,
        "clouds.tasks.recount",
        venue.pk,
        task_name=f"recount {venue.slug}",
        cluster=venue.cluster,
        # A million puffs take some ten seconds, on a Raspberry Pi a minute.
        q_options={"timeout": -1},
    )
    transaction.on_commit(task)


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


def _record(kind: Act.Kind, venue: Venue, by: User, about: str, now: datetime) -> None:
    Act.record(kind, venue, by, about, now)


def _check_bounds(steps: Sequence[Step], hard_cap: float) -> None:
    """Neighbours that do the same are one inflation to the pump, so the hard cap is theirs together."""
    if not all(0 < step.seconds <= (timeline.LONGEST_SECONDS if step.do is Do.REST else hard_cap) for step in steps):
        raise refusals.OutOfBounds(
            _("Give a number of seconds above 0, and at most %(most)s.") % {"most": f"{hard_cap:g}"}
        )
    if not steps or timeline.length(steps) > timeline.LONGEST_SECONDS:
        raise refusals.OutOfBounds(_("Give at least one step, and at most 48 hours of them."))
    if any(cue.seconds > hard_cap for cue in timeline.cues(steps) if cue.do is not Do.REST):
        raise refusals.OutOfBounds(
            _("These steps would leave a pump on for more than %(most)s seconds.") % {"most": f"{hard_cap:g}"}
        )


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


def _ask(cloud: Cloud, steps: Sequence[Step], source: Run.Source, by: User, now: datetime, **more: Any) -> Run:
    return Run.objects.create(
        **{
            "cloud": cloud,
            "source": source,
            "asked_by": by,
            "steps": timeline.dump(steps),
            "seconds": timeline.length(steps),
            "asked_at": now,
            "due_at": now,
        }
        | more
    )


def _tell(venue: Venue, now: datetime) -> None:
    """Let the conductor know; ring for one if there is none."""
    doorbell.ring()
    wake(venue, now)
