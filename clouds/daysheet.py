"""A day at a venue, before it happens: what will play, what won't, and why, each in a sentence; and how full it gets.

The rules are those by which the conductor decides when the moment has come (`conductor/claims.py`): each cloud's part
of a show by itself, in the order in which the parts are due.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from clouds import balloon, planning, recurrence, timeline
from clouds.balloon import Measures
from clouds.forecast import NOT_PLAYED, Event
from clouds.models import CalledOff, Cloud, Puff, Run, Show, Venue
from clouds.models.run import turn_of
from clouds.timeline import BadSteps, Do, Step

# What comes before a day may still play then, and leaves air in balloons: so much of it is reckoned with.
LEAD = timedelta(days=1)
MOST_A_DAY = 24 * 60
# A leak bends the curve: so long a stretch of it is drawn straight.
STRAIGHT_SECONDS = 900


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
    has_plugs: bool
    busy_until: datetime
    busy_with: str = ""
    curve: list[tuple[datetime, float]] = field(default_factory=list)

    def rest_until(self, at: datetime) -> None:
        """Let it sink until then, as far as that is later."""
        if at > self.at:
            self._do(Do.REST, (at - self.at).total_seconds())

    def draw_from(self, at: datetime) -> None:
        """Let its curve begin there."""
        self.rest_until(at)
        self.curve = [(self.at, self.fill)]

    def play(self, steps: Iterable[Step], title: str) -> None:
        """Have it play these from where it is."""
        for cue in timeline.cues(steps):
            self._do(cue.do, cue.seconds)
        self.busy_until, self.busy_with = self.at, title

    def _do(self, do: Do, seconds: float) -> None:
        begin, fill = self.at, self.fill
        pieces = 1 + int(seconds // STRAIGHT_SECONDS) if self.measures.loss else 1
        for passed in (seconds * piece / pieces for piece in range(1, pieces + 1)):
            self.fill = balloon.after(fill, passed, do, self.measures)
            self.at = begin + timedelta(seconds=passed)
            self.curve.append((self.at, self.fill))

    @property
    def measures(self) -> Measures:
        """Its cloud's."""
        return self.cloud.measures


@dataclass(frozen=True, slots=True)
class _Part:
    """A cloud's part of an occurrence, as it was or, once that is decided, as it will be.

    `named` is the sentence where not all the clouds of the occurrence have the same.
    """

    show: Show
    cloud: Cloud
    nominal_at: datetime
    due_at: datetime
    ends_at: datetime
    title: str = ""
    plays: bool = False
    sentence: str = ""
    named: str = ""


def make(venue: Venue, since: datetime, until: datetime, now: datetime) -> tuple[list[Due], list[Sky]]:
    """What is due at a venue in this span, in order, and its clouds over what is still to come of it.

    As many queries for two hundred shows as for one.
    """
    begin = max(now, since - LEAD)
    skies = {cloud.pk: _sky(cloud, now) for cloud in _clouds(venue)}
    shows = {show.pk: show for show in Show.objects.filter(venue=venue).with_all()}
    runs = _runs(venue, min(since, now) - LEAD, until)
    for run in runs:
        if run.state == Run.State.PLAYING:
            _go_on(skies[run.cloud_id], run, now)
    parts = [_told(shows[run.show_id], run) for run in runs if run.show_id in shows and not _is_to_come(run, now)]
    to_come = _to_come(shows, skies, runs, begin, until, now)
    parts += [_decide(skies[part.cloud.pk], part, venue) for part in to_come if part.due_at < since]
    for sky in skies.values():
        sky.draw_from(max(since, now))
    parts += [_decide(skies[part.cloud.pk], part, venue) for part in to_come if part.due_at >= since]
    for sky in skies.values():
        sky.rest_until(until)
    dues = [*_dues(parts), *_called_off(shows, parts, since, until)]
    dues = [due for due in dues if since <= due.event.starts_at < until]
    return sorted(dues, key=lambda due: (due.event.starts_at, due.event.title, due.event.show_id)), list(skies.values())


def _clouds(venue: Venue) -> Iterable[Cloud]:
    still_on = Prefetch("puffs", Puff.objects.still_on().order_by("on_at"))
    return Cloud.objects.of(venue).prefetch_related(still_on, "plugs")


