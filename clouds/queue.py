"""Whose turn is it, when will it be, and for whom can it not come any more? Pure: facts and time are arguments.

The rule. Who presses while a round is being played belongs to the next one; it begins when everybody of the one before
has had their turn or has gone. Within a round those are first who have had the fewest turns lately, and of these those
who came first. So nobody has two turns in a round, whoever comes late can be before others of the same round only, and
nobody waits for longer than the rest of one round and all of the next.
"""

import math
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from clouds import balloon, timeline
from clouds.balloon import Measures
from clouds.timeline import Do, Step

# Turns count for the order as long as a visit may last.
LATELY = timedelta(hours=1)
# Who gives no sign for so long has gone; who is next, and may just be putting the phone away, a little later.
GONE_AFTER = timedelta(seconds=60)
GRACE = timedelta(seconds=15)
# A sign of life is written down this often at most.
SIGN_EVERY = timedelta(seconds=15)
# A visitor's puff ends at least so long before a show begins: off, confirmed, and half a second of peace.
MAKE_WAY = timedelta(seconds=0.6)
# A show that could not begin within this is not played.
MISSED_AFTER_SECONDS = 60.0

# What a promise reckons with. Of those before one, this share leaves, give or take so many standard deviations.
LEAVES = 0.15
SPREAD = 1.5
# Nobody begins to the moment: what each turn may take beyond its puff and the rest, and what may go wrong once.
LATE_SECONDS = 1.0
AMISS_SECONDS = 4.0
# How fast people come is not known from less than this.
WATCHED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """One who waits, by a `key` that grows with each.

    `round_at`: when the first of their round came. `turns`: how many they have had lately. `seen_at`: their last sign
    of life; None where none is expected. What curators ask for goes before visitors.
    """

    key: int
    seconds: float
    due_at: datetime
    round_at: datetime
    turns: int = 0
    seen_at: datetime | None = None
    is_visitors: bool = True


@dataclass(frozen=True, slots=True)
class Show:
    """What will play at a moment, whoever waits."""

    at: datetime
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What those who wait for a cloud find there at `now`.

    `tickets`: visitors, in order. `ahead`: the steps that are played before any of theirs. `free_at`: before this no
    visitor begins, because of a rest or a hold. `shows`: those to come, in order. `begun`: the newest round of which
    somebody has begun. `limit`: how many may wait.
    """

    now: datetime
    tickets: tuple[Ticket, ...]
    fill: float
    measures: Measures
    hard_cap: float
    puff_seconds: float
    rest_seconds: float
    limit: int
    ahead: tuple[Step, ...] = ()
    free_at: datetime | None = None
    shows: tuple[Show, ...] = ()
    closes_at: datetime | None = None
    begun: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """When a ticket will begin. `latest` is None where nobody can say; `may_close`: closing time may come before it."""

    earliest: datetime
    latest: datetime | None
    may_close: bool = False


class Hopeless(StrEnum):
    """Why a ticket can't be served any more."""

    CLOSING = "closing"
    FULL = "full"


def precedence(ticket: Ticket) -> tuple[bool, datetime, int, datetime, int]:
    """What tickets are sorted by: the rule."""
    if not ticket.is_visitors:
        return False, ticket.due_at, 0, ticket.due_at, ticket.key
    return True, ticket.round_at, ticket.turns, ticket.due_at, ticket.key


def joins(
    now: datetime, waiting: Iterable[datetime], begun: datetime | None, failed: tuple[datetime, datetime] | None
) -> datetime:
    """The round that a press at `now` belongs to.

    `waiting`: the rounds of those who wait. `begun`: as in Line. `failed`: the round of the person's last puff there,
    and when that ended, if it failed or was lost: it was no turn, so they belong to that round for as long as it lasts.
    """
    rounds = {*waiting, *([begun] if begun else [])}
    newest = max(rounds, default=None)
    if newest is None:
        return now
    # A round lasts until the next one has begun, also when nobody is left of it.
    if failed and (failed[0] in rounds or (begun is None and failed[1] >= newest)):
        return failed[0]
    return now if newest == begun else newest


def has_gone(ticket: Ticket, now: datetime, *, is_next: bool) -> bool:
    """Whether a ticket lapses because there was no sign of its visitor for a minute."""
    return ticket.seen_at is not None and now - ticket.seen_at > GONE_AFTER + (GRACE if is_next else timedelta())


def promises(line: Line) -> list[Promise | Hopeless]:
    """When each of the tickets will begin, or why it won't, in their order."""
    newcomers, leavers = _newcomers(line), _leavers(line)
    more = max((place + extra for place, extra in enumerate(newcomers)), default=0) + 1 - len(line.tickets)
    soonest, latest = _begins(line, 0, late=0.0), _begins(line, more, late=LATE_SECONDS)
    return [
        _promise(line, soonest[place - leavers[place]], latest[place + newcomers[place]])
        for place in range(len(line.tickets))
    ]


def joined_by(line: Line, newcomer: Ticket) -> Line:
    """The line with one who presses now in their place."""
    at = bisect(line.tickets, precedence(newcomer), key=precedence)
    return replace(line, tickets=(*line.tickets[:at], newcomer, *line.tickets[at:]))


def _promise(line: Line, soonest: float, latest: float) -> Promise | Hopeless:
    if soonest == math.inf:
        return Hopeless.FULL
    earliest = line.now + timedelta(seconds=soonest)
    if line.closes_at is not None and earliest >= line.closes_at:
        return Hopeless.CLOSING
    end = None if latest == math.inf else line.now + timedelta(seconds=latest + AMISS_SECONDS)
    may_close = line.closes_at is not None and (end is None or end >= line.closes_at)
    return Promise(earliest, line.closes_at if may_close else end, may_close)


