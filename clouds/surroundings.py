"""How full a balloon was around a puff, as a picture and as a table. Pure: the closed forms of `balloon`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from clouds import balloon
from clouds.balloon import Measures
from clouds.timeline import Do

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Drawn in these units, a phone shows its letters large enough to read.
WIDTH, HEIGHT = 480, 150
# The curve is drawn up to a little above full, so that one that is too full is seen to be.
TOP = 1.15
POINTS_A_STRETCH = 12
MOST_MARKS = 6
MARK_EVERY_MINUTES = (1, 2, 5, 10, 15, 30, 60, 180, 720, 1440)
MOST_ROWS = 200
# After so many half-lives there is less than a four-thousandth left of what was in a balloon.
FORGOTTEN_AFTER_HALF_LIVES = 12


@dataclass(frozen=True, slots=True)
class Stretch:
    """A puff: what a pump did, from when until when. `shown` is the one that the picture is about."""

    do: Do
    on_at: datetime
    off_at: datetime
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a curator saw: from here on the fill is known."""

    at: datetime
    fill: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in the picture's units."""

    do: Do
    x: float
    width: float
    shown: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what happened (begin, on, off, seen, end) when, and how full it was then, in percent."""

    at: datetime
    what: str
    percent: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The fill over a while. `full_y` is the height of the safe limit; `area` is what lies under the curve."""

    bars: list[Bar]
    curve: str
    area: str
    full_y: float
    marks: list[tuple[float, datetime]]
    rows: list[Row]
    width: int = WIDTH
    height: int = HEIGHT


def looks_back(measures: Measures) -> timedelta | None:
    """How long before a moment what was puffed still counts; None if it counts for ever."""
    if measures.half_life is None:
        return None
    return timedelta(seconds=FORGOTTEN_AFTER_HALF_LIVES * measures.half_life)


def draw(
    stretches: Sequence[Stretch],
    seen: Sequence[Seen],
    measures: Measures,
    begin: datetime,
    end: datetime,
) -> Picture:
    """The picture from `begin` to `end`, reckoned from an empty balloon before the first of all these."""
    points, rows = _follow(stretches, seen, measures, begin, end)
    span = (end - begin).total_seconds()

    def x(at: datetime) -> float:
        return min(max((at - begin).total_seconds() / span, 0.0), 1.0) * WIDTH

    curve = " ".join(f"{x(at):.1f},{_y(fill):.1f}" for at, fill in points)
    return Picture(
        bars=[
            Bar(one.do, x(one.on_at), max(1.5, x(one.off_at) - x(one.on_at)), one.shown)
            for one in stretches
            if one.off_at >= begin and one.on_at <= end
        ],
        curve=curve,
        area=f"0,{HEIGHT} {curve} {WIDTH},{HEIGHT}",
        full_y=_y(balloon.FULL),
        marks=[(x(at), at) for at in _marks(begin, end)],
        rows=rows[:MOST_ROWS],
    )


def _follow(
    stretches: Iterable[Stretch], seen: Iterable[Seen], measures: Measures, begin: datetime, end: datetime
) -> tuple[list[tuple[datetime, float]], list[Row]]:
    """The fill, moment by moment, from the first that is known on; what lies before `begin` is not told."""
    changes = _changes(stretches, seen, begin, end)
    on: Counter[Do] = Counter()
    fill, since = 0.0, changes[0][0]
    points: list[tuple[datetime, float]] = []
    rows: list[Row] = []
    for at, what, value in changes:
        doing = Do.INFLATE if on[Do.INFLATE] else Do.DEFLATE if on[Do.DEFLATE] else Do.REST
        seconds = (at - since).total_seconds()
        if at > begin:
            shares = [place / POINTS_A_STRETCH for place in range(1, POINTS_A_STRETCH + 1)]
            points += [
                (since + (at - since) * share, balloon.after(fill, seconds * share, doing, measures))
                for share in shares
            ]
        fill, since = balloon.after(fill, seconds, doing, measures), at
        if isinstance(value, Do):
            on[value] += 1 if what == "on" else -1
        elif value is not None:
            fill = value
        if at >= begin:
            points.append((at, fill))
            rows.append(Row(at, what, round(fill * 100)))
    return points, rows


def _changes(
    stretches: Iterable[Stretch], seen: Iterable[Seen], begin: datetime, end: datetime
) -> list[tuple[datetime, str, Do | float | None]]:
    """What changes when, in order, up to `end`: where several things happen at once, off comes before on."""
    order = {"begin": 0, "off": 1, "seen": 2, "on": 3, "end": 4}
    changes: list[tuple[datetime, str, Do | float | None]] = [(begin, "begin", None), (end, "end", None)]
    changes += [(one.at, "seen", one.fill) for one in seen]
    changes += [(one.on_at, "on", one.do) for one in stretches]
    changes += [(one.off_at, "off", one.do) for one in stretches]
    return sorted((change for change in changes if change[0] <= end), key=lambda change: (change[0], order[change[1]]))


def _marks(begin: datetime, end: datetime) -> list[datetime]:
    """Whole minutes to read times from, not so near to the ends that their words would be cut off."""
    margin = (end - begin) * 0.04
    minutes = (end - begin).total_seconds() / 60 / MOST_MARKS
    step = timedelta(minutes=next((step for step in MARK_EVERY_MINUTES if step >= minutes), MARK_EVERY_MINUTES[-1]))
    at = begin - (begin - EPOCH) % step + step
    found = []
    while at < end:
        if begin + margin < at < end - margin:
            found.append(at)
        at += step
    return found


def _y(level: float) -> float:
    return HEIGHT * (1 - min(level, TOP) / TOP)
