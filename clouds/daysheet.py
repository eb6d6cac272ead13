"""A day at a venue, before it happens: what will play, what won't, and why, each in a sentence; and how full it gets.

The rules are those by which the conductor decides when the moment has come (`conductor/claims.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Prefetch

from clouds import balloon, forecast, timeline
from clouds.balloon import Measures
from clouds.forecast import Event
from clouds.models import Cloud, Puff, Show, Venue
from clouds.timeline import BadSteps, Do, Step


@dataclass(frozen=True, slots=True)
class Due:
    """One occurrence, whether any cloud plays it, and what there is to say of it."""

    event: Event
    plays: bool
    sentences: tuple[str, ...]


@dataclass(slots=True)
class Sky:
    """A cloud over the day: how full it is at a moment, until when it is busy and with what, and its curve."""

    cloud: Cloud
    at: datetime
    fill: float
    busy_until: datetime | None = None
    busy_with: str = ""
    curve: list[tuple[datetime, float]] = field(default_factory=list)

    def rest_until(self, at: datetime) -> None:
        """Let it sink until then, as far as that is later."""
        if at > self.at:
            self._do(Do.REST, (at - self.at).total_seconds())

    def play(self, steps: Sequence[Step], title: str) -> None:
        """Have it play these from where it is."""
        for cue in timeline.cues(steps):
            self._do(cue.do, cue.seconds)
        self.busy_until, self.busy_with = self.at, title

    def _do(self, do: Do, seconds: float) -> None:
        self.fill = balloon.after(self.fill, seconds, do, self.measures)
        self.at += timedelta(seconds=seconds)
        self.curve.append((self.at, self.fill))

    @property
    def measures(self) -> Measures:
        """Its cloud's."""
        return self.cloud.measures


def make(venue: Venue, since: datetime, until: datetime, now: datetime) -> tuple[list[Due], list[Sky]]:
    """What is due at a venue in this span, in order, and its clouds over what is still to come of it.

    As many queries for two hundred shows as for one.
    """
    still_on = Prefetch("puffs", Puff.objects.still_on().order_by("on_at"))
    clouds = Cloud.objects.filter(venue=venue).prefetch_related(still_on)
    skies = {
        cloud.pk: Sky(cloud, now, fill := cloud.fill_with(cloud.puffs.all(), now), curve=[(now, fill)])
        for cloud in clouds
    }
    shows = {show.pk: show for show in Show.objects.filter(venue=venue).with_all()}
    found = [event for event in forecast.events(since, until, now, most=24 * 60) if event.venue.pk == venue.pk]
    dues = [_due(event, shows[event.show_id], venue, skies, now) for event in found]
    for sky in skies.values():
        sky.rest_until(until)
    return dues, list(skies.values())


def _due(event: Event, show: Show, venue: Venue, skies: dict[int, Sky], now: datetime) -> Due:
    if event.is_cancelled or event.starts_at < now:
        said = event.because or ("It was played." if event.ends_at < now else "It plays now.")
        return Due(event, not event.is_cancelled, (said,))
    if why := _kept_away(venue, event.starts_at):
        return Due(event, plays=False, sentences=(why,))
    try:
        steps = show.program.plan(show.scale_percent)
    except BadSteps as error:
        return Due(event, plays=False, sentences=(str(error),))
    troubles = [
        trouble
        for place, line in enumerate(show.lines.all())
        if (trouble := _play(skies[line.cloud_id], show, steps, event.starts_at, place))
    ]
    closing = venue.next_closing(event.starts_at)
    late = ["It begins before closing time, and plays to its end."] if closing and event.ends_at > closing else []
    return Due(event, len(troubles) < len(show.lines.all()), (*troubles, *late))


def _kept_away(venue: Venue, at: datetime) -> str:
    """Why nothing plays at a venue then, as things stand; "" if something does."""
    if venue.stopped_at:
        return f"Skipped, unless somebody releases it by then: everything was stopped by {venue.stopped_by}."
    if venue.is_held(at):
        return "Skipped: it is on hold then" + (f" ({venue.held_because})." if venue.held_because else ".")
    if not venue.is_open(at):
        because = venue.closed_because(at.astimezone(venue.zone).date())
        return "Skipped: it is closed then" + (f" ({because})." if because else ".")
    return ""


def _play(sky: Sky, show: Show, steps: Sequence[Step], starts_at: datetime, place: int) -> str:
    """Have a cloud play its part of a show; or why it won't."""
    at = starts_at + timedelta(seconds=place * show.stagger_seconds)
    if sky.busy_until is not None and sky.busy_until > at:
        return f"{sky.cloud} skips it: “{sky.busy_with}” still plays there then."
    sky.rest_until(at)
    second = balloon.overfills_at(sky.fill, steps, sky.cloud.hard_cap_seconds, sky.measures)
    if second is not None:
        return f"{sky.cloud} skips it: its balloon would be too full {round(second, 1):g} s after it begins."
    sky.play(steps, show.name)
    return ""
