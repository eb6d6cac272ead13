"""What a history looks like: when in the week people puff, how many puffs a day, how much air. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Drawn in these units, a phone shows their letters large enough to read.
WIDTH, HEIGHT = 480, 150
LEFT = 44
CELL = (WIDTH - LEFT) / 24
LEVELS = 5
MARKS = 4
DAYS_ONE_BY_ONE = 31
DAYS_BY_WEEKS = 400
LINES = 3


class Hour(NamedTuple):
    """What began in an hour of a day, on the clocks of the place."""

    day: date
    hour: int
    puffs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days, `first` to `last`, and what began on them."""

    first: date
    last: date
    puffs: int = 0
    seconds: float = 0.0

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def puffs_a_day(self) -> float:
        """On average."""
        return self.puffs / self.days

    @property
    def seconds_a_day(self) -> float:
        """On average."""
        return self.seconds / self.days


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of a weekday; its level says how dark it is, 0 for nothing and 5 for the busiest."""

    weekday: int
    hour: int
    puffs: int
    level: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Hours and weekdays: a row for each weekday, Monday first."""

    rows: list[list[Cell]]
    busiest: Cell
    cell: float = CELL - 1.5
    width: int = WIDTH
    height: float = CELL * 7 + 22

    @property
    def hours(self) -> list[list[Cell]]:
        """A row for each hour, as a table has room for it."""
        return [list(column) for column in zip(*self.rows, strict=True)]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of days in the picture's units, and its value."""

    stretch: Stretch
    value: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Stretches side by side; `lines` are heights to read values from, `marks` places of days."""

    bars: list[Bar]
    lines: list[tuple[float, float]]
    marks: list[tuple[float, date]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def local(rows: Iterable[tuple[datetime, int, float]], zone: ZoneInfo) -> Iterable[Hour]:
    """Hours, given by the moment at which each began, as the clocks of a zone show them."""
    for begins_at, puffs, seconds in rows:
        at = begins_at.astimezone(zone)
        yield Hour(at.date(), at.hour, puffs, seconds)


def heat_map(hours: Iterable[Hour]) -> HeatMap:
    """Puffs by weekday and hour, all weeks together."""
    counts = [[0] * 24 for _ in range(7)]
    for one in hours:
        counts[one.day.weekday()][one.hour] += one.puffs
    most = max(max(row) for row in counts)
    rows = [
        [
            Cell(
                weekday,
                hour,
                puffs,
                math.ceil(LEVELS * puffs / most) if puffs else 0,
                LEFT + CELL * hour,
                CELL * weekday,
            )
            for hour, puffs in enumerate(row)
        ]
        for weekday, row in enumerate(counts)
    ]
    return HeatMap(rows, max((cell for row in rows for cell in row), key=lambda cell: cell.puffs))


def stretches(hours: Iterable[Hour], first: date, last: date) -> list[Stretch]:
    """The days from `first` to `last`: one by one, or when they are many in weeks that end with the last, or months."""
    puffs: dict[date, int] = {}
    seconds: dict[date, float] = {}
    for one in hours:
        puffs[one.day] = puffs.get(one.day, 0) + one.puffs
        seconds[one.day] = seconds.get(one.day, 0.0) + one.seconds
    found = []
    for begin, end in _spans(first, last):
        days = [begin + timedelta(days=ahead) for ahead in range((end - begin).days + 1)]
        found.append(
            Stretch(begin, end, sum(puffs.get(day, 0) for day in days), sum(seconds.get(day, 0.0) for day in days))
        )
    return found


def bars(these: Sequence[Stretch], values: Sequence[float]) -> Bars:
    """These stretches with a value for each."""
    top, step = _scale(max(values))
    width = (WIDTH - LEFT) / len(these)
    gap = min(4.0, width * 0.2)
    found = [
        Bar(one, value, LEFT + width * place, HEIGHT * (1 - value / top), width - gap, HEIGHT * value / top)
        for place, (one, value) in enumerate(zip(these, values, strict=True))
    ]
    marked = sorted({round((len(these) - 1) * place / MARKS) for place in range(MARKS + 1)})
    levels = [step * line for line in range(round(top / step) + 1)]
    return Bars(
        found,
        lines=[(HEIGHT * (1 - level / top), level) for level in levels],
        marks=[(found[place].x + found[place].width / 2, these[place].first) for place in marked],
    )


def _spans(first: date, last: date) -> list[tuple[date, date]]:
    days = (last - first).days + 1
    if days <= DAYS_ONE_BY_ONE:
        return [(first + timedelta(days=ahead),) * 2 for ahead in range(days)]
    ends = [last]
    while (before := _end_before(ends[-1], by_weeks=days <= DAYS_BY_WEEKS)) >= first:
        ends.append(before)
    ends.reverse()
    return list(zip([first, *(end + timedelta(days=1) for end in ends[:-1])], ends, strict=True))


def _end_before(end: date, *, by_weeks: bool) -> date:
    """The last day of the stretch before the one that ends with this day."""
    return end - timedelta(days=7 if by_weeks else end.day)


def _scale(most: float) -> tuple[float, float]:
    """A round number that is not exceeded, and round steps up to it."""
    if most <= 0:
        return 1.0, 1.0
    power = 10.0 ** math.floor(math.log10(most / LINES))
    step = next(power * size for size in (1, 2, 5, 10) if most <= power * size * LINES * 1.0001)
    return step * math.ceil(most / step - 0.0001), step
