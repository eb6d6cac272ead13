"""What is on: past shows as they were, coming ones as they are planned, and those that were called off."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q

from clouds import planning, recurrence
from clouds.models import CalledOff, Cloud, Run, Show, Venue
from clouds.timeline import BadSteps

# Of a show that recurs very often only so many occurrences are listed, the next ones.
MOST_OF_A_SHOW = planning.MOST_ANNOUNCED
NOT_PLAYED = (Run.Outcome.MISSED, Run.Outcome.SKIPPED, Run.Outcome.WITHDRAWN, Run.Outcome.EXPIRED)


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence of a show. `because` says why it was or will not be played, if so; "" otherwise."""

    show_id: int
    title: str
    venue: Venue
    clouds: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    is_cancelled: bool = False
    because: str = ""


def events(
    since: datetime, until: datetime, now: datetime, *, cloud: Cloud | None = None, most: int = MOST_OF_A_SHOW
) -> list[Event]:
    """The occurrences that begin in this span, in order: of all shows, or of those on a cloud; of each the next
    `most`.

    As many queries for a hundred shows as for one.
    """
    shows = {show.pk: show for show in _shows(cloud)}
    on = {pk: show for pk, show in shows.items() if cloud is None or cloud in (line.cloud for line in show.lines.all())}
    found = {(event.show_id, event.starts_at): event for event in _as_written(shows, since, until, cloud)}
    for event in [*_to_come(on.values(), max(since, now), until, most), *_called_off(on, since, until)]:
        found.setdefault((event.show_id, event.starts_at), event)
    return sorted(found.values(), key=lambda event: (event.starts_at, event.title, event.show_id))


def _shows(cloud: Cloud | None) -> Iterable[Show]:
    """All of them, or those of a cloud: what it once was part of stays."""
    shows = Show.objects.with_all()
    if cloud is None:
        return shows
    return shows.filter(Q(lines__cloud=cloud) | Q(pk__in=Run.objects.of_shows().on(cloud).values("show"))).distinct()


def _as_written(shows: dict[int, Show], since: datetime, until: datetime, cloud: Cloud | None) -> Iterable[Event]:
    """Those of which there are runs; whether they were played is asked of the cloud, if there is one, else of all."""
    runs = Run.objects.of_shows().filter(show__in=shows, nominal_at__gte=since, nominal_at__lt=until)
    occurrences: defaultdict[tuple[int, datetime], list[Run]] = defaultdict(list)
    for run in runs.select_related("cloud").order_by("due_at", "pk"):
        if run.show_id is not None and run.nominal_at is not None:
            occurrences[run.show_id, run.nominal_at].append(run)
    for (show_id, starts_at), all_of_it in occurrences.items():
        # What was taken back from one cloud, or and then planned again, says nothing of what is played.
        those = [run for run in all_of_it if run.outcome != Run.Outcome.WITHDRAWN] or all_of_it
        mine = [run for run in those if cloud is None or run.cloud_id == cloud.pk]
        if mine:
            yield _event(shows[show_id], starts_at, those, mine)


def _event(show: Show, starts_at: datetime, runs: list[Run], mine: list[Run]) -> Event:
    off = [run for run in mine if run.outcome in NOT_PLAYED]
    because = "" if not off else off[0].reason if len(off) == len(mine) else f"{off[0].cloud}: {off[0].reason}"
    ended_at = [run.ended_at for run in runs if run.ended_at]
    return Event(
        show.pk, runs[-1].title, show.venue, _names(run.cloud for run in runs), starts_at,
        max(run.due_at + timedelta(seconds=run.seconds) for run in runs),
        # Being planned changes nothing of what was announced.
        max(ended_at) if len(ended_at) == len(runs) else show.changed_at,
        is_cancelled=len(off) == len(mine), because=because,
    )  # fmt: skip


def _to_come(shows: Iterable[Show], since: datetime, until: datetime, most: int) -> Iterable[Event]:
    for show in shows:
        if not show.enabled or show.removed_at is not None:
            continue
        try:
            lasts = timedelta(seconds=planning.lasts(show))
            moments = list(islice(recurrence.occurrences(show.rule, since, until), most))
        except (BadSteps, recurrence.BadRule):
            continue
        names = _names(line.cloud for line in show.lines.all())
        yield from (
            Event(show.pk, show.name, show.venue, names, at, at + lasts, show.changed_at) for at in moments if names
        )


def _called_off(shows: dict[int, Show], since: datetime, until: datetime) -> Iterable[Event]:
    for row in CalledOff.objects.filter(show__in=shows, starts_at__gte=since, starts_at__lt=until):
        show = shows[row.show_id]
        yield Event(
            row.show_id, row.title, show.venue, _names(line.cloud for line in show.lines.all()), row.starts_at,
            row.starts_at + timedelta(seconds=row.seconds), row.called_off_at, is_cancelled=True, because=row.because,
        )  # fmt: skip


def _names(clouds: Iterable[Cloud]) -> tuple[str, ...]:
    """Of the clouds that visitors see."""
    return tuple(dict.fromkeys(cloud.name for cloud in clouds if cloud.enabled))
