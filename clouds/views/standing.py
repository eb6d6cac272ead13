"""How a cloud stands: what the sky and the cloud's own page say of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeVar

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from clouds import patterns, pictures, queue
from clouds.models import Cloud, Plug, Puff, Run
from clouds.timeline import Do


class State(Enum):
    """What a cloud is doing, in a word."""

    READY = gettext_noop("ready")
    PUFFING = gettext_noop("puffing")
    SINKING = gettext_noop("letting air out")
    STARTING = gettext_noop("about to puff")
    WAITING = gettext_noop("waiting")
    RESTING = gettext_noop("resting")
    FULL = gettext_noop("full")
    WAKING = gettext_noop("waking up")
    UNREACHABLE = gettext_noop("out of reach")
    STOPPED = gettext_noop("stopped")
    HELD = gettext_noop("on hold")
    CLOSED = gettext_noop("closed")

    def __str__(self) -> str:
        return _(self.value)


SOON_DIFFERENT = {State.PUFFING, State.SINKING, State.STARTING, State.WAITING, State.RESTING, State.WAKING}
Row = TypeVar("Row", Plug, Puff, Run)
Said = tuple[State, str, datetime | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """A cloud at one moment: a state, a sentence that says it, until when, and what plays and waits.

    `press_seconds` is what anybody's press would get, None where it would be refused: `actions.offer` to nobody.
    """

    cloud: Cloud
    state: State
    sentence: str
    until: datetime | None
    fill: float
    still_on: list[Puff]
    playing: Run | None
    queue: list[Run]
    press_seconds: float | None
    simulated: bool
    unguarded: bool

    @property
    def live(self) -> list[Run]:
        """What plays and then what waits."""
        return [self.playing, *self.queue] if self.playing else self.queue

    @property
    def percent(self) -> int:
        """How full it is; 100 is as full as is safe."""
        return round(self.fill * 100)

    @property
    def gain(self) -> float:
        """The fill a second that its pump gives or takes now; `Cloud.fill_with` says which pump counts."""
        does = {puff.do for puff in self.still_on}
        do = Do.INFLATE if Do.INFLATE in does else Do.DEFLATE if does else Do.REST
        return self.cloud.measures.gain(do)

    @property
    def scale(self) -> str:
        """How large to draw it."""
        return pictures.scale_of(self.fill)

    @property
    def is_lively(self) -> bool:
        """Whether it is likely to look different in a second."""
        return self.state in SOON_DIFFERENT or bool(self.queue)


@dataclass(frozen=True, slots=True)
class _Facts:
    cloud: Cloud
    plugs: list[Plug]
    still_on: list[Puff]
    live: list[Run]
    last_off_at: datetime | None
    now: datetime

    @property
    def fill(self) -> float:
        return self.cloud.fill_with(self.still_on, self.now)

    @property
    def pump(self) -> Plug | None:
        return next((plug for plug in self.plugs if plug.pump == Plug.Pump.INFLATE), None)

    @property
    def rested_at(self) -> datetime | None:
        return self.last_off_at + timedelta(seconds=self.cloud.rest_seconds) if self.last_off_at else None

    @property
    def playing(self) -> Run | None:
        return next((run for run in self.live if run.state == Run.State.PLAYING), None)

    @property
    def queue(self) -> list[Run]:
        waiting = [run for run in self.live if run.state == Run.State.WAITING and run.due_at <= self.now]
        return sorted(waiting, key=lambda run: queue.precedence(run.ticket))


def of_all(clouds: Sequence[Cloud], now: datetime) -> list[Standing]:
    """The standing of each of these, in as many queries for a hundred as for one. They must come with their venue."""
    ids = [cloud.pk for cloud in clouds]
    plugs = Plug.objects.filter(cloud__in=ids)
    still_on = Puff.objects.still_on().filter(cloud__in=ids).order_by("on_at")
    live = Run.objects.live().filter(cloud__in=ids).select_related("asked_by").oldest_first()
    last = Puff.objects.filter(cloud=OuterRef("pk"), off_at__isnull=False).newest_first().values("off_at")[:1]
    last_off_at = dict(Cloud.objects.filter(pk__in=ids).values_list("pk", Subquery(last)))
    plugs_of, on_of, live_of = _by_cloud(plugs), _by_cloud(still_on), _by_cloud(live)
    return [
        _stand(_Facts(cloud, plugs_of[cloud.pk], on_of[cloud.pk], live_of[cloud.pk], last_off_at.get(cloud.pk), now))
        for cloud in clouds
    ]


def of(cloud: Cloud, now: datetime) -> Standing:
    """The standing of one cloud, which must come with its venue."""
    return of_all([cloud], now)[0]


def in_a_sentence(standings: Sequence[Standing]) -> str:
    """What goes on in the sky."""
    names = [standing.cloud.name for standing in standings if standing.state is State.PUFFING]
    if not standings:
        return _("There are no clouds yet.")
    if not names:
        return _("The sky is calm.")
    if len(names) > 3:
        return _("%(count)d clouds are puffing.") % {"count": len(names)}
    return ngettext("%(names)s is puffing.", "%(names)s are puffing.", len(names)) % {"names": patterns.listed(names)}


def _by_cloud(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.cloud_id is not None:
            found[row.cloud_id].append(row)
    return found


def _stand(facts: _Facts) -> Standing:
    state, sentence, until = _trouble(facts) or _playing(facts) or _kept_away(facts) or _between(facts)
    return Standing(
        facts.cloud,
        state,
        sentence,
        until,
        facts.fill,
        facts.still_on,
        facts.playing,
        facts.queue,
        _offer(facts),
        simulated=any(plug.simulated for plug in facts.plugs),
        unguarded=any(plug.unguarded for plug in facts.plugs),
    )


def _trouble(facts: _Facts) -> Said | None:
    if facts.pump is None:
        return State.UNREACHABLE, _("%(cloud)s has no pump yet.") % {"cloud": facts.cloud}, None
    if facts.pump.trouble:
        return State.UNREACHABLE, _("%(cloud)s is out of reach.") % {"cloud": facts.cloud}, None
    return None


def _playing(facts: _Facts) -> Said | None:
    """What plays, as far as somebody is there who plays it."""
    run, name = facts.playing, facts.cloud.name
    until = run.started_at + timedelta(seconds=run.seconds) if run and run.started_at else None
    if (facts.still_on or run) and not facts.cloud.venue.is_conducted(facts.now):
        return State.WAKING, _("%(name)s is getting ready: its conductor is starting.") % {"name": name}, None
    if any(puff.do is Do.INFLATE for puff in facts.still_on):
        return State.PUFFING, _("%(name)s is puffing.") % {"name": name}, until
    if facts.still_on:
        return State.SINKING, _("%(name)s is letting air out.") % {"name": name}, until
    return (State.STARTING, _("%(name)s is about to puff.") % {"name": name}, None) if run else None


def _kept_away(facts: _Facts) -> Said | None:
    if said := _shut(facts):
        return said
    if not facts.cloud.venue.is_conducted(facts.now):
        return State.WAKING, _("%(cloud)s is getting ready: its conductor is starting.") % {"cloud": facts.cloud}, None
    return None


def _shut(facts: _Facts) -> Said | None:
    """What keeps everybody away from the whole venue."""
    venue, now = facts.cloud.venue, facts.now
    if venue.stopped_at:
        return State.STOPPED, _("Everything at %(venue)s is stopped for now.") % {"venue": venue}, None
    if venue.is_held(now):
        return State.HELD, venue.held_because or _("%(venue)s takes a break.") % {"venue": venue}, venue.held_until
    if not venue.is_open(now):
        return State.CLOSED, _("%(venue)s is closed.") % {"venue": venue}, venue.next_opening(now)
    return None


def _between(facts: _Facts) -> Said:
    cloud, now = facts.cloud, facts.now
    if facts.rested_at and now < facts.rested_at:
        return State.RESTING, _("%(cloud)s is resting.") % {"cloud": cloud}, facts.rested_at
    if facts.queue:
        return State.WAITING, _("%(cloud)s puffs in a moment.") % {"cloud": cloud}, None
    if not cloud.seconds_that_fit_on(facts.fill):
        return State.FULL, _("%(cloud)s is as full as is safe.") % {"cloud": cloud}, None
    return State.READY, _("%(cloud)s is ready.") % {"cloud": cloud}, None


def _offer(facts: _Facts) -> float | None:
    """What `actions.offer` says, from facts that are here already and for all clouds at once."""
    cloud, fits = facts.cloud, facts.cloud.seconds_that_fit_on(facts.fill)
    if not fits or _trouble(facts) or _shut(facts):
        return None
    if cloud.queue_limit:
        may_join = len(facts.queue) < cloud.queue_limit
    else:
        may_join = not facts.playing and not facts.queue and not (facts.rested_at and facts.now < facts.rested_at)
    return min(cloud.puff_seconds, fits) if may_join else None
