"""Writes the runs of shows that come due soon, once each, and takes back those of shows that have changed."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clouds import doorbell, recurrence, timeline
from clouds.models import CalledOff, Plug, Puff, Run, Show, Venue
from clouds.timeline import BadSteps, Step

HORIZON = timedelta(minutes=10)
BEGINS_WITHIN = timedelta(seconds=60)
# What was missed longer ago is not written down any more, and of each show only so many of the newest are.
LOOK_BACK = timedelta(hours=24)
MOST_MISSED = 100
# A clock further behind the newest row than this is not believed: a Raspberry Pi has none of its own.
BEHIND = timedelta(seconds=5)
# So far ahead occurrences are announced, and so many at most; who is taken back from there is called off.
ANNOUNCED = timedelta(days=90)
MOST_ANNOUNCED = 500
NOBODY_PLANNED = gettext_noop("Nobody was there to plan it in time.")

log = logging.getLogger(__name__)


def plan(venue: Venue, now: datetime) -> int:
    """Write the runs that come due at a venue until HORIZON; how many there will be to play that weren't before.

    What came due since the last planning and more than a minute ago is written as missed, and never played.
    """
    if clock_is_behind(now):
        log.warning("The clock is behind what was written last; nothing is planned until it has caught up.")
        return 0
    venue.refresh_from_db(fields=["planned_until"])
    since = max(min(venue.planned_until or now, now - BEGINS_WITHIN), now - LOOK_BACK)
    written = _write([run for show in _shows(venue) for run in _of(show, since, now)])
    until = now + HORIZON
    Venue.objects.filter(Q(planned_until=None) | Q(planned_until__lt=until), pk=venue.pk).update(planned_until=until)
    return written


def clock_is_behind(now: datetime) -> datetime | None:
    """The newest moment that was written, when the clock is behind it and so can't be believed; else None."""
    run = Run.objects.order_by("-pk").values_list("asked_at", flat=True).first()
    puff = Puff.objects.newest_first().values_list("on_at", flat=True).first()
    newest = max(filter(None, (run, puff)), default=None)
    return newest if newest is not None and now < newest - BEHIND else None


def replan(show: Show, now: datetime, because: str) -> None:
    """Make the runs of a show that have not begun as the show is by now; those that are no more say why."""
    show = Show.objects.with_all().get(pk=show.pk)
    with transaction.atomic():
        wanted, lives = {}, show.enabled and show.removed_at is None
        on = {line.cloud_id for line in show.lines.all()}
        if lives:
            wanted = {(run.cloud_id, run.nominal_at): run for run in _of(show, now, now)}
        for run in Run.objects.waiting().filter(show=show).select_for_update():
            fresh = wanted.get((run.cloud_id, run.nominal_at))
            if fresh is not None:
                _refresh(run, fresh)
            elif not (lives and run.cloud_id in on and run.nominal_at and run.nominal_at < now):
                # One that is not there any more; where some of its clouds have begun, the others follow.
                Run.objects.filter(pk=run.pk).waiting().end(Run.Outcome.WITHDRAWN, because, now)
        _write(wanted.values())


def announced(show: Show, now: datetime) -> list[datetime]:
    """The moments at which a show is announced to occur, in order; none if its rule can't be followed."""
    return list(islice(_to_come(show, now, now + ANNOUNCED), MOST_ANNOUNCED))


def call_off(show: Show, before: Iterable[datetime], now: datetime, because: str) -> None:
    """Write down which of the moments announced before a change are no more; those that are again are taken out."""
    show = Show.objects.with_all().get(pk=show.pk)
    were = set(CalledOff.objects.filter(show=show, starts_at__gt=now).values_list("starts_at", flat=True))
    asked = {at for at in before if at > now} | were
    # All of them are looked for: a show that occurs more often by now is announced for fewer days.
    still = asked.intersection(_to_come(show, now, max(asked, default=now) + timedelta(seconds=1)))
    CalledOff.objects.filter(show=show, starts_at__in=still & were).delete()
    try:
        seconds = lasts(show)
    except BadSteps:
        seconds = 0.0
    CalledOff.objects.bulk_create(
        [
            CalledOff(
                show=show, starts_at=at, title=show.name, seconds=seconds, because=because[:300], called_off_at=now
            )
            for at in sorted(asked - were - still)
        ],
        ignore_conflicts=True,
    )


def lasts(show: Show) -> float:
    """Seconds from its first cloud's first step to its last cloud's last. Raises timeline.BadSteps."""
    places = max(0, len(show.lines.all()) - 1)
    return show.stagger_seconds * places + timeline.length(show.program.plan(show.scale_percent))


