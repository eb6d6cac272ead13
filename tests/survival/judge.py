"""Holds what the history says against what the simulated plugs saw: the judge of every test of survival.

Each `find_…` returns sentences that say what is wrong, and nothing when all is well. Times are unix times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clouds.models import Puff, Run

# Off at the latest so long after the planned end, or so long after ON where that is later: no countdown is shorter.
AFTER_THE_END_SECONDS = 3.0
AFTER_ON_SECONDS = 5.0
# And where somebody is there to do it, so long after a crash.
AFTER_A_CRASH_SECONDS = 3.0
# What a plug's timer and the machine take besides, and what the clocks of two processes differ by.
TIMER_SECONDS = 0.1
SAME_SECONDS = 0.05
# One puff may follow another as closely as this.
NEXT_SECONDS = 0.001
# A confirmed time is so close to the real one, where the plug answers at once.
CLOSE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a relay was on; `off` is None while it is. `began` and `ended` are the simulator's reasons."""

    on: float
    off: float | None
    began: str
    ended: str = ""

    def __str__(self) -> str:
        until = f"{self.off:.2f} by {self.ended}" if self.off is not None else "now"
        return f"[on {self.on:.2f} by {self.began}, until {until}]"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the history."""

    pk: int
    run: int | None
    on: float
    off: float | None
    confirmed: bool
    outcome: str
    reason: str

    @classmethod
    def of(cls, puff: Puff) -> "Row":
        """As it stands in the database."""
        off = _unix(puff.off_at)
        return cls(puff.pk, puff.run_id, puff.on_at.timestamp(), off, puff.confirmed, puff.outcome, puff.reason)

    def __str__(self) -> str:
        until = f"{self.off:.2f}" if self.off is not None else "now"
        sure = "confirmed" if self.confirmed else "not confirmed"
        return f"[puff {self.pk}, {self.on:.2f} until {until}, {sure}, {self.outcome}: {self.reason}]"


@dataclass(frozen=True, slots=True)
class Played:
    """A run, as it stands in the database."""

    pk: int
    started: float | None
    seconds: float
    state: str
    outcome: str
    reason: str

    @classmethod
    def of(cls, run: Run) -> "Played":
        """As it stands in the database."""
        return cls(run.pk, _unix(run.started_at), run.seconds, run.state, run.outcome, run.reason)

    def __str__(self) -> str:
        return f"[run {self.pk}, {self.state}, {self.outcome}: {self.reason}]"


@dataclass(slots=True)
class Evidence:
    """What is known of one plug and its cloud: what really happened, and what the site says."""

    plug: str
    stretches: list[Stretch]
    commands: list[dict[str, Any]]
    bursts: list[dict[str, Any]]
    rows: list[Row]
    runs: list[Played]
    crashed_at: list[float] = field(default_factory=list)
    # What a machine that is busy with other things takes longer to start a site's processes.
    allowance: float = 0.0

    def __str__(self) -> str:
        """For the message of a test that fails: all of it, from the first moment on."""
        parts: list[object] = [*self.stretches, *self.rows, *self.runs, *map(_words, self.commands)]
        crashes = [f"crashed at {at:.2f}" for at in self.crashed_at]
        return "\n    ".join([self.plug, *map(str, parts), *crashes])

    def run_at(self, at: float) -> Played | None:
        """The run that had begun last at `at`."""
        begun = [run for run in self.runs if run.started is not None and run.started <= at + SAME_SECONDS]
        return max(begun, key=lambda run: run.started or 0.0, default=None)

    def planned_end(self, at: float) -> float:
        """The planned end of the run that had begun last at `at`; `at` itself when there was none."""
        run = self.run_at(at)
        return (run.started or 0.0) + run.seconds if run else at

    def latest_off(self, on: float, off: float) -> float:
        """When the relay that was on from then on had to be off, when it was until `off`."""
        limit = max(self.planned_end(on) + AFTER_THE_END_SECONDS, on + AFTER_ON_SECONDS + TIMER_SECONDS)
        run = self.run_at(on)
        for crash in self.crashed_at:
            # What a successor has begun is none of the crash's business.
            if off > crash and (run is None or (run.started or 0.0) < crash):
                limit = min(limit, max(on, crash) + AFTER_A_CRASH_SECONDS + self.allowance)
        return limit


def stretches(record: Iterable[dict[str, Any]], plug: str) -> list[Stretch]:
    """The times in which a plug's relay was on."""
    found: list[Stretch] = []
    for change in record:
        if change["plug"] != plug:
            continue
        if change["state"]:
            found.append(Stretch(change["at"], None, change["reason"]))
        elif found:
            found[-1] = Stretch(found[-1].on, change["at"], found[-1].began, change["reason"])
    return found