def _leavers(line: Line) -> list[int]:
    """How many of those before each may leave: whoever has given no sign for a while, and some of the others."""
    found, silent = [], 0
    for place, ticket in enumerate(line.tickets):
        others = place - silent
        some = math.ceil(others * LEAVES + SPREAD * math.sqrt(others * LEAVES * (1 - LEAVES)))
        found.append(silent + min(others, some))
        silent += ticket.seen_at is not None and line.now - ticket.seen_at > GONE_AFTER / 2
    return found


def _newcomers(line: Line) -> list[int]:
    """How many who have not come yet may be before each of these.

    They can be before those only who have had turns, in a round that has not begun. They come as fast as they came
    since that round is gathered, until it begins, and no more than may wait.
    """
    if not line.tickets:
        return []
    newest = line.tickets[-1].round_at
    first = next(place for place, ticket in enumerate(line.tickets) if ticket.round_at == newest)
    if newest == line.begun:
        return [0] * len(line.tickets)
    watched = max(WATCHED_SECONDS, (line.now - newest).total_seconds())
    lasts = sum(ticket.seconds + line.rest_seconds + LATE_SECONDS for ticket in line.tickets[:first])
    lasts += timeline.length(line.ahead) + _seconds(line, line.free_at)
    come = (len(line.tickets) - first) / watched * lasts
    most = max(0, line.limit - len(line.tickets) + first)
    extra = min(most, math.ceil(come + SPREAD * math.sqrt(come) + 1))
    return [extra if ticket.round_at == newest and ticket.turns else 0 for ticket in line.tickets]


def _begins(line: Line, more: int, *, late: float) -> list[float]:
    """Seconds from now after which each of these, and so many more after them, begins when nobody leaves.

    Each turn takes `late` seconds more than planned. Infinity where there is no room, and never will be.
    """
    walk = _Walk(line, late)
    lengths = [ticket.seconds for ticket in line.tickets] + [line.puff_seconds] * more
    return [walk.puff(seconds) for seconds in lengths]


def _seconds(line: Line, at: datetime | None) -> float:
    return max(0.0, (at - line.now).total_seconds()) if at else 0.0


class _Walk:
    """A cloud on its way through what will be played: `at` seconds from now, so full."""

    def __init__(self, line: Line, late: float) -> None:
        self._line = line
        self._late = late
        self._ample: dict[float, float] = {}
        self._shows = [(_seconds(line, show.at), show.steps) for show in reversed(line.shows)]
        self._at, self._ended, self._fill = 0.0, 0.0, line.fill
        if line.ahead:
            self._play(line.ahead)
        free_at = _seconds(line, line.free_at)
        while self._shows and self._shows[-1][0] < free_at:
            self._show()
        self._rest_until(free_at)

    def puff(self, seconds: float) -> float:
        """The moment at which a visitor's puff begins, after which it has been played; infinity if never."""
        line, ample = self._line, self._ample_for(seconds)
        while True:
            wait = 0.0 if self._fill <= ample else balloon.seconds_until_room(self._fill, line.measures)
            show_at = self._shows[-1][0] if self._shows else math.inf
            if wait == show_at == math.inf:
                return math.inf
            if self._at + wait < show_at:
                # A hair more than it takes, so that there is room when that is reckoned anew.
                self._rest_until(self._at + wait * (1 + 1e-9))
                fits = seconds if self._fill <= ample else self._that_fit(seconds)
                if self._at + fits + MAKE_WAY.total_seconds() <= show_at:
                    break
            self._show()
        begins = self._at
        # Air that is given too long has to leave again, where the balloon is full.
        self._do(Do.INFLATE, fits + self._late / 2)
        self._rest()
        return begins

    def _ample_for(self, seconds: float) -> float:
        """A fill at which so many seconds fit for certain: it needn't be reckoned then what does, for hundreds."""
        if seconds not in self._ample:
            needed = max(timeline.SHORTEST_COUNTDOWN_SECONDS, seconds + timeline.MARGIN_SECONDS) + 0.1
            level = balloon.fill_with_room(needed, self._line.measures)
            self._ample[seconds] = -1.0 if level is None or seconds > self._line.hard_cap else level
        return self._ample[seconds]

    def _that_fit(self, seconds: float) -> float:
        line = self._line
        return min(seconds, balloon.seconds_that_fit(self._fill, line.hard_cap, line.measures) or seconds)

    def _show(self) -> None:
        """The next show: it is played if nothing else keeps the cloud for too long, and if there is room for it."""
        at, steps = self._shows.pop()
        self._rest_until(at)
        has_room = balloon.overfills_at(self._fill, steps, self._line.hard_cap, self._line.measures) is None
        if self._ended - at <= MISSED_AFTER_SECONDS and has_room:
            self._play(steps)

    def _play(self, steps: Iterable[Step]) -> None:
        """Play these, and rest as after every puff."""
        for step in steps:
            self._do(step.do, step.seconds)
        self._rest()

    def _rest(self) -> None:
        self._ended = self._at
        self._do(Do.REST, self._line.rest_seconds + self._late / 2)

    def _rest_until(self, at: float) -> None:
        if at > self._at:
            self._do(Do.REST, at - self._at)

    def _do(self, do: Do, seconds: float) -> None:
        self._fill = balloon.after(self._fill, seconds, do, self._line.measures)
        self._at += seconds
