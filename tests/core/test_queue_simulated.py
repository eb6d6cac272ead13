"""Ten thousand random visitors in the queue: nobody starves, the round rule holds, and promises are kept."""

import heapq
import itertools
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from clouds import balloon, queue
from clouds.balloon import Measures
from clouds.queue import Hopeless, Line, Promise, Show, Ticket
from clouds.timeline import Do, Step

from .conftest import NOON

# Not all of them find a place in line before it closes.
VISITORS = 12_000
A_DAY = 200
OPEN_SECONDS = 3600.0
PLANNED_AHEAD = 600.0


def moment(at: float) -> datetime:
    """So many seconds after opening."""
    return NOON + timedelta(seconds=at)


@dataclass(eq=False)
class Visit:
    """A ticket's way through the queue: what was promised, and what came of it."""

    who: int
    ticket: Ticket
    pressed: float
    last_sign: float
    retries: bool
    promises: list[tuple[float, Promise]] = field(default_factory=list)
    begun: float | None = None
    served_between: int = 0
    told: Hopeless | None = None
    failed: bool = False


class Day:
    """A cloud from opening to closing, and all who come; what is random comes from `chance` alone."""

    def __init__(self, number: int, people: range) -> None:
        self.chance = chance = random.Random(number)
        self.puff, self.rest = chance.uniform(3, 10), chance.uniform(0, 4)
        self.cool_down, self.limit = chance.uniform(5, 90), chance.choice([5, 10, 20, 40, 60])
        fill = chance.uniform(40, 90)
        self.measures = chance.choice([Measures(fill, chance.uniform(40, 300)), Measures(3600.0)])
        self.leaves, self.vanishes, self.fails = (chance.uniform(0, most) for most in (0.15, 0.12, 0.08))
        self.shows = self._shows()
        self.at, self.fill, self.filled_at, self.off_at = 0.0, 0.0, 0.0, -math.inf
        self.waiting: list[Visit] = []
        self.visits: list[Visit] = []
        self.playing: Visit | Show | None = None
        self.ends_at, self.turn_is_over = 0.0, False
        self.failed: dict[int, tuple[datetime, datetime]] = {}
        self.turns: defaultdict[int, list[float]] = defaultdict(list)
        self.begun: list[Visit] = []
        self._keys = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        for who, at in zip(people, self._arrivals(len(people)), strict=True):
            self._at(at, lambda who=who: self.press(who))

    def _shows(self) -> list[Show]:
        shows, at = [], self.chance.uniform(200, 900)
        while at < OPEN_SECONDS:
            steps = [Step(Do.INFLATE, self.chance.uniform(2, 8)), Step(Do.REST, self.chance.uniform(5, 20))]
            shows.append(Show(moment(at), tuple(steps * self.chance.randint(1, 4))))
            at += self.chance.uniform(400, 900)
        return shows

    def _arrivals(self, count: int) -> list[float]:
        """Alone, and in bursts as when a class comes in."""
        moments: list[float] = []
        while len(moments) < count:
            at, many = self.chance.uniform(0, OPEN_SECONDS), self.chance.choice([1, 1, 1, 2, 5, 25])
            moments += [at + self.chance.uniform(0, 20) for _ in range(many)]
        return moments[:count]

    def _at(self, at: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._keys), do))

    def run(self) -> None:
        """From the first event to closing."""
        while self._events and self._events[0][0] <= OPEN_SECONDS:
            self.at, _, do = heapq.heappop(self._events)
            do()
            self._conduct()
        for visit in self.waiting:
            visit.told = Hopeless.CLOSING

    # What people do

    def press(self, who: int) -> None:
        """Somebody presses, unless they may not."""
        if any(visit.who == who for visit in self.waiting) or (
            isinstance(self.playing, Visit) and self.playing.who == who
        ):
            return
        if len(self.waiting) >= self.limit:
            self._at(self.at + self.chance.uniform(30, 200), lambda: self.press(who))
            return
        lately = sum(self.at - at < queue.LATELY.total_seconds() for at in self.turns[who])
        live = bool(self.waiting) or isinstance(self.playing, Visit)
        waiting = [visit.ticket.round_at for visit in self.waiting]
        now = moment(self.at)
        round_at = queue.joins(now, waiting, self._newest_begun(), self.failed.get(who)) if live else now
        ticket = Ticket(next(self._keys), self.puff, now, round_at, lately if live else 0)
        line = queue.joined_by(self.line(), ticket)
        promise = queue.promises(line)[line.tickets.index(ticket)]
        if isinstance(promise, Hopeless):
            return
        visit = Visit(who, ticket, self.at, math.inf, who in self.failed, [(self.at, promise)])
        self.visits.append(visit)
        self.waiting.append(visit)
        fate = self.chance.random()
        if fate < self.leaves:
            self._at(self.at + self.chance.expovariate(1 / 60), lambda: self._leave(visit))
        elif fate < self.leaves + self.vanishes:
            visit.last_sign = self.at + self.chance.expovariate(1 / 60)

    def _leave(self, visit: Visit) -> None:
        if visit in self.waiting:
            self.waiting.remove(visit)

    # What the conductor does

    def _newest_begun(self) -> datetime | None:
        if isinstance(self.playing, Visit):
            return self.playing.ticket.round_at
        newest = max((visit.ticket.round_at for visit in self.waiting), default=None)
        return newest if any(visit.ticket.round_at == newest for visit in self.begun[-self.limit * 2 :]) else None

    def tickets(self) -> list[Visit]:
        """Who waits, in order. Of those who are there signs come all the time, and are not written down."""
        for visit in self.waiting:
            if visit.last_sign < self.at and visit.ticket.seen_at is None:
                visit.ticket = replace(visit.ticket, seen_at=moment(visit.last_sign))
        self.waiting.sort(key=lambda visit: queue.precedence(visit.ticket))
        return self.waiting

    def line(self) -> Line:
        """What the queue is told of it."""
        now = moment(self.at)
        left = max(0.0, self.ends_at - self.at) if self.playing else 0.0
        do = Do.INFLATE if isinstance(self.playing, Visit) else Do.REST
        known = [show for show in self.shows if now < show.at <= moment(self.at + PLANNED_AHEAD)]
        return Line(
            now, tuple(visit.ticket for visit in self.tickets()), self.fill_now(), self.measures, 60.0, self.puff,
            self.rest, self.limit, (Step(do, left),) if left else (),
            moment(self.off_at + self.rest) if self.off_at >= 0 else None,
            tuple(known), moment(OPEN_SECONDS), self._newest_begun(),
        )  # fmt: skip

    def fill_now(self) -> float:
        """How full the balloon is; a show's whole fill counts from its end."""
        do = Do.INFLATE if isinstance(self.playing, Visit) else Do.REST
        return balloon.after(self.fill, self.at - self.filled_at, do, self.measures)

    def _fill(self, fill: float) -> None:
        self.fill, self.filled_at = fill, self.at

    def _conduct(self) -> None:
        """As the conductor's clerk does it: dismiss, let lapse, begin."""
        if self.playing is not None:
            return
        if self.shows and self.at >= (self.shows[0].at - NOON).total_seconds():
            self._begin_show(self.shows.pop(0))
            return
        if self.shows:
            self._look_again((self.shows[0].at - NOON).total_seconds())
        if (free := self.off_at + self.rest) > self.at:
            self._look_again(free)
            return
        if self.turn_is_over and self.chance.random() < 0.4:
            self._dismiss()
        self.turn_is_over = False
        for visit in list(self.tickets()):
            if queue.has_gone(visit.ticket, moment(self.at), is_next=visit is self.waiting[0]):
                self.waiting.remove(visit)
        if self.waiting:
            self._begin(self.waiting[0])

    def _look_again(self, at: float) -> None:
        if at > self.at:
            self._at(at, lambda: None)

    def _dismiss(self) -> None:
        line = self.line()
        of = {visit.ticket.key: visit for visit in self.waiting}
        for ticket, promise in zip(line.tickets, queue.promises(line), strict=True):
            visit = of[ticket.key]
            if isinstance(promise, Hopeless):
                visit.told = promise
                self.waiting.remove(visit)
            elif self.chance.random() < 0.5:
                visit.promises.append((self.at, promise))

    def _begin(self, visit: Visit) -> None:
        fits = balloon.seconds_that_fit(self.fill_now(), 60.0, self.measures)
        if not fits:
            self._look_again(self.at + max(0.1, balloon.seconds_until_room(self.fill_now(), self.measures)))
            return
        lasts = min(fits, self.puff)
        if self.shows and moment(self.at + lasts) + queue.MAKE_WAY > self.shows[0].at:
            return
        self.waiting.remove(visit)
        self._fill(self.fill_now())
        visit.begun = self.at
        for other in self.waiting:
            other.served_between += 1
        self.begun.append(visit)
        fails = self.chance.random() < self.fails
        late = self.chance.uniform(0.02, 0.5)
        self.playing = visit
        self.ends_at = self.at + (self.chance.uniform(0.2, 4) if fails else lasts + late)
        self._at(self.ends_at, lambda: self._end(visit, fails))

    def _end(self, visit: Visit, fails: bool) -> None:
        self._fill(self.fill_now())
        self.playing, self.off_at, self.turn_is_over = None, self.at, True
        again = self.chance.uniform(0.5, 20)
        self.failed.pop(visit.who, None)
        visit.failed = fails
        if fails:
            self.failed[visit.who] = (visit.ticket.round_at, moment(self.at))
        else:
            self.turns[visit.who].append(self.at)
            again += self.cool_down
        if self.chance.random() < 0.5:
            self._at(self.at + again, lambda: self.press(visit.who))

    def _begin_show(self, show: Show) -> None:
        fill = self.fill_now()
        if balloon.overfills_at(fill, show.steps, 60.0, self.measures) is not None:
            return
        self.playing, self.ends_at = show, self.at + sum(step.seconds for step in show.steps)
        for step in show.steps:
            fill = balloon.after(fill, step.seconds, step.do, self.measures)

        def end() -> None:
            self.playing, self.off_at, self.turn_is_over = None, self.at, True
            self._fill(fill)

        self._at(self.ends_at, end)