def _to_come(show: Show, after: datetime, before: datetime) -> Iterator[datetime]:
    """When it occurs, if it is one that plays; nothing more once its rule can't be followed."""
    if show.enabled and show.removed_at is None:
        with suppress(recurrence.BadRule):
            yield from recurrence.occurrences(show.rule, after, before)


def _shows(venue: Venue) -> Iterable[Show]:
    """The shows that play there, with what planning reads of them and no more: there may be a thousand."""
    shows = Show.objects.due().filter(venue=venue).prefetch_related("program__steps", "dates", "lines")
    for show in shows:
        show.venue = venue
    return shows


def _of(show: Show, since: datetime, now: datetime) -> list[Run]:
    """The runs of a show from `since` until HORIZON; a rule that can't be followed has none, and the log says so."""
    # What came due before the show was as it is now was never its to play.
    since = max(since, min(show.changed_at - timedelta(seconds=1), now))
    try:
        moments = list(recurrence.occurrences(show.rule, since, now + HORIZON))
    except recurrence.BadRule as error:
        log.warning("Show %s can't be planned: %s", show.pk, error)
        return []
    late = sum(now - at > BEGINS_WITHIN for at in moments)
    return [run for at in moments[max(0, late - MOST_MISSED) :] for run in _at(show, at, now)]


def _at(show: Show, nominal_at: datetime, now: datetime) -> list[Run]:
    """One occurrence: a run for each cloud, each so much later than the one before it."""
    try:
        steps, trouble = _steps(show), ""
    except BadSteps as error:
        steps, trouble = (Step(timeline.Do.REST, 1.0),), error.said(_)
    kept = timeline.dump(steps)
    runs = []
    for place, line in enumerate(show.lines.all()):
        due_at = nominal_at + timedelta(seconds=place * show.stagger_seconds)
        run = Run(
            cloud_id=line.cloud_id, source=Run.Source.SHOW, show=show, title=show.name, nominal_at=nominal_at,
            due_at=due_at, asked_at=now, steps=kept, seconds=timeline.length(steps), priority=show.priority,
            protected=show.protected,
        )  # fmt: skip
        if trouble:
            _end(run, Run.Outcome.SKIPPED, trouble, now)
        elif now - due_at > BEGINS_WITHIN:
            _end(run, Run.Outcome.MISSED, _(NOBODY_PLANNED), now)
        runs.append(run)
    return runs


def _steps(show: Show) -> tuple[Step, ...]:
    program = show.program
    each = tuple((step.do, step.seconds) for step in program.steps.all())
    return _composed(each, program.repeats, program.scale_percent * show.scale_percent)


@lru_cache(maxsize=256)
def _composed(each: tuple[tuple[str, float], ...], repeats: int, scale: int) -> tuple[Step, ...]:
    steps = [Step(timeline.Do(do), seconds) for do, seconds in each]
    # Parsed as the conductor will: scaled down, a short inflation may have become none.
    return timeline.parse(timeline.dump(timeline.composed(steps, repeats, scale / 10_000)))


def _end(run: Run, outcome: Run.Outcome, reason: str, now: datetime) -> None:
    run.state, run.outcome, run.reason, run.ended_at = Run.State.ENDED, outcome, reason[:300], now


def _write(runs: Iterable[Run]) -> int:
    """Write those that are not written yet; who plans the same at the same time writes nothing twice."""
    runs = list(runs)
    shows = {run.show_id for run in runs}
    there = set(
        Run.objects.filter(show__in=shows, nominal_at__in={run.nominal_at for run in runs})
        .exclude(outcome=Run.Outcome.WITHDRAWN)
        .values_list("show_id", "cloud_id", "nominal_at")
    )
    new = [run for run in runs if (run.show_id, run.cloud_id, run.nominal_at) not in there]
    if not new:
        return 0
    real = set(Plug.objects.filter(simulated=False).values_list("cloud_id", flat=True))
    for run in new:
        run.simulated = run.cloud_id not in real
    Run.objects.bulk_create(new, ignore_conflicts=True)
    doorbell.ring()
    return sum(run.state == Run.State.WAITING for run in new)


def _refresh(run: Run, fresh: Run) -> None:
    """A run that has not begun follows its show."""
    same = {name: getattr(fresh, name) for name in ("title", "due_at", "steps", "seconds", "priority", "protected")}
    Run.objects.filter(pk=run.pk).waiting().update(**same)