def find_all(evidence: Evidence, now: float, *, slack: float = 0.0) -> list[str]:
    """Everything that is wrong. `slack`: how much later than others this plug answers."""
    return [
        *find_bursts(evidence),
        *find_late_pumps(evidence, now),
        *find_unguarded(evidence),
        *find_untold(evidence),
        *find_differences(evidence, slack=slack),
    ]


def find_bursts(evidence: Evidence) -> list[str]:
    """Balloons that burst."""
    return [f"its balloon burst at {burst['at']:.2f}" for burst in evidence.bursts]


def find_late_pumps(evidence: Evidence, now: float) -> list[str]:
    """Stretches that lasted longer than they may."""
    found = []
    for stretch in evidence.stretches:
        off = now if stretch.off is None else stretch.off
        if (late := off - evidence.latest_off(stretch.on, off)) > 0:
            found.append(f"its pump was on for {late:.2f} s too long: {stretch}")
    return found


def find_unguarded(evidence: Evidence) -> list[str]:
    """ONs that a plug acted on after the time for them was over, without a countdown of their own behind them."""
    return [
        f"it acted on an ON that had expired, without a countdown: {_words(command)}"
        for command in evidence.commands
        if command["state"] == 1
        and command["acted_at"] is not None
        and command["acted_at"] > evidence.planned_end(command["at"])
        and not (command["own"] and command["armed"])
    ]


def find_untold(evidence: Evidence) -> list[str]:
    """Runs and puffs that have not ended, or whose end says nothing."""
    found = [f"it has not ended: {run}" for run in evidence.runs if run.state != "ended"]
    found += [f"it has not ended: {row}" for row in evidence.rows if row.off is None]
    ended: list[Run | Row | Any] = [*evidence.runs, *evidence.rows]
    found += [f"nothing says why it ended: {one}" for one in ended if one.outcome != "done" and not one.reason]
    return found


def find_differences(evidence: Evidence, *, slack: float = 0.0) -> list[str]:
    """Where the history differs from what happened: a stretch without its one row, a row without a stretch, times."""
    found = []
    for stretch in evidence.stretches:
        rows = [row for row in evidence.rows if _overlap(row, stretch)]
        if not rows:
            found.append(f"no puff stands for {stretch}")
        elif len(rows) > 1:
            found.append(f"{len(rows)} puffs stand for {stretch}: {', '.join(map(str, rows))}")
        elif not (_covers(rows[0], stretch) or _is_as_much_as(rows[0], stretch)):
            found.append(f"{rows[0]} is less than {stretch}")
    for row in evidence.rows:
        found += _judge(row, [stretch for stretch in evidence.stretches if _overlap(row, stretch)], slack)
    return found


def _judge(row: Row, during: Sequence[Stretch], slack: float) -> list[str]:
    """Whether a row stands for what happened, and closely where it says that the plug confirmed it."""
    if not during:
        return [f"nothing happened of which {row} could tell"]
    if not row.confirmed:
        return [] if row.reason else [f"nothing says why {row} is not confirmed"]
    if len(during) > 1:
        return [f"{row} is said to be confirmed, but the relay went off in between"]
    stretch = during[0]
    early, late = stretch.on - row.on, (row.off or row.on) - (stretch.off or stretch.on)
    if early > CLOSE_SECONDS + slack or late > CLOSE_SECONDS + slack:
        return [f"{row} is said to be confirmed, but it was {stretch}"]
    return []


def _overlap(row: Row, stretch: Stretch) -> bool:
    """Whether they have more in common than clocks may differ by; of a shorter stretch, whether the row contains it."""
    ends = [end for end in (row.off, stretch.off) if end is not None]
    begin = max(row.on, stretch.on)
    return not ends or min(ends) - begin > SAME_SECONDS or _covers(row, stretch, within=NEXT_SECONDS)


def _covers(row: Row, stretch: Stretch, within: float = SAME_SECONDS) -> bool:
    if row.on > stretch.on + within:
        return False
    return row.off is None or (stretch.off is not None and row.off >= stretch.off - within)


def _is_as_much_as(row: Row, stretch: Stretch) -> bool:
    """Whether an unconfirmed row stands for all the air of a stretch.

    When an ON that nobody heard of again was acted on, and so when its countdown fired, can't be known; how long it ran
    can.
    """
    if row.confirmed or row.off is None or stretch.off is None or row.on > stretch.on + SAME_SECONDS:
        return False
    return row.off - row.on >= stretch.off - stretch.on - SAME_SECONDS


def _unix(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _words(command: dict[str, Any]) -> str:
    acted = f"acted on at {command['acted_at']:.2f}" if command["acted_at"] is not None else "never acted on"
    guard = f", countdown {command['delay']} s ({'its own' if command['own'] else 'not its own'})"
    replayed = ", replayed" if command["replayed"] else ""
    word = "ON" if command["state"] == 1 else "OFF"
    return f"[{word} at {command['at']:.2f}, {acted}{guard if command['armed'] else ''}{replayed}]"
