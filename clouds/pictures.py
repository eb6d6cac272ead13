"""What steps look like: when the pump is on and how full a balloon gets, for pages to draw. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clouds import balloon, timeline
from clouds.balloon import Measures
from clouds.timeline import Do, Step

WIDTH, HEIGHT = 640, 160
# The curve is drawn up to a little above full, so that one that is too full is seen to be.
TOP = 1.15
POINTS_A_CUE = 8
MARKS = 6
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in which a pump is on, in the picture's units."""

    do: Do
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what begins when, for how long, and how full it is afterwards, in percent."""

    at: str
    do: Do
    seconds: float
    percent: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Steps on a balloon. `full_y` is the height of the safe limit."""

    bars: list[Bar]
    curve: str
    full_y: float
    marks: list[tuple[float, str]]
    rows: list[Row]
    overfills_at: float | None
    seconds: float
    width: int = WIDTH
    height: int = HEIGHT

    def x_of(self, seconds: float) -> float:
        """Where so many seconds after the start are."""
        return _x(seconds, self.seconds)

    @property
    def too_full_after(self) -> str:
        """The second at which it would be too full, for a sentence; "" if it never would."""
        return "" if self.overfills_at is None else f"{round(self.overfills_at, 1):g}"


def draw(steps: Sequence[Step], measures: Measures, hard_cap: float, *, fill: float = 0.0) -> Picture:
    """The picture of these steps on a balloon that is so full when they begin."""
    seconds = timeline.length(steps)
    points, rows, bars = [(0.0, fill)], [], []
    for cue in timeline.cues(steps):
        at = cue.at.total_seconds()
        if cue.do is not Do.REST:
            bars.append(Bar(cue.do, _x(at, seconds), max(1.0, _x(cue.seconds, seconds))))
        for place in range(1, POINTS_A_CUE + 1):
            passed = cue.seconds * place / POINTS_A_CUE
            points.append((at + passed, balloon.after(fill, passed, cue.do, measures)))
        fill = points[-1][1]
        rows.append(Row(clock(at), cue.do, round(cue.seconds, 2), round(fill * 100)))
    return Picture(
        bars=bars,
        curve=" ".join(f"{_x(at, seconds):.1f},{_y(level):.1f}" for at, level in points),
        full_y=_y(balloon.FULL),
        marks=[(_x(at, seconds), clock(at)) for at in _marks(seconds)],
        rows=rows[:MOST_ROWS],
        overfills_at=balloon.overfills_at(0.0 if not points else points[0][1], steps, hard_cap, measures),
        seconds=seconds,
    )


def scale_of(fill: float) -> str:
    """How large to draw a cloud beside a full one: its area follows its fill, and an empty balloon is not nothing."""
    return f"{0.36 + 0.64 * math.sqrt(min(fill, balloon.FULL)):.3f}"


def clock(seconds: float) -> str:
    """4:05, or 1:04:05 from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _marks(seconds: float) -> Iterable[float]:
    return [seconds * place / MARKS for place in range(MARKS + 1)]


def _x(at: float, seconds: float) -> float:
    return at / seconds * WIDTH


def _y(level: float) -> float:
    return HEIGHT * (1 - min(level, TOP) / TOP)
