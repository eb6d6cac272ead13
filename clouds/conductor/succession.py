"""What a conductor that died left behind, and how that ends in the history, by what its plugs tell of it."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clouds import balloon, timeline
from clouds.conductor import ledger
from clouds.conductor.ledger import Part
from clouds.models import Plug, Puff, Run
from clouds.plugs import Confirmed
from clouds.timeline import Do, Step

# A show whose conductor died longer ago than this is lost: nobody expects it any more.
TAKEN_UP_WITHIN = timedelta(minutes=2)
LOST = gettext_noop("Its conductor died, and the next one switched off.")


def left_behind(venue_id: int, holder: str) -> set[int]:
    """The clouds of a venue on which another conductor left a run or a puff."""
    runs = Run.objects.playing().filter(cloud__venue_id=venue_id).exclude(conductor=holder)
    puffs = Puff.objects.still_on().filter(cloud__venue_id=venue_id)
    return {*runs.values_list("cloud_id", flat=True), *puffs.values_list("cloud_id", flat=True)}


def lose(
    cloud_id: int, found: dict[int, Confirmed], holder: str, silent_since: datetime | None, at: datetime
) -> list[Part]:
    """What a dead conductor left on a cloud ends, with what its plugs, off by now, told of it.

    A show's run is taken up at its next step when its conductor fell silent less than two minutes ago: these are
    given back, to be performed.
    """
    with transaction.atomic():
        left = list(Run.objects.playing().filter(cloud_id=cloud_id).exclude(conductor=holder))
        for run in left:
            for plug_id, confirmed in found.items():
                _write_what_was_not(run, plug_id, confirmed)
        _close_what_is_open(cloud_id, found, at)
        lately = silent_since is not None and at - silent_since < TAKEN_UP_WITHIN
        parts = [part for run in left if lately and (part := _take_up(run, holder, at))]
        taken_up = [part.run_id for part in parts]
        Run.objects.filter(pk__in=[run.pk for run in left]).exclude(pk__in=taken_up).end(Run.Outcome.LOST, _(LOST), at)
    return parts


def _close_what_is_open(cloud_id: int, found: dict[int, Confirmed], at: datetime) -> None:
    """Puffs that a dead conductor left open."""
    for puff in Puff.objects.still_on().filter(cloud_id=cloud_id).select_related("run"):
        off_at, sure, why = at, False, _(LOST)
        if puff.plug_id in found:
            off_at, sure, why = _reckoned_end(puff, found[puff.plug_id])
        ledger.close(puff, off_at, Puff.Outcome.LOST, why, confirmed=sure and puff.confirmed)


def _take_up(run: Run, holder: str, at: datetime) -> Part | None:
    """A show's run as it goes on from `at`, ours by then; None if nothing is left of it that can be played."""
    if run.source != Run.Source.SHOW or run.end_asked_by or run.started_at is None:
        return None
    (cloud,) = ledger.CLOUD(pk=run.cloud_id)
    steps, begin = run.plan, at - run.started_at
    if run.paused_at is not None:
        begin = run.paused_at - run.started_at
        steps = timeline.resumed(steps, begin, (at - run.paused_at).total_seconds())
    coming = [cue for cue in timeline.cues(steps) if cue.do is not Do.REST and cue.at >= at - run.started_at]
    if not coming or cloud.venue.stopped_at is not None:
        return None
    fill = cloud.fill_at(at)
    left = [Step(Do.REST, max(0.01, (coming[0].at - (at - run.started_at)).total_seconds())), *steps[coming[0].index :]]
    if balloon.overfills_at(fill, left, cloud.hard_cap_seconds, cloud.measures) is not None:
        return None
    seconds = min(timeline.length(steps), timeline.LONGEST_SECONDS)
    mine = Run.objects.playing().filter(pk=run.pk, conductor=run.conductor)
    mine.update(conductor=holder, paused_at=None, steps=timeline.dump(steps), seconds=seconds)
    part = Part.of(run, cloud, steps, run.started_at, fill)
    return replace(part, begin=at - run.started_at, fill_at=at)


def _write_what_was_not(run: Run, plug_id: int, confirmed: Confirmed) -> None:
    """A puff that its conductor had no time to write stands in the plug: its countdown bears the step's tag."""
    rule = confirmed.reading.rule
    tagged = (
        cue for cue in timeline.cues(run.plan) if rule is not None and rule.tag == ledger.tag_of(run.pk, cue.index)
    )
    if (cue := next(tagged, None)) is None or run.started_at is None:
        return
    began = run.started_at + cue.at
    before = confirmed.before
    on_for = timedelta(seconds=before.on_seconds + 1) if before and before.relay_on else None
    on_at = max(began, confirmed.asked_at - on_for) if on_for else began
    plug = Plug.objects.get(pk=plug_id)
    Puff.objects.get_or_create(
        run=run,
        step=cue.index,
        defaults={
            "cloud_id": run.cloud_id,
            "plug": plug,
            "pump": Do(plug.pump).value,
            "source": run.source,
            "asked_by_id": run.asked_by_id,
            "planned_seconds": cue.seconds,
            "on_at": on_at,
            "confirmed": False,
            "simulated": run.simulated,
        },
    )


def _reckoned_end(puff: Puff, confirmed: Confirmed) -> tuple[datetime, bool, str]:
    """When a puff ended that was found open, whether the plug confirmed that, and why."""
    before, rule, tag = confirmed.before, confirmed.reading.rule, ledger.tag_of(puff.run_id or 0, puff.step or 0)
    if before is not None and before.relay_on:
        # Without its rule it may have been without power meanwhile, and on again by itself.
        unbroken = not confirmed.reading.has_timer or (rule is not None and rule.tag == tag)
        return confirmed.at, unbroken and confirmed.at - confirmed.asked_at <= ledger.CONFIRMED_WITHIN, _(LOST)
    if (fired := ledger.fired_at(puff.on_at, rule, tag)) is not None:
        return min(fired, confirmed.at), False, _(ledger.BY_TIMER)
    if rule is not None and rule.tag == tag and puff.planned_seconds is not None:
        return min(puff.on_at + timedelta(seconds=puff.planned_seconds), confirmed.at), False, _(LOST)
    return confirmed.at, False, _(LOST)
