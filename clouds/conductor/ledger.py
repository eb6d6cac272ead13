"""What the conductor writes of its work: runs that end, puffs that begin and end, what is seen of plugs."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clouds import balloon, doorbell, timeline
from clouds.balloon import Measures
from clouds.models import Cloud, Plug, Puff, Run, tally
from clouds.plugs import Rule
from clouds.prepared import Given, Prepared
from clouds.timeline import Cue, Do, Step

# An OFF that is confirmed later than this after it was asked for says nothing of when the pump went off.
CONFIRMED_WITHIN = timedelta(seconds=1)
Span = tuple[datetime, datetime]
BY_HAND = gettext_noop("Somebody switched it on at the plug itself; it was switched off.")
BY_TIMER = gettext_noop("The plug's own timer switched it off.")

CLOUD = Prepared(
    lambda: Cloud.objects.select_related("venue").select_for_update(of=("self",)).filter(pk=Given("pk")).order_by()
)
PUFF = Prepared(lambda: Puff.everything.filter(run=Given("run"), step=Given("step")).order_by())


@dataclass(frozen=True, slots=True)
class Part:
    """A run to be played. `started` is the moment of `started_at` on the monotonic clock, in seconds.

    `fill` is that of the balloon at `fill_at`; what was due before `begin` is not played any more. A rehearsal may be
    played at a higher `speed`; its steps, measures and fill are those of the real thing.
    """

    run_id: int
    cloud_id: int
    cloud: str
    steps: tuple[Step, ...]
    hard_cap: float
    source: str
    asked_by_id: int | None
    simulated: bool
    started_at: datetime
    started: float
    measures: Measures
    fill: float
    fill_at: datetime
    begin: timedelta = timedelta()
    skips: int = 0
    rehearsal_id: int | None = None
    speed: float = 1.0

    @classmethod
    def of(cls, run: Run, cloud: Cloud, steps: tuple[Step, ...], started_at: datetime, fill: float) -> "Part":
        """A run that has just been claimed, with the fill that is reckoned for `started_at`."""
        return cls(
            run_id=run.pk,
            cloud_id=cloud.pk,
            cloud=cloud.name,
            steps=steps,
            hard_cap=cloud.hard_cap_seconds,
            source=run.source,
            asked_by_id=run.asked_by_id,
            simulated=run.simulated,
            started_at=started_at,
            started=time.monotonic() + (started_at - timezone.now()).total_seconds(),
            measures=cloud.measures,
            fill=fill,
            fill_at=started_at,
            skips=run.skips,
            rehearsal_id=run.rehearsal_id,
            speed=run.speed,
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a plug, to be written into its row."""

    plug_id: int
    relay: str
    trouble: str
    mac: str
    model: str
    seen: bool


def tag_of(run_id: int, step: int) -> str:
    """The name of the countdown that guards a step, by which a successor knows what a plug was told to do."""
    return f"{run_id}.{step}"


def open_puff(part: Part, cue: Cue, plug_id: int | None, on_at: datetime) -> None:
    """A pump is on. Each write by itself, so that nobody who presses waits for both."""
    _puff_of(part, cue, plug_id, on_at)
    doorbell.ring()  # who watches sees it now
    if plug_id is not None:
        Plug.objects.filter(pk=plug_id).update(relay=Plug.Relay.ON)


def close_puff(
    part: Part,
    cue: Cue,
    plug_id: int | None,
    on_at: datetime,
    off_at: datetime,
    outcome: str,
    reason: str,
    *,
    confirmed: bool,
    surely: Span | None = None,
    set_ahead: timedelta = timedelta(),
) -> None:
    """A pump is off again; one whose beginning was not written is written now. `surely`: when it was on, at least.

    `set_ahead`: by so much the machine's clock was set ahead meanwhile.
    """
    with transaction.atomic():
        puff = _puff_of(part, cue, plug_id, on_at)
        close(puff, off_at, outcome, reason, confirmed=confirmed, surely=surely, set_ahead=set_ahead)
        # Where the run is over with it, that is written next, and rings.
        if outcome == Puff.Outcome.DONE and cue.until.total_seconds() < timeline.length(part.steps):
            doorbell.ring()


def end_run(run_id: int, holder: str, outcome: Run.Outcome, reason: str, at: datetime) -> None:
    """A run has ended, unless somebody else has taken it over; who waits for its cloud may begin."""
    with transaction.atomic():
        Run.everything.filter(pk=run_id, conductor=holder).end(outcome, reason, at)
        doorbell.ring()


def pause(run_id: int, holder: str, at: datetime) -> None:
    """A run pauses: its pump is off."""
    Run.everything.playing().filter(pk=run_id, conductor=holder).update(paused_at=at)


def go_on(run_id: int, holder: str, steps: tuple[Step, ...]) -> None:
    """A run goes on after a pause or a skip, with what stands here as its steps, the time that it lost included."""
    seconds = min(timeline.length(steps), timeline.LONGEST_SECONDS)
    Run.everything.playing().filter(pk=run_id, conductor=holder).update(
        paused_at=None, pause_asked_by="", steps=timeline.dump(steps), seconds=seconds
    )