def _sky(cloud: Cloud, now: datetime) -> Sky:
    return Sky(cloud, now, cloud.fill_with(cloud.puffs.all(), now), bool(cloud.plugs.all()), busy_until=now)


def _runs(venue: Venue, since: datetime, until: datetime) -> list[Run]:
    """The runs of shows in this span, and whatever plays; without what was taken back and then planned again."""
    wanted = Q(source=Run.Source.SHOW, due_at__gte=since, due_at__lt=until) | Q(state=Run.State.PLAYING)
    chosen: dict[object, Run] = {}
    for run in Run.objects.at(venue).filter(wanted).select_related("cloud").order_by("due_at", "pk"):
        key = (run.show_id, run.cloud_id, run.nominal_at) if run.show_id else run.pk
        if key not in chosen or chosen[key].outcome == Run.Outcome.WITHDRAWN:
            chosen[key] = run
    return list(chosen.values())


def _go_on(sky: Sky, run: Run, now: datetime) -> None:
    """Have a cloud play the rest of what plays there; after a pause, as if that ended now."""
    sky.play(timeline.rest_of(run.plan, (run.paused_at or now) - (run.started_at or now)), run.title)


def _is_to_come(run: Run, now: datetime) -> bool:
    return run.state == Run.State.WAITING and run.due_at >= now


def _told(show: Show, run: Run) -> _Part:
    """A run as it was, or is."""
    starts_at = run.started_at or run.due_at
    ends_at = run.ended_at if run.started_at and run.ended_at else starts_at + timedelta(seconds=run.seconds)
    part = _Part(show, run.cloud, run.nominal_at or run.due_at, run.due_at, ends_at, run.title)
    if run.state == Run.State.WAITING:
        return replace(
            part, plays=True, sentence=_("It is late: it begins within a minute of its time, or not at all.")
        )
    if run.state == Run.State.PLAYING:
        return replace(part, plays=True, sentence=_("It plays now."))
    if run.outcome == Run.Outcome.DONE:
        return replace(part, plays=True, sentence=_("It was played."))
    plays = run.outcome not in NOT_PLAYED
    said = run.get_outcome_display()
    said = _("It was %(outcome)s") % {"outcome": said} if plays else said[:1].upper() + said[1:]
    return replace(part, plays=plays, sentence=f"{said}: {run.reason}" if run.reason else f"{said}.")


def _to_come(
    shows: dict[int, Show], skies: dict[int, Sky], runs: list[Run], begin: datetime, until: datetime, now: datetime
) -> list[_Part]:
    """What is to come, in the order in which the conductor will meet it: planned already, or by its rule."""
    found = {}
    for show in shows.values():
        for nominal_at in _moments(show, begin, until):
            for place, line in enumerate(show.lines.all()):
                at = nominal_at + timedelta(seconds=place * show.stagger_seconds)
                if line.cloud_id in skies:
                    part = _Part(show, line.cloud, nominal_at, at, at, show.name)
                    found[show.pk, line.cloud_id, nominal_at] = part
    for run in runs:
        if run.show_id in shows and run.nominal_at and run.outcome != Run.Outcome.WITHDRAWN:
            found.pop((run.show_id, run.cloud_id, run.nominal_at), None)
            if _is_to_come(run, now):
                part = _Part(shows[run.show_id], run.cloud, run.nominal_at, run.due_at, run.due_at, run.title)
                found[run.show_id, run.cloud_id, run.nominal_at] = part
    return sorted(found.values(), key=lambda part: turn_of(part.show, part.due_at))


def _moments(show: Show, begin: datetime, until: datetime) -> list[datetime]:
    """When it occurs, if it is one that plays; a rule that can't be followed has no moments, as in planning."""
    if begin >= until or not show.enabled or show.removed_at is not None:
        return []
    days = 1 + (until - begin) // timedelta(days=1)
    try:
        return list(islice(recurrence.occurrences(show.rule, begin, until), MOST_A_DAY * days))
    except recurrence.BadRule:
        return []