@pytest.fixture(scope="module")
def days() -> list[Day]:
    """All of them, played."""
    days = [Day(number, range(first, first + A_DAY)) for number, first in enumerate(range(0, VISITORS, A_DAY))]
    for day in days:
        day.run()
    return days


def kept(visit: Visit, promise: Promise) -> bool | None:
    """Whether a promise was; None when it was the visitor who left."""
    if visit.begun is not None:
        begun = moment(visit.begun)
        return promise.earliest <= begun + timedelta(seconds=0.5) and (
            promise.latest is None or begun <= promise.latest
        )
    return promise.may_close if visit.told else None


def share_kept(days: list[Day], which: slice) -> float:
    """Of the promises that were put to the test, those that were kept."""
    found = Counter(
        kept(visit, promise) for day in days for visit in day.visits for _, promise in visit.promises[which]
    )
    assert found[True] > 5_000
    return found[True] / (found[True] + found[False])


def test_the_days_are_what_they_should_be(days: list[Day]) -> None:
    visits = [visit for day in days for visit in day.visits]
    assert len({visit.who for visit in visits}) > 10_000
    assert sum(visit.ticket.turns > 0 for visit in visits) > 2_000
    assert sum(visit.retries for visit in visits) > 100
    assert sum(visit.begun is None for visit in visits) > 500
    assert max(visit.begun - visit.pressed for visit in visits if visit.begun is not None) > 300