def hand_back(holder: str, unfinished: Iterable[int], reason: str, at: datetime) -> None:
    """A conductor leaves: runs that it claimed and never began end, those whose pumps are not known to be off don't."""
    playing = Run.everything.playing().filter(conductor=holder).exclude(pk__in=unfinished)
    playing.end(Run.Outcome.STOPPED, reason, at)


def by_hand(plug_id: int, seconds: int, off_at: datetime) -> None:
    """A plug that should have been off was on for so many seconds."""
    with transaction.atomic():
        plug = Plug.objects.select_related("cloud").get(pk=plug_id)
        if plug.cloud is None or Puff.objects.still_on().filter(plug=plug).exists():
            return
        puff = Puff.objects.create(
            cloud=plug.cloud,
            plug=plug,
            pump=plug.pump,
            source=Puff.Source.HAND,
            on_at=off_at - timedelta(seconds=seconds),
            simulated=plug.simulated,
        )
        close(puff, off_at, Puff.Outcome.STOPPED, _(BY_HAND), confirmed=False)


def report(sights: Iterable[Sight], at: datetime) -> None:
    """Write what is seen of plugs: each by itself, so that nobody who presses waits for all of them."""
    for sight in sights:
        said = {"mac": sight.mac, "model": sight.model} if sight.mac else {}
        when = {"seen_at": at} if sight.seen else {}
        Plug.objects.filter(pk=sight.plug_id).update(relay=sight.relay, trouble=sight.trouble[:300], **said, **when)


def answer(plug_id: int, sentence: str) -> None:
    """Answer a curator's wish."""
    Plug.objects.filter(pk=plug_id).update(wish=Plug.Wish.NOTHING, wish_answer=sentence[:300])


def fired_at(on_at: datetime, rule: Rule | None, tag: str) -> datetime | None:
    """When the countdown that bears this tag switched its plug off, if it did."""
    fired = rule is not None and rule.tag == tag and not rule.enabled
    return on_at + timedelta(seconds=rule.delay) if rule is not None and fired else None


def _puff_of(part: Part, cue: Cue, plug_id: int | None, on_at: datetime) -> Puff:
    """The row of a puff. It is written only once: `a_step_is_one_puff` keeps a second conductor from doing so, too."""
    return PUFF.first(run=part.run_id, step=cue.index) or Puff.objects.create(
        run_id=part.run_id,
        step=cue.index,
        cloud_id=part.cloud_id,
        plug_id=plug_id,
        pump=cue.do.value,
        source=part.source,
        asked_by_id=part.asked_by_id,
        planned_seconds=cue.seconds,
        on_at=on_at,
        simulated=part.simulated,
        rehearsal_id=part.rehearsal_id,
    )


def close(
    puff: Puff,
    off_at: datetime,
    outcome: str,
    reason: str,
    *,
    confirmed: bool,
    surely: Span | None = None,
    set_ahead: timedelta = timedelta(),
) -> None:
    """End a puff, count it and reckon on from it; one that has an end keeps it, one that was rehearsed gave no air."""
    off_at = max(off_at, puff.on_at)
    (cloud,) = CLOUD(pk=puff.cloud_id)
    if cloud.fill_then_at is not None and cloud.fill_then_at > timezone.now():
        # The machine's clock was set back: what the balloon gets since is added to what it had.
        cloud.fill_then_at = min(cloud.fill_then_at, puff.on_at)
    fill = cloud.fill_at(off_at) if puff.do is not Do.DEFLATE else _fill_after_deflating(cloud, off_at, surely)
    still_on = Puff.everything.still_on().filter(pk=puff.pk)
    ended = still_on.update(off_at=off_at, outcome=outcome, reason=reason[:300], confirmed=confirmed)
    if not ended or puff.rehearsal_id is not None:
        return
    tally.count(puff, off_at, cloud.venue.zone)
    # In the hour that a clock was set ahead no balloon has sunk.
    since = max(filter(None, (off_at + set_ahead, cloud.fill_then_at)))
    Cloud.objects.filter(pk=cloud.pk).update(fill_then=fill, fill_then_at=since)
    if puff.plug_id is not None:
        Plug.objects.filter(pk=puff.plug_id).update(relay=Plug.Relay.OFF)


def _fill_after_deflating(cloud: Cloud, off_at: datetime, surely: Span | None) -> float:
    """All that a pump may have given counts, and of what one may have taken only what it surely has."""
    if surely is None:
        return cloud.fill_with([], off_at)
    began = max(surely[0], cloud.fill_then_at or surely[0])
    ended = max(began, surely[1])
    fill = balloon.after(cloud.fill_with([], began), (ended - began).total_seconds(), Do.DEFLATE, cloud.measures)
    return balloon.after(fill, max(0.0, (off_at - ended).total_seconds()), Do.REST, cloud.measures)