def _decide(sky: Sky, part: _Part, venue: Venue) -> _Part:
    """What the conductor will do with it when its moment has come, if nothing changes until then."""
    try:
        steps = timeline.parse(timeline.dump(part.show.program.plan(part.show.scale_percent)))
    except BadSteps as error:
        return replace(part, sentence=error.said(_))
    at = part.due_at
    part = replace(part, ends_at=at + timedelta(seconds=timeline.length(steps)))
    skips = _("%(cloud)s skips it") % {"cloud": sky.cloud}
    if sentence := _kept_away(_("Skipped"), venue, at):
        return replace(part, sentence=sentence, named=_kept_away(skips, venue, at))
    if why := _in_the_way(sky, at) or _too_full(sky, max(at, sky.busy_until), steps):
        return replace(part, sentence=f"{skips}: {why}", named=f"{skips}: {why}")
    sky.play(steps, part.title)
    closing = venue.next_closing(at)
    late = _("It begins before closing time, and plays to its end.") if closing and sky.at > closing else ""
    return replace(part, plays=True, ends_at=sky.at, sentence=late, named=late)


def _kept_away(skips: str, venue: Venue, at: datetime) -> str:
    """Why nothing plays at a venue then, as things stand, of whoever `skips` it; "" if something does."""
    if venue.stopped_at:
        told = {"skips": skips, "name": venue.stopped_by}
        return _("%(skips)s, unless somebody releases it by then: everything was stopped by %(name)s.") % told
    if venue.is_held(at):
        if not venue.held_because:
            return _("%(skips)s: it is on hold then.") % {"skips": skips}
        return _("%(skips)s: it is on hold then (%(why)s).") % {"skips": skips, "why": venue.held_because}
    if not venue.is_open(at):
        because = venue.closed_because(at.astimezone(venue.zone).date())
        if not because:
            return _("%(skips)s: it is closed then.") % {"skips": skips}
        return _("%(skips)s: it is closed then (%(why)s).") % {"skips": skips, "why": because}
    return ""


def _in_the_way(sky: Sky, at: datetime) -> str:
    """What keeps a cloud from playing then; a puff, which has no title, may take a minute more to end."""
    if not sky.has_plugs:
        return _("it has no plugs.")
    if sky.busy_with and sky.busy_until > at:
        return _("“%(title)s” still plays there then.") % {"title": sky.busy_with}
    if sky.busy_until > at + planning.BEGINS_WITHIN:
        return _("what plays there takes more than a minute to end.")
    return ""


def _too_full(sky: Sky, at: datetime, steps: Sequence[Step]) -> str:
    sky.rest_until(at)
    second = balloon.overfills_at(sky.fill, steps, sky.cloud.hard_cap_seconds, sky.measures)
    if second is None:
        return ""
    return _("its balloon would be too full %(second)s s after it begins.") % {"second": f"{round(second, 1):g}"}


def _dues(parts: Iterable[_Part]) -> Iterable[Due]:
    """The parts of each occurrence together."""
    occurrences: defaultdict[tuple[int, datetime], list[_Part]] = defaultdict(list)
    for part in sorted(parts, key=lambda part: part.due_at):
        occurrences[part.show.pk, part.nominal_at].append(part)
    for (show_id, at), those in occurrences.items():
        show, plays = those[0].show, any(part.plays for part in those)
        clouds = tuple(part.cloud.name for part in those)
        ends_at = max(part.ends_at for part in those)
        event = Event(show_id, those[-1].title, show.venue, clouds, at, ends_at, show.changed_at, not plays)
        yield Due(event, plays, _sentences(those))


def _sentences(parts: Sequence[_Part]) -> tuple[str, ...]:
    """What there is to say: once where it is the same for all, else with the cloud's name."""
    if len({part.sentence for part in parts}) == 1:
        return (parts[0].sentence,) if parts[0].sentence else ()
    return tuple(dict.fromkeys(part.named or f"{part.cloud}: {part.sentence}" for part in parts if part.sentence))


def _called_off(shows: dict[int, Show], parts: Iterable[_Part], since: datetime, until: datetime) -> Iterable[Due]:
    """Those that were announced; of what had been planned already there are runs that say so."""
    there = {(part.show.pk, part.nominal_at) for part in parts}
    for row in CalledOff.objects.filter(show__in=shows, starts_at__gte=since, starts_at__lt=until):
        if (row.show_id, row.starts_at) not in there:
            show, ends_at = shows[row.show_id], row.starts_at + timedelta(seconds=row.seconds)
            clouds = tuple(line.cloud.name for line in show.lines.all())
            event = Event(show.pk, row.title, show.venue, clouds, row.starts_at, ends_at, row.called_off_at, True)
            yield Due(event, False, (row.because,))