def test_what_is_promised_at_the_press_is_kept(days: list[Day]) -> None:
    assert share_kept(days, slice(0, 1)) >= 0.95


def test_what_is_promised_to_who_waits_is_kept(days: list[Day]) -> None:
    assert share_kept(days, slice(1, None)) >= 0.95


def test_a_promise_is_no_wider_than_it_has_to_be(days: list[Day]) -> None:
    """Else any promise could be kept: half of them are narrower than a turn and what is left of the wait."""
    widths = []
    for day in days:
        for visit in day.visits:
            for at, promise in visit.promises:
                if visit.begun is not None and promise.latest is not None:
                    widths.append((promise.latest - promise.earliest).total_seconds() / (20 + visit.begun - at))
    assert sorted(widths)[len(widths) // 2] < 1


def test_rounds_are_served_one_after_the_other(days: list[Day]) -> None:
    for day in days:
        rounds = [visit.ticket.round_at for visit in day.begun]
        assert rounds == sorted(rounds)


def test_nobody_has_two_turns_in_a_round(days: list[Day]) -> None:
    for day in days:
        had = Counter((visit.who, visit.ticket.round_at) for visit in day.begun if not visit.failed)
        assert set(had.values()) == {1}


def test_whoever_overtakes_is_of_the_same_round_and_has_had_fewer_turns(days: list[Day]) -> None:
    """Of every pair: who came later was first only so, or had lost a turn to a failure."""
    overtakings = 0
    for day in days:
        for one, other in itertools.combinations(day.begun, 2):
            if one.pressed > other.pressed:
                overtakings += 1
                same_round = one.ticket.round_at == other.ticket.round_at
                assert one.retries or (same_round and one.ticket.turns < other.ticket.turns)
    assert overtakings > 1_000


def test_nobody_starves(days: list[Day]) -> None:
    """From a press to its turn there are at most those who waited already, and as many again, retries aside."""
    for day in days:
        retries = sum(visit.retries for visit in day.begun)
        assert all(visit.served_between <= 2 * day.limit + retries for visit in day.begun)
        assert all(visit.served_between <= day.limit * 2 for visit in day.begun if not retries)


def test_a_stream_of_newcomers_holds_nobody_up_for_longer_than_a_round() -> None:
    """Without end somebody new comes for each who is served, and always finds the queue full but for one place."""
    returner = Ticket(0, 5.0, moment(0), moment(0), turns=9)
    waiting, begun, keys = [returner], None, itertools.count(1)
    for at in range(1, 1000):
        while len(waiting) < 10:
            now = moment(at)
            waiting.append(
                Ticket(next(keys), 5.0, now, queue.joins(now, [each.round_at for each in waiting], begun, None))
            )
        first = min(waiting, key=queue.precedence)
        begun = first.round_at
        waiting.remove(first)
        if first is returner:
            break
    assert first is returner
    assert at <= 10
